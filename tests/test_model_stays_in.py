"""Data that may not leave a region or its zone, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small import column, cost, optimum, problem

from siting.auditor import audit
from siting.model.build import build
from siting.problem.derived import arcs, within

PLACES = {
    "regions": [{"zone": "east"}, {"region": "b", "zone": "east"}, {"region": "c", "zone": "west"}],
    "sites": [{}, {"site": "t", "region": "b"}, {"site": "u", "region": "c"}],
    "price": {"a": 100.0, "b": 30.0, "c": 10.0},
}


@pytest.mark.parametrize("delay", [0, 2])
@pytest.mark.parametrize(("stays_in", "price"), [("", 10), ("zone", 30), ("region", 100)])
def test_work_is_done_where_power_is_cheapest_of_the_places_that_its_data_may_be_in(stays_in, price, delay):
    p = problem(**PLACES, workloads=[{"stays_in": stays_in, "max_delay_h": delay}])
    assert cost(p) == pytest.approx(4 * 10 * price)


def test_each_workload_has_its_own_rule():
    p = problem(
        **PLACES,
        workloads=[{"stays_in": "region"}, {"workload": "free"}, {"workload": "near", "stays_in": "zone"}],
        demand=[{}, {"workload": "free"}, {"workload": "near"}],
    )
    reach = arcs(p).groupby("workload")["site"].agg(list).to_dict()
    assert reach == {"free": ["s", "t", "u"], "near": ["s", "t"], "web": ["s"]}


def test_a_region_without_a_zone_is_one_of_its_own():
    p = problem(**{**PLACES, "regions": [{}, {"region": "b"}, {"region": "c", "zone": "west"}]})
    assert within(p, "zone").loc["a"].to_dict() == {"s": True, "t": False, "u": False}
    assert within(p, "region").to_numpy().tolist() == np.eye(3, dtype=bool).tolist()


def test_without_the_column_nothing_changes():
    p = problem(**PLACES)
    assert len(arcs(p)) == 3
    assert "data_stays" not in {check.name for check in audit(p, optimum(p).tables).checks}


def test_the_rule_only_takes_pairs_away():
    p = problem(**PLACES, workloads=[{"stays_in": "zone"}])
    model, free = build(p), build(p.replace(workloads=p.workloads.assign(stays_in="")))
    assert set(model.ARC) == set(free.ARC) - {("web", "a", "u")}
    rows = {c.local_name for c in model.component_objects(descend_into=False)}
    assert rows == {c.local_name for c in free.component_objects(descend_into=False)}


@pytest.mark.parametrize("delay", [0, 2])
def test_the_audit_finds_work_that_left(delay):
    p = problem(**PLACES, workloads=[{"max_delay_h": delay}])
    solution = optimum(p)
    table, name = ("arc", "assigned_mw") if delay == 0 else ("batch_arc", "moved_mw")
    assert column(solution, table, name, site="u") == [pytest.approx(10)]
    kept = p.replace(workloads=p.workloads.assign(stays_in="zone"))
    result = audit(kept, solution.tables, solution.objective)
    assert "data_stays" in {check.name for check in result.failures}
    sound = optimum(kept)
    assert audit(kept, sound.tables, sound.objective).ok
