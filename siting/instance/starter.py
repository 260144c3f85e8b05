"""A small complete instance to start one's own from: every kind of table, and no number that means anything.

Three made-up regions, four sites, three workloads (one may wait), wind, sun, batteries and two corridors. The hourly
series are sums of cosines, so that they are the same on every machine.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.errors import Sentence, UsageError
from siting.instance.writing import new_folder

FloatArray = npt.NDArray[np.float64]

HOURS = 8760
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")

_SETTINGS = """\
# Every key is explained by `siting schema`; keys that are left out have a default.
[instance]
name = "{name}"
title_en = "{name}: three made-up regions"
title_zh = "{name}：三个虚构地区"
start = 2023-01-01
currency = "CNY"

[periods]
count = 4
hours = 24

[finance]
discount_rate = 0.06

[network]
cost_per_gb_1000km = 0.02

[carbon]
price = 80.0

[green]
[[green.floors]]
share = 0.5
tier = "hub"
"""

_TABLES = {
    "regions": """\
region,name_en,name_zh,latitude_deg,longitude_deg,zone,grid_mw,grid_factor_t_per_mwh
coast,Coast,海滨,31.0,121.0,east,400,0.55
plain,Plain,平原,34.5,113.5,middle,300,0.60
steppe,Steppe,草原,41.0,112.5,west,250,0.70
""",
    "sites": """\
site,region,name_en,name_zh,tier,hub,latitude_deg,longitude_deg,most_mw,decision,fixed_cost_per_year,opening_capex,\
capex_per_kw,lifetime_years,embodied_t_per_mw,cooling,pue_shift
coast-city,coast,Coast City,海滨市,city,,31.2,121.4,160,open,8000000,0,32000,20,900,air_cooled_chiller,0.05
coast-park,coast,Coast Park,海滨园区,edge,,30.6,120.6,120,free,6000000,150000000,28000,20,900,waterside_economizer,0.08
plain-city,plain,Plain City,平原市,city,,34.8,113.7,140,free,5000000,120000000,25000,20,900,waterside_economizer,0.08
steppe-hub,steppe,Steppe Hub,草原枢纽,hub,steppe,40.8,112.9,400,free,5000000,90000000,20000,20,900,airside_adiabatic,0.1
""",
    "compute_types": """\
compute,name_en,name_zh,module_mw,capex_per_kw,lifetime_years,fixed_om_per_kw_year,idle_share,usable_share,\
eflops_per_mw,rack_kw,embodied_t_per_mw
general,General computing,通用算力,5,40000,5,800,0.40,0.90,0.003,2.5,1200
ai,AI computing,智能算力,10,90000,5,1500,0.25,0.90,0.25,20,1500
""",
    "workloads": """\
workload,name_en,name_zh,compute,latency_ms,max_delay_h,data_gb_per_mwh,profile
interactive,Interactive services,交互业务,general,5,0,400,daytime
business,Business systems,企业业务,general,20,0,150,office
training,AI training,智能训练,ai,50,12,20,
""",
    "demand": """\
region,workload,mean_mw
coast,interactive,40
coast,business,50
coast,training,40
plain,interactive,20
plain,business,30
plain,training,20
steppe,interactive,4
steppe,business,6
steppe,training,5
""",
    "capacity": """\
site,compute,existing_mw,most_mw,existing_age_years
coast-city,general,60,,2.5
coast-city,ai,0,40,
steppe-hub,general,10,,1
""",
    "links": """\
region,site,latency_ms,cost_per_mwh
coast,coast-city,0.9,
plain,steppe-hub,8.5,
""",
    "supply": """\
region,technology,existing_mw,most_mw,capex_per_kw,fixed_om_per_kw_year,lifetime_years,variable_cost_per_mwh,green,\
factor_t_per_mwh,embodied_t_per_mw
coast,solar,0,300,3400,40,25,0,true,0,700
plain,wind,0,300,5200,90,25,0,true,0,500
plain,solar,0,400,3300,40,25,0,true,0,700
steppe,wind,50,900,4800,80,25,0,true,0,500
steppe,solar,0,900,3200,40,25,0,true,0,700
""",
    "storage": """\
region,storage,existing_mw,existing_mwh,most_mw,most_mwh,capex_per_kw,capex_per_kwh,fixed_om_per_kw_year,\
lifetime_years,round_trip_efficiency,embodied_t_per_mwh
coast,battery,0,0,100,400,400,900,20,15,0.88,60
steppe,battery,0,0,300,1200,400,900,20,15,0.88,60
""",
    "corridors": """\
corridor,from_region,to_region,existing_mw,most_mw,capex_per_kw,lifetime_years,fixed_om_per_kw_year,loss_share,\
wheeling_cost_per_mwh
steppe-plain,steppe,plain,60,300,2400,40,30,0.04,40
plain-coast,plain,coast,60,300,2200,40,30,0.03,45
""",
}

_PROVENANCE = """\
table,column,key,status,source,year,licence,note_en,note_zh
{rows}"""

_SOURCES = """\
# Sources

