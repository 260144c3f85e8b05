"""Sizes of sites that no plan could keep are faults of the input; a site in use is the same site everywhere."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from small import optimum, problem

from siting.auditor import audit
from siting.instance.rows import Rows
from siting.instance.sites import largest_mw, site_row_faults, size_faults
from siting.instance.stages import pathway_faults
from siting.maps.layers import layers
from siting.maps.plan import plan_of
from siting.problem import Problem
from siting.problem.in_use import sites_in_use
from siting.report.summary import SUMMARIES

AI = {"compute_types": [{"module_mw": 4.0}, {"compute": "ai", "module_mw": 6.0}]}


def empty_counts(**third: Any) -> Problem:
    """Two sites must open; s2 must, and has half the room of a module of 1 MW; s3 costs a million to open."""
    return problem(
        price=0.0,
        sites=[
            {"site": "s1"},
            {"site": "s2", "most_mw": 0.5, "decision": "open"},
            {"site": "s3", "opening_capex": 1e6, "lifetime_years": 20.0, **third},
        ],
        settings={"policy": {"site_counts": [{"least": 2}]}},
    )


def said(p: Problem) -> list[tuple[str, int | None, str]]:
    lines = {"sites": list(range(2, 2 + len(p.sites)))}
    return [(fault.column, fault.row, fault.rule) for fault in size_faults(p, lines)]


def test_a_site_that_must_be_open_and_cannot_hold_a_module_is_a_fault() -> None:
    ((column, line, rule),) = said(empty_counts())
    assert (column, line) == ("most_mw", 3)
    assert "no room for one module: the smallest is 1 MW" in rule
    roomy = problem(sites=[{"decision": "open", "most_mw": 1.0}])
    assert said(roomy) == []
    by_type = problem(sites=[{"decision": "open"}], capacity=[{"most_mw": 0.9}])
    assert [column for column, _, _ in said(by_type)] == ["most_mw"]


def test_a_site_without_room_does_not_count_as_the_second() -> None:
    """Free, s2 stays shut and s3 must open; without s3 no two sites can have equipment."""
    p = empty_counts()
    p = p.replace(sites=p.sites.assign(decision="free"))
    assert said(p) == []
    solution = optimum(p)
    assert solution.tables["site"]["open"].tolist() == [1, 0, 1]
    assert solution.objective == pytest.approx(1e6 / 20 / 1e6)
    shut = p.replace(sites=p.sites.assign(decision=["free", "free", "closed"]))
    ((column, _, rule),) = said(shut)
    assert column == "policy.site_counts.1.least"
    assert rule.startswith("Only 1 sites")


@pytest.mark.parametrize(
    ("site", "rows", "reach"),
    [
        ({"most_mw": 11.0}, {"compute_types": [{"module_mw": 4.0}]}, 8.0),
        # One of each makes 10; two of 4 and none of 6 make 8.
        ({"most_mw": 11.0}, AI, 10.0),
        ({"most_mw": 13.0}, AI, 12.0),
        ({"most_mw": 11.0}, AI | {"capacity": [{"existing_mw": 1.0}]}, 11.0),
        ({"most_mw": 11.0}, AI | {"capacity": [{"compute": "ai", "most_mw": 5.0}]}, 8.0),
        ({"most_mw": 0.3}, {"compute_types": [{"module_mw": 0.1}]}, 0.3),
        ({"most_mw": 11.0, "decision": "closed"}, AI, 0.0),
    ],
)
def test_the_largest_size_by_whole_modules(site: dict[str, Any], rows: dict[str, Any], reach: float) -> None:
    p = problem(sites=[site], **rows)
    assert largest_mw(p).tolist() == pytest.approx([reach])
    just = p.replace(sites=p.sites.assign(least_mw=reach))
    assert said(just) == []
    above = p.replace(sites=p.sites.assign(least_mw=reach + 0.5))
    assert [column for column, _, _ in said(above)] == ([] if site.get("decision") else ["least_mw"])


def test_a_least_size_above_the_most_is_a_fault_of_its_row() -> None:
    data = pd.DataFrame({"least_mw": [5.0, 12.0], "most_mw": [10.0, 10.0]})
    (fault,) = site_row_faults({"sites": Rows(data, [2, 3])})
    assert (fault.row, fault.column, fault.value) == (3, "least_mw", "12")
    assert site_row_faults({}) == []


def test_every_stage_has_room_for_its_sites() -> None:
    """In 2026 the site shrinks below one module."""
    p = problem(
        sites=[{"decision": "open", "most_mw": 20.0}],
        compute_types=[{"module_mw": 10.0}],
        demand=[{"mean_mw": 5.0}],
        stages=[{}, {"year": 2026}],
        stage_factors=[{"year": 2026, "table": "sites", "column": "most_mw", "factor": 0.4}],
    )
    names = ("regions", "sites", "compute_types", "workloads", "demand", "stage_factors")
    lines = {name: [2] for name in names}
    rules = [fault.rule for fault in pathway_faults(p, lines)]
    assert any(rule.startswith("In the stage 2026: ") and "no room for one module" in rule for rule in rules)


def test_a_site_in_use_is_the_same_site_everywhere() -> None:
    """s3 must be open and has no work: it has a module, and is in use in tables, totals, layers and picture alike."""
    p = problem(
        price=10.0,
        sites=[{"site": "s1"}, {"site": "s2"}, {"site": "s3", "decision": "open", "capex_per_kw": 1.0}],
        demand=[{"mean_mw": 3.0}],
        compute_types=[{"module_mw": 3.0, "capex_per_kw": 1.0}],
        links=[{"site": "s1"}, {"site": "s2"}, {"site": "s3", "cost_per_mwh": 500.0}],
    )
    tables = optimum(p).tables
    expected = sites_in_use(p, tables).tolist()
    assert expected[2]
    assert sum(expected) == 2
    equipped = tables["site_compute"].groupby("site", sort=False)["capacity_mw"].sum() > 0
    assert equipped.tolist() == expected
    verdict = audit(p, tables)
    assert verdict.ok
    assert verdict.totals["sites_in_use"] == 2
    assert len(SUMMARIES["sites"](p, tables, "en")) == 2
    assert plan_of(p, tables).sites["chosen"].tolist() == expected
    assert layers(p, tables)["sites"]["open"].tolist() == expected
    assert not sites_in_use(p, {}).any()


@pytest.mark.parametrize("decision", ["open", "free"])
def test_the_audit_finds_an_open_site_without_equipment(decision: str) -> None:
    p = problem(sites=[{}, {"site": "t", "fixed_cost_per_year": 5.0}])
    tables = optimum(p).tables
    site = tables["site"].assign(open=1.0)
    p = p.replace(sites=p.sites.assign(decision=["free", decision]))
    assert "open_sites" in {check.name for check in audit(p, {**tables, "site": site}).failures}
