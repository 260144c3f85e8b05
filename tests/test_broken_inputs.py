"""Broken inputs made from the starter: each mistake gives its own fault, in the right place, with a remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from siting.errors import Fault, InputError
from siting.instance import load
from siting.instance.starter import write_starter


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter with its series as Parquet, which is quick to copy and to read."""
    folder = write_starter(tmp_path_factory.mktemp("starter") / "demo", "demo")
    for path in sorted((folder / "hourly").glob("*.csv")):
        pd.read_csv(path).to_parquet(path.with_suffix(".parquet"), index=False)
        path.unlink()
    return folder


@pytest.fixture
def folder(starter: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(starter, tmp_path / "demo"))


def faults_of(folder: Path, **kwargs: Any) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as caught:
        load(folder, **kwargs)
    return caught.value.faults


Change = Callable[[Path], None]


def swap(file: str, old: str, new: str) -> Change:
    """Replace the one place where a text occurs in a file."""

    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    return change


def cell(table: str, row: int, column: str, value: str) -> Change:
    """Write one cell; ``row`` is the line of the file."""

    def change(folder: Path) -> None:
        path = folder / f"{table}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        cells = lines[row - 1].split(",")
        cells[lines[0].split(",").index(column)] = value
        lines[row - 1] = ",".join(cells)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    return change


def append(file: str, text: str) -> Change:
    def change(folder: Path) -> None:
        with (folder / file).open("a", encoding="utf-8") as stream:
            stream.write(text + "\n")

    return change


def content(file: str, data: bytes) -> Change:
    def change(folder: Path) -> None:
        (folder / file).write_bytes(data)

    return change


def widen(table: str, column: str, value: str, row: int = 2) -> Change:
    """Add a column that is blank but for one line of the file."""

    def change(folder: Path) -> None:
        path = folder / f"{table}.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        wide = [f"{line},{value if number == row else ''}" for number, line in enumerate(lines[1:], start=2)]
        path.write_text("\n".join([f"{lines[0]},{column}", *wide]) + "\n", encoding="utf-8")

    return change


def both(*changes: Change) -> Change:
    def change(folder: Path) -> None:
        for each in changes:
            each(folder)

    return change


