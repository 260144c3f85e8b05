"""One clock for all: profiles are in the local time of those who send the work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small import MILLION, column, cost, optimum, problem

import siting
from siting.auditor import audit
from siting.instance import load, write
from siting.problem import Problem
from siting.problem.derived import profiles
from siting.problem.local_time import ahead, as_local

DAY = 1.0 - 0.8 * np.cos(2 * np.pi * (np.arange(24) - 2) / 24)
"""Least at 2, most at 14 o'clock: 0.2 and 1.8 of the mean."""


def follow_sun(shift: Any = (0.0, -12.0), **more: Any) -> Problem:
    """Two regions with 10 MW each, whose days may lie apart, and one site."""
    regions = [{"region": n, "clock_shift_h": h} for n, h in zip("ew", shift, strict=True)]
    return problem(
        24,
        profile={"day": DAY},
        regions=regions,
        sites=[{"region": "e"}],
        compute_types=[{"capex_per_kw": 1000.0}],
        workloads=[{"profile": "day", **more}],
        demand=[{"region": n} for n in "ew"],
    )


def test_ahead_by_hand() -> None:
    four = np.array([0.0, 1.0, 2.0, 3.0])
    assert ahead(four, 1).tolist() == [1, 2, 3, 0]
    assert ahead(four, -1).tolist() == [3, 0, 1, 2]
    assert ahead(four, 0.5).tolist() == [0.5, 1.5, 2.5, 1.5]
    assert ahead(four, -0.25).tolist() == [0.75, 0.75, 1.75, 2.75]
    assert ahead(four, 5).tolist() == ahead(four, 1).tolist()


@pytest.mark.parametrize(
    ("shift", "mw"), [((0, 0), 36), ((0, -12), 20), ((12, 0), 20), ((3, 15), 20), ((-12, -12), 36)]
)
def test_work_that_follows_the_sun(shift: tuple[float, float], mw: float) -> None:
    """Two peaks of 18 MW twelve hours apart meet troughs of 2 MW: 20 MW do in place of 36."""
    p = follow_sun(shift)
    found = optimum(p)
    assert sum(column(found, "site_compute", "capacity_mw")) == pytest.approx(mw)
    assert audit(p, found.tables, found.objective).ok


def test_both_strategies_know_it() -> None:
    p = follow_sun()
    found = siting.solve(p, strategy="decomposed", gap=1e-6, workers=1)
    assert found.objective == pytest.approx(cost(p) / MILLION, rel=1e-5)


def test_one_workload_for_each_clock() -> None:
    p = follow_sun((0, 5.5))
    assert list(p.workloads.index) == ["web", "web@+5.5h"]
    assert list(p.workloads["profile"]) == ["day", "day@+5.5h"]
    assert list(p.demand.index) == [("e", "web"), ("w", "web@+5.5h")]
    assert not p.regions["clock_shift_h"].any()
    assert as_local(p) is p
    shape = profiles(p)
    # What it says of 14:30 is sent at 9 o'clock.
    assert shape["web@+5.5h"].iloc[9] == pytest.approx((shape["web"].iloc[14] + shape["web"].iloc[15]) / 2)
    assert shape.mean().tolist() == pytest.approx([1.0, 1.0])


def test_clocks_that_are_alike_split_nothing() -> None:
    assert list(follow_sun((2, 2)).workloads.index) == ["web"]
    assert list(follow_sun((2, 2)).workloads["profile"]) == ["day@+2h"]
    assert list(follow_sun((2, 5), profile="").workloads.index) == ["web"]


def test_work_that_may_wait_is_pooled_as_before() -> None:
    """What regions with one clock may leave till later they may with two workloads of one clock as well."""
    regions = [{"region": n, "clock_shift_h": h} for n, h in (("e", 0.0), ("w", -6.0))]
    other = [{"region": n} for n in "ew"]
    price = 100.0 + 50 * np.sin(np.arange(24))
    site = [{"region": "e"}]
    work = {"max_delay_h": 5, "profile": "day"}
    shifted = problem(
        24, profile={"day": DAY}, regions=regions, sites=site, price=price, workloads=[work], demand=other
    )
    by_hand = problem(
        24,
        profile={"day": DAY, "late": np.roll(DAY, 6)},
        regions=other,
        sites=site,
        price=price,
        workloads=[work, {"workload": "late", **work, "profile": "late"}],
        demand=[{"region": "e"}, {"region": "w", "workload": "late"}],
    )
    assert cost(shifted) == pytest.approx(cost(by_hand))


def test_a_shift_after_the_problem_was_made_is_not_overlooked() -> None:
    p = follow_sun((0, 0))
    late = p.replace(regions=p.regions.assign(clock_shift_h=[0.0, -12.0]))
    with pytest.raises(ValueError, match="clocks"):
        profiles(late)
    assert list(as_local(late).workloads.index) == ["web", "web@-12h"]


@pytest.fixture(name="folder")
def shifted_instance(instance: Path, tmp_path: Path) -> Path:
    """The tiny instance with clocks, with numbers and factors said of its work."""
    folder = write(load(instance), tmp_path / "clocks")
    regions = pd.read_csv(folder / "regions.csv")
    regions["clock_shift_h"] = [0.0, *(-7.0 for _ in regions.index[1:])]
    regions.to_csv(folder / "regions.csv", index=False)
    with (folder / "provenance.csv").open("a") as file:
        for table in ("regions,clock_shift_h", "stages,*", "stage_factors,*"):
            file.write(f"{table},assumption,test,2023,CC0-1.0\n")
    return folder


def test_an_instance_with_clocks_is_written_and_read_again(folder: Path, tmp_path: Path) -> None:
    p = load(folder)
    assert "web@-7h" in p.workloads.index
    again = load(write(p, tmp_path / "again", folder))
    pd.testing.assert_frame_equal(again.workloads, p.workloads)
    pd.testing.assert_frame_equal(again.demand, p.demand)
    pd.testing.assert_frame_equal(profiles(again), profiles(p))


def test_what_a_stage_says_of_work_it_says_under_every_clock(folder: Path) -> None:
    (folder / "stages.csv").write_text("year,years\n2025,5\n2030,5\n")
    rows = ["2030,demand,mean_mw,web,2", "2030,demand,mean_mw,south/web,3", "2030,demand,mean_mw,north,5"]
    (folder / "stage_factors.csv").write_text("year,table,column,key,factor\n" + "\n".join(rows) + "\n")
    p = load(folder)
    then = siting.problem.stages.stage_problem(p, 2030).demand["mean_mw"] / p.demand["mean_mw"]
    assert then["north", "web"] == pytest.approx(10)
    assert then["south", "web@-7h"] == pytest.approx(6)
