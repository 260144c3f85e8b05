"""Accounts that must close whatever the plan: power, cost and carbon."""

import numpy as np
import pyomo.environ as pyo
import pytest
from cases import random_problem
from small import solved

from siting.model.build import COMPONENTS, build

SEEDS = range(2)


@pytest.fixture(scope="module", params=SEEDS)
def case(request):
    p = random_problem(request.param, green=True, carbon=True)
    m = build(p)
    return p, m, solved(m)


def test_the_cost_table_sums_to_the_objective(case):
    _, m, solution = case
    cost = solution.tables["cost"]
    assert cost["cost_million"].sum() == pytest.approx(solution.objective, rel=1e-9)
    by_region = cost.groupby("region")["cost_million"].sum()
    assert by_region.to_dict() == pytest.approx({n: pyo.value(m.cost_total[n]) for n in m.REGION})
    assert "other" not in set(cost["term"])
    assert not cost.duplicated(["term", "region"]).any()


def test_the_carbon_table_sums_to_what_is_priced(case):
    p, m, solution = case
    carbon = solution.tables["carbon"]["carbon_t"].sum()
    assert carbon == pytest.approx(sum(pyo.value(m.carbon_total[n]) for n in m.REGION))
    cost = solution.tables["cost"]
    assert cost.loc[cost["term"] == "carbon", "cost_million"].sum() == pytest.approx(
        p.settings.carbon.price * carbon / 1e6
    )


def test_power_balances_from_the_tables_alone(case):
    p, _, solution = case
    tables = solution.tables
    keys = ["period", "region", "hour"]
    net = tables["region_hour"].set_index(keys)["grid_mw"].copy()
    net = net.add(tables["supply_hour"].groupby(keys)["generation_mw"].sum(), fill_value=0.0)
    storage = tables["storage_hour"].groupby(keys)[["charge_mw", "discharge_mw"]].sum()
    net = net.add(storage["discharge_mw"] - storage["charge_mw"], fill_value=0.0)
    sites = tables["site_hour"].assign(region=tables["site_hour"]["site"].map(p.sites["region"]))
    net = net.sub(sites.groupby(keys)["power_mw"].sum(), fill_value=0.0)
    flow = tables["corridor_hour"]
    for sender, receiver, way in (
        ("from_region", "to_region", "forward_mw"),
        ("to_region", "from_region", "backward_mw"),
    ):
        kept = 1 - flow["corridor"].map(p.corridors["loss_share"])
        out = flow.assign(region=flow["corridor"].map(p.corridors[sender])).groupby(keys)[way].sum()
        arriving = flow.assign(region=flow["corridor"].map(p.corridors[receiver]), mw=flow[way] * kept)
        net = net.sub(out, fill_value=0.0).add(arriving.groupby(keys)["mw"].sum(), fill_value=0.0)
    assert np.abs(net.to_numpy()).max() < 1e-5


def test_a_user_may_leave_out_a_concept_or_add_one():
    p = random_problem(0)
    least = solved(build(p)).objective
    without = [add for add in COMPONENTS if add.__module__ != "siting.model.network"]
    assert solved(build(p, without)).objective < least

    def fee(m, p):
        m.cost.add("fee", dict.fromkeys(p.regions.index, 1.0), "million per year")

    added = solved(build(p, [*COMPONENTS, fee]))
    assert added.objective == pytest.approx(least + len(p.regions), rel=1e-7)
