"""Cost against carbon: the cheapest plans below caps on CO2, from that without a cap down to the least carbon.

The caps are spread evenly over the whole range (the ε-constraint method with a payoff table; Mavrotas, "Effective
implementation of the ε-constraint method in multi-objective mathematical programming problems", Applied Mathematics
and Computation 213, 2009). A problem that is decomposed is compiled once, and its solves share what they find out:
neither cuts nor evaluated plans depend on the cap. The ends come first and then the middles, because prices that prove
a bound at one cap prove one at every cap, and plans at two caps may be mixed into one between them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from siting.auditor import audit
from siting.errors import Sentence, UsageError
from siting.problem.in_use import sites_in_use
from siting.problem.problem import Problem
from siting.solver.compile.two_stage import Rows
from siting.solver.compressed import View
from siting.solver.highs.engine import EXACT, Limits, Progress, Status, apart, relative_gap
from siting.solver.outcome import Outcome
from siting.solver.strategy import decomposes, optimize_program, optimize_series
from siting.solving.compiled import Compiled, compile_problem
from siting.study.least_carbon import LeastCarbon, least_carbon

_ROW = ("carbon_within_cap", None)
_NO_CAP_T = 1e10
"""More than a quarter of what the world emits in a year: no plan has so much."""
_LEAST_GAP = 0.03
"""How far the low end may be above the least carbon; the last per cent costs more than all before."""


@dataclass(frozen=True)
class Point:
    """The cheapest plan that was found below a cap.

    Parameters
    ----------
    cap_t : float or None
        CO2 a year, tonnes; None: no cap.
    status : str
        As of :class:`siting.Solution`.
    cost_million, bound_million, gap : float or None
        Cost of the plan, what no plan below the cap undercuts, and their relative distance.
    carbon_t : float or None
        CO2 of the plan.
    sites : int
        In use.
    audit_failures : tuple of str
        Checks that the plan failed.
    seconds : float
        Of its solve and audit.
    """

    cap_t: float | None
    status: Status
    cost_million: float | None = None
    bound_million: float | None = None
    gap: float | None = None
    carbon_t: float | None = None
    sites: int = 0
    audit_failures: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Front:
    """Points from the loosest cap to the tightest, and what is known of the least carbon."""

    points: tuple[Point, ...]
    least: LeastCarbon

    def table(self) -> pd.DataFrame:
        """A row for each point; ``cost_per_t`` is what each tonne costs that it saves over the point before.

        Where no bound proves that it costs more than the point before, ``within_gap`` is true.
        """
        rows = pd.DataFrame([asdict(point) for point in self.points]).drop(columns=["audit_failures", "seconds"])
        saved = -rows["carbon_t"].astype(float).diff()
        added = rows["cost_million"].astype(float).diff() * 1e6
        rows["cost_per_t"] = (added / saved).where(saved > 0)
        ends = [(point.cost_million, point.bound_million) for point in self.points]
        rows["within_gap"] = [False, *(apart(one, other) is False for one, other in pairwise(ends))]
        return rows

    def as_dict(self) -> dict[str, Any]:
        """The front in types that JSON knows."""
        rows = self.table()
        return {
            "least_carbon": asdict(self.least),
            "points": [
                {**asdict(point), "cost_per_t": None if pd.isna(slope) else float(slope), "within_gap": bool(within)}
                for point, slope, within in zip(self.points, rows["cost_per_t"], rows["within_gap"], strict=True)
            ],
        }


Solve = Callable[[float | None], tuple[Outcome, dict[str, pd.DataFrame]]]


def front(
    p: Problem,
    points: int = 11,
    limits: Limits | None = None,
    *,
    progress: Callable[[Progress], None] | None = None,
    tell: Callable[[Point], None] | None = None,
) -> Front:
    """The cheapest plans below caps on CO2.

    Parameters
    ----------
    p : Problem
        With its calendar; a cap of its own is put aside.
    points : int
        How many, both ends included.
    limits : Limits, optional
        Of each solve.
    progress : callable, optional
        Gets the progress of each solve.
    tell : callable, optional
        Gets each point when it is solved.

    Returns
    -------
    Front
        A plan counts for every looser cap, and a bound for every tighter one, so cost never falls along the front.
        Ctrl-C ends it early: what was not solved is ``stopped``.

    Raises
    ------
    UsageError
        If there are fewer than two points.
    """
    if points < 2:
        raise UsageError(Sentence("A front has at least 2 points, not {points}.", points=points))
    limits = Limits() if limits is None else limits
    said = tell or (lambda point: None)
    compiled = compile_problem(p.replace(carbon__cap_t=_NO_CAP_T), None, limits.workers, limits.cluster)
    with _solver(compiled, limits, progress) as solve:
        first, interrupted = _point(p, None, solve)
        said(first)
        if first.carbon_t is None or interrupted:
            return Front((first,), LeastCarbon("stopped", None, None))
        try:
            least = _least(compiled, replace(limits, gap=max(limits.gap, _LEAST_GAP)), progress)
        except KeyboardInterrupt:
            least = LeastCarbon("stopped", None, None, interrupted=True)
        if least.carbon_t is None:
            return Front((first,), least)
        interrupted = least.interrupted
        caps = np.linspace(first.carbon_t, least.carbon_t, points).tolist()
        found = {0: first}
        for i in middles(points):
            found[i] = Point(caps[i], "stopped")
            if not interrupted:
                found[i], interrupted = _point(p, caps[i], solve)
                said(found[i])
    return Front(consistent([found[i] for i in range(points)], limits.gap), least)


def middles(count: int) -> Iterator[int]:
    """Every number below a count but the first: the last, then the middles of what lies between known ones."""
    yield count - 1
    between = deque([(0, count - 1)])
    while between:
        low, high = between.popleft()
        if high - low > 1:
            middle = (low + high) // 2
            yield middle
            between += [(low, middle), (middle, high)]


def consistent(points: Sequence[Point], gap: float) -> tuple[Point, ...]:
    """Points with the cheapest plan of all tighter caps, and the highest bound of all looser ones."""
    cheapest: list[Point] = []
    best: Point | None = None
    for point in reversed(points):
        if point.cost_million is not None and (best is None or point.cost_million <= (best.cost_million or 0.0)):
            best = point
        cheapest.insert(0, point if best is None else replace(best, cap_t=point.cap_t, seconds=point.seconds))
    found, bound = [], None
    for given, point in zip(points, cheapest, strict=True):
        known = [value for value in (bound, given.bound_million) if value is not None]
        bound = max(known, default=None)
        left = relative_gap(point.cost_million, bound)
        status: Status = given.status
        if point.cost_million is not None:
            status = "optimal" if left is not None and left <= max(gap, EXACT) else "feasible"
        found.append(replace(point, status=status, bound_million=bound, gap=left))
    return tuple(found)


def _point(p: Problem, cap_t: float | None, solve: Solve) -> tuple[Point, bool]:
    """Solve below a cap, and audit the plan; and whether Ctrl-C ended it."""
    begun = time.monotonic()
    try:
        outcome, tables = solve(cap_t)
    except KeyboardInterrupt:
        return Point(cap_t, "stopped"), True
    point = Point(cap_t, outcome.status, bound_million=outcome.bound, seconds=time.monotonic() - begun)
    if tables:
        verdict = audit(p.replace(carbon__cap_t=cap_t), tables, outcome.objective)
        point = replace(
            point,
            cost_million=outcome.objective,
            gap=outcome.gap,
            carbon_t=verdict.as_dict()["totals"]["carbon_t"]["total"],
            sites=int(sites_in_use(p, tables).sum()),
            audit_failures=tuple(str(check) for check in verdict.failures),
            seconds=time.monotonic() - begun,
        )
    return point, outcome.interrupted


@contextmanager
def _solver(compiled: Compiled, limits: Limits, progress: Callable[[Progress], None] | None) -> Iterator[Solve]:
    """Solves below a cap, warm if the program is decomposed."""
    program = compiled.program
    if _ROW not in program.coupling.labels or not decomposes(program, limits):

        def cold(cap_t: float | None) -> tuple[Outcome, dict[str, pd.DataFrame]]:
            capped = compile_problem(compiled.problem.replace(carbon__cap_t=cap_t))
            outcome, plan = optimize_program(capped.program, limits, capped.seconds, progress)
            return outcome, {} if plan is None else capped.tables(plan)

        yield cold
        return
    with optimize_series(program, limits, progress) as optimize:

        def capped(cap_t: float | None) -> tuple[Outcome, dict[str, pd.DataFrame]]:
            outcome, plan = optimize(_capped(program.coupling, cap_t))
            return outcome, {} if plan is None else compiled.tables(plan)

        yield capped


def _capped(coupling: Rows, cap_t: float | None) -> Rows:
    """Coupling constraints with another cap; what does not depend on the plan was taken from the first."""
    most = coupling.most.copy()
    most[coupling.labels.index(_ROW)] += 0.0 if cap_t is None else cap_t - _NO_CAP_T
    return replace(coupling, most=most)


def _least(compiled: Compiled, limits: Limits, progress: Callable[[Progress], None] | None) -> LeastCarbon:
    """The least carbon: the row of the cap in the place of the cost."""
    program = compiled.program
    if _ROW not in program.coupling.labels:
        return least_carbon(compiled.problem, gap=limits.gap, time_limit=limits.time_limit_s, progress=progress)
    row = program.coupling.labels.index(_ROW)

    def cost(matrix: Any) -> Any:
        return matrix[[row]].toarray().ravel()

    instead = replace(
        program,
        first=replace(program.first, cost=cost(program.coupling_first)),
        offset=_NO_CAP_T - float(program.coupling.most[row]),
        periods=View(program.periods, lambda d: replace(d, columns=replace(d.columns, cost=cost(d.coupling)))),
    )
    outcome, _ = optimize_program(instead, limits, 0.0, progress)
    return LeastCarbon(outcome.status, outcome.objective, outcome.bound, outcome.interrupted)
