"""Moves judged by hand: the sign under each account, where it turns, and the two plans that prove it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest
from small import MILLION, problem

from siting.errors import UsageError
from siting.physics.cooling import pue as pue_of
from siting.problem import Problem
from siting.solver.highs.engine import Limits
from siting.study.forced_move import Proof, pair, prove
from siting.study.judge_move import Judgement, judge
from siting.study.move import Move, move
from siting.study.move_accounts import Account, mixed, worst_mix

EXACT = Limits(gap=0.0, threads=1, highs={"mip_abs_gap": 0.0})
BARE = float(pue_of(pd.Series([20.0]).to_numpy(), "waterside_economizer")[0])
"""PUE of the default design at 20 degrees."""


def two_ends(
    factor: tuple[float, float] = (0.5, 0.7),
    use: tuple[float, float] = (1.5, 1.25),
    green: tuple[float, float] = (0.0, 0.0),
    marginal: tuple[float | None, float | None] = (None, None),
    **more: Any,
) -> Problem:
    """10 MW that may wait for 4 hours: 40 MWh of IT energy, 60 MWh of power at home (a) and 50 MWh away (b)."""
    places = list(zip("ab", ("home", "away"), factor, use, green, marginal, strict=True))
    return problem(
        4,
        price={"a": 100.0, "b": 60.0},
        regions=[
            {"region": n, "grid_factor_t_per_mwh": f, "grid_green_share": g, "marginal_factor_t_per_mwh": m}
            for n, _, f, _, g, m in places
        ],
        sites=[{"site": s, "region": n, "pue_shift": u - BARE} for n, s, _, u, _, _ in places],
        workloads=[{"workload": "now"}, {"workload": "later", "max_delay_h": 2}],
        demand=[{"workload": "later"}],
        **more,
    )


def judged(p: Problem, mw: float = 10.0) -> Judgement:
    return judge(p, move(p, "a", "b", mw))


def account(p: Problem, name: str) -> Account:
    return {account.name: account for account in judged(p).accounts}[name]  # type: ignore[index]


def turns(found: Account) -> dict[str, float | None]:
    return {b.quantity: b.at for b in found.break_evens}


def test_the_sign_by_location_and_where_it_turns() -> None:
    """Home 60 · 0.5 = 30 t, away 50 · 0.7 = 35 t; without any overhead away would be 28 t."""
    found = account(two_ends(), "location")
    assert (found.verdict, found.change_t) == ("raises", pytest.approx(5.0))
    assert found.change_percent == pytest.approx(100 / 6)
    # The overhead of 7 t may be 2 t; 0.7 or 0.5 is scaled by 30 / 35; a seventh of 35 t must go.
    assert turns(found) == {
        "pue_target": pytest.approx(1 + 0.25 * 2 / 7),
        "factor_target": pytest.approx(0.6),
        "factor_origin": pytest.approx(0.5 * 35 / 30),
        "covered_target": pytest.approx(1 / 7),
        "covered_origin": None,
    }


def test_what_cannot_turn_the_sign_is_nowhere() -> None:
    """Away 50 · 0.8 = 40 t, and 32 t at a PUE of one: cooling alone does not bring it to 30 t."""
    assert turns(account(two_ends((0.5, 0.8)), "location"))["pue_target"] is None
    # Away 50 · 0.2 = 10 t: two thirds of the energy at home would have to be covered.
    cleaner = account(two_ends((0.5, 0.2)), "location")
    assert cleaner.verdict == "lowers"
    assert (turns(cleaner)["covered_target"], turns(cleaner)["covered_origin"]) == (None, pytest.approx(2 / 3))


def test_at_the_break_even_both_ends_are_level() -> None:
    at = turns(account(two_ends(), "location"))
    assert at["pue_target"] is not None
    assert at["factor_target"] is not None
    assert at["factor_origin"] is not None
    for p in (
        two_ends(use=(1.5, at["pue_target"])),
        two_ends((0.5, at["factor_target"])),
        two_ends((at["factor_origin"], 0.7)),
    ):
        found = account(p, "location")
        assert found.verdict == "level"
        assert found.change_t == pytest.approx(0.0, abs=1e-9)


def test_market_is_the_residual_mix_and_a_floor_at_its_break_even_levels_it() -> None:
    """30 / 0.8 = 37.5 t at home, 35 / 0.5 = 70 t away; 1 - 37.5 / 70 of it covered makes both alike."""
    found = account(two_ends(green=(0.2, 0.5)), "market")
    assert (found.origin.carbon_t, found.target.carbon_t) == (pytest.approx(37.5), pytest.approx(70.0))
    share = turns(found)["covered_target"]
    assert share == pytest.approx(1 - 37.5 / 70)
    floors = {"green": {"floors": [{"share": share, "region": "b"}]}}
    covered = account(two_ends(green=(0.2, 0.5), settings=floors), "market_claims")
    assert covered.change_t == pytest.approx(0.0, abs=1e-9)
    assert turns(covered)["covered_target"] == pytest.approx(share)
    # A floor beyond the mix counts what is added to the grid's own half only.
    floors["green"]["floors"][0] |= {"share": 0.25, "beyond_grid_mix": True}  # type: ignore[dict-item]
    beyond = account(two_ends(green=(0.2, 0.5), settings=floors), "market_claims")
    assert beyond.target.carbon_t == pytest.approx(35.0)


def test_the_part_that_others_claim_turns_the_sign() -> None:
    """Nothing claimed: 30 and 20 t. All: 37.5 and 40 t. At 10/11 of the green power: 30 / (1 - 2/11) on both sides."""
    found = account(two_ends((0.5, 0.4), green=(0.2, 0.5)), "market")
    assert found.verdict == "raises"
    part = turns(found)["claimed_by_others"]
    assert part == pytest.approx(10 / 11)
    level = account(two_ends((0.5, 0.4), green=(0.2 * part, 0.5 * part)), "market")
    assert level.origin.carbon_t == pytest.approx(30 / (1 - 2 / 11))
    assert level.change_t == pytest.approx(0.0, abs=1e-9)


def test_marginal_is_what_the_instance_says_or_unknown() -> None:
    assert account(two_ends(marginal=(0.9, None)), "marginal").verdict == "unknown"
    found = account(two_ends(marginal=(0.9, 0.6)), "marginal")
    assert (found.origin.carbon_t, found.target.carbon_t) == (pytest.approx(54.0), pytest.approx(30.0))
    assert turns(found)["factor_target"] == pytest.approx(0.6 * 54 / 30)


def test_a_fleet_says_it_better() -> None:
    """At home gas serves one more MWh, away coal; where all plants are full it is unknown."""
    gas = {"technology": "gas", "variable_cost_per_mwh": 9.0, "factor_t_per_mwh": 0.4}
    coal = {"region": "b", "factor_t_per_mwh": 0.9}
    p = two_ends(marginal=(0.1, 0.1), fleet=[{"existing_mw": 50.0}, gas, coal], load=60.0)
    found = account(p, "marginal")
    assert (found.origin.carbon_t, found.target.carbon_t) == (pytest.approx(24.0), pytest.approx(45.0))
    assert not p.settings.system.dispatch
    full = two_ends(marginal=(0.1, 0.1), fleet=[gas, coal | {"existing_mw": 60.0}], load=60.0)
    assert account(full, "marginal").verdict == "unknown"


def test_every_hour_counts_with_its_own_factor_and_idle_equipment_draws_power() -> None:
    """Shape 0, 2, 0, 2 at a peak of 20 MW: 2 + 0.9 · 10 · shape MW of IT. At home it runs in the dirty hours."""
    p = two_ends(
        use=(1.0, 1.0),
        profile={"day": [0.0, 2.0, 0.0, 2.0]},
        grid_factor={"a": [0.1, 1.0, 0.1, 1.0], "b": [1.0, 0.1, 1.0, 0.1]},
        compute_types=[{"idle_share": 0.1}],
    )
    workloads = p.workloads.assign(profile="day")
    found = account(p.replace(workloads=workloads), "location")
    # 20 MW in two hours, 2 MW in the others.
    assert found.origin.carbon_t == pytest.approx(2 * 20 * 1.0 + 2 * 2 * 0.1)
    assert found.target.carbon_t == pytest.approx(2 * 20 * 0.1 + 2 * 2 * 1.0)


def test_mixing_accounts_shows_a_saving_that_neither_has() -> None:
    """Home by the market 37.5 t, away by location 35 t: 6.7 % less, though location says +16.7 % and market +86.7 %."""
    found = judged(two_ends(green=(0.2, 0.5))).accounts
    worst = worst_mix(found)
    assert worst is not None
    assert (worst.origin, worst.target) == ("market", "location")
    assert worst.change_percent == pytest.approx(100 * (35 / 37.5 - 1))
    assert worst.honest == (pytest.approx(100 * (70 / 37.5 - 1)), pytest.approx(100 / 6))
    diagonal = {mix.origin: mix.change_percent for mix in mixed(found) if mix.origin == mix.target}
    assert diagonal == {a.name: pytest.approx(a.change_percent) for a in found if a.known}
    assert worst_mix(judged(two_ends((0.5, 0.9))).accounts) is None


def test_money_and_what_is_embodied() -> None:
    """60 MWh at 100 against 50 MWh at 60; 10 MW of buildings away hold 5 t a MW for 20 years."""
    p = two_ends()
    sites = p.sites.assign(embodied_t_per_mw=[0.0, 5.0], lifetime_years=20.0)
    pairs = pd.MultiIndex.from_tuples([("a", "home"), ("a", "away")], names=["region", "site"])
    links = p.links.reindex(pairs).assign(cost_per_mwh=[0.0, 2.0])
    found = judged(p.replace(sites=sites, links=links.astype(float)))
    assert found.origin_money.power_million * MILLION == pytest.approx(6000.0)
    assert found.target_money.power_million * MILLION == pytest.approx(3000.0)
    assert found.target_money.data_million * MILLION == pytest.approx(80.0)
    assert (found.origin_embodied_t, found.target_embodied_t) == (0.0, pytest.approx(2.5))
    assert found.move == Move("a", "b", "later", 10.0)
    with pytest.raises(UsageError, match=r"links.csv has no row from a to a site of a .* Add the row"):
        judged(p.replace(links=links[1:].astype(float)))


def test_work_is_shared_by_the_size_of_the_sites_that_may_do_it() -> None:
    p = two_ends()
    third = p.sites.loc[["away"]].rename({"away": "third"}).assign(most_mw=300.0, pue_shift=2.25 - BARE)
    found = judged(p.replace(sites=pd.concat([p.sites, third])))
    assert found.target.share == {"away": 0.25, "third": 0.75}
    assert found.target.pue == pytest.approx(0.25 * 1.25 + 0.75 * 2.25)


def test_every_number_carries_what_the_provenance_says_of_it() -> None:
    rows = [
        ("regions", "grid_factor_t_per_mwh", "", "assumption"),
        ("regions", "grid_factor_t_per_mwh", "a", "measured"),
        ("fleet", "existing_mw", "", "derived"),
        ("fleet", "existing_mw", "a/coal", "assumption"),
        ("hourly", "*", "", "synthetic"),
    ]
    table = pd.DataFrame(rows, columns=["table", "column", "key", "status"]).assign(year="2023", source="NBS")
    p = two_ends(fleet=[{"factor_t_per_mwh": 0.9}], load=60.0)
    found = judged(p.replace(provenance=table.set_index(["table", "column", "key"]))).inputs
    by = {(item.column, item.key): (item.status, item.value) for item in found}
    # The row about the value itself wins, a row about one plant stands beside that of the column, and a gap is said.
    assert by["grid_factor_t_per_mwh", "a"] == ("measured", pytest.approx(0.5))
    assert by["grid_factor_t_per_mwh", "b"] == ("assumption", pytest.approx(0.7))
    assert (by["existing_mw", "a/coal"][0], by["existing_mw", "a"][0]) == ("assumption", "derived")
    assert by["price_per_mwh", "b"] == ("synthetic", pytest.approx(60.0))
    assert by["pue_shift", "home"] == ("unknown", pytest.approx(1.5 - BARE))
    # There is no fleet in b, and no marginal factor either.
    assert ("existing_mw", "b") not in by
    assert not any(column.startswith("marginal") for column, _ in by)


def test_faults_name_what_is_wrong() -> None:
    p = two_ends()
    with pytest.raises(UsageError, match=r"no region 'x'.*no region 'y'.*no workload 'late'.*'later'.*above 0"):
        move(p, "x", "y", 0.0, "late")
    with pytest.raises(UsageError, match="begins and ends in 'a'"):
        move(p, "a", "a", 1.0)
    with pytest.raises(UsageError, match="hold 100 MW of general at most, and the peak of 150 MW"):
        judged(p, 150.0)
    closed = p.replace(sites=p.sites.assign(decision=["free", "closed"]))
    with pytest.raises(UsageError, match="b has no site for general"):
        judged(closed)
    stays = p.replace(workloads=p.workloads.assign(stays_in="region"))
    with pytest.raises(UsageError, match="must stay in the region"):
        judged(stays)
    far = p.replace(sites=p.sites.assign(longitude_deg=[0.0, 60.0]), workloads=p.workloads.assign(latency_ms=5.0))
    with pytest.raises(UsageError, match="within 5 ms of its users in a, and the nearest site of b is 58"):
        judged(far)


def test_two_plans_on_grid_power_alone_say_what_the_accounts_say() -> None:
    """Cost: 3000 less for power, and 200 more for 5 t at 40; other work is left out and other regions are, too."""
    p = two_ends(green=(0.2, 0.5), marginal=(0.9, 0.6), settings={"carbon": {"price": 40.0, "cap_t": 1.0}})
    found = judged(p)
    plans = _proved(p, found)
    assert plans.complete
    for by in found.accounts:
        assert plans.change(f"{by.name}_t") == pytest.approx(by.change_t)
    cost = plans.change("cost_million")
    assert cost is not None
    assert cost * MILLION == pytest.approx(-3000 + 5 * 40)


def test_own_wind_at_the_target_turns_the_sign_of_the_plan() -> None:
    """Free wind for half of what is used there leaves 17.5 t, beside 30 t at home."""
    wind = [{"region": "b", "existing_mw": 6.25, "most_mw": 6.25}]
    p = two_ends(supply=wind, cf={"wind": {"a": 0.0, "b": 1.0}})
    found = judged(p)
    assert found.accounts[0].verdict == "raises"
    plans = _proved(p, found)
    assert (plans.origin.location_t, plans.target.location_t) == (pytest.approx(30.0), pytest.approx(17.5))


def test_a_plan_that_cannot_be_says_so() -> None:
    p = two_ends()
    found = judged(p)
    no_grid = p.replace(regions=p.regions.assign(grid_mw=[100.0, 0.0]))
    plans = _proved(no_grid, found)
    assert (plans.origin.status, plans.target.status, plans.complete) == ("optimal", "infeasible", False)
    assert plans.change("location_t") is None
    assert dataclasses.asdict(plans.target)["cost_million"] is None


def _proved(p: Problem, found: Judgement) -> Proof:
    return prove(pair(p, found.move), found.move, EXACT)