def tiers(*rows: str) -> Change:
    """Write ``tiers.csv`` with its source."""

    def change(folder: Path) -> None:
        header = "tier,compute,module_mw,least_mw,most_mw"
        (folder / "tiers.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        append("provenance.csv", "tiers,*,,assumption,Made up,2023,CC0-1.0,,")(folder)

    return change


def drop(file: str) -> Change:
    def change(folder: Path) -> None:
        (folder / file).unlink()

    return change


def rename(old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        (folder / old).rename(folder / new)

    return change


def series(name: str, edit: Callable[[pd.DataFrame], pd.DataFrame | None]) -> Change:
    """Edit an hourly series; the editor changes it in place or returns another."""

    def change(folder: Path) -> None:
        path = folder / "hourly" / f"{name}.parquet"
        table = pd.read_parquet(path)
        edited = edit(table)
        (table if edited is None else edited).to_parquet(path, index=False)

    return change


def put(column: str, hour: int, value: float) -> Callable[[pd.DataFrame], None]:
    def edit(table: pd.DataFrame) -> None:
        table.loc[hour, column] = value

    return edit


def scaled(column: str, factor: float) -> Callable[[pd.DataFrame], None]:
    def edit(table: pd.DataFrame) -> None:
        table[column] = table[column] * factor

    return edit


def with_factor_series(value: float) -> Change:
    def change(folder: Path) -> None:
        table = pd.DataFrame({"hour": np.arange(8760), "coast": np.full(8760, value)})
        table.to_parquet(folder / "hourly" / "grid_factor_t_per_mwh.parquet", index=False)

    return change


def as_text(name: str) -> Change:
    def change(folder: Path) -> None:
        pd.read_parquet(folder / "hourly" / f"{name}.parquet").to_csv(folder / "hourly" / f"{name}.csv", index=False)

    return change


@dataclass(frozen=True)
class Case:
    """A change of the starter and where its one fault must be."""

    name: str
    change: Change
    file: str
    row: int | None = None
    column: str | None = None
    says: str = ""
    count: int = 1


PRICE, WARM, SHAPE = "hourly/price_per_mwh.parquet", "hourly/temperature_c.parquet", "hourly/profile.parquet"
WIND = "hourly/capacity_factor_wind.parquet"
TOML = "instance.toml"

FILES = [
    *(
        Case(f"no {name}", drop(f"{name}.csv"), f"{name}.csv", says="missing")
        for name in ("regions", "sites", "compute_types", "workloads", "demand", "provenance")
    ),
    Case("no settings", drop(TOML), TOML, says="missing"),
    Case("empty file", content("demand.csv", b""), "demand.csv", says="empty"),
    Case("header only", content("demand.csv", b"region,workload,mean_mw\n"), "demand.csv", says="no rows"),
    Case("UTF-16", content("links.csv", "region,site\n".encode("utf-16")), "links.csv", says="UTF-8"),
    Case("no encoding", content("links.csv", b"region,site\n\xff\xff\xff,x\n"), "links.csv", says="UTF-8"),
    Case("semicolons", content("links.csv", b"region;site\ncoast;coast-city\n"), "links.csv", 1, says="commas"),
    Case("open quote", content("links.csv", b'region,site\n"coast,coast-city\n'), "links.csv", says="quotation"),
    Case("blank first line", content("links.csv", b"\nregion,site\n"), "links.csv", 1, says="header"),
    Case("long row", append("demand.csv", "plain,business,3,4"), "demand.csv", 11, says="4 cells", count=2),
    Case("short row", append("capacity.csv", "plain-city,general"), "capacity.csv", 5, says="2 cells"),
    Case("unknown table", append("site.csv", "a"), "site.csv", says="'sites.csv'"),
    Case("misspelt table", rename("regions.csv", "region.csv"), "region.csv", says="'regions.csv'"),
    Case("repeated header", swap("links.csv", "site,", "region,"), "links.csv", 1, "region", "more than once"),
]

COLUMNS = [
    Case("misspelt column", swap("regions.csv", "name_en", "name_eng"), "regions.csv", 1, "name_eng", "'name_en'"),
    Case("column with no name", swap("links.csv", "latency_ms", ""), "links.csv", 1, "", "name"),
    Case("unlike any column", swap("links.csv", "latency_ms", "xyzzy"), "links.csv", 1, "xyzzy", "Use one of"),
    Case("missing column", content("links.csv", b"region\ncoast\n"), "links.csv", 1, "site", "missing"),
    Case("GW", swap("regions.csv", "grid_mw", "grid_gw"), "regions.csv", 1, "grid_gw", "multiply by 1,000"),
    Case(
        "capex per MW",
        swap("supply.csv", "capex_per_kw", "capex_per_mw"),
        "supply.csv",
        1,
        "capex_per_mw",
        "'capex_per_kw'",
    ),
    Case(
        "latency in s",
        swap("workloads.csv", "latency_ms", "latency_s"),
        "workloads.csv",
        1,
        "latency_s",
        "'latency_ms'",
    ),
    Case(
        "kg",
        swap("regions.csv", "factor_t_per", "factor_kg_per"),
        "regions.csv",
        1,
        "grid_factor_kg_per_mwh",
        "divide by 1,000",
    ),
    Case("no unit", swap("sites.csv", "latitude_deg", "latitude"), "sites.csv", 1, "latitude", "'latitude_deg'"),
]

CELLS = [
    Case("blank number", cell("regions", 2, "grid_mw", ""), "regions.csv", 2, "grid_mw", "blank"),
    Case("blank name", cell("sites", 3, "name_zh", ""), "sites.csv", 3, "name_zh", "blank"),
    Case("NaN", cell("regions", 3, "grid_mw", "NaN"), "regions.csv", 3, "grid_mw", "not a number"),
    Case("N/A in optional", cell("capacity", 2, "most_mw", "N/A"), "capacity.csv", 2, "most_mw", "not a number"),
    Case("text", cell("demand", 4, "mean_mw", "many"), "demand.csv", 4, "mean_mw", "not a number"),
    Case("percent sign", cell("corridors", 2, "loss_share", "4%"), "corridors.csv", 2, "loss_share", "percent"),
    Case("infinite", cell("supply", 2, "most_mw", "inf"), "supply.csv", 2, "most_mw", "finite"),
    Case("negative demand", cell("demand", 2, "mean_mw", "-1"), "demand.csv", 2, "mean_mw", "at least 0"),
    Case("negative capex", cell("supply", 4, "capex_per_kw", "-3"), "supply.csv", 4, "capex_per_kw", "at least 0"),
    Case("no life", cell("storage", 2, "lifetime_years", "0"), "storage.csv", 2, "lifetime_years", "more than 0"),
    Case(
        "no module", cell("compute_types", 2, "module_mw", "0"), "compute_types.csv", 2, "module_mw", "at least 0.001"
    ),
    Case(
        "share as percent",
        cell("compute_types", 3, "idle_share", "25"),
        "compute_types.csv",
        3,
        "idle_share",
        "0.8 for 80 %",
    ),
    Case(
        "efficiency",
        cell("storage", 3, "round_trip_efficiency", "88"),
        "storage.csv",
        3,
        "round_trip_efficiency",
        "0.8",
    ),
    Case("loses all", cell("corridors", 3, "loss_share", "1"), "corridors.csv", 3, "loss_share", "less than 1"),
    Case(
        "half an hour",
        cell("workloads", 4, "max_delay_h", "1.5"),
        "workloads.csv",
        4,
        "max_delay_h",
        "whole number|number",
    ),
    Case("eight days", cell("workloads", 4, "max_delay_h", "192"), "workloads.csv", 4, "max_delay_h", "at most 168"),
    Case("no latency", cell("workloads", 2, "latency_ms", "0"), "workloads.csv", 2, "latency_ms", "more than 0"),
    Case("yes or maybe", cell("supply", 2, "green", "maybe"), "supply.csv", 2, "green", "true or false"),
    Case("tier", cell("sites", 2, "tier", "citty"), "sites.csv", 2, "tier", "'city'"),
    Case("decision", cell("sites", 4, "decision", "opened"), "sites.csv", 4, "decision", "'open'"),
    Case(
        "cooling", cell("sites", 5, "cooling", "chiller"), "sites.csv", 5, "cooling", "'air_cooled_chiller'|Use one of"
    ),
    Case("status", cell("provenance", 2, "status", "guess"), "provenance.csv", 2, "status", "measured"),
    Case("no source", cell("provenance", 3, "source", ""), "provenance.csv", 3, "source", "blank"),
    Case("no licence", cell("provenance", 3, "licence", ""), "provenance.csv", 3, "licence", "blank"),
    Case("space in key", cell("corridors", 2, "corridor", "steppe plain"), "corridors.csv", 2, "corridor", "no space"),
    Case("latitude out", cell("sites", 2, "latitude_deg", "121.4"), "sites.csv", 2, "latitude_deg", "exchanged"),
    Case("link latency", cell("links", 2, "latency_ms", "-1"), "links.csv", 2, "latency_ms", "at least 0"),
]

KEYS = [
    Case("region twice", append("regions.csv", "coast,C,海,31,121,,9,0.5"), "regions.csv", 5, "region", "row 2"),
    Case("demand twice", append("demand.csv", "coast,training,1"), "demand.csv", 11, "region+workload", "row 4"),
    Case("link twice", append("links.csv", "coast,coast-city,1,"), "links.csv", 4, "region+site", "row 2"),
    Case(
        "source twice",
        append("provenance.csv", "sites,*,,synthetic,a,b,c,,"),
        "provenance.csv",
        14,
        "table+column+key",
        "row 3",
    ),
    Case("site's region", cell("sites", 5, "region", "stepe"), "sites.csv", 5, "region", "'steppe'"),
    Case("workload's type", cell("workloads", 2, "compute", "genral"), "workloads.csv", 2, "compute", "'general'"),
    Case("workload's profile", cell("workloads", 2, "profile", "daytme"), "workloads.csv", 2, "profile", "'daytime'"),
    Case("demand's region", cell("demand", 2, "region", "coats"), "demand.csv", 2, "region", "'coast'"),
    Case(
        "demand's workload", cell("demand", 2, "workload", "interactiv"), "demand.csv", 2, "workload", "'interactive'"
    ),
    Case("capacity's site", cell("capacity", 3, "site", "cost-city"), "capacity.csv", 3, "site", "'coast-city'"),
    Case("capacity's type", cell("capacity", 3, "compute", "a1"), "capacity.csv", 3, "compute", "Use one of|'ai'"),
    Case("link's region", cell("links", 3, "region", "plane"), "links.csv", 3, "region", "'plain'"),
    Case("link's site", cell("links", 3, "site", "steppehub"), "links.csv", 3, "site", "'steppe-hub'"),
    Case("supply's region", cell("supply", 2, "region", "coasts"), "supply.csv", 2, "region", "'coast'"),
    Case("storage's region", cell("storage", 2, "region", "zzz"), "storage.csv", 2, "region", "Use one of"),
    Case(
        "corridor's start", cell("corridors", 2, "from_region", "step"), "corridors.csv", 2, "from_region", "'steppe'"
    ),
    Case("corridor's end", cell("corridors", 2, "to_region", "plains"), "corridors.csv", 2, "to_region", "'plain'"),
    Case(
        "source's table",
        append("provenance.csv", "site,*,,synthetic,a,b,c,,"),
        "provenance.csv",
        14,
        "table",
        "'sites'",
    ),
    Case(
        "source's column",
        append("provenance.csv", "sites,most,,synthetic,a,b,c,,"),
        "provenance.csv",
        14,
        "column",
        "'most_mw'",
    ),
    Case(
        "source's key",
        append("provenance.csv", "demand,mean_mw,coast/busines,synthetic,a,b,c,,"),
        "provenance.csv",
        14,
        "key",
        "'coast/business'",
    ),
    Case(
        "source's setting",
        append("provenance.csv", "instance,carbon.prize,,synthetic,a,b,c,,"),
        "provenance.csv",
        14,
        "column",
        "'carbon.price'",
    ),
    Case(
        "unsourced table",
        swap("provenance.csv", "capacity,*", "capacity,most_mw"),
        "provenance.csv",
        None,
        "column",
        "existing_mw of capacity",
        count=2,
    ),
    Case(
        "unsourced series",
        swap("provenance.csv", "hourly,*", "hourly,profile"),
        "provenance.csv",
        None,
        "column",
        "Add a row",
        4,
    ),
]

VALUES = [
    Case("supply exists", cell("supply", 5, "existing_mw", "901"), "supply.csv", 5, "existing_mw", "exceeds"),
    Case("storage exists", cell("storage", 2, "existing_mwh", "401"), "storage.csv", 2, "existing_mwh", "exceeds"),
    Case("line exists", cell("corridors", 2, "existing_mw", "301"), "corridors.csv", 2, "existing_mw", "exceeds"),
    Case("type exists", cell("capacity", 3, "existing_mw", "41"), "capacity.csv", 3, "existing_mw", "exceeds"),
    Case("site exists", cell("sites", 2, "most_mw", "50"), "sites.csv", 2, "most_mw", "60 MW existing"),
    Case(
        "age in days", cell("capacity", 2, "existing_age_years", "900"), "capacity.csv", 2, "existing_age_years", "200"
    ),
    Case("negative age", widen("supply", "existing_age_years", "-1"), "supply.csv", 2, "existing_age_years", "0"),
    Case(
        "direct and not green",
        both(widen("supply", "direct", "true", 3), cell("supply", 3, "green", "false")),
        "supply.csv",
        3,
        "direct",
        "for green power",
    ),
    Case(
        "direct to nothing",
        both(widen("supply", "direct", "true", 3), swap("sites.csv", "plain-city,plain", "plain-city,coast")),
        "supply.csv",
        3,
        "direct",
        "No site lies",
    ),
    Case(
        "sold without a line",
        widen("supply", "export_price_per_mwh", "250"),
        "supply.csv",
        2,
        "export_price_per_mwh",
        "connected directly",
    ),
    Case(
        "share of a project in percent",
        append(TOML, "[direct]\nself_used_share_min = 60"),
        TOML,
        None,
        "direct.self_used_share_min",
        "at most 1",
    ),
    Case(
        "another duration",
        both(cell("storage", 2, "existing_mw", "10"), widen("storage", "duration_h", "4")),
        "storage.csv",
        2,
        "duration_h",
        "10 MW and 0 MWh",
    ),
    Case("module of no type", tiers("hub,,5,,"), "tiers.csv", 2, "module_mw", "one compute type"),
    Case("least above most", tiers("hub,ai,,50,40"), "tiers.csv", 2, "least_mw", "exceeds the most, 40 MW"),
    Case("tier's type", tiers("hub,gpu,,,"), "tiers.csv", 2, "compute", "Use one of"),
    Case("tier twice", tiers("hub,ai,,,", "hub,ai,,,"), "tiers.csv", 3, "tier+compute", "row 2"),
    Case("no tier", tiers("hubs,ai,,,"), "tiers.csv", 2, "tier", "'hub'"),
    Case("too small for its tier", tiers("hub,,,401,"), "sites.csv", 5, "most_mw", "it can have 400 MW"),
    Case("too little of a type", tiers("edge,ai,50,110,"), "sites.csv", 3, "most_mw", "can have 100 MW"),
    Case("too large for its tier", tiers("hub,,,,5"), "sites.csv", 5, "tier", "10 MW already"),
    Case("run beyond the deadline", widen("workloads", "run_h", "14", 4), "workloads.csv", 4, "run_h", "has 13 h"),
    Case("run of work that cannot wait", widen("workloads", "run_h", "2"), "workloads.csv", 2, "run_h", "has 1 h"),
    Case("no run", widen("workloads", "run_h", "0"), "workloads.csv", 2, "run_h", "at least 1"),
    Case(
        "circuit beyond the expansion",
        widen("corridors", "step_mw", "250"),
        "corridors.csv",
        2,
        "step_mw",
        "larger than the whole expansion, 240 MW",
    ),
    Case("no circuit", widen("corridors", "step_mw", "0"), "corridors.csv", 2, "step_mw", "at least 0.001"),
    Case("no size", cell("compute_types", 2, "module_mw", "1e-300"), "compute_types.csv", 2, "module_mw", "at least"),
    Case("a hair", widen("corridors", "step_mw", "1e-8"), "corridors.csv", 2, "step_mw", "at least 0.001"),
    Case("loop", cell("corridors", 2, "to_region", "steppe"), "corridors.csv", 2, "to_region", "two regions"),
    Case(
        "g per kWh",
        cell("regions", 2, "grid_factor_t_per_mwh", "550"),
        "regions.csv",
        2,
        "grid_factor_t_per_mwh",
        "Divide by 1,000",
    ),
    Case(
        "supply in g per kWh",
        cell("supply", 2, "factor_t_per_mwh", "45"),
        "supply.csv",
        2,
        "factor_t_per_mwh",
        "Divide",
    ),
    Case(
        "no site in reach",
        cell("workloads", 2, "latency_ms", "0.5"),
        "demand.csv",
        2,
        "workload",
        "coast-park at 0.517 ms",
    ),
    Case("no such machines", cell("demand", 2, "mean_mw", "400"), "demand.csv", 2, "mean_mw", "can hold"),
    Case("too much in all", cell("demand", 4, "mean_mw", "700"), "demand.csv", 4, "mean_mw", "can hold"),
]

SETTINGS = [
    Case("not TOML", swap(TOML, "[finance]", "[finance"), TOML, 13, says="valid TOML"),
    Case("misspelt section", append(TOML, "[carbn]\nprice = 3"), TOML, None, "carbn", "'carbon'"),
    Case("misspelt key", swap(TOML, "price = 80.0", "prize = 80.0"), TOML, None, "carbon.prize", "'price'"),
    Case("no rate", swap(TOML, "discount_rate = 0.06", ""), TOML, None, "finance.discount_rate", "Add it"),
    Case("no section", swap(TOML, "[finance]\ndiscount_rate = 0.06", ""), TOML, None, "finance", "discount_rate"),
    Case("rate in percent", swap(TOML, "0.06", "6"), TOML, None, "finance.discount_rate", "between 0 and 1"),
    Case("negative price", swap(TOML, "price = 80.0", "price = -1"), TOML, None, "carbon.price", "at least 0"),
    Case("negative cap", swap(TOML, "price = 80.0", "cap_t = -1"), TOML, None, "carbon.cap_t", "at least 0"),
    Case("price as text", swap(TOML, "price = 80.0", 'price = "much"'), TOML, None, "carbon.price", "not a number"),
    Case("currency", swap(TOML, '"CNY"', '"yuan"'), TOML, None, "instance.currency", "three capital letters"),
    Case(
        "length of period", swap(TOML, "hours = 24", "hours = 25"), TOML, None, "periods.hours", "whole number of days"
    ),
    Case(
        "base map",
        swap(TOML, "[periods]", 'base_map = "moon"\n[periods]'),
        TOML,
        None,
        "instance.base_map",
        "no such base map",
    ),
    Case("floor's tier", swap(TOML, 'tier = "hub"', 'tier = "hubb"'), TOML, None, "green.floors.1.tier", "'hub'"),
    Case("floor's key", swap(TOML, 'tier = "hub"', 'teir = "hub"'), TOML, None, "green.floors.1.teir", "'tier'"),
    Case("floor's hub", swap(TOML, 'tier = "hub"', 'hub = "stepe"'), TOML, None, "green.floors.1.hub", "'steppe'"),
    Case(
        "floor's region", swap(TOML, 'tier = "hub"', 'region = "coats"'), TOML, None, "green.floors.1.region", "'coast'"
    ),
    Case(
        "floor's site", swap(TOML, 'tier = "hub"', 'site = "steppe"'), TOML, None, "green.floors.1.site", "'steppe-hub'"
    ),
    Case(
        "floor of none",
        swap(TOML, 'tier = "hub"', 'tier = "hub"\nregion = "coast"'),
        TOML,
        None,
        "green.floors.1",
        "No site",
    ),
    Case("floor in percent", swap(TOML, "share = 0.5", "share = 50"), TOML, None, "green.floors.1.share", "at most 1"),
    Case(
        "certificates without a price",
        swap(TOML, "[green]\n", "[green]\ncertificate_most_mwh = 5.0\n"),
        TOML,
        None,
        "green.certificate_most_mwh",
        "Without a price",
    ),
    Case(
        "negative price of certificates",
        swap(TOML, "[green]\n", "[green]\ncertificate_price = -5.0\n"),
        TOML,
        None,
        "green.certificate_price",
        "at least 0",
    ),
    Case(
        "hourly floor's region",
        append(TOML, '[[green.hourly_floors]]\nshare = 0.5\nregion = "coats"'),
        TOML,
        None,
        "green.hourly_floors.1.region",
        "'coast'",
    ),
    Case(
        "hourly floor of none",
        append(TOML, '[[green.hourly_floors]]\nshare = 0.5\ntier = "hub"\nregion = "coast"'),
        TOML,
        None,
        "green.hourly_floors.1",
        "No site",
    ),
    Case(
        "hourly floor beyond the mix",
        append(TOML, "[[green.hourly_floors]]\nshare = 0.5\nbeyond_grid_mix = true"),
        TOML,
        None,
        "green.hourly_floors.1.beyond_grid_mix",
        "no such",
    ),
    Case(
        "more than the grid mix leaves",
        both(
            widen("regions", "grid_green_share", "0.6", row=4),
            swap(TOML, "share = 0.5", "share = 0.5\nbeyond_grid_mix = true"),
        ),
        TOML,
        None,
        "green.floors.1.share",
        "green to 0.6",
    ),
    Case(
        "grid that is more than green",
        widen("regions", "grid_green_share", "1.1"),
        "regions.csv",
        2,
        "grid_green_share",
        "at most 1",
    ),
    Case(
        "marginal factor in kg",
        widen("regions", "marginal_factor_t_per_mwh", "600"),
        "regions.csv",
        2,
        "marginal_factor_t_per_mwh",
        "Divide by 1,000",
    ),
    Case(
        "negative demand charge",
        widen("regions", "demand_charge_per_mw_month", "-1"),
        "regions.csv",
        2,
        "demand_charge_per_mw_month",
        "at least 0",
    ),
    Case("connection in kW", widen("sites", "connection_kw", "9000"), "sites.csv", 1, "connection_kw", "connection_mw"),
    Case("negative connection", widen("sites", "connection_mw", "-9"), "sites.csv", 2, "connection_mw", "at least 0"),
]


def policy(text: str) -> Change:
    """Add to the section policy."""
    return append(TOML, f"[policy]\n{text}")


def count(text: str) -> Change:
    return append(TOML, f"[[policy.site_counts]]\n{text}")


def use(text: str) -> Change:
    return append(TOML, f"[[policy.utilisation_floors]]\n{text}")


def move(start: str, end: str) -> Change:
    return append(TOML, f'[[policy.relocation]]\nfrom_zone = "{start}"\nto_zone = "{end}"\nshare = 0.1')


def quota(name: str, value: str) -> Change:
    """Give each region a quota."""

    def change(folder: Path) -> None:
        path = folder / "regions.csv"
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([f"{header},{name}", *(f"{row},{value}" for row in rows)]) + "\n", encoding="utf-8")

    return change


POLICY = [
    Case("no preset", policy('presets = ["hub-replies"]'), TOML, None, "policy.presets.1", "'hub-replies-2022'"),
    Case("preset as text", policy('presets = "hub-replies-2022"'), TOML, None, "policy.presets", "must be a list"),
    Case("hubs in percent", policy("hub_share_min = 60"), TOML, None, "policy.hub_share_min", "0.8 for 80 %"),
    Case("negative budget", policy("capital_budget = -1"), TOML, None, "policy.capital_budget", "at least 0"),
    Case("policy's key", policy("capital_budgt = 1"), TOML, None, "policy.capital_budgt", "'capital_budget'"),
    Case("half a site", count("least = 1.5"), TOML, None, "policy.site_counts.1.least", "whole number"),
    Case("count's hub", count('hub = "stepe"'), TOML, None, "policy.site_counts.1.hub", "'steppe'"),
    Case("count's region", count('region = "coats"'), TOML, None, "policy.site_counts.1.region", "'coast'"),
    Case("count of none", count('tier = "hub"\nregion = "coast"'), TOML, None, "policy.site_counts.1", "No site"),
    Case("least over most", count("least = 3\nmost = 2"), TOML, None, "policy.site_counts.1.least", "exceeds"),
    Case("too many", count('tier = "city"\nleast = 3'), TOML, None, "policy.site_counts.1.least", "Only 2"),
    Case("too few", count('region = "coast"\nmost = 0'), TOML, None, "policy.site_counts.1.most", "must be open"),
    Case("use's share", use("share = 65"), TOML, None, "policy.utilisation_floors.1.share", "0.8 for 80 %"),
    Case(
        "use's site",
        use('share = 0.5\nsite = "steppe"'),
        TOML,
        None,
        "policy.utilisation_floors.1.site",
        "'steppe-hub'",
    ),
    Case(
        "use of none",
        use('share = 0.5\ntier = "hub"\nregion = "coast"'),
        TOML,
        None,
        "policy.utilisation_floors.1",
        "No site",
    ),
    Case("move from", move("easst", "west"), TOML, None, "policy.relocation.1.from_zone", "'east'"),
    Case("move to", move("east", "wst"), TOML, None, "policy.relocation.1.to_zone", "'west'"),
    Case("quota in GWh", quota("energy_quota_gwh", "900"), "regions.csv", 1, "energy_quota_gwh", "multiply by 1,000"),
    Case("negative quota", quota("energy_quota_mwh", "-1"), "regions.csv", 2, "energy_quota_mwh", "at least 0", 3),
    Case(
        "pue cap below one",
        swap(TOML, "[network]", "[[policy.pue_caps]]\nmost = 0.3\n\n[network]"),
        TOML,
        None,
        "policy.pue_caps.1.most",
        "at least 1",
    ),
    Case(
        "pue cap's key",
        swap(TOML, "[network]", "[[policy.pue_caps]]\nmost = 1.3\nleast_kw = 3\n\n[network]"),
        TOML,
        None,
        "policy.pue_caps.1.least_kw",
        "'least_mw'",
    ),
    Case(
        "pue cap's hub",
        swap(TOML, "[network]", '[[policy.pue_caps]]\nmost = 1.6\nhub = "stepe"\n\n[network]'),
        TOML,
        None,
        "policy.pue_caps.1.hub",
        "'steppe'",
    ),
    Case(
        "pue cap of none",
        swap(TOML, "[network]", '[[policy.pue_caps]]\nmost = 1.6\ntier = "hub"\nregion = "coast"\n\n[network]'),
        TOML,
        None,
        "policy.pue_caps.1",
        "No site",
    ),
    Case(
        "pue tariff's region",
        swap(
            TOML,
            "[network]",
            '[[policy.pue_tariffs]]\nregion = "coats"\nabove_pue = 1.35\nsurcharge_per_mwh = 200\n\n[network]',
        ),
        TOML,
        None,
        "policy.pue_tariffs.1.region",
        "'coast'",
    ),
]

HOURLY = [
    Case("no price", drop(PRICE), "hourly/price_per_mwh.csv", says="missing"),
    Case("no temperature", drop(WARM), "hourly/temperature_c.csv", says="missing"),
    Case("no wind", drop(WIND), "hourly/capacity_factor_wind.csv", says="plain, steppe"),
    Case("no profile", drop(SHAPE), "workloads.csv", 2, "profile", "flat", 2),
    Case("short", series("price_per_mwh", lambda t: t.iloc[:-1]), PRICE, None, "hour", "8,759"),
    Case("leap year", series("price_per_mwh", lambda t: pd.concat([t, t.iloc[:24]])), PRICE, None, "hour", "8,784"),
    Case("no hours", series("temperature_c", lambda t: t.drop(columns="hour")), WARM, 1, "hour", "Name the first"),
    Case("hours from one", series("profile", scaled("hour", 2)), SHAPE, 3, "hour", "Write 1"),
    Case("region missing", series("price_per_mwh", lambda t: t.drop(columns="plain")), PRICE, 1, "plain", "missing"),
    Case("place unknown", series("price_per_mwh", lambda t: t.assign(moon=500.0)), PRICE, 1, "moon", "Use one of"),
    Case(
        "place misspelt",
        series("price_per_mwh", lambda t: t.rename(columns={"coast": "coats"})),
        PRICE,
        1,
        "coats",
        "'coast'",
    ),
    Case(
        "site without temperature",
        series("temperature_c", lambda t: t.drop(columns="coast")),
        WARM,
        1,
        "coast",
        "temperature",
        2,
    ),
    Case(
        "wind without region",
        series("capacity_factor_wind", lambda t: t.drop(columns="plain")),
        WIND,
        1,
        "plain",
        "missing",
    ),
    Case("gap", series("price_per_mwh", put("plain", 5, np.nan)), PRICE, 7, "plain", "every hour"),
    Case("infinite price", series("price_per_mwh", put("plain", 5, np.inf)), PRICE, 7, "plain", "at most"),
    Case("Kelvin", series("temperature_c", put("steppe", 0, 290.0)), WARM, 2, "steppe", "at most 60"),
    Case("cf in percent", series("capacity_factor_wind", scaled("plain", 100)), WIND, None, "plain", "0.35 for 35 %"),
    Case("cf below zero", series("capacity_factor_wind", put("plain", 9, -0.1)), WIND, 11, "plain", "at least 0"),
    Case("no shape", series("profile", scaled("office", 0)), SHAPE, None, "office", "mean"),
    Case("hourly g per kWh", with_factor_series(550), "hourly/grid_factor_t_per_mwh.parquet", 2, "coast", "divide"),
    Case(
        "unknown series",
        rename(WIND, "hourly/capacity_factor_wnd.parquet"),
        "hourly/capacity_factor_wnd.parquet",
        says="'wind'",
        count=2,
    ),
    Case(
        "unknown name",
        content("hourly/price_mwh.csv", b"hour,coast\n0,1\n"),
        "hourly/price_mwh.csv",
        says="'price_per_mwh'",
    ),
    Case("bad Parquet", content(WIND, b"PAR"), WIND, says="Parquet"),
    Case(
        "bad gzip",
        content("hourly/grid_factor_t_per_mwh.csv.gz", b"\x1f\x8bno"),
        "hourly/grid_factor_t_per_mwh.csv.gz",
        says="gzip",
    ),
    Case("series twice", as_text("profile"), SHAPE, says="also in hourly/profile.csv"),
    Case("workbook", content("hourly/wind.xlsx", b"x"), "hourly/wind.xlsx", says=".csv"),
]


def with_column(name: str, values: tuple[str, ...]) -> Change:
    """Add a column to workloads.csv: interactive, business and training."""

    def change(folder: Path) -> None:
        path = folder / "workloads.csv"
        lines = path.read_text(encoding="utf-8").splitlines()
        wider = [f"{line},{value}" for line, value in zip(lines, (name, *values), strict=True)]
        path.write_text("\n".join(wider) + "\n", encoding="utf-8")

    return change


def all_of(*changes: Change) -> Change:
    def change(folder: Path) -> None:
        for each in changes:
            each(folder)

    return change


def with_bandwidth(*rows: str, sourced: bool = True) -> Change:
    text = "\n".join(["region,site,existing_gbps,most_gbps,cost_per_gbps_year", *rows]) + "\n"
    source = append("provenance.csv", "bandwidth,*,,synthetic,a,b,c,,")
    return all_of(content("bandwidth.csv", text.encode()), *([source] if sourced else []))


BACKUP = [
    Case("stays where", with_column("stays_in", ("city", "", "")), "workloads.csv", 2, "stays_in", "of region, zone"),
    Case(
        "no machines at home",
        all_of(with_column("stays_in", ("", "", "region")), append("capacity.csv", "plain-city,ai,0,0,")),
        "demand.csv",
        7,
        "workload",
        "must stay in the region of plain",
    ),
    Case(
        "home too far",
        all_of(with_column("stays_in", ("region", "", "")), append("links.csv", "plain,plain-city,6,")),
        "demand.csv",
        5,
        "workload",
        "whose data must stay in its region; the nearest is plain-city at 6 ms",
    ),
    Case(
        "home too small",
        all_of(with_column("stays_in", ("", "region", "")), cell("demand", 6, "mean_mw", "150")),
        "demand.csv",
        6,
        "mean_mw",
        "(stays_in)",
    ),
    Case(
        "no zone",
        all_of(with_column("stays_in", ("zone", "", "")), cell("regions", 2, "zone", "")),
        "regions.csv",
        2,
        "zone",
        "Name its zone",
    ),
    Case("three replicas", with_column("replicas", ("3", "1", "1")), "workloads.csv", 2, "replicas", "at most 2", 1),
    Case(
        "survives how", with_column("survives_loss", ("perhaps", "", "")), "workloads.csv", 2, "survives_loss", "true"
    ),
    Case(
        "waits and survives",
        with_column("survives_loss", ("", "", "true")),
        "workloads.csv",
        4,
        "survives_loss",
        "may wait",
    ),
    Case(
        "no second site",
        all_of(with_column("survives_loss", ("", "true", "")), with_column("stays_in", ("", "region", ""))),
        "demand.csv",
        6,
        "workload",
        "no second site that it reaches can take it over",
        2,
    ),
    Case("bandwidth's site", with_bandwidth("coast,coast-town,0,9,1"), "bandwidth.csv", 2, "site", "'coast-city'"),
    Case("bandwidth's region", with_bandwidth("cost,coast-city,0,9,1"), "bandwidth.csv", 2, "region", "'coast'"),
    Case("bandwidth exists", with_bandwidth("coast,coast-city,10,9,1"), "bandwidth.csv", 2, "existing_gbps", "exceeds"),
    Case(
        "bandwidth in Mbit/s",
        all_of(
            with_bandwidth("coast,coast-city,0,9,1"),
            swap("bandwidth.csv", "most_gbps", "most_mbps"),
        ),
        "bandwidth.csv",
        1,
        "most_mbps",
        "divide by 1,000",
    ),
    Case(
        "bandwidth unsourced",
        with_bandwidth("coast,coast-city,1,900,1", sourced=False),
        "provenance.csv",
        None,
        "column",
        "of bandwidth",
        3,
    ),
    Case(
        "bandwidth too narrow",
        with_bandwidth("coast,coast-city,0,9,1", "coast,coast-park,0,9,1"),
        "bandwidth.csv",
        2,
        "most_gbps",
        "interactive of coast move",
    ),
]

CASES = [case for group in (FILES, COLUMNS, CELLS, KEYS, VALUES, SETTINGS, POLICY, HOURLY, BACKUP) for case in group]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_one_mistake_gives_its_fault(case: Case, folder: Path) -> None:
    case.change(folder)
    faults = faults_of(folder)
    assert len(faults) == case.count, "\n".join(map(str, faults))
    fault = faults[0]
    assert fault.file == case.file
    assert fault.column == case.column or case.column is None
    assert fault.row == case.row or case.row is None
    assert fault.remedy
    assert any(words in str(fault) for words in case.says.split("|")), str(fault)


def test_demand_that_no_site_reaches_names_the_nearest(folder: Path) -> None:
    cell("regions", 4, "latitude_deg", "49")(folder)
    faults = faults_of(folder)
    assert [(fault.file, fault.row, fault.column) for fault in faults] == [("demand.csv", 8, "workload")]
    assert "the nearest is steppe-hub at 8." in faults[0].rule


def test_compute_type_that_no_site_offers(folder: Path) -> None:
    rows = "".join(f"{site},ai,0,0\n" for site in ("coast-city", "coast-park", "plain-city", "steppe-hub"))
    content("capacity.csv", f"site,compute,existing_mw,most_mw\n{rows}".encode())(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.row, fault.column, fault.value) == ("workloads.csv", 4, "compute", "ai")


def test_room_is_judged_by_the_flow_over_shared_sites(folder: Path) -> None:
    """Each demand alone fits, but both must share coast-city and coast-park: 280 MW for (120 + 150) / 0.9 = 300."""
    cell("demand", 2, "mean_mw", "120")(folder)
    cell("demand", 3, "mean_mw", "150")(folder)
    cell("workloads", 3, "latency_ms", "5")(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.row, fault.column) == ("demand.csv", 3, "mean_mw")
    assert "need 300 MW" in fault.rule
    assert "hold 280 MW" in fault.rule


def test_room_counts_the_peak_hour_of_rigid_work(folder: Path) -> None:
    """At its mean, 230 / 0.9 = 256 MW fit the 280 MW of the coast; at the peak, a third more, they do not."""
    cell("demand", 2, "mean_mw", "230")(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.row, fault.column) == ("demand.csv", 2, "mean_mw")
    assert fault.rule.startswith("In hour ")


def test_room_rounds_down_to_whole_modules(folder: Path) -> None:
    """A module of 200 MW fits steppe-hub (400) only; it has no room at coast-city, coast-park and plain-city."""
    cell("compute_types", 3, "module_mw", "200")(folder)
    cell("demand", 4, "mean_mw", "340")(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.column) == ("demand.csv", "mean_mw")
    assert "hold 400 MW" in fault.rule


def test_power_of_work_that_one_region_must_do(folder: Path) -> None:
    """Interactive work of the coast stays there: 40 MW and more against 5 MW of grid and a small line."""
    cell("regions", 2, "grid_mw", "5")(folder)
    for line in (2, 3):
        cell("corridors", line, "most_mw", "0")(folder)
        cell("corridors", line, "existing_mw", "0")(folder)
    cell("storage", 2, "most_mw", "0")(folder)
    faults = faults_of(folder)
    (fault,) = [fault for fault in faults if fault.row == 2]
    assert (fault.file, fault.column, fault.value) == ("regions.csv", "grid_mw", "5")
    assert "at most 5 MW can be had" in fault.rule


def test_power_over_the_year_counts_work_that_may_wait(folder: Path) -> None:
    """Batteries carry the peak of an hour but make no energy: only the yearly rule sees this one."""
    cell("regions", 2, "grid_mw", "5")(folder)
    cell("corridors", 3, "most_mw", "0")(folder)
    cell("corridors", 3, "existing_mw", "0")(folder)
    cell("supply", 2, "most_mw", "0")(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.row) == ("regions.csv", 2)
    assert fault.rule.startswith("On average over the year")


def test_a_site_that_must_open_above_the_cap_on_pue(folder: Path) -> None:
    swap(TOML, "[network]", '[[policy.pue_caps]]\nmost = 1.05\nregion = "plain"\n\n[network]')(folder)
    cell("sites", 4, "decision", "open")(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.row, fault.column) == ("sites.csv", 4, "decision")
    assert "annual PUE" in fault.rule


def test_work_whose_sites_are_all_above_a_cap_on_pue(folder: Path) -> None:
    """Interactive work of the plain has one site within 5 ms; no design of this starter keeps 1.05."""
    swap(TOML, "[network]", "[[policy.pue_caps]]\nmost = 1.05\n\n[network]")(folder)
    found = faults_of(folder)
    assert {fault.file for fault in found} == {"demand.csv"}
    assert any("of plain is" in fault.rule and fault.value == "interactive" for fault in found)
    assert all("cooling_options.csv" in fault.remedy for fault in found)


def test_cooling_options_of_no_site_and_of_the_own_design(folder: Path) -> None:
    rows = "site,cooling\nsteppe-hubb,air_cooled_chiller\nplain-city,waterside_economizer\nsteppe-hub,ice\n"
    (folder / "cooling_options.csv").write_text(rows, encoding="utf-8")
    append("provenance.csv", "cooling_options,*,,assumption,Made up,2023,CC0-1.0,,")(folder)
    found = {(fault.file, fault.row, fault.column): str(fault) for fault in faults_of(folder)}
    assert set(found) == {
        ("cooling_options.csv", 2, "site"),
        ("cooling_options.csv", 3, "cooling"),
        ("cooling_options.csv", 4, "cooling"),
    }
    assert "'steppe-hub'" in found["cooling_options.csv", 2, "site"]
    assert "own design" in found["cooling_options.csv", 3, "cooling"]


def test_swapped_site(folder: Path) -> None:
    """A line that only reads right with latitude and longitude exchanged, where both are possible latitudes."""
    shift_to_europe(folder)
    cell("sites", 5, "latitude_deg", "-3.7")(folder)
    cell("sites", 5, "longitude_deg", "50.4")(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.row, fault.column) == ("sites.csv", 5, "latitude_deg")
    assert "Exchange" in fault.remedy


def test_swapped_region(folder: Path) -> None:
    shift_to_europe(folder)
    cell("regions", 3, "latitude_deg", "-3.7")(folder)
    cell("regions", 3, "longitude_deg", "50.4")(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.row, fault.column) == ("regions.csv", 3, "latitude_deg")


def shift_to_europe(folder: Path) -> None:
    for table in ("regions", "sites"):
        path = folder / f"{table}.csv"
        rows = pd.read_csv(path, keep_default_na=False)
        rows["latitude_deg"] = 50.4
        rows["longitude_deg"] = -3.7
        rows.to_csv(path, index=False)
    drop("links.csv")(folder)
    swap("provenance.csv", "links,*", "regions,zone")(folder)


def test_all_faults_of_all_files_come_at_once(folder: Path) -> None:
    cell("regions", 2, "grid_mw", "-4")(folder)
    cell("demand", 3, "region", "nowhere")(folder)
    cell("supply", 2, "most_mw", "lots")(folder)
    swap(TOML, "price = 80.0", "prize = 80.0")(folder)
    series("price_per_mwh", put("plain", 5, np.nan))(folder)
    append("mistake.csv", "a")(folder)
    found = {(fault.file, fault.row, fault.column) for fault in faults_of(folder)}
    assert found == {
        ("regions.csv", 2, "grid_mw"),
        ("demand.csv", 3, "region"),
        ("supply.csv", 2, "most_mw"),
        (TOML, None, "carbon.prize"),
        (PRICE, 7, "plain"),
        ("mistake.csv", None, None),
    }


def test_message_of_the_error_has_every_fault(folder: Path) -> None:
    cell("regions", 2, "grid_mw", "-4")(folder)
    cell("demand", 3, "region", "nowhere")(folder)
    with pytest.raises(InputError) as caught:
        load(folder)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("carbon.prize", "3", "'carbon.price'"),
        ("carbon.price", "-3", "at least 0"),
        ("carbon.price", "much", "not valid TOML"),
        ("carbon.price", "3\nother = 4", "not valid TOML"),
        ("finance.discount_rate", "1.0", "less than 1"),
        ("instance.start", "2023-02-30", "not valid TOML"),
        ("instance.base_map", '"moon"', "no such base map"),
    ],
)
def test_overrides_have_faults_of_the_same_kind(folder: Path, name: str, value: str, says: str) -> None:
    (fault,) = faults_of(folder, overrides={name: value})
    assert (fault.file, fault.column) == ("--set", name)
    assert says in str(fault)


