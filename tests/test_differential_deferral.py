"""Work that may wait costs what a program of single jobs says.

The work of each hour, workload and region is a job of its own here, which runs in parts at any admissible site and hour
until its deadline. Our model pools the jobs in a backlog with a bound.
"""

import itertools

import numpy as np
import pytest
from scipy.optimize import linprog
from small import cost, problem

from siting.problem import Calendar

HOURS, IDLE, USABLE = 6, 0.3, 0.9
REGIONS, SITES, WORKLOADS = ("a", "b", "c"), ("r", "s", "t"), ("train", "batch")
HOME = dict(zip(SITES, ("a", "b", "b"), strict=True))


class Case:
    """Numbers of a random case: two periods of six hours."""

    def __init__(self, seed: int) -> None:
        draw = np.random.default_rng(seed)
        self.price = {n: draw.uniform(20, 200, 2 * HOURS) for n in REGIONS}
        self.shape = {w: draw.exponential(1.0, 2 * HOURS) for w in WORKLOADS}
        self.mean_mw = {nw: draw.uniform(1, 6) for nw in itertools.product(REGIONS, WORKLOADS)}
        self.delay_h = {"train": int(draw.integers(1, 3)), "batch": int(draw.integers(2, 9))}
        self.latency_ms = {ns: draw.uniform(1, 10) for ns in itertools.product(REGIONS, SITES)}
        self.bound_ms = {"train": draw.uniform(7, 11), "batch": draw.uniform(6, 11)}
        # A way that costs the user's part and the site's part, so that it does not matter whose job runs where.
        ways = draw.uniform(0, 40, len(REGIONS)), draw.uniform(0, 40, len(SITES))
        self.way_per_mwh = {
            (n, s): ways[0][i] + ways[1][j]
            for (i, n), (j, s) in itertools.product(enumerate(REGIONS), enumerate(SITES))
        }
        self.built_mw = {s: draw.uniform(20, 60) for s in SITES}
        self.grid_mw = {n: draw.uniform(45, 90) for n in REGIONS}
        self.weight = draw.uniform(0.5, 2, 2)

    def problem(self):
        """The case in our tables."""
        return problem(
            2 * HOURS,
            regions=[{"region": n, "grid_mw": self.grid_mw[n]} for n in REGIONS],
            sites=[{"site": s, "region": HOME[s], "most_mw": self.built_mw[s]} for s in SITES],
            capacity=[{"site": s, "existing_mw": self.built_mw[s]} for s in SITES],
            compute_types=[{"idle_share": IDLE, "usable_share": USABLE}],
            workloads=[
                {"workload": w, "profile": w, "max_delay_h": self.delay_h[w], "latency_ms": self.bound_ms[w]}
                for w in WORKLOADS
            ],
            demand=[{"region": n, "workload": w, "mean_mw": mw} for (n, w), mw in self.mean_mw.items()],
            links=[
                {"region": n, "site": s, "latency_ms": ms, "cost_per_mwh": self.way_per_mwh[n, s]}
                for (n, s), ms in self.latency_ms.items()
            ],
            price=self.price,
            profile=self.shape,
            calendar=Calendar(hour=np.arange(2 * HOURS).reshape(2, HOURS), weight=self.weight),
        )

    def job_by_job(self) -> float:
        """Least cost of the year with a variable for each job, site and hour; infinite if there is no plan."""
        total = 0.0
        for period, weight in enumerate(self.weight):
            hours = range(period * HOURS, (period + 1) * HOURS)
            idle = sum(IDLE * self.built_mw[s] * self.price[HOME[s]][t] for s in SITES for t in hours)
            least = self._period(period)
            total += weight * (idle + least)
        return total

    def _period(self, period: int) -> float:
        parts, jobs = [], []
        for w, n, t in itertools.product(WORKLOADS, REGIONS, range(HOURS)):
            mw = self.mean_mw[n, w] * self.shape[w][period * HOURS + t] / self.shape[w].mean()
            near = [s for s in SITES if self.latency_ms[n, s] <= self.bound_ms[w]]
            # The day wraps round; who may wait longer than it may wait all day.
            starts = [(t + wait) % HOURS for wait in range(min(self.delay_h[w], HOURS - 1) + 1)]
            parts += [(len(jobs), n, s, start) for s in near for start in starts]
            jobs.append(mw)
        paid = [
            self.way_per_mwh[n, s] + (1 - IDLE) * self.price[HOME[s]][period * HOURS + start]
            for _, n, s, start in parts
        ]
        done = np.array([[part[0] == job for part in parts] for job in range(len(jobs))], dtype=float)
        places = list(itertools.product(SITES, range(HOURS)))
        room = np.array([[part[2:] == place for part in parts] for place in places], dtype=float)
        nodes = list(itertools.product(REGIONS, range(HOURS)))
        drawn = np.array([[(HOME[part[2]], part[3]) == node for part in parts] for node in nodes], dtype=float)
        left = [self.grid_mw[n] - IDLE * sum(self.built_mw[s] for s in SITES if HOME[s] == n) for n, _ in nodes]
        found = linprog(
            paid,
            np.vstack([room, (1 - IDLE) * drawn]),
            [USABLE * self.built_mw[s] for s, _ in places] + left,
            done,
            jobs,
        )
        assert found.status in (0, 2), found.message
        return found.fun if found.status == 0 else np.inf


@pytest.mark.parametrize("seed", range(8))
def test_deferred_work_costs_what_single_jobs_cost(seed: int) -> None:
    """Of the eight cases one has no plan, by either program."""
    case = Case(seed)
    least = case.job_by_job()
    assert np.isinf(least) == (seed == 5)
    assert cost(case.problem()) == pytest.approx(least, rel=1e-6)


@pytest.mark.parametrize("seed", [2, 3, 7, 13])
def test_where_ways_cost_each_pair_its_own_the_pool_is_a_lower_bound(seed: int) -> None:
    """The pool does not know whose work of an hour ran where: here, with ways as dear as power, up to 2 %."""
    case = Case(seed)
    draw = np.random.default_rng(1000 + seed)
    case.way_per_mwh = {pair: draw.uniform(0, 80) for pair in case.way_per_mwh}
    least = case.job_by_job()
    assert 0.98 * least < cost(case.problem()) <= least * (1 + 1e-6)


def test_origins_of_their_own_groups_are_exact_whatever_the_ways_cost() -> None:
    case = Case(0)
    draw = np.random.default_rng(5)
    case.way_per_mwh = {pair: draw.uniform(0, 80) for pair in case.way_per_mwh}
    # Each region reaches two sites, and no two regions the same.
    case.latency_ms = {(n, s): 99.0 if i == j else 1.0 for i, n in enumerate(REGIONS) for j, s in enumerate(SITES)}
    assert cost(case.problem()) == pytest.approx(case.job_by_job(), rel=1e-6)
