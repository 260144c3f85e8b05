"""Whatever is changed in what a run tells, its audit finds: each column of each table, each field of result.json."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from full import full_problem
from small import problem, solved

import siting
from siting.auditor import Audit, audit
from siting.auditor.document import year_check
from siting.model.build import build_pathway
from siting.options import SolveOptions
from siting.periods import aggregation_error
from siting.problem.stages import stage_problem
from siting.runs.audit import document_checks, expected
from siting.runs.document import document
from siting.runs.folder import plain, with_first_hour
from siting.runs.seal import SEAL, sealed
from siting.solving.solution import Solution
from siting.study.marginal import marginal_prices, yearly_means

Tables = dict[str, pd.DataFrame]
Column = tuple[str, str]

KEYS = {
    "region", "site", "compute", "workload", "cooling", "technology", "storage", "corridor", "site_count", "relocation",
    "group", "site_2", "hour", "term",
}  # fmt: skip

FREE: dict[Column, str] = {
    ("claim_region", "reserved_mw"): "any amount between what is matched or claimed and what is green is a right one",
    ("claim_region_hour", "stored_green_mw"): "may be more than what storage must take up, as long as claims are met",
    ("region_hour", "matched_mw"): "may be less than it could be, as long as the floors are met",
}
"""Decisions with room, of which nothing else is told: another value is another plan that is as good."""


@cache
def plan() -> tuple[Any, Tables, Solution]:
    """The plan of the problem in which every rule is on, with the prices that a run adds."""
    p = full_problem()
    solution = siting.solve(p, gap=0.0)
    tables = with_first_hour(p, solution.tables)
    return p, {**tables, "system_price": marginal_prices(p, tables)}, solution


def judged(tables: Tables) -> Audit:
    p, _, solution = plan()
    return audit(p, tables, solution.objective)


def columns(tables: Tables) -> list[Column]:
    return [(name, str(c)) for name, rows in tables.items() for c in rows if c not in KEYS]


@cache
def known() -> list[Column]:
    return [(name, column) for name, column in columns(plan()[1]) if (name, column) != ("period", "period")]


def with_column(name: str, column: str, values: Any) -> Tables:
    tables = plan()[1]
    return {**tables, name: tables[name].assign(**{column: values})}


def a_percent_more(values: pd.Series) -> pd.Series:
    """The largest number one percent larger; zeros become one."""
    place = int(values.abs().to_numpy().argmax())
    out = values.astype(float).copy()
    out.iloc[place] += 0.01 * abs(out.iloc[place]) or 1.0
    return out


def turned(values: pd.Series) -> pd.Series:
    """The largest number with the other sign; zeros become minus one."""
    place = int(values.abs().to_numpy().argmax())
    out = values.astype(float).copy()
    out.iloc[place] = -out.iloc[place] or -1.0
    return out


def swapped(values: pd.Series) -> pd.Series:
    """The largest and the smallest number in each other's place."""
    out = values.astype(float).copy()
    low, high = int(out.to_numpy().argmin()), int(out.to_numpy().argmax())
    out.iloc[[low, high]] = out.iloc[[high, low]].to_numpy()
    return out


def test_the_plan_itself_is_right() -> None:
    verdict = judged(plan()[1])
    assert verdict.ok, "\n".join(map(str, verdict.failures))
    assert verdict.faults == ()


@pytest.mark.parametrize("part", range(6))
def test_every_number_that_is_changed_is_found(part: int) -> None:
    missed = []
    for number, (name, column) in enumerate(known()):
        if number % 6 != part or (name, column) in FREE:
            continue
        values = plan()[1][name][column]
        # Mostly the smallest change of the three; what finds it finds the others.
        way = (a_percent_more, turned, a_percent_more, swapped)[number % 4]
        other = way(values)
        if other.equals(values.astype(float)):
            way, other = a_percent_more, a_percent_more(values)
        if judged(with_column(name, column, other)).ok:
            missed.append((name, column, way.__name__))
    assert missed == []


@pytest.mark.parametrize(("name", "column"), FREE)
def test_a_free_number_stays_within_its_rules(name: str, column: str) -> None:
    values = plan()[1][name][column]
    for other in (turned(values + 1.0), values + 1e4):
        assert not judged(with_column(name, column, other)).ok


def everywhere(value: Any) -> Tables:
    """One row of every column changed."""
    tables = {name: rows.astype(dict.fromkeys(rows, object)) for name, rows in plan()[1].items()}
    for name, column in known():
        tables[name].loc[tables[name].index[-1], column] = value
    return tables


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "much"])
def test_what_is_not_a_number_is_found_in_every_column(value: Any) -> None:
    tables = everywhere(value)
    if value != "much":
        tables = {name: rows.infer_objects() for name, rows in tables.items()}
    said = judged(tables).faults
    # An infinite price is one that nobody can pay: the fleet has nothing left.
    looked = [c for c in known() if value != float("inf") or c[0] != "system_price"]
    assert [c for c in looked if not any(fault.startswith(f"table {c[0]}, {c[1]}:") for fault in said)] == []


