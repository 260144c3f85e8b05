"""Tables of a solution: the columns that everything later relies on."""

import numpy as np
import pyomo.environ as pyo
import pytest
from cases import HOURS, random_problem
from small import problem, solved

from siting.model.build import build
from siting.solving.solution import read_tables, solve

COLUMNS = {
    "site": ["site", "open", "energy_mwh", "claimed_mwh"],
    "site_compute": ["site", "compute", "modules", "capacity_mw"],
    "arc": ["workload", "region", "site", "assigned_mw"],
    "place": ["workload", "site", "placed_mw"],
    "supply": ["region", "technology", "supply_mw"],
    "storage": ["region", "storage", "storage_mw", "storage_mwh"],
    "corridor": ["corridor", "corridor_mw"],
    "site_hour": ["period", "site", "hour", "power_mw"],
    "supply_hour": ["period", "region", "technology", "hour", "generation_mw"],
    "region_hour": ["period", "region", "hour", "grid_mw"],
    "storage_hour": ["period", "region", "storage", "hour", "charge_mw", "discharge_mw", "stored_mwh"],
    "corridor_hour": ["period", "corridor", "hour", "forward_mw", "backward_mw"],
    "batch_hour": ["period", "workload", "group", "hour", "backlog_mwh"],
    "batch_site_hour": ["period", "workload", "group", "site", "hour", "flexible_mw"],
    "batch_arc": ["period", "workload", "region", "site", "moved_mw"],
    "period": ["period", "weight", "first_hour"],
    "cost": ["term", "region", "cost_million"],
    "carbon": ["term", "region", "carbon_t"],
}


KEYS = {"period", "hour", "group", "region", "site", "compute", "workload", "technology", "storage", "corridor", "term"}


@pytest.fixture(scope="module")
def full():
    p = random_problem(1, green=True, carbon=True)
    return p, solved(build(p))


@pytest.mark.parametrize("name", COLUMNS)
def test_columns(full, name):
    table = full[1].tables[name]
    assert set(COLUMNS[name]) <= set(table.columns)
    keys = [c for c in COLUMNS[name] if c in KEYS]
    assert list(table.columns[: len(keys)]) == keys
    assert not table.duplicated(keys).any()
    assert not table.isna().any().any()
    assert len(table) > 0


def test_rows(full):
    p, solution = full
    tables = solution.tables
    assert len(tables["site_hour"]) == 2 * HOURS * len(p.sites)
    assert len(tables["region_hour"]) == 2 * HOURS * len(p.regions)
    assert not tables["region_hour"].duplicated(["period", "region", "hour"]).any()
    for name in ("site_hour", "batch_hour", "corridor_hour"):
        assert tables[name]["period"].dtype.kind == tables[name]["hour"].dtype.kind == "i"
        assert sorted(set(tables[name]["hour"])) == list(range(HOURS))
    assert tables["period"].to_numpy().tolist() == [[0, 1.5, 0], [1, 0.5, HOURS]]


def test_the_outcome_says_what_was_solved(full):
    outcome = full[1].outcome
    assert outcome.version.startswith("1.")
    assert (outcome.limits.gap, outcome.limits.threads, outcome.strategy) == (0.0, 1, "direct")
    assert outcome.rows > outcome.integers > 0
    assert outcome.columns > outcome.integers
    assert outcome.seconds_handover >= 0
    assert outcome.gap == full[1].gap


def test_concepts_without_data_have_no_tables():
    tables = solved(build(problem())).tables
    assert not {"supply", "storage", "corridor", "batch_hour", "storage_hour"} & set(tables)
    assert "claimed_mwh" not in tables["site"]


@pytest.mark.parametrize(
    ("bounds", "domain", "value"),
    [
        ((None, None), pyo.Reals, 0.0),
        ((2.0, None), pyo.Reals, 2.0),
        ((None, -3.0), pyo.Reals, -3.0),
        ((-1, 5), pyo.Integers, 0.0),
    ],
)
def test_variables_that_no_row_mentions_have_a_value(bounds, domain, value):
    m = build(problem())
    m.unused = pyo.Var(m.SITE, bounds=bounds, domain=domain)
    assert solve(m).tables["site"]["unused"].tolist() == [value]


def test_integers_are_whole_and_values_within_bounds(full):
    _, solution = full
    for table, column in (("site", "open"), ("site_compute", "modules")):
        values = solution.tables[table][column].to_numpy()
        assert (values == np.round(values)).all()
    assert (solution.tables["region_hour"]["grid_mw"] >= 0).all()
    assert (solution.tables["storage_hour"]["stored_mwh"] >= 0).all()


def test_a_plain_model_has_tables_too():
    m = pyo.ConcreteModel()
    m.PLACE = pyo.Set(initialize=["a", "b"], doc="place")
    m.PAIR = pyo.Set(initialize=[("a", 1), ("b", 2)], dimen=2, doc="place, number")
    m.NAMELESS = pyo.Set(initialize=[("a", 1)], dimen=2)
    m.x = pyo.Var(m.PLACE, bounds=(1, 2))
    m.y = pyo.Var(m.PAIR, bounds=(3, 4))
    m.z = pyo.Var(m.NAMELESS, m.PLACE, bounds=(5, 6))
    m.aim = pyo.Objective(expr=sum(m.x.values()) + sum(m.y.values()) + sum(m.z.values()))
    tables = solve(m).tables
    assert tables["place"].to_dict("list") == {"place": ["a", "b"], "x": [1.0, 1.0]}
    assert tables["pair"].to_dict("list") == {"place": ["a", "b"], "number": [1, 2], "y": [3.0, 3.0]}
    assert list(tables["nameless_place"].columns) == ["nameless_1", "nameless_2", "place", "z"]


def test_variables_over_lists_have_tables_of_their_own():
    m = build(problem(sites=[{}, {"site": "t"}]))
    m.mine = pyo.Var(["a", "b"], bounds=(1, 2))
    m.yours = pyo.Var(["c"], bounds=(3, 4))
    m.both = pyo.Var(m.SITE, [7, 8], bounds=(5, 6))
    m.cube = pyo.Var(range(2), range(2), bounds=(0, 0))
    tables = solve(m).tables
    assert tables["mine_index"]["mine_index"].to_list() == ["a", "b"]
    assert tables["mine_index"]["mine"].between(1, 2).all()
    assert list(tables["yours_index"].columns) == ["yours_index", "yours"]
    assert tables["both_index"][["site", "both_index"]].to_numpy().tolist() == [["s", 7], ["s", 8], ["t", 7], ["t", 8]]
    assert list(tables["cube_index"].columns) == ["cube_index", "cube_index_2", "cube"]
    assert tables["site"].columns[0] == "site"


def test_tables_of_an_unsolved_model_are_empty_of_values():
    tables = read_tables(build(problem()))
    assert tables["arc"]["assigned_mw"].isna().all()
