"""From a bundled name or a folder to a checked :class:`Problem`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from siting.errors import Fault, InputError, Sentence, UsageError, sentences
from siting.files.bundled import instances_folder
from siting.instance.configuration import OVERRIDES, read_settings
from siting.instance.designs import cap_faults, cap_reach_faults, open_faults, option_faults
from siting.instance.direct import direct_faults
from siting.instance.feasible import power_faults, reach_faults, room_faults
from siting.instance.files import RawTable, read_tables
from siting.instance.fitting import fitted
from siting.instance.folder import FILE
from siting.instance.hourly import read_hourly
from siting.instance.policies import policy_faults
from siting.instance.references import floor_faults, provenance_faults, reference_faults, value_faults
from siting.instance.rows import Rows, check_rows
from siting.instance.series import check_hourly
from siting.instance.sites import site_row_faults, size_faults
from siting.instance.stages import pathway_faults, stage_faults
from siting.instance.suggest import nearest
from siting.instance.system import fleet_faults, switch_faults
from siting.instance.tiers import tier_faults, tier_row_faults
from siting.instance.units import swapped_faults, table_faults
from siting.instance.work import backup_faults, bandwidth_faults, run_faults, zone_faults
from siting.problem import TABLES, Problem, Settings, make
from siting.problem.designs import as_offered

_PACKAGE = "package of RTS-GMLC"


def load(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None, *, pathway: bool = False) -> Problem:
    """Read and check an instance.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a bundled instance, or a folder. A folder in the way of a bundled name is reached by ``./name``.
    overrides : mapping, optional
        Settings to change before validation, ``{"carbon.price": "200"}``; text is parsed as TOML.
    pathway : bool
        Whether each stage must be sound too, and not only the year that is planned without stages.

    Returns
    -------
    Problem
        With the whole year as calendar, in days; see :mod:`siting.periods` for fewer.

    Raises
    ------
    UsageError
        If there is neither a bundled instance nor a folder of that name, or a package is missing.
    InputError
        With every fault of every file.
    """
    folder = find(name_or_path)
    settings, faults = read_settings(folder, overrides or {})
    raw, wrong = read_tables(folder, settings.instance.base_map if settings is not None else "")
    faults += wrong
    rows: dict[str, Rows] = {}
    for name, table in raw.items():
        rows[name], wrong = check_rows(table)
        faults += wrong
    if settings is not None:
        settings = fitted(settings, raw)
    faults += reference_faults(raw) + value_faults(rows) + option_faults(raw) + direct_faults(rows)
    faults += site_row_faults(rows) + tier_row_faults(rows) + stage_faults(rows, raw) + _unit_faults(rows)
    if settings is not None:
        faults += floor_faults(settings, raw)
        faults += policy_faults(settings, raw) + cap_faults(settings, raw)
        faults += switch_faults(settings, raw)
    series, files, wrong = _series(folder, settings, raw)
    faults += wrong
    hourly, wrong = check_hourly(series, files, raw, settings)
    faults += wrong + provenance_faults(raw, series)
    problem, wrong = _feasibility(settings, rows, hourly, {fault.file for fault in faults})
    faults += wrong
    if pathway and not faults and problem is not None:
        faults = pathway_faults(problem, _lines(rows, problem))
    if faults or problem is None:
        raise InputError(list(dict.fromkeys(faults)))
    return as_offered(problem)


def find(name_or_path: str | Path) -> Path:
    """Folder of an instance: a bundled name first, then a path.

    Raises
    ------
    UsageError
        If there is neither, or nothing of an instance in the folder; it lists the bundled names.
    """
    names = bundled_names()
    if isinstance(name_or_path, str) and name_or_path in names:
        return instances_folder() / name_or_path
    path = Path(name_or_path)
    if path.name == FILE and path.is_file():
        return path.parent
    if path.is_dir():
        if not any((path / file).exists() for file in (FILE, *(f"{table.name}.csv" for table in TABLES))):
            raise UsageError(
                Sentence(
                    "{place!r} is not the folder of an instance: it has no {file}. Start one with siting new NAME.",
                    place=str(name_or_path),
                    file=FILE,
                )
            )
        return path
    if path.exists():
        raise UsageError(
            Sentence(
                "{place!r} is a file, not a folder. Give the folder of an instance.",
                place=str(name_or_path),
            )
        )
    best = nearest(str(name_or_path), names)
    said: list[str] = [
        Sentence("{place!r} is neither a bundled instance nor a folder.", place=str(name_or_path)),
        *([Sentence("Did you mean {best!r}?", best=best)] if best is not None else []),
        *([Sentence("Bundled: {names}.", names=", ".join(names))] if names else []),
    ]
    raise UsageError(sentences(*said))


def bundled_names() -> list[str]:
    """Names of the bundled instances."""
    return sorted(path.parent.name for path in instances_folder().glob(f"*/{FILE}"))


def _series(
    folder: Path, settings: Settings | None, raw: Mapping[str, RawTable]
) -> tuple[dict[str, pd.DataFrame], dict[str, str], list[Fault]]:
    """Series of the folder, and behind them those of the package if the settings say so."""
    series, files, faults = read_hourly(folder)
    if settings is None or settings.instance.hourly == "folder":
        return series, files, faults
    regions = raw["regions"].keys("region") if "regions" in raw else None
    if not regions:
        return series, files, faults
    try:
        from siting.instance.importers.rts_gmlc import hourly  # the package behind it is optional
    except ImportError as error:
        needed = Sentence('This instance needs the data of RTS-GMLC: pip install "siting[rts]"')
        raise UsageError(needed) from error
    technologies = (raw["supply"].keys("technology") if "supply" in raw else None) or set()
    for name, table in hourly(sorted(regions)).items():
        used = not name.startswith("capacity_factor_") or name.removeprefix("capacity_factor_") in technologies
        if name not in files and used:
            series[name], files[name] = (table.rename_axis("hour").reset_index(), _PACKAGE)
    return series, files, faults


def _unit_faults(rows: Mapping[str, Rows]) -> list[Fault]:
    faults = []
    for name, table in rows.items():
        faults += table_faults(name, table.data, table.lines)
    places = {"region", "latitude_deg", "longitude_deg"}
    if all(name in rows and places <= set(rows[name].data.columns) for name in ("regions", "sites")):
        regions, sites = rows["regions"], rows["sites"]
        faults += swapped_faults(regions.data, regions.lines, sites.data, sites.lines)
    return faults


def _lines(rows: Mapping[str, Rows], problem: Problem) -> dict[str, list[int]]:
    """Lines of the rows of each table; a workload under another clock has the line of the workload."""
    lines = {name: table.lines for name, table in rows.items()}
    own = dict(zip(problem.workloads.index, lines["workloads"], strict=False))
    named = [w if w in own else w.rpartition("@")[0] for w in problem.workloads.index]
    return {**lines, "workloads": [own[w] for w in named]}


def _feasibility(
    settings: Settings | None, rows: Mapping[str, Rows], hourly: Mapping[str, pd.DataFrame], broken: set[str]
) -> tuple[Problem | None, list[Fault]]:
    """Rules that need several sound tables; those whose tables have faults are left for the next try.

    Returns
    -------
    tuple of Problem or None, and list of Fault
        The problem is complete if nothing is broken, and None if too much is.
    """
    work = ("regions", "sites", "compute_types", "workloads", "demand", "capacity", "links", "tiers")
    power = ("supply", "storage", "corridors")
    if settings is None or broken & {FILE, OVERRIDES, *(f"{name}.csv" for name in work)}:
        return None, []
    if any(name not in rows for name in work[:5]):
        return None, []
    sound = not any(file.startswith("hourly/") or file == _PACKAGE for file in broken)
    series = hourly if sound else {"price_per_mwh": pd.DataFrame({"none": np.zeros(8760)})}
    usable = {name: table.data for name, table in rows.items() if name in work or f"{name}.csv" not in broken}
    problem = make(settings, series, **usable)
    lines = _lines(rows, problem)
    faults = reach_faults(problem, lines) + zone_faults(problem, lines) + run_faults(problem, lines)
    faults += size_faults(problem, lines) + tier_faults(problem, lines)
    if not faults:
        faults = backup_faults(problem, lines)
    if not faults:
        faults = room_faults(problem, lines, hourly=sound)
    if not faults and sound and "bandwidth.csv" not in broken:
        faults = bandwidth_faults(problem, lines)
    if not faults and sound and not broken & {f"{name}.csv" for name in power}:
        faults = power_faults(problem, lines)
    if sound:
        faults = faults + (open_faults(problem, lines) or cap_reach_faults(problem, lines))
    if sound and "fleet.csv" not in broken:
        faults = faults + fleet_faults(problem, lines)
    return problem, faults
