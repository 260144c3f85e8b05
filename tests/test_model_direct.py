"""Green direct connection, by hand: 10 MW for 4 hours at 100, and wind that blows in the first two of them."""

import numpy as np
import pytest
from model_size import added
from small import MILLION, column, cost, optimum, problem, solved, term

from siting.auditor import audit
from siting.model import direct
from siting.model.build import build
from siting.report.summary import SUMMARIES, default_summaries

WIND = {"cf": {"wind": {"a": [1, 1, 0, 0], "b": [1, 1, 0, 0]}}}
GIVEN = {"direct": True, "existing_mw": 20.0, "most_mw": 20.0}


def wind(rules=None, **row):
    """A problem with a direct source and some of the rules on its shares."""
    return problem(**WIND, supply=[{"direct": True, **row}], settings={"direct": rules or {}})


@pytest.mark.parametrize(
    ("row", "rules", "sold"),
    [
        # 40 MWh are available and 20 used.
        ({}, {}, 0),
        ({"export_price_per_mwh": 30.0}, {}, 20),
        ({"export_price_per_mwh": 30.0}, {"exported_share_max": 0.2}, 8),
        ({"export_price_per_mwh": 30.0}, {"exported_share_max": 0.0}, 0),
        # It costs more to generate than the grid pays.
        ({"export_price_per_mwh": 30.0, "variable_cost_per_mwh": 40.0}, {}, 0),
    ],
)
def test_what_is_not_used_is_sold(row, rules, sold):
    p = wind(rules, **GIVEN, **row)
    solution = optimum(p)
    assert sum(column(solution, "supply_hour", "generation_mw")) == pytest.approx(20)
    assert column(solution, "project", "exported_mwh") == pytest.approx([sold])
    spent = row.get("variable_cost_per_mwh", 0.0)
    assert solution.objective * MILLION == pytest.approx(2000 + 20 * spent - 30 * sold)
    assert term(solution, "export") == pytest.approx(-30 * sold if sold else 0)
    result = audit(p, solution.tables, solution.objective)
    assert result.ok, result.failures
    assert {"direct_output", "direct_stays", "direct_exported"} <= {check.name for check in result.checks}


def test_a_project_does_not_sell_and_buy_in_the_same_hour():
    """Sold at 130 and bought at 100, all 40 MWh would be sold; only the 20 MWh are that the sites leave over."""
    p = wind(**GIVEN, export_price_per_mwh=130.0)
    solution = optimum(p)
    assert column(solution, "region_hour", "grid_mw") == pytest.approx([0, 0, 10, 10], abs=1e-5)
    assert solution.objective * MILLION == pytest.approx(2000 - 20 * 130)
    assert audit(p, solution.tables, solution.objective).ok
    m = build(p)
    m.one_way.clear()
    both = solved(m)
    assert both.objective * MILLION == pytest.approx(4000 - 40 * 130)
    assert {check.name for check in audit(p, both.tables).failures} == {"direct_one_direction"}


@pytest.mark.parametrize(("share", "built_mw"), [(0.0, 100), (0.6, 10 / 0.6), (1.0, 10)])
def test_the_share_of_its_own_use_limits_the_size(share, built_mw):
    """A MW costs 100 and sells 2 MWh at 200: without the rule it is built for sale. 20 MWh of 2 MWh per MW are used."""
    p = wind({"self_used_share_min": share}, capex_per_kw=0.1, export_price_per_mwh=200.0)
    solution = optimum(p)
    assert column(solution, "supply", "supply_mw") == pytest.approx([built_mw])
    assert audit(p, solution.tables, solution.objective).ok


@pytest.mark.parametrize(
    ("row", "project", "built_mw", "expected"),
    [
        # A project has to supply 30 % of 40 MWh, 6 MW. A MW saves 200: too dear at 300, unless a project exists.
        ({"capex_per_kw": 0.3}, 0, 0, 4000),
        ({"capex_per_kw": 0.3, "existing_mw": 2.0}, 1, 6, 2800 + 4 * 300),
        # It would pay at 100, but 5 MW are too few for a project.
        ({"capex_per_kw": 0.1, "most_mw": 5.0}, 0, 0, 4000),
        ({"capex_per_kw": 0.1, "most_mw": 6.0}, 1, 6, 2800 + 600),
    ],
)
def test_a_project_supplies_a_share_or_there_is_none(row, project, built_mw, expected):
    p = wind({"supplied_share_min": 0.3}, **row)
    solution = optimum(p)
    assert column(solution, "project", "project") == [project]
    assert column(solution, "supply", "supply_mw") == pytest.approx([built_mw], abs=1e-6)
    assert solution.objective * MILLION == pytest.approx(expected)
    assert audit(p, solution.tables, solution.objective).ok