def test_a_column_or_a_table_that_is_missing_is_found() -> None:
    bare = {name: rows[[c for c in rows if (name, c) not in known()]] for name, rows in plan()[1].items()}
    said = judged(bare).faults
    gone = [(name, column) for name, column in known() for f in said if f"table {name} has no" in f and column in f]
    assert [c for c in known() if c not in gone] == []
    said = judged({}).faults
    # The prices are added once the plan has passed its audit.
    assert [name for name in bare if f"table {name} is missing" not in said] == ["system_price"]


@pytest.mark.parametrize("way", ["first row gone", "a row twice", "a row of nobody"])
def test_rows_are_those_of_the_problem(way: str) -> None:
    """Terms that are zero need not be told; a term that is not is compared."""
    tables = {}
    for name, rows in plan()[1].items():
        if way == "first row gone":
            tables[name] = rows.iloc[1:]
        else:
            more = rows.iloc[[0]]
            if way == "a row of nobody":
                key = next(c for c in rows if c in KEYS or c == "period")
                more = more.assign(**{key: "nobody" if not pd.api.types.is_numeric_dtype(rows[key]) else 99})
            tables[name] = pd.concat([rows, more], ignore_index=True)
    said = judged(tables).faults
    optional = {"cost", "carbon"} if way == "first row gone" else set()
    assert [name for name in tables if name not in optional and not any(f"table {name}" in f for f in said)] == []


def test_what_nobody_recomputes_is_found_by_its_name() -> None:
    """A new column of the model that no check reads."""
    tables = {name: rows.assign(new_mw=1.0) for name, rows in plan()[1].items()}
    said = judged({**tables, "lake": pd.DataFrame({"level_m": [1.0]})}).faults
    for name in tables:
        assert f"table {name}, column new_mw: not one that a plan of this problem has" in said
    assert "table lake is not one that a plan of this problem has" in said


# --- result.json


@cache
def told() -> dict[str, Any]:
    """``result.json`` of the plan, with a year that is the plan itself and misses nothing."""
    p, tables, solution = plan()
    verdict = judged(tables)
    prices = yearly_means(p, tables["system_price"])
    made = document(
        version="0", problem=p, sha256="0" * 64, options=SolveOptions(gap=0.0), outcome=solution.outcome,
        verdict=verdict, aggregation=aggregation_error(p), seconds={"solve": 1.0}, prices=prices,
    )  # fmt: skip
    made["audit"]["checks"].append({"name": "outcome", "ok": True})
    return sealed(plain({"schema": "siting-run", **made, "tables": {name: len(t) for name, t in tables.items()}}))


@cache
def mine() -> tuple[Audit, dict[str, Any]]:
    p, tables, _ = plan()
    verdict = judged(tables)
    return verdict, expected(p, {None: tables}, verdict)


def wrong(result: dict[str, Any]) -> list[str]:
    return [check.name for check in document_checks(result, *mine()) if not check.ok]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, (dict, list)) and value:
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))
    else:
        yield path


def changed(document: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    out = copy.deepcopy(document)
    place: Any = out
    for key in path[:-1]:
        place = place[key]
    old = place[path[-1]]
    place[path[-1]] = (
        (not old) if isinstance(old, bool)
        else old * 1.01 if isinstance(old, float) and abs(old) > 1e-6  # what is smaller may be rounding
        else old + 1 if isinstance(old, int | float)
        else 1.0 if old is None
        else old + "x" if isinstance(old, str)
        else [1.0] if isinstance(old, list) else {"x": 1.0}
    )  # fmt: skip
    return out


SAID = (
    "schema", "bound_proven_by", "solver_status", "reason", "interrupted", "options", "solver", "size", "seconds",
    "finished", "versions", "warnings", "messages", "tables", "year_check", SEAL,
)  # fmt: skip
"""How a run went, which nothing in the folder proves: the fingerprint alone says whether it was changed. Rows of the
tables are compared when they are read, the section of the year has a test of its own."""


def follows(path: tuple[Any, ...]) -> bool:
    """Whether a field can be told from the plan."""
    inside_audit = path[0] == "audit" and path[-1] in ("worst", "where", "unit", "tolerance")
    return path[0] not in SAID and path != ("instance", "sha256") and not inside_audit


def test_result_json_is_right_as_it_is() -> None:
    assert wrong(told()) == []


def test_any_field_that_is_changed_breaks_the_fingerprint() -> None:
    every = list(leaves(told()))
    assert len(every) > 400
    assert [path for path in every if "fingerprint" not in wrong_seal(changed(told(), path))] == []


def wrong_seal(result: dict[str, Any]) -> list[str]:
    from siting.runs.audit import seal_check

    return [] if seal_check(result).ok else ["fingerprint"]


def test_any_figure_that_is_changed_is_found_even_under_a_new_fingerprint() -> None:
    paths = [path for path in leaves(told()) if follows(path)]
    assert len(paths) > 200
    assert [path for path in paths if not wrong(sealed(changed(told(), path)))] == []


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"bound": lambda r: r["objective"] * 1.01}, "is above the objective"),
        ({"gap": lambda r: 0.01}, "the gap is"),
        ({"bound": lambda r: r["objective"] * 0.9, "gap": lambda r: 0.1}, "the status is optimal at a gap of"),
        ({"status": lambda r: "error"}, "and the audit of the plan passed"),
        ({"objective": lambda r: None}, "a plan without an objective"),
    ],
)
def test_how_it_ended_fits_what_is_proven(change: dict[str, Callable[[Any], Any]], where: str) -> None:
    result = sealed({**told(), **{key: value(told()) for key, value in change.items()}})
    (said,) = [check.where for check in document_checks(result, *mine()) if check.name == "outcome"]
    assert where in said


