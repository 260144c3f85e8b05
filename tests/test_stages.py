"""Stages of a pathway: discounting, when equipment was bought, and the problem of each stage."""

import numpy as np
import pytest
from small import problem

from siting.physics.finance import annuity, discounted_years, purchase_shares, share_after
from siting.problem.stages import may_change, stage_problem, stages

TWO = [{"year": 2025, "years": 5}, {"year": 2030, "years": 3}]


def factor(table, column, value, key="", year=2030):
    return {"year": year, "table": table, "column": column, "key": key, "factor": value}


def test_years_are_discounted_to_the_first():
    """At the end of the year, as annuities are: 1/1.25 + 1/1.25^2 = 1.44; two years later 1.44 / 1.25^2 = 0.9216."""
    assert discounted_years(0, 2, 0.25) == pytest.approx(1.44)
    assert discounted_years(2, 2, 0.25) == pytest.approx(0.9216)
    assert discounted_years(7, 3, 0.0) == 3
    # Annuities of a whole life are worth the capital at its start.
    for rate, life in ((0.06, 20), (0.25, 1), (0.0, 7)):
        assert annuity(rate, life) * discounted_years(0, life, rate) == pytest.approx(1.0)


def test_the_part_of_a_stage_that_follows_the_end_of_a_life():
    """Of five years two begin when 2.5 have passed; with interest the later ones count for less."""
    assert share_after(2.5, 5, 0.0) == pytest.approx(0.4)
    assert share_after(0.0, 5, 0.1) == 1
    assert share_after(5.0, 5, 0.0) == 0
    assert share_after(1.0, 2, 0.25) == pytest.approx(0.8 / 1.8)


def test_what_lives_four_years_is_renewed_in_2029_and_2033():
    """Built in 2025: in 2030 to 2032 it dates from 2029 (first stage), in 2033 and 2034 from 2033 (second stage)."""
    shares = purchase_shares([2025, 2030], [5, 5], 4.0, 0.0)
    assert shares[0, 0].tolist() == [1, 0]
    assert shares[0, 1] == pytest.approx([0.6, 0.4])
    assert shares[1, 1].tolist() == [0, 1]
    assert shares[1, 0].tolist() == [0, 0]


def test_what_lives_five_years_is_renewed_when_the_next_stage_begins():
    shares = purchase_shares([2025, 2030, 2035], [5, 5, 5], 5.0, 0.06)
    assert shares[0, 1].tolist() == [0, 1, 0]
    assert shares[0, 2].tolist() == [0, 0, 1]
    long = purchase_shares([2025, 2030, 2035], [5, 5, 5], 20.0, 0.06)
    assert long[0, 2].tolist() == [1, 0, 0]


def test_years_of_a_stage_count_by_their_discounted_value():
    """One year at the old price and one at the new: 1 against 1/1.25, that is 5/9 and 4/9."""
    shares = purchase_shares([2025, 2027], [2, 2], 3.0, 0.25)
    assert shares[0, 1] == pytest.approx([5 / 9, 4 / 9])


def test_stages_come_in_order_with_their_weight():
    p = problem(stages=TWO[::-1], settings={"finance": {"discount_rate": 0.25}})
    assert [(s.year, s.years) for s in stages(p)] == [(2025, 5), (2030, 3)]
    assert stages(p)[1].weight == pytest.approx((0.8 + 0.64 + 0.512) * 0.8**5)
    assert stages(problem()) == ()


def test_every_row_that_matches_multiplies():
    """By place, by work and all: 10 MW of web in a become 10 · 2 · 3 · 1.5, the others less."""
    p = problem(
        regions=[{}, {"region": "b"}],
        workloads=[{}, {"workload": "train"}],
        demand=[{"region": n, "workload": w} for n in ("a", "b") for w in ("web", "train")],
        stages=TWO,
        stage_factors=[
            factor("demand", "mean_mw", 2.0),
            factor("demand", "mean_mw", 3.0, "web"),
            factor("demand", "mean_mw", 1.5, "a/web"),
            factor("demand", "mean_mw", 9.0, year=2025),
        ],
    )
    later = stage_problem(p, 2030).demand["mean_mw"]
    assert later.to_dict() == {("a", "web"): 90, ("a", "train"): 20, ("b", "web"): 60, ("b", "train"): 20}
    assert (stage_problem(p, 2025).demand["mean_mw"] == 90).all()
    assert (p.demand["mean_mw"] == 10).all()
    with pytest.raises(KeyError, match="no stage 2031; there are 2025, 2030"):
        stage_problem(p, 2031)


def test_series_settings_and_what_a_series_refines():
    p = problem(
        price=100.0,
        regions=[{}, {"region": "b"}],
        grid_factor={"a": 0.5, "b": 0.25},
        settings={"carbon": {"price": 40.0}},
        stages=TWO,
        stage_factors=[
            factor("hourly", "price_per_mwh", 1.1, "b"),
            factor("instance", "carbon.price", 2.0),
            factor("regions", "grid_factor_t_per_mwh", 0.8, "a"),
        ],
    )
    own = stage_problem(p, 2030)
    assert own.hourly["price_per_mwh"].iloc[0].tolist() == pytest.approx([100, 110])
    assert own.settings.carbon.price == 80
    assert own.regions["grid_factor_t_per_mwh"].tolist() == pytest.approx([0.4, 0.5])
    assert own.hourly["grid_factor_t_per_mwh"].iloc[0].tolist() == pytest.approx([0.4, 0.25])
    assert own.stages.empty
    assert own.stage_factors.empty
    assert np.array_equal(own.calendar.hour, p.calendar.hour)
    assert p.settings.carbon.price == 40


def test_lives_places_and_what_exists_are_no_matter_of_a_stage():
    assert "capex_per_kw" in may_change("supply")
    assert {"existing_mw", "lifetime_years", "technology", "green"} & set(may_change("supply")) == set()
    assert "existing_mw" in may_change("fleet")
    assert may_change("provenance") == may_change("stages") == may_change("nothing") == []