def test_a_share_of_hubs_needs_a_hub(folder: Path) -> None:
    cell("sites", 5, "tier", "city")(folder)
    cell("sites", 5, "hub", "")(folder)
    swap(TOML, 'tier = "hub"', "")(folder)
    policy("hub_share_min = 0.6")(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.column, fault.value) == (TOML, "policy.hub_share_min", "0.6")


def test_a_replica_needs_a_site_far_away(folder: Path) -> None:
    """No two sites of the starter are 5,000 km apart."""
    with_column("replicas", ("2", "1", "1"))(folder)
    with_column("replica_km", ("5000", "0", "0"))(folder)
    append("provenance.csv", "workloads,replica_km,,synthetic,a,b,c,,")(folder)
    faults = faults_of(folder)
    assert [(fault.file, fault.row, fault.column) for fault in faults] == [
        ("demand.csv", row, "workload") for row in (2, 5, 8)
    ]
    assert "no second site 5000 km away" in faults[0].rule


def test_room_counts_replicas_in_the_peak_hour(folder: Path) -> None:
    """At its peak, a third above the mean, 120 / 0.9 = 133 MW of the coast fit its 280 MW once and not twice."""
    cell("demand", 2, "mean_mw", "120")(folder)
    for line in (3, 5, 8):
        cell("demand", line, "mean_mw", "0")(folder)
    with_column("replicas", ("2", "1", "1"))(folder)
    (fault,) = faults_of(folder)
    assert (fault.file, fault.row, fault.column) == ("demand.csv", 2, "mean_mw")
    assert "with their replicas" in fault.rule
