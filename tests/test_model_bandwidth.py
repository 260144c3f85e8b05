"""Bandwidth between users and sites, by hand: 450 GB per MWh are 1 Gbit/s per MW."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small import MILLION, column, cost, optimum, problem, term

from siting.auditor import audit
from siting.model.build import build
from siting.physics.network import gbps_per_mw
from siting.problem import Calendar

GB = 450.0
TWO = {
    "sites": [{}, {"site": "t", "region": "b"}],
    "regions": [{}, {"region": "b"}],
    "price": {"a": 100.0, "b": 10.0},
}


def test_a_megawatt_that_moves_450_gb_an_hour_moves_a_gigabit_a_second():
    # 450 GB are 3,600 Gbit.
    assert gbps_per_mw(450.0) == pytest.approx(1.0)
    assert gbps_per_mw(pd.Series([0.0, 45.0])).tolist() == pytest.approx([0.0, 0.1])


def test_without_the_table_nothing_is_added():
    p = problem(workloads=[{"data_gb_per_mwh": GB}])
    model = build(p)
    assert not hasattr(model, "bandwidth_gbps")
    assert not hasattr(model, "data_within_bandwidth")
    assert "bandwidth" not in model.cost.parts
    assert not {"bandwidth", "bandwidth_bounds"} & {check.name for check in audit(p, optimum(p).tables).checks}


def test_work_that_cannot_wait_needs_its_peak_and_new_bandwidth_costs():
    p = problem(
        price=0.0,
        workloads=[{"data_gb_per_mwh": GB, "profile": "day"}],
        profile={"day": [0, 1, 2, 1]},
        bandwidth=[{"existing_gbps": 5.0, "cost_per_gbps_year": 7.0}],
    )
    solution = optimum(p)
    # 10 MW at a peak of twice the mean are 20 Gbit/s, of which 5 exist.
    assert column(solution, "bandwidth", "bandwidth_gbps") == [pytest.approx(20)]
    assert term(solution, "bandwidth") == pytest.approx(15 * 7)
    assert cost(p) == pytest.approx(105)
    assert audit(p, solution.tables, solution.objective).ok


def test_the_peak_counts_in_hours_that_are_not_modelled():
    p = problem(
        8,
        price=0.0,
        workloads=[{"data_gb_per_mwh": GB, "profile": "day"}],
        profile={"day": [1, 1, 1, 1, 0.5, 0.5, 2, 1]},
        calendar=Calendar(hour=np.arange(4)[None, :], weight=np.array([2.0])),
        bandwidth=[{"cost_per_gbps_year": 7.0}],
    )
    assert cost(p) == pytest.approx(10 * 2 * 7)


def test_work_that_may_wait_needs_its_mean_beside_the_rest():
    p = problem(
        price=[1.0, 0.0, 0.0, 0.0],
        workloads=[
            {"data_gb_per_mwh": GB, "profile": "day"},
            {"workload": "train", "data_gb_per_mwh": 2 * GB, "max_delay_h": 3, "profile": "night"},
        ],
        demand=[{"mean_mw": 10.0}, {"workload": "train", "mean_mw": 6.0}],
        profile={"day": [0, 1, 2, 1], "night": [4, 0, 0, 0]},
        bandwidth=[{"cost_per_gbps_year": 1.0}],
    )
    # 20 Gbit/s at the peak, and 6 MW at 2 Gbit/s each, however they are shifted.
    assert term(optimum(p), "bandwidth") == pytest.approx(20 + 12)


def test_work_that_may_wait_counts_in_each_period():
    p = problem(
        8,
        price=0.0,
        workloads=[{"data_gb_per_mwh": GB, "max_delay_h": 2, "profile": "week"}],
        profile={"week": [0.5, 0.5, 0.5, 0.5, 1.5, 1.5, 1.5, 1.5]},
        calendar=Calendar(hour=np.arange(8).reshape(2, 4)[::-1], weight=np.ones(2)),
        bandwidth=[{"cost_per_gbps_year": 1.0}],
    )
    assert cost(p) == pytest.approx(15)


def test_peaks_at_different_hours_do_not_add_up():
    p = problem(
        price=0.0,
        workloads=[
            {"profile": "day", "data_gb_per_mwh": GB},
            {"workload": "night", "profile": "night", "data_gb_per_mwh": GB},
            {"workload": "silent"},
        ],
        demand=[{}, {"workload": "night", "mean_mw": 20.0}, {"workload": "silent"}],
        profile={"day": [2, 1, 0, 1], "night": [0, 1, 2, 1]},
        bandwidth=[{"cost_per_gbps_year": 1.0}],
    )
    assert cost(p) == pytest.approx(40)


@pytest.mark.parametrize("delay", [0, 2])
def test_bits_are_traded_against_watts(delay):
    work = [{"data_gb_per_mwh": GB, "max_delay_h": delay}]
    narrow = problem(**TWO, workloads=work, bandwidth=[{"site": "t", "most_gbps": 6.0}])
    solution = optimum(narrow)
    # 6 MW go to the cheap site and 4 stay; a pair without a row is not limited.
    assert cost(narrow) == pytest.approx(4 * (6 * 10 + 4 * 100))
    assert audit(narrow, solution.tables, solution.objective).ok
    # 90 a MWh saved in 4 h are 360 a year per MW, and a MW needs 1 Gbit/s.
    for price, there in ((359.0, 10), (361.0, 0)):
        wide = problem(**TWO, workloads=work, bandwidth=[{"site": "t", "cost_per_gbps_year": price}])
        assert cost(wide) == pytest.approx(40 * 10 + 10 * price if there else 40 * 100)


def test_the_origin_pays():
    p = problem(**TWO, workloads=[{"data_gb_per_mwh": GB}], bandwidth=[{"site": "t", "cost_per_gbps_year": 2.0}])
    data = optimum(p).tables["cost"].set_index(["term", "region"])["cost_million"] * MILLION
    assert data["bandwidth", "a"] == pytest.approx(20)


MUTATIONS = {
    "too narrow for the peak": (-1.0, "bandwidth"),
    "more than there may be": (30.0, "bandwidth_bounds"),
    "less than exists": (-19.0, "bandwidth_bounds"),
}


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.parametrize("delay", [0, 2])
def test_the_audit_finds_it(name, delay):
    change, check = MUTATIONS[name]
    p = problem(
        price=0.0,
        workloads=[{"data_gb_per_mwh": 2 * GB, "max_delay_h": delay}],
        bandwidth=[{"existing_gbps": 2.0, "most_gbps": 40.0, "cost_per_gbps_year": 1e6}],
    )
    solution = optimum(p)
    tables = dict(solution.tables)
    assert audit(p, tables, solution.objective).ok
    tables["bandwidth"] = tables["bandwidth"].assign(bandwidth_gbps=tables["bandwidth"]["bandwidth_gbps"] + change)
    failed = {c.name for c in audit(p, tables, solution.objective).failures}
    assert {check, "cost"} <= failed
    free = {**solution.tables, "cost": solution.tables["cost"].query("term != 'bandwidth'")}
    assert "cost" in {c.name for c in audit(p, free).failures}
