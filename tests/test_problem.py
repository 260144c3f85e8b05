"""The frozen problem: making it, changing it, and the exact calendars."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from small import problem

from siting.problem import Calendar, make, whole_year
from siting.problem.problem import day


def test_defaults_and_keys():
    p = problem(capacity=[{"existing_mw": 3.0}], supply=[{}], cf={"wind": {"a": 1.0}})
    assert p.sites.loc["s", "decision"] == "free"
    assert p.sites.loc["s", "cooling"] == "waterside_economizer"
    assert p.compute_types.loc["general", ["lifetime_years", "usable_share"]].tolist() == [5.0, 1.0]
    assert p.demand.index.names == ["region", "workload"]
    assert p.demand.loc[("a", "web"), "mean_mw"] == 10.0
    assert np.isnan(p.capacity.loc[("s", "general"), "most_mw"])
    assert bool(p.supply.loc[("a", "wind"), "green"]) is True
    assert p.workloads.loc["web", "max_delay_h"] == 0


def test_tables_that_are_not_given_are_empty_but_typed():
    p = problem()
    assert len(p.storage) == 0
    assert list(p.storage.index.names) == ["region", "storage"]
    assert p.storage["capex_per_kw"].dtype == float


def test_blank_cells_get_the_default():
    p = problem(sites=[{"fixed_cost_per_year": 5.0}, {"site": "t", "fixed_cost_per_year": float("nan")}])
    assert p.sites["fixed_cost_per_year"].tolist() == [5.0, 0.0]


def _make(**tables):
    p = problem()
    given = {name: getattr(p, name).reset_index() for name in ("regions", "sites", "compute_types", "workloads")}
    return make(p.settings, p.hourly, **{**given, "demand": p.demand.reset_index(), **tables})


def test_a_misspelt_table_or_column_is_refused():
    with pytest.raises(KeyError, match="suply"):
        _make(suply=pd.DataFrame())
    with pytest.raises(KeyError, match="mean_kw"):
        _make(demand=pd.DataFrame({"region": ["a"], "workload": ["web"], "mean_kw": [1.0]}))
    with pytest.raises(KeyError, match="mean_mw"):
        _make(demand=pd.DataFrame({"region": ["a"], "workload": ["web"]}))


def test_make_takes_the_whole_year():
    p = problem(48)
    made = make(p.settings, p.hourly, regions=p.regions.reset_index(), sites=p.sites.reset_index())
    assert made.hours == 48
    assert made.calendar.hour.tolist() == [list(range(48))]
    assert made.calendar.weight.tolist() == [1.0]


def test_settings_are_validated():
    with pytest.raises(ValidationError):
        problem(settings={"finance": {"discount_rate": -1.0}})
    with pytest.raises(ValidationError):
        problem(settings={"finance": {"discount_rate": 0.0, "discuont": 0.1}})


def test_replace_leaves_the_original():
    p = problem()
    p.cache["something"] = 1
    q = p.replace(carbon__price=200.0, finance__discount_rate=0.1, demand=p.demand * 2)
    assert (p.settings.carbon.price, q.settings.carbon.price) == (0.0, 200.0)
    assert q.settings.finance.discount_rate == 0.1
    assert q.settings.instance == p.settings.instance
    assert (p.demand["mean_mw"].sum(), q.demand["mean_mw"].sum()) == (10.0, 20.0)
    assert q.cache == {}
    assert p.cache == {"something": 1}


def test_replace_refuses_what_is_not_there():
    p = problem()
    with pytest.raises(KeyError, match="no section 'carbn'"):
        p.replace(carbn__price=1.0)
    with pytest.raises(ValidationError):
        p.replace(carbon__prise=1.0)
    with pytest.raises(ValidationError):
        p.replace(carbon__price=-1.0)
    with pytest.raises(TypeError):
        p.replace(deamnd=p.demand)
    with pytest.raises(dataclasses.FrozenInstanceError):
        p.demand = p.demand * 2


@pytest.mark.parametrize(
    ("hours", "length", "periods", "block"),
    [
        (8760, 24, 73, 120),  # 365 days in blocks of five
        (8784, 24, 61, 144),  # 366 days in blocks of six
        (8760, 168, 73, 120),  # 52 weeks and a day: weeks do not make up the year
        (8784, 168, 61, 144),
        (8760, 1752, 5, 1752),
        (8760, 8760, 1, 8760),
        (24, 24, 1, 24),
        (48, 24, 1, 48),
        (4, 24, 1, 4),
    ],
)
def test_whole_year(hours, length, periods, block):
    calendar = whole_year(hours, length)
    assert (calendar.periods, calendar.hours) == (periods, block)
    assert (calendar.weight == 1).all()
    assert calendar.hour.ravel().tolist() == list(range(hours))
    assert calendar.in_order


@pytest.mark.parametrize(
    ("hour", "weight", "in_order"),
    [
        ([[0, 1], [2, 3]], [1.0, 1.0], True),
        ([[0, 1], [2, 3]], [1.01, 1.01], True),  # the last hours of the year are left out
        ([[0, 1], [2, 3]], [1.0, 3.0], False),
        ([[0, 1], [2, 3]], [2.0, 2.0], False),
        ([[0, 1], [4, 5]], [1.0, 1.0], False),
        ([[2, 3], [0, 1]], [1.0, 1.0], False),
        ([[1, 2], [3, 4]], [1.0, 1.0], False),
    ],
)
def test_periods_in_calendar_order(hour, weight, in_order):
    assert Calendar(hour=np.array(hour), weight=np.array(weight)).in_order == in_order


def test_day():
    p = problem()
    assert day(p, 0) == dt.date(2023, 1, 1)
    assert day(p, 24 * 364 + 23) == dt.date(2023, 12, 31)