def test_the_preset_asks_for_the_published_shares():
    """Of 2 MWh a MW at least 1.2 are used, so that 20 MWh of use allow 20 / 1.2 MW; they are half of all use."""
    preset = {"policy": {"presets": ["green-direct-connection-2025"]}}
    row = {"direct": True, "capex_per_kw": 0.1, "export_price_per_mwh": 200.0}
    p = problem(**WIND, supply=[row], settings=preset)
    solution = optimum(p)
    assert column(solution, "supply", "supply_mw") == pytest.approx([20 / 1.2])
    assert column(solution, "project", "project") == [1]
    checks = {check.name for check in audit(p, solution.tables).checks}
    assert {"direct_self_used", "direct_supplied"} <= checks


@pytest.mark.parametrize(("direct", "expected"), [(True, 2 * 1000 + 2 * 2000), (False, 2 * 2000)])
def test_direct_power_is_not_sent_to_other_regions(direct, expected):
    """10 MW run in each region; the wind of one could serve both in the first two hours."""
    p = problem(
        **WIND,
        regions=[{}, {"region": "b", "longitude_deg": 10.0}],
        sites=[{}, {"site": "t", "region": "b", "longitude_deg": 10.0}],
        workloads=[{"stays_in": "region"}],
        demand=[{}, {"region": "b"}],
        corridors=[{"existing_mw": 50.0}],
        supply=[{**GIVEN, "direct": direct}],
    )
    assert cost(p) == pytest.approx(expected)


def test_storage_takes_direct_power_up():
    p = wind(**GIVEN).replace(storage=problem(storage=[{"existing_mw": 20.0, "existing_mwh": 40.0}]).storage)
    solution = optimum(p)
    assert solution.objective * MILLION == pytest.approx(0, abs=1e-6)
    assert column(solution, "project", "self_used_mwh") == pytest.approx([40])


def test_sold_power_is_no_claim_and_its_emissions_count():
    """Half of what is used is green, though all is covered over the year; 20 MWh sold emit 2 t."""
    p = wind(**GIVEN, export_price_per_mwh=30.0, factor_t_per_mwh=0.1)
    solution = optimum(p.replace(green__floors=({"share": 0.5},)))
    assert solution.tables["carbon"].set_index("term")["carbon_t"]["export"] == pytest.approx(2)
    assert audit(p, solution.tables).totals["green_share"] == pytest.approx(0.5)
    assert cost(p.replace(green__floors=({"share": 0.51},))) == np.inf


def test_without_direct_rows_nothing_is_added():
    p = problem(**WIND, supply=[{}])
    assert added(p, direct.add) == (0, 0)
    # The rules ask nothing of what is not direct.
    assert added(p.replace(direct__supplied_share_min=0.3), direct.add) == (0, 0)
    assert "export" not in build(p).cost.parts
    assert "direct" not in default_summaries(p)


@pytest.mark.parametrize(
    ("rules", "fails"),
    [
        ({"self_used_share_min": 0.6}, "direct_self_used"),
        ({"supplied_share_min": 0.6}, "direct_supplied"),
        ({"exported_share_max": 0.4}, "direct_exported"),
    ],
)
def test_the_audit_finds_a_share_that_is_not_kept(rules, fails):
    """Half of the 40 MWh available is used, half sold; of 40 MWh used half is direct."""
    row = {**GIVEN, "export_price_per_mwh": 30.0}
    tables = optimum(wind(**row)).tables
    # Under supplied_share_min there is one table more.
    assert {check.name for check in audit(wind(rules, **row), tables).failures} - {"tables"} == {fails}


def test_the_audit_finds_output_that_is_used_twice():
    p = wind(**GIVEN, export_price_per_mwh=30.0)
    tables = dict(optimum(p).tables)
    tables["export_hour"] = tables["export_hour"].assign(exported_mw=[15.0, 10.0, 0.0, 0.0])
    assert {check.name for check in audit(p, tables).failures} >= {"direct_output", "told"}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_project_is_shown(lang):
    p = wind(**GIVEN, export_price_per_mwh=30.0)
    assert "direct" in default_summaries(p)
    (row,) = SUMMARIES["direct"](p, optimum(p).tables, lang).to_dict(orient="records")
    shares = [row[f"{name}_percent"] for name in ("self_used", "exported", "supplied")]
    assert (row["direct_mw"], shares) == (20, pytest.approx([50, 50, 50]))
