"""Hourly series against their declarations, the year and the tables, vectorised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.errors import Fault, Sentence, sentences
from siting.instance.clock import TIME, hours_of
from siting.instance.files import RawTable
from siting.instance.suggest import did_you_mean, nearest
from siting.instance.units import MOST_T_PER_MWH
from siting.problem.series import SERIES, Series
from siting.problem.settings import Settings

FACTOR = "capacity_factor_"


def check_hourly(
    series: Mapping[str, pd.DataFrame], files: Mapping[str, str], raw: Mapping[str, RawTable], settings: Settings | None
) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Check every series against its declaration, the year and the tables.

    Returns
    -------
    tuple
        Clean series without the column ``hour``, and faults.
    """
    faults: list[Fault] = []
    clean = {}
    length = _length(series, settings)
    technologies = raw["supply"].keys("technology") if "supply" in raw else set()
    if technologies is not None:
        technologies = technologies | {factor for _, (factor,) in _cells(raw, "fleet", ("capacity_factor",))}
    for name, table in series.items():
        file = files[name]
        declared = _declared(name)
        if declared is None:
            known = [s.name for s in SERIES if "*" not in s.name] + [FACTOR + t for t in sorted(technologies or ())]
            faults.append(Fault(file, "There is no such series in the format.", did_you_mean(name, known)))
            continue
        technology = name.removeprefix(FACTOR)
        if name.startswith(FACTOR) and technologies is not None and technology not in technologies:
            rule = "supply.csv has no such technology, and no row of fleet.csv names it."
            faults.append(Fault(file, rule, did_you_mean(technology, sorted(technologies)), value=technology))
            continue
        if length and len(table) == 1 and not {"hour", TIME} & set(table.columns):
            # One row without an hour: the same all year.
            table = table.loc[[0] * length].reset_index(drop=True).assign(hour=np.arange(length))
        hours: npt.NDArray[np.int64] | Fault | None = None
        if TIME in table.columns and "hour" not in table.columns:
            if settings is not None and len(table) == length:
                hours = hours_of(table[TIME], file, settings)
            table = table.drop(columns=TIME).assign(hour=np.arange(len(table)))
        wrong = [hours] if isinstance(hours, Fault) else _shape(table, file, length, settings)
        if not wrong and not isinstance(hours, Fault):
            wrong = _columns(table, file, declared, raw)
            values, more = _values(table, file, declared)
            clean[name] = values if hours is None else values.iloc[np.argsort(hours)].reset_index(drop=True)
            wrong += more
        faults += wrong
    return clean, faults + _needed(series, files, raw)


def _declared(name: str) -> Series | None:
    for declared in SERIES:
        stem = declared.name.removesuffix("*")
        if name == declared.name or ("*" in declared.name and name.startswith(stem) and name != stem):
            return declared
    return None


def _length(series: Mapping[str, pd.DataFrame], settings: Settings | None) -> int | None:
    """Hours that every series must have; without settings, those of most series."""
    if settings is not None:
        return settings.instance.hours
    lengths = [len(table) for table in series.values() if len(table) in (8760, 8784)]
    return max(set(lengths), key=lengths.count) if lengths else None


def _shape(table: pd.DataFrame, file: str, length: int | None, settings: Settings | None) -> list[Fault]:
    if "hour" not in table.columns:
        remedy = "Name the first column hour and number the rows from 0, or time and give times."
        return [Fault(file, "The column hour is missing.", remedy, row=1, column="hour")]
    if len(table) != length and (length is not None or len(table) not in (8760, 8784)):
        rule = Sentence("The series has {count:,} rows, and a year 8,760 or 8,784.", count=len(table))
        if settings is not None and length is not None:
            known = {"count": len(table), "year": str(settings.instance.start), "length": length}
            rule = Sentence("The series has {count:,} rows, and the year (from {year}) {length:,} rows.", **known)
        return [Fault(file, rule, "Give one row for each hour of the year that instance.start names.", column="hour")]
    hour = pd.to_numeric(table["hour"], errors="coerce").to_numpy(dtype=float)
    wrong = np.flatnonzero(hour != np.arange(len(hour)))
    if len(wrong):
        i = int(wrong[0])
        value = str(table["hour"].iloc[i])
        return [Fault(file, "Hours count from 0 without gaps.", Sentence("Write {i} here.", i=i), i + 2, "hour", value)]
    return []


def _columns(table: pd.DataFrame, file: str, declared: Series, raw: Mapping[str, RawTable]) -> list[Fault]:
    """Columns that are no region (or site) of the instance; a profile may have any name."""
    known: set[str] = set()
    for word, name in (("region", "regions"), ("site", "sites")):
        if word in declared.columns:
            keys = raw[name].keys(word) if name in raw else None
            if keys is None:
                return []
            known |= keys
    if not known:
        return []
    return [
        Fault(
            file,
            Sentence("No {columns} has this name.", columns=declared.columns),
            did_you_mean(str(column), sorted(known)),
            1,
            str(column),
        )
        for column in table.columns
        if column != "hour" and str(column) not in known
    ]