Nothing here is measured. Tables are assumptions of a plausible size and hourly series are sums of cosines
(`siting/instance/starter.py`). Put your own figures in their place and say in provenance.csv where each comes from.

这里没有实测数据：表格为量级合理的假设，逐时序列为余弦之和。请换成自己的数据，并在 provenance.csv 中注明来源。
"""


def write_starter(folder: str | Path, name: str) -> Path:
    """Write the starter instance.

    Parameters
    ----------
    folder : str or Path
        New, or empty.
    name : str
        Name of the instance: lower-case letters, digits and hyphens.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UsageError
        If the name is not of that form, or the folder has something in it.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            Sentence(
                "{name!r} is no name of an instance. Use lower-case letters, digits and hyphens, as in my-case.",
                name=name,
            )
        )
    target = Path(folder)
    with new_folder(target) as draft:
        texts = {f"{table}.csv": text for table, text in _TABLES.items()}
        texts |= {"instance.toml": _SETTINGS.format(name=name), "SOURCES.md": _SOURCES, "provenance.csv": _provenance()}
        for file, text in texts.items():
            (draft / file).write_text(text, encoding="utf-8", newline="\n")
        (draft / "hourly").mkdir()
        for series, table in starter_series().items():
            table.to_csv(draft / "hourly" / f"{series}.csv", lineterminator="\n")
    return target


def starter_series() -> dict[str, pd.DataFrame]:
    """Compute the hourly series of the starter, index ``hour``, 8,760 rows each."""
    hour = np.arange(HOURS)
    clock = hour % 24
    yearly = _wave(hour, HOURS, 200 * 24)
    daily = _wave(hour, 24, 15)
    weather = 0.6 * _wave(hour, 101, 7) + 0.4 * _wave(hour, 37, 5)
    price = np.where((clock >= 16) & (clock < 22), 1.35, np.where((clock < 7) | (clock == 23), 0.55, 1.0))
    weekday = np.where((hour // 24) % 7 < 5, 1.0, 0.55)
    frames = {
        "price_per_mwh": {"coast": 620 * price, "plain": 540 * price, "steppe": 400 * price},
        "temperature_c": {
            "coast": 17 + 11 * yearly + 3 * daily + 3 * weather,
            "plain": 15 + 13 * yearly + 5 * daily + 4 * weather,
            "steppe": 5 + 17 * yearly + 6 * daily + 5 * weather,
        },
        "profile": {
            "daytime": 1 + 0.25 * _wave(hour, 24, 20) + 0.08 * _wave(hour, 12, 10),
            "office": weekday * (1 + 0.4 * _wave(hour, 24, 14)),
        },
        "capacity_factor_solar": {
            "coast": _sun(hour, 0.62, yearly, weather),
            "plain": _sun(hour, 0.68, yearly, weather),
            "steppe": _sun(hour, 0.80, yearly, weather),
        },
        "capacity_factor_wind": {"plain": _wind(hour, 0.26, yearly, 0), "steppe": _wind(hour, 0.38, yearly, 29)},
    }
    return {name: pd.DataFrame(columns).round(4).rename_axis("hour") for name, columns in frames.items()}


def _wave(hour: npt.NDArray[np.int64], period_h: float, peak_h: float) -> FloatArray:
    return np.asarray(np.cos(2 * np.pi * (hour - peak_h) / period_h), dtype=np.float64)


def _sun(hour: npt.NDArray[np.int64], height: float, yearly: FloatArray, weather: FloatArray) -> FloatArray:
    """Sunshine between dawn and dusk, longer in summer, dimmed by cloud."""
    clear = np.clip(_wave(hour, 24, 12) + 0.15 * yearly, 0.0, None)
    return np.clip(height * clear * (0.85 + 0.15 * weather), 0.0, 1.0)


def _wind(hour: npt.NDArray[np.int64], mean: float, yearly: FloatArray, shift_h: int) -> FloatArray:
    """Fronts of a few days, stronger in winter and at night."""
    fronts = 0.5 * _wave(hour, 83, shift_h) + 0.3 * _wave(hour, 149, 2 * shift_h) + 0.15 * _wave(hour, 24, 3)
    return np.clip(mean * (1 + 0.9 * fronts - 0.15 * yearly), 0.0, 1.0)


def _provenance() -> str:
    rows = [
        f"{table},*,,assumption,Starter of the siting package: made up,2023,CC0-1.0,"
        "A plausible size and nothing more.,仅为合理量级的假设。"
        for table in _TABLES
    ]
    rows.append(
        "instance,*,,assumption,Starter of the siting package: made up,2023,CC0-1.0,"
        "A plausible size and nothing more.,仅为合理量级的假设。"
    )
    rows.append(
        "hourly,*,,synthetic,Starter of the siting package: sums of cosines,2023,CC0-1.0,"
        "Not weather and not a tariff.,并非实测天气或电价。"
    )
    return _PROVENANCE.format(rows="\n".join(rows) + "\n")
