"""What a notebook shows of a problem and its solution, and what it asks of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from command_line import Done
from small import problem
from tiny import tiny_problem

import siting
from siting.errors import UsageError
from siting.maps.dispatch import draw_dispatch, sources_mw
from siting.problem.notebook import MOST_ROWS, as_html


@pytest.fixture(scope="module", name="solution")
def solved_tiny() -> siting.Solution:
    return siting.solve(tiny_problem(), gap=0.0, threads=1)


def test_a_problem_says_what_it_is() -> None:
    p = tiny_problem()
    assert repr(p) == "<Problem 'tiny': 2 regions, 2 sites, 2 workloads, 42 MW of demand, 2 periods of 24 h>"
    shown = p._repr_html_()
    assert "<strong>tiny: Two regions</strong>" in shown
    assert "alpha" in shown


def test_a_solution_says_what_it_is(solution: siting.Solution) -> None:
    assert solution.objective is not None
    assert re.fullmatch(
        r"<Solution: optimal, cost [\d,.]+ million CNY a year, bound [\d,.]+, gap 0.00 %, CO2 [\d,]+ t a year, "
        r"sites in use 2 of 2>",
        repr(solution),
    )
    shown = solution._repr_html_()
    assert f"{solution.objective:,.1f} million" in shown
    assert "beta" in shown


def test_a_solution_without_a_plan_says_so() -> None:
    none = siting.solve(problem(sites=[{"most_mw": 1.0}]))
    assert repr(none) == "<Solution: infeasible>"
    assert "infeasible" in none._repr_html_()
    with pytest.raises(UsageError, match="no plan of one year"):
        _ = none.sites


def test_sites_are_points_by_their_keys(solution: siting.Solution) -> None:
    sites = solution.sites
    assert isinstance(sites, gpd.GeoDataFrame)
    assert list(sites.index) == ["alpha", "beta"]
    assert sites.crs.to_epsg() == 4326
    assert sites.geometry["alpha"].x == tiny_problem().sites.at["alpha", "longitude_deg"]
    capacity = solution.tables["site_compute"].set_index("site")["capacity_mw"]
    assert sites["capacity_mw"].to_dict() == pytest.approx(capacity.to_dict())


def test_the_dispatch_of_a_site_is_drawn(solution: siting.Solution) -> None:
    figure = solution.plot_dispatch("alpha")
    assert figure._repr_png_()[:4] == b"\x89PNG"
    above, below, _ = figure.axes
    power = solution.tables["site_hour"].query("site == 'alpha'")["power_mw"]
    # A step for each hour, and the end of the last one.
    assert above.lines[0].get_ydata() == pytest.approx([*power, power.iloc[-1]])
    assert above.lines[0].get_drawstyle() == "steps-post"
    labels = {text.get_text() for text in below.get_legend().get_texts()}
    assert labels <= {"grid", "solar", "storage", "corridors"}
    assert "solar" in labels


def test_what_is_stacked_balances(solution: siting.Solution) -> None:
    """What comes from grid, sources, storage and lines is what the sites of the region draw."""
    parts = dict(sources_mw(tiny_problem(), solution.tables, "north", [1]))
    power = solution.tables["site_hour"].query("site == 'alpha' and period == 1")["power_mw"]
    assert sum(parts.values()) == pytest.approx(power.to_numpy(), abs=1e-6)
    assert parts["storage"].min() < 0 < parts["solar"].max()
    price = solution.plot_dispatch("alpha", [1]).axes[2].lines[0].get_ydata()
    assert set(np.asarray(price)) == {400.0}


def test_what_is_not_there_is_not_drawn(solution: siting.Solution) -> None:
    with pytest.raises(UsageError, match="There is no site 'gamma'; there are alpha, beta"):
        solution.plot_dispatch("gamma")
    with pytest.raises(UsageError, match="no period 2, but 2 from 0"):
        solution.plot_dispatch("alpha", [2])


def test_the_solution_of_a_model_gets_its_problem() -> None:
    p = tiny_problem()
    solution = siting.solve(siting.build(p), gap=0.0, threads=1)
    with pytest.raises(UsageError, match="does not know its problem"):
        _ = solution.sites
    assert len(replace(solution, problem=p).sites) == 2


def test_a_run_folder_is_a_solution(run: tuple[Path, Done]) -> None:
    solution = siting.load_run(run[0])
    assert solution.status == "optimal"
    assert solution.gap is not None
    assert solution.gap <= 0.005
    assert solution.outcome.version
    assert list(solution.sites.index) == ["alpha", "beta"]
    assert solution.problem is not None
    assert siting.audit(solution.problem, solution.tables, solution.objective).ok
    assert len(draw_dispatch(solution.problem, solution.tables, "beta").axes) == 3


def test_names_are_no_markup_and_long_tables_are_cut() -> None:
    table = tiny_problem().hourly["price_per_mwh"]
    shown = as_html("<script>", {"a": "<b>"}, table)
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert shown.count("<tr") <= MOST_ROWS + 3
    assert "8760 rows in all" in shown


@pytest.mark.parametrize("name", siting.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    assert getattr(siting, name) is not None