def _values(table: pd.DataFrame, file: str, declared: Series) -> tuple[pd.DataFrame, list[Fault]]:
    """Numbers of a series, and per column the first value that is text, missing or out of bounds."""
    faults = []
    columns = {}
    for name in table.columns:
        if name == "hour":
            continue
        given = table[name]
        numbers = pd.to_numeric(given, errors="coerce").to_numpy(dtype=float)
        columns[str(name)] = numbers
        most = MOST_T_PER_MWH if name_is_factor(declared.name) else declared.most
        for wrong, rule, remedy in (
            (np.isnan(numbers), "This is not a number.", "Fill in every hour with a number."),
            (
                numbers < declared.least,
                Sentence("The value must be at least {least:g}.", least=declared.least),
                "Check the value and its unit.",
            ),
            (numbers > most, Sentence("The value must be at most {most:g}.", most=most), _too_large(declared)),
        ):
            where = np.flatnonzero(wrong)
            if len(where):
                i = int(where[0])
                if len(where) > 1:
                    rule = sentences(rule, Sentence("{count:,} hours are like this.", count=len(where)))
                value = None if pd.isna(given.iloc[i]) else str(given.iloc[i])
                faults.append(Fault(file, rule, remedy, i + 2, str(name), value))
                break
        else:
            if declared.name == "profile" and not numbers.mean() > 0:
                rule = "The mean of a profile must be positive."
                faults.append(Fault(file, rule, "Give the shape of the load; its scale is free.", None, str(name), "0"))
    return pd.DataFrame(columns, index=pd.RangeIndex(len(table))), faults


def name_is_factor(series: str) -> bool:
    """Whether a series is CO2 per MWh, whose unit is often mistaken."""
    return series in ("grid_factor_t_per_mwh", "marginal_factor_t_per_mwh")


def _too_large(declared: Series) -> str:
    if name_is_factor(declared.name):
        return "The value looks like g/kWh or kg/MWh: divide by 1,000."
    if declared.name.startswith(FACTOR):
        return "Give the output of one MW, between 0 and 1: 0.35 for 35 %."
    return "Check the value and its unit."


def _needed(series: Mapping[str, pd.DataFrame], files: Mapping[str, str], raw: Mapping[str, RawTable]) -> list[Fault]:
    """Series and columns that the tables call for and that are not there."""
    faults = []
    regions = _cells(raw, "regions", ("region",))
    for name, columns in _wanted(raw).items():
        if name not in files:
            if columns or name == "price_per_mwh":
                rule = "This series is missing."
                remedy = Sentence("Add it with columns {names}.", names=", ".join(("hour", *columns)))
                each = "Add it with a column for each region."
                faults.append(Fault(f"hourly/{name}.csv", rule, remedy if columns else each))
            continue
        if name in series:
            have = set(map(str, series[name].columns))
            faults += [
                Fault(files[name], "This column is missing.", "Add the column.", row=1, column=column)
                for column in columns
                if column not in have and not _misspelt(column, have, {cell for _, (cell,) in regions})
            ]
    if "temperature_c" in series:
        known = {cell for _, (cell,) in regions}
        have = set(map(str, series["temperature_c"].columns))
        for _, (site, region) in _cells(raw, "sites", ("site", "region")):
            if region in known and not {site, region} & have:
                rule = Sentence(
                    "There is no temperature for site {site}, neither its own nor of region {region}.",
                    site=site,
                    region=region,
                )
                faults.append(
                    Fault(
                        files["temperature_c"],
                        rule,
                        Sentence("Add a column {region} or {site}.", region=region, site=site),
                        1,
                        region,
                    )
                )
    elif "temperature_c" not in files:
        faults.append(
            Fault("hourly/temperature_c.csv", "This series is missing.", "Add it with a column for each region.")
        )
    have = set(map(str, series["profile"].columns)) if "profile" in series else set()
    if "profile" in series or "profile" not in files:
        for line, (profile,) in _cells(raw, "workloads", ("profile",)):
            if profile not in have - {"hour"}:
                rule = "hourly/profile has no such column."
                remedy = sentences(did_you_mean(profile, sorted(have - {"hour"})), "Leave it blank for a flat profile.")
                faults.append(Fault("workloads.csv", rule, remedy, line, "profile", profile))
    return _unique(faults)


def _wanted(raw: Mapping[str, RawTable]) -> dict[str, list[str]]:
    wanted = {"price_per_mwh": [cell for _, (cell,) in _cells(raw, "regions", ("region",))]}
    for _, (region, technology) in _cells(raw, "supply", ("region", "technology")):
        wanted.setdefault(FACTOR + technology, []).append(region)
    for _, (region, factor) in _cells(raw, "fleet", ("region", "capacity_factor")):
        wanted.setdefault(FACTOR + factor, []).append(region)
    for _, (region,) in _cells(raw, "fleet", ("region",)):
        wanted.setdefault("system_load_mw", []).append(region)
    known = set(wanted["price_per_mwh"])
    return {name: [c for c in dict.fromkeys(columns) if c in known] for name, columns in wanted.items()}


def _misspelt(column: str, have: set[str], known: set[str]) -> bool:
    """Whether the file has an unknown column that looks like this one, which is reported already."""
    return any(nearest(other, known) == column for other in have - known - {"hour"})


def _cells(raw: Mapping[str, RawTable], table: str, columns: Sequence[str]) -> list[tuple[int, tuple[str, ...]]]:
    """Line and cells of the rows where none of the columns is blank."""
    if table not in raw or not set(columns) <= set(raw[table].columns):
        return []
    rows = zip(raw[table].lines, raw[table].cells, strict=True)
    return [(line, values) for line, cells in rows if all(values := tuple(cells[name] for name in columns))]


def _unique(faults: Sequence[Fault]) -> list[Fault]:
    return list(dict.fromkeys(faults))
