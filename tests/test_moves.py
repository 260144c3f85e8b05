"""Moves to the west: what the plan takes, what it rejects, and whether the reason given is the reason."""

from __future__ import annotations

import pytest
from small import problem

from siting.model.build import build
from siting.problem import Problem
from siting.report.moves import moves
from siting.solving.solution import Solution, solve


def two_grids(price: float, east: float = 0.5, west: float = 0.8) -> Problem:
    """Work that may wait, at home for 100 a MWh or in the west for 60 on another grid."""
    return problem(
        4,
        price={"a": 100.0, "b": 60.0},
        settings={"carbon": {"price": price}},
        regions=[
            {"region": "a", "longitude_deg": 20.0, "grid_factor_t_per_mwh": east, "name_en": "East", "name_zh": "东"},
            {"region": "b", "longitude_deg": 10.0, "grid_factor_t_per_mwh": west, "name_en": "West", "name_zh": "西"},
        ],
        sites=[
            {"site": "home", "region": "a", "longitude_deg": 20.0, "name_en": "Home", "name_zh": "家"},
            {"site": "far", "region": "b", "longitude_deg": 10.0, "name_en": "Far", "name_zh": "远"},
        ],
        workloads=[{"max_delay_h": 2}],
    )


def solved(p: Problem) -> Solution:
    solution = solve(build(p), gap=0.0)
    assert solution.status == "optimal"
    return solution


@pytest.mark.parametrize(
    ("price", "west", "verdict", "moved_mw"),
    [
        (0.0, 0.3, "taken_cleaner", 10.0),
        (100.0, 0.8, "taken_dirtier", 10.0),  # 30 of carbon against 40 of power
        (200.0, 0.8, "rejected_dirtier", 0.0),  # 60 against 40
    ],
)
def test_the_verdict_is_what_the_plan_does(price: float, west: float, verdict: str, moved_mw: float) -> None:
    p = two_grids(price, west=west)
    table = moves(p, solved(p).tables, "en")
    assert table["move"].tolist() == [verdict]
    assert table["moved_mw"].tolist() == pytest.approx([moved_mw])
    assert table["cost_change_percent"].tolist() == pytest.approx([-40.0])
    assert table["carbon_change_percent"].tolist() == pytest.approx([100 * (west / 0.5 - 1)])
    assert table.loc[0, ["region", "site"]].tolist() == ["East", "Far"]


def test_a_rejected_move_costs_more_when_forced() -> None:
    p = two_grids(200.0)
    free = solved(p)
    model = build(p)
    model.period[0].moved_mw["web", "a", "home"].fix(0.0)
    forced = solve(model, gap=0.0)
    assert forced.objective is not None
    assert free.objective is not None
    # 10 MW for 4 h: 0.3 t/MWh more at 200, 40 a MWh less.
    assert (forced.objective - free.objective) * 1e6 == pytest.approx(10 * 4 * (0.3 * 200 - 40))


def test_a_region_without_western_sites_has_no_row() -> None:
    p = two_grids(0.0)
    table = moves(p, solved(p).tables, "zh")
    assert set(table["region"]) == {"东"}
