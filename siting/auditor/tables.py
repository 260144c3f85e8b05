"""The plan that the tables tell, as dense arrays; what cannot be read is a failed check, not an exception.

A missing table, column or row, a key that the problem does not have, a key given twice, text where a number belongs
and a value that is not a number fail ``tables``; work at a place that the format has no room for (a pair that is not
admissible) fails ``admissible_arcs``. What no check reads fails as well (:func:`check_nothing_else`), unless it may be
a user's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.auditor.report import Axis, Ledger, member_text
from siting.auditor.sums import carries
from siting.problem import Problem, backups, derived, designs, system
from siting.problem.ages import alive
from siting.problem.direct import exporting
from siting.problem.once import once
from siting.problem.problem import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Axes:
    """The composite indices of a plan, each with its members in the order of the arrays."""

    rigid: Axis
    delayed: Axis
    supply: Axis
    export: Axis
    storage: Axis
    fleet: Axis
    corridor: Axis
    batch: Axis
    batch_site: Axis
    bandwidth: Axis
    replica: Axis
    takeover: Axis
    renewable: Axis


@once
def axes_of(p: Problem) -> Axes:
    """The indices of a problem; ``batch`` is (workload, group), ``batch_site`` adds an admissible site."""
    late = p.workloads["max_delay_h"] > 0
    asked = p.demand[p.demand["mean_mw"] > 0].index.get_level_values("workload")
    wanted = p.workloads.index.isin(asked)
    batches, old = derived.batches(p), derived.site_compute(p)
    arcs = derived.arcs(p).merge(batches, on=["workload", "region"])[["workload", "group", "site"]]
    return Axes(
        rigid=("workload", list(p.workloads.index[~late & wanted])),
        delayed=("workload", list(p.workloads.index[late & wanted])),
        supply=("region/technology", list(p.supply.index)),
        export=("region/technology", list(exporting(p).index)),
        storage=("region/storage", list(p.storage.index)),
        fleet=("region/technology", list(system.fleet(p).index)),
        corridor=("corridor", list(p.corridors.index)),
        batch=("workload/group", _tuples(batches[["workload", "group"]])),
        batch_site=("workload/group/site", _tuples(arcs)),
        bandwidth=("region/site", list(p.bandwidth.index)),
        replica=("workload/group/site/site_2", _tuples(backups.backup_pairs(p, "replicas"))),
        renewable=("site/compute", list(old.index[old["ended_mw"] > 0])),
        takeover=("workload/group/site/site_2", _tuples(backups.backup_pairs(p, "survives_loss"))),
    )


@dataclass(frozen=True)
class Plan:
    """Every variable of a plan; the shape is in the comment, in the order of the problem's tables."""

    axes: Axes
    open: FloatArray  # site
    energy_mwh: FloatArray  # site, as reported
    claimed_mwh: FloatArray  # site
    modules: FloatArray  # site, compute
    capacity_mw: FloatArray  # site, compute
    renewed_mw: FloatArray  # site, compute
    assigned_mw: FloatArray  # rigid workload, region, site
    placed_mw: FloatArray  # rigid workload, site, as reported
    supply_mw: FloatArray  # supply
    storage_mw: FloatArray  # storage
    storage_mwh: FloatArray  # storage
    corridor_mw: FloatArray  # corridor
    power_mw: FloatArray  # period, site, hour, as reported
    generation_mw: FloatArray  # period, supply, hour
    exported_mw: FloatArray  # period, export, hour
    grid_mw: FloatArray  # period, region, hour
    charge_mw: FloatArray  # period, storage, hour
    discharge_mw: FloatArray  # period, storage, hour
    stored_mwh: FloatArray  # period, storage, hour
    fleet_mw: FloatArray  # period, fleet, hour
    flow_mw: FloatArray  # period, corridor, direction (forward, backward), hour; at the sending end
    backlog_mwh: FloatArray  # period, batch, hour
    flexible_mw: FloatArray  # period, batch_site, hour
    moved_mw: FloatArray  # period, delayed workload, region, site
    backlog_start_mwh: FloatArray  # batch, period, as reported; where periods are in calendar order
    stored_start_mwh: FloatArray  # storage, period, as reported; where periods are in calendar order
    weight: FloatArray  # period, as reported
    first_hour: FloatArray  # period, as reported
    own_mwh: FloatArray  # site, own green power of the claim
    certificates_mwh: FloatArray  # site, certificates of the claim
    peak_grid_mw: FloatArray  # region
    connected_mw: FloatArray  # site
    bandwidth_gbps: FloatArray  # bandwidth
    standby_mw: FloatArray  # replica
    takeover_mw: FloatArray  # takeover
    cache: dict[str, tuple[Problem, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)


T = TypeVar("T")


def once_per_plan(function: Callable[[Problem, Plan], T]) -> Callable[[Problem, Plan], T]:
    """A function of a problem and a plan that keeps its answer with the plan, for the last problem that asked."""

    @wraps(function)
    def cached(p: Problem, plan: Plan) -> T:
        key = f"{function.__module__}.{function.__qualname__}"
        if key not in plan.cache or plan.cache[key][0] is not p:
            plan.cache[key] = p, function(p, plan)
        result: T = plan.cache[key][1]
        return result

    return cached


class Reader:
    """Reads tables into arrays and writes what is wrong with them in the ledger."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], ledger: Ledger) -> None:
        self._tables = tables
        self._ledger = ledger
        # Columns of a table have their rows in common: these are looked up once.
        self._known: dict[tuple[str, ...], list[tuple[IntArray, BoolArray]]] = {}

    def array(
        self, table: str, column: str, *axes: Axis, inadmissible: str = "tables", wanted: BoolArray | None = None
    ) -> FloatArray:
        """One column as a dense array with the shape of ``axes``; what cannot be read is zero and fails ``tables``.

        Parameters
        ----------
        table, column : str
            Where the values are. Index columns are the names of the axes, a composite one split at ``/``.
        *axes : Axis
            Indices of the array.
        inadmissible : str
            The check that fails for a key of known names that are not a member together.
        wanted : ndarray of bool, optional
            Where the table must have a row, in the shape of ``axes``; everywhere by default.
        """
        shape = tuple(len(members) for _, members in axes)
        out = np.zeros(shape)
        keys = [key for label, _ in axes for key in label.split("/")]
        self._ledger.read.setdefault(table, set()).update([*keys, column])
        if 0 in shape:
            return out
        frame = self._tables.get(table)
        if frame is None:
            self._ledger.fail("tables", f"table {table} is missing")
            return out
        absent = [name for name in (*keys, column) if name not in frame.columns]
        if absent:
            self._ledger.fail("tables", f"table {table} has no column {', '.join(absent)}")
            return out
        values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        flat = self._places(table, frame, axes, values, inadmissible)
        used = flat >= 0
        self._say_bad(table, column, frame, keys, ~np.isfinite(values), "is not a number")
        if not pd.api.types.is_numeric_dtype(frame[column]) and len(frame):
            self._ledger.fail("tables", f"table {table}, {column}: is not a number, but {frame[column].dtype}")
        twice = used & pd.Series(flat).duplicated().to_numpy(dtype=bool)
        self._say_bad(table, column, frame, keys, twice, "is given twice")
        out.reshape(-1)[flat[used]] = np.nan_to_num(values[used], nan=0.0, posinf=0.0, neginf=0.0)
        self._say_missing(table, axes, flat[used], wanted)
        return out

    def _say_missing(self, table: str, axes: Sequence[Axis], given: IntArray, wanted: BoolArray | None) -> None:
        shape = tuple(len(members) for _, members in axes)
        lacks = np.ones(shape, dtype=bool) if wanted is None else np.array(np.broadcast_to(wanted, shape), order="C")
        lacks.reshape(-1)[given] = False
        if lacks.any():
            first = np.argwhere(lacks)[0]
            where = [f"{label}={member_text(members[i])}" for (label, members), i in zip(axes, first, strict=True)]
            self._ledger.fail("tables", f"table {table}: no row for {', '.join(where)} ({int(lacks.sum())} rows)")

    def _places(
        self, table: str, frame: pd.DataFrame, axes: Sequence[Axis], values: FloatArray, inadmissible: str
    ) -> IntArray:
        """Flat position of every row in the dense array, -1 where it has none."""
        flat = np.zeros(len(frame), dtype=np.int64)
        inside = np.ones(len(frame), dtype=bool)
        key = (table, *(f"{label}[{len(members)}]" for label, members in axes))
        if key not in self._known:
            self._known[key] = [_codes(frame, label.split("/"), members) for label, members in axes]
        for (label, members), (code, known) in zip(axes, self._known[key], strict=True):
            names = label.split("/")
            self._say_bad(table, label, frame, names, ~known, "has no place in the problem")
            # Nobody minds a zero where nothing can be.
            odd = known & (code < 0) & (np.abs(values) > 1e-4)
            self._say_bad(table, label, frame, names, odd, "cannot be used", inadmissible)
            inside &= code >= 0
            flat = flat * len(members) + code
        return np.where(inside, flat, -1)

    def _say_bad(
        self,
        table: str,
        column: str,
        frame: pd.DataFrame,
        keys: Sequence[str],
        bad: npt.NDArray[np.bool_],
        fault: str,
        check: str = "tables",
    ) -> None:
        if bad.any():
            first = ", ".join(f"{name}={frame[name].iloc[int(np.argmax(bad))]}" for name in keys)
            self._ledger.fail(check, f"table {table}, {column}: {first} {fault} ({int(bad.sum())} rows)")


def read(p: Problem, tables: Mapping[str, pd.DataFrame], ledger: Ledger) -> Plan:
    """Read all tables of a solution.

    Parameters
    ----------
    p : Problem
        What was solved.
    tables : mapping of str to DataFrame
        The solution's tables by name.
    ledger : Ledger
        Receives the checks ``tables`` and ``admissible_arcs``.

    Returns
    -------
    Plan
        Dense arrays; what could not be read is zero.
    """
    ledger.good("tables")
    reader, axes = Reader(tables, ledger), axes_of(p)
    site, compute, region, hour, period = ledger.site, ledger.compute, ledger.region, ledger.hour, ledger.period
    claimed = claims_needed(p) or "claimed_mwh" in tables.get("site", pd.DataFrame()).columns
    rows, work, kinds = reader.array, "admissible_arcs", hosted(p)
    rigid, delayed = (served(p, axis[1]) for axis in (axes.rigid, axes.delayed))
    places: BoolArray = np.max(rigid, axis=1, initial=False)
    flows = [rows("corridor_hour", f"{way}_mw", period, axes.corridor, hour) for way in ("forward", "backward")]
    return Plan(
        axes=axes,
        open=rows("site", "open", site),
        energy_mwh=rows("site", "energy_mwh", site),
        claimed_mwh=rows("site", "claimed_mwh", site) if claimed else np.zeros(len(p.sites)),
        modules=rows("site_compute", "modules", site, compute, wanted=kinds),
        capacity_mw=rows("site_compute", "capacity_mw", site, compute, wanted=kinds),
        renewed_mw=_renewed(p, reader, axes),
        assigned_mw=rows("arc", "assigned_mw", axes.rigid, region, site, wanted=rigid),
        placed_mw=rows("place", "placed_mw", axes.rigid, site, wanted=places),
        supply_mw=rows("supply", "supply_mw", axes.supply),
        storage_mw=rows("storage", "storage_mw", axes.storage),
        storage_mwh=rows("storage", "storage_mwh", axes.storage),
        corridor_mw=rows("corridor", "corridor_mw", axes.corridor),
        power_mw=rows("site_hour", "power_mw", period, site, hour),
        generation_mw=rows("supply_hour", "generation_mw", period, axes.supply, hour),
        exported_mw=rows("export_hour", "exported_mw", period, axes.export, hour),
        grid_mw=rows("region_hour", "grid_mw", period, region, hour),
        charge_mw=rows("storage_hour", "charge_mw", period, axes.storage, hour),
        discharge_mw=rows("storage_hour", "discharge_mw", period, axes.storage, hour),
        stored_mwh=rows("storage_hour", "stored_mwh", period, axes.storage, hour),
        fleet_mw=rows("fleet_hour", "fleet_mw", period, axes.fleet, hour),
        flow_mw=np.stack(flows, axis=2),
        backlog_mwh=rows("batch_hour", "backlog_mwh", period, axes.batch, hour),
        flexible_mw=rows("batch_site_hour", "flexible_mw", period, axes.batch_site, hour, inadmissible=work),
        moved_mw=rows("batch_arc", "moved_mw", period, axes.delayed, region, site, wanted=delayed[None]),
        **_starts(p, reader, ledger),
        weight=rows("period", "weight", period),
        first_hour=rows("period", "first_hour", period),
        **_agreements(p, tables, reader, ledger),
        bandwidth_gbps=rows("bandwidth", "bandwidth_gbps", axes.bandwidth),
        standby_mw=rows("replica", "standby_mw", axes.replica, inadmissible="replicas"),
        takeover_mw=rows("takeover", "takeover_mw", axes.takeover, inadmissible="survival"),
    )


def planned(problem: Problem, tables: Mapping[str, pd.DataFrame]) -> tuple[Problem, Plan]:
    """The problem as a plan settles it, each site with the cooling design that it gets, and the plan itself.

    For those who give an account of a plan; what is wrong with its tables is for the audit to say.
    """
    p = designs.as_chosen(what_can_exist(problem), tables)
    return p, read(p, tables, Ledger(p, 1e-6))


def _starts(p: Problem, reader: Reader, ledger: Ledger) -> dict[str, FloatArray]:
    """What there is when each period begins; zero where periods wrap."""
    axes, rows = axes_of(p), reader.array if carries(p) else lambda *_: np.zeros((0, 0))
    return {
        "backlog_start_mwh": rows("batch_start", "backlog_start_mwh", axes.batch, ledger.period),
        "stored_start_mwh": rows("storage_start", "stored_start_mwh", axes.storage, ledger.period),
    }


def _renewed(p: Problem, reader: Reader, axes: Axes) -> FloatArray:
    """What is renewed where lives have ended; elsewhere nothing can be."""
    out = np.zeros((len(p.sites), len(p.compute_types)))
    given = reader.array("renewable", "renewed_mw", axes.renewable)
    for (site, compute), mw in zip(axes.renewable[1], given, strict=True):
        out[p.sites.index.get_loc(site), p.compute_types.index.get_loc(compute)] = mw
    return out


def _agreements(
    p: Problem, tables: Mapping[str, pd.DataFrame], reader: Reader, ledger: Ledger
) -> dict[str, FloatArray]:
    """Parts of claims, peaks that are paid for and connections; zero where the rule is off."""
    sites, columns, rows = len(p.sites), tables.get("site", pd.DataFrame()).columns, reader.array
    bought = (claims_needed(p) and p.settings.green.certificate_price is not None) or "certificates_mwh" in columns
    # A plan without certificates need not split its claims.
    own = "own_mwh" if bought or "own_mwh" in columns else "claimed_mwh"
    charged = (p.regions["demand_charge_per_mw_month"] > 0).any()
    connected = np.zeros(sites)
    tied = connections(p)
    if len(tied):
        connected[p.sites.index.get_indexer(pd.Index(tied))] = rows("connection", "connected_mw", ("site", tied))
    return {
        "own_mwh": rows("site", own, ledger.site) if own in columns or bought else np.zeros(sites),
        "certificates_mwh": rows("site", "certificates_mwh", ledger.site) if bought else np.zeros(sites),
        "peak_grid_mw": rows("region", "peak_grid_mw", ledger.region) if charged else np.zeros(len(p.regions)),
        "connected_mw": connected,
    }


def connections(p: Problem) -> list[str]:
    """Sites whose connection has a limit or a cost."""
    sites = p.sites
    return list(sites.index[sites["connection_mw"].notna() | (sites["connection_cost_per_mw_year"] > 0)])


def claims_needed(p: Problem) -> bool:
    """Whether some green floor binds some site, so that the plan must say who claims what."""
    return any(share > 0 and sites for share, sites in derived.floor_sites(p))


def check_nothing_else(tables: Mapping[str, pd.DataFrame], own_rules: bool, ledger: Ledger) -> None:
    """No table and no column that no check has read; those of a user's own rules hold numbers and no gaps.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables of the solution by name.
    own_rules : bool
        Whether a user's own rules may have added some.
    ledger : Ledger
        Says what was read, and receives the check ``tables``.
    """
    for name, frame in tables.items():
        known = ledger.read.get(name)
        if known is None and not own_rules:
            ledger.fail("tables", f"table {name} is not one that a plan of this problem has")
            continue
        for column in (column for column in frame.columns if column not in (known or ())):
            if not own_rules:
                ledger.fail("tables", f"table {name}, column {column}: not one that a plan of this problem has")
            elif holes(frame[column]):
                ledger.fail("tables", f"table {name}, {column}: has values that are missing or not finite")


def holes(column: pd.Series) -> bool:
    """Whether a column has values that are missing or not finite."""
    if pd.api.types.is_numeric_dtype(column):
        return not bool(np.isfinite(column.to_numpy(dtype=float, na_value=np.nan)).all())
    return bool(column.isna().any())


@once
def what_can_exist(p: Problem) -> Problem:
    """The problem without sources, storage and corridors that can hold nothing or whose life has ended.

    Plans need not mention the former, and buy anew what replaces the latter.
    """
    p = alive(p)
    kept = {
        "supply": p.supply[p.supply["most_mw"] > 0],
        "storage": p.storage[(p.storage["most_mw"] > 0) & (p.storage["most_mwh"] > 0)],
        "corridors": p.corridors[p.corridors["most_mw"] > 0],
    }
    smaller = {name: rows for name, rows in kept.items() if len(rows) < len(getattr(p, name))}
    return p.replace(**smaller) if smaller else p


def hosted(p: Problem) -> BoolArray:
    """Which site may hold which type of equipment, (sites, compute)."""
    table = derived.site_compute(p)
    out = np.zeros((len(p.sites), len(p.compute_types)), dtype=bool)
    site, compute = (table.index.get_level_values(name) for name in ("site", "compute"))
    out[p.sites.index.get_indexer(site), p.compute_types.index.get_indexer(compute)] = True
    return out


def served(p: Problem, workloads: Sequence[str]) -> BoolArray:
    """Which work may be done where, (workloads, regions, sites)."""
    arcs = derived.arcs(p)
    arcs = arcs[arcs["workload"].isin(list(workloads))]
    out = np.zeros((len(workloads), len(p.regions), len(p.sites)), dtype=bool)
    places = (pd.Index(list(workloads), dtype=object), p.regions.index, p.sites.index)
    names = ("workload", "region", "site")
    out[tuple(place.get_indexer(pd.Index(arcs[name])) for place, name in zip(places, names, strict=True))] = True
    return out


def _tuples(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    return list(frame.drop_duplicates().itertuples(index=False, name=None))


def _codes(frame: pd.DataFrame, keys: Sequence[str], members: Sequence[Any]) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Position of each row among the members (-1: none), and whether each of its names is known by itself.

    Columns are coded one by one and the codes combined, which is many times faster on millions of rows than looking
    up tuples.
    """
    parts = [[member[i] for member in members] for i in range(len(keys))] if len(keys) > 1 else [list(members)]
    combined, known = np.zeros(len(frame), dtype=np.int64), np.ones(len(frame), dtype=bool)
    row_of = np.zeros(len(members), dtype=np.int64)
    for key, names in zip(keys, parts, strict=True):
        code, own, count = _coded(frame[key], names)
        known &= code >= 0
        combined = combined * count + code
        row_of = row_of * count + own
    table = np.full(int(row_of.max()) + 1 if len(members) else 0, -1, dtype=np.int64)
    table[row_of] = np.arange(len(members))
    inside = known & (combined < len(table))
    return np.where(inside, table[np.where(inside, combined, 0)], -1), known


def _coded(given: pd.Series[Any], names: Sequence[Any]) -> tuple[IntArray, IntArray, int]:
    """Code of each value of a column (-1: none) and of each name, and how many codes there are.

    Not by an index of pandas, which takes longer to make than most tables have to be looked up.
    """
    if all(isinstance(name, int) for name in names):
        # Numbers may come back from a file as text.
        values = pd.to_numeric(given, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        levels = np.unique(np.asarray(names, dtype=np.int64))
        at = np.minimum(np.searchsorted(levels, values), len(levels) - 1)
        return np.where(levels[at] == values, at, -1), np.searchsorted(levels, names), len(levels)
    code_of: dict[Any, int] = {}
    own = [code_of.setdefault(name, len(code_of)) for name in names]
    # Names may come back from a file as categories.
    code = [code_of.get(value, -1) for value in given.to_numpy(dtype=object)]
    return np.array(code, dtype=np.int64), np.array(own, dtype=np.int64), len(code_of)