def test_the_year_fits_together() -> None:
    totals = {"objective_million": 10.0, "cost_million": {"grid": 6.0, "site": 4.0}, "green_share": 0.5}
    rows = [
        ("cost_million", "", 10.0, 12.0), ("cost_million", "grid", 6.0, 8.0), ("cost_million", "site", 4.0, 4.0),
        ("green_share", "", 0.5, 0.25), ("energy_mwh", "used", 100.0, 100.0),
    ]  # fmt: skip
    names = ("quantity", "term", "promised", "year")
    errors = [{**dict(zip(names, row, strict=True)), "error_percent": 100 * (row[3] - row[2]) / row[2]} for row in rows]
    year = {
        "status": "missed", "cost_million": 12.0, "carbon_t": 0.0, "green_share": 0.25, "broken": [], "errors": errors,
        "unserved": {
            "energy_mwh": 3.0, "work_mwh": 0.0, "energy_share": 0.03, "work_share": 0.0,
            "days": [{"date": d, "energy_mwh": e, "work_mwh": 0.0} for d, e in (("d", 1.0), ("e", 2.0))],
        },
    }  # fmt: skip
    promised = {**totals, "energy_mwh": {"used": 100.0}, "carbon_t": {"total": 0.0}}
    assert year_check(year, promised).ok
    paths = [path for path in leaves(year) if path[-1] not in ("date", "quantity", "term", "work_share", "broken")]
    found = {path for path in paths if not year_check(changed(year, path), promised).ok}
    assert set(paths) - found == {("errors", 4, "year")} - found


# --- a pathway


@cache
def pathway() -> tuple[Any, dict[int, Tables], float]:
    names = [("demand", "mean_mw", 1.5), ("compute_types", "capex_per_kw", 2.0), ("supply", "embodied_t_per_mw", 0.5)]
    p = problem(
        cf={"wind": 1.0},
        supply=[{"capex_per_kw": 0.1, "embodied_t_per_mw": 1.0, "lifetime_years": 9, "most_mw": 12.0}],
        compute_types=[{"capex_per_kw": 1.0}],
        stages=[{}, {"year": 2026}],
        stage_factors=[{"year": 2026, "table": t, "column": c, "factor": f} for t, c, f in names],
    )
    solution = solved(build_pathway(p))
    tables = {year: with_first_hour(stage_problem(p, year), rows) for year, rows in solution.stages.items()}
    assert solution.objective is not None
    return p, tables, solution.objective


def test_what_a_stage_comes_to_is_found_if_changed() -> None:
    p, tables, objective = pathway()
    assert siting.audit_pathway(p, tables, objective).ok
    missed = []
    only = ("region", "cost", "carbon", "supply", "site_compute")
    for name, column in (c for c in columns(tables[2026]) if c[0] in only):
        values = tables[2026][name][column]
        other = {**tables, 2026: {**tables[2026], name: tables[2026][name].assign(**{column: a_percent_more(values)})}}
        if siting.audit_pathway(p, other, objective).ok:
            missed.append((name, column))
    assert missed == []


def test_a_decomposed_plan_is_told_alike() -> None:
    p = full_problem()
    solution = siting.solve(p, gap=0.01, strategy="decomposed")
    tables = with_first_hour(p, solution.tables)
    assert audit(p, tables, solution.objective).ok
    assert {name: list(rows) for name, rows in tables.items()} == {
        name: list(rows) for name, rows in plan()[1].items() if name != "system_price"
    }
    dearer = tables["region"].assign(cost_total=a_percent_more(tables["region"]["cost_total"]))
    assert not audit(p, {**tables, "region": dearer}, solution.objective).ok
    assert np.isfinite(solution.objective or np.nan)
