"""Work that is not interrupted, by hand and against a search over single jobs: 10 MW arrive every hour of a day."""

from itertools import product
from math import ceil

import numpy as np
import pytest
from model_size import added, size
from small import column, cost, optimum, problem

from siting.auditor import audit
from siting.model import runs
from siting.model.build import build

PRICE = [100, 10, 20, 100]


def waits(run_h, max_delay_h, **more):
    return {"workloads": [{"run_h": run_h, "max_delay_h": max_delay_h, **more}]}


@pytest.mark.parametrize(
    ("run_h", "delay", "expected"),
    [
        # 10 MWh arrive each hour and may run in 4 hours: all at 10.
        (1, 3, 40 * 10),
        # Two hours in a row, at best hours 1 and 2 (15 on average).
        (2, 4, 40 * 15),
        # The work of hour 2 has to end in hour 1: hours 0 and 1 (55).
        (2, 3, 30 * 15 + 10 * 55),
        # The deadline counts the end. Of hour 0: hours 0-1 or 1-2 (15); of 1: 1-2 (15) or 2-3; of 2: 2-3 or 3-0 (60);
        # of 3: 3-0 or 0-1 (55).
        (2, 2, 10 * (15 + 15 + 60 + 55)),
        # It has to start when it arrives, and so runs evenly.
        (2, 1, 40 * 57.5),
        (4, 3, 40 * 57.5),
    ],
)
def test_a_run_is_not_broken_and_ends_by_its_deadline(run_h, delay, expected):
    assert cost(problem(price=PRICE, **waits(run_h, delay))) == pytest.approx(expected)


def test_the_plan_of_a_run_of_two_hours():
    p = problem(price=PRICE, **waits(2, 3))
    solution = optimum(p)
    assert column(solution, "run_hour", "started_mwh") == pytest.approx([10, 30, 0, 0])
    assert column(solution, "batch_site_hour", "flexible_mw") == pytest.approx([5, 20, 15, 0])
    assert column(solution, "run_batch_hour", "unstarted_mwh") == pytest.approx([20, 0, 10, 20])
    result = audit(p, solution.tables, solution.objective)
    assert result.ok
    assert {"unbroken_runs", "run_starts", "run_deadline"} <= {check.name for check in result.checks}


@pytest.mark.parametrize(
    ("table", "name", "fails"),
    [
        ("batch_site_hour", "flexible_mw", "unbroken_runs"),
        ("run_hour", "started_mwh", "unbroken_runs"),
        ("run_batch_hour", "unstarted_mwh", "run_starts"),
    ],
)
def test_the_audit_finds_a_break(table, name, fails):
    p = problem(price=PRICE, **waits(2, 3))
    tables = dict(optimum(p).tables)
    tables[table] = tables[table].assign(**{name: tables[table][name] + np.array([0.0, -1.0, 1.0, 0.0])})
    assert fails in {check.name for check in audit(p, tables).failures}


def test_the_audit_finds_a_run_that_ends_too_late():
    """A plan for three hours of delay under a deadline of one."""
    tables = optimum(problem(price=PRICE, **waits(2, 3))).tables
    assert "run_deadline" in {check.name for check in audit(problem(price=PRICE, **waits(2, 1)), tables).failures}


def test_work_that_may_be_interrupted_adds_nothing():
    p = problem(workloads=[{"max_delay_h": 3}, {"workload": "other"}], demand=[{}, {"workload": "other"}])
    assert added(p, runs.add) == (0, 0)
    long = build(p.replace(workloads=p.workloads.assign(run_h=[2, 1])))
    # Of 4 hours: a start and a row that ties it to the load, what waits and its balance.
    assert tuple(np.subtract(size(long), size(build(p)))) == (8, 8)


def cheapest_by_search(jobs, run_h, latest, price, module_cost):
    """Every job of one MW at every admissible start, and as many modules of one MW as the highest hour needs."""
    best = np.inf
    for start in product(*(range(arrival, arrival + latest + 1) for arrival in jobs)):
        load = np.zeros(len(price))
        for first in start:
            load[first : first + run_h] += 1
        best = min(best, float(load @ price) + module_cost * ceil(load.max()))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_class_costs_what_its_single_jobs_cost(seed):
    """Jobs arrive in the first hours of an 8-hour day, so that none wraps round; modules make them share hours."""
    rng = np.random.default_rng(seed)
    run_h, latest, hours = int(rng.integers(2, 4)), 2, 8
    jobs = sorted(int(hour) for hour in rng.integers(0, hours - run_h - latest, 5))
    price, module_cost = rng.integers(1, 100, hours).astype(float), float(rng.integers(10, 120))
    arriving = np.bincount(jobs, minlength=hours) * float(run_h)
    p = problem(
        hours,
        price=price,
        profile={"jobs": arriving},
        demand=[{"mean_mw": arriving.mean()}],
        compute_types=[{"fixed_om_per_kw_year": module_cost / 1000}],
        **waits(run_h, latest + run_h - 1, profile="jobs"),
    )
    assert cost(p) == pytest.approx(cheapest_by_search(jobs, run_h, latest, price, module_cost))
