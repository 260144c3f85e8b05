"""The price of each rule: the problem solved as it is, and with each rule in turn switched off.

Switching off a rule keeps every plan, so each solve starts from what the full one knows. That its plan is within the
gap does not end a solve, or the difference that is asked for would be hidden in the gap. Its integers are kept, and all
else is chosen anew, only if they leave no more open than they did with the rule: then the costs differ as the proven
bounds do. Else the problem is rounded by its own prices too, and the better plan counts. Only where the old prices
prove that the rule costs less than a tenth of the gap in the relaxation is nothing searched for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from siting.auditor import audit
from siting.problem.problem import Problem
from siting.problem.rules import Rule, rules
from siting.solver.highs.engine import Limits, Progress
from siting.solver.parallel.processes import context, new_process_pool, sigint_blocked
from siting.solver.warm_start import Start
from siting.solving.solution import solve
from siting.study.rule_prices import STOPPED, Case, RulePrice, RulePrices

Tell = Callable[[Rule | None, Case], None]
Found = tuple[Case, Start | None]

_stop: Any = None
"""In a worker: set when the parent wants it to come to an end."""


def price_rules(
    p: Problem,
    limits: Limits | None = None,
    *,
    only: Sequence[Rule] | None = None,
    workers: int = 1,
    progress: Callable[[Progress], None] | None = None,
    tell: Tell | None = None,
) -> RulePrices:
    """Solve with all rules and with each of them off.

    Parameters
    ----------
    p : Problem
        With its calendar.
    limits : Limits, optional
        Of each solve.
    only : sequence of Rule, optional
        The rules to price; by default all that are on.
    workers : int
        Processes; 1: no other than this one. A script that asks for more needs ``if __name__ == "__main__":``.
    progress : callable, optional
        Gets the progress of the solve, with one worker.
    tell : callable, optional
        Gets each rule (None: all on) and its case when it is solved.

    Returns
    -------
    RulePrices
        Ctrl-C ends it early: what was not solved is ``stopped``.
    """
    chosen = rules(p) if only is None else tuple(only)
    limits = Limits() if limits is None else limits
    said = tell or (lambda rule, case: None)
    every: list[Rule | None] = [None, *chosen]
    problems = [p.replace() if rule is None else rule.without(p) for rule in every]
    embodied = p.settings.carbon.embodied
    if workers == 1:
        cases = _one_by_one(problems, embodied, limits, progress, lambda i, case: said(every[i], case))
    else:
        cases = _side_by_side(problems, embodied, limits, workers, lambda i, case: said(every[i], case))
    full = cases[0]
    return RulePrices(full, tuple(RulePrice(rule, full, case) for rule, case in zip(chosen, cases[1:], strict=True)))


def solve_case(
    p: Problem,
    embodied: bool,
    limits: Limits,
    progress: Callable[[Progress], None] | None = None,
    start: Start | None = None,
) -> tuple[Case, Start | None]:
    """Solve and audit a problem.

    Parameters
    ----------
    p : Problem
        A rule is off in it, or none.
    embodied : bool
        Whether embodied carbon counts in what is reported, so that two cases count alike.
    limits, progress
        As of :func:`siting.solve`.
    start : Start, optional
        Of the full problem; without one, that of this problem is given back.
    """
    begun = time.monotonic()
    solution = solve(
        p,
        gap=limits.gap,
        time_limit=limits.time_limit_s,
        seed=limits.seed,
        threads=limits.threads,
        highs=dict(limits.highs),
        progress=progress,
        start=start,
        keep_start=start is None,
    )
    bound, failures, carbon_t = solution.bound, [], None
    if solution.tables:
        verdict = audit(p, solution.tables, solution.objective)
        failures = [str(check) for check in verdict.failures]
        if p.settings.carbon.embodied != embodied:
            verdict = audit(p.replace(carbon__embodied=embodied), solution.tables)
        carbon_t = verdict.as_dict()["totals"]["carbon_t"]["total"]
    case = Case(
        status=solution.status,
        cost_million=solution.objective,
        bound_million=bound if bound is not None and math.isfinite(bound) else None,
        gap=solution.gap,
        carbon_t=carbon_t,
        interrupted=solution.outcome.interrupted,
        reason=solution.outcome.reason,
        audit_failures=tuple(failures),
        seconds=time.monotonic() - begun,
    )
    return case, solution.outcome.start


def _one_by_one(
    problems: Sequence[Problem],
    embodied: bool,
    limits: Limits,
    progress: Callable[[Progress], None] | None,
    tell: Callable[[int, Case], None],
) -> list[Case]:
    cases: list[Case] = []
    start: Start | None = None
    try:
        for i, problem in enumerate(problems):
            case, own = solve_case(problem, embodied, limits, progress, start)
            start = start or (own if i == 0 else None)
            cases.append(case)
            tell(i, case)
            if cases[-1].interrupted:
                break
    except KeyboardInterrupt:
        # It came between two runs of the solver; what is solved stays.
        if not cases:
            raise
    return cases + [STOPPED] * (len(problems) - len(cases))


def _side_by_side(
    problems: Sequence[Problem], embodied: bool, limits: Limits, workers: int, tell: Callable[[int, Case], None]
) -> list[Case]:
    stop = context().Event()
    pool = new_process_pool(min(workers, len(problems)), _prepare, (stop,))
    cases: dict[int, Case] = {}
    start: Start | None = None

    def found(i: int, case: Case) -> None:
        cases[i] = case
        tell(i, case)

    try:
        for numbers in (range(1), range(1, len(problems))):
            if stop.is_set():
                break
            with sigint_blocked():
                futures = {pool.submit(_in_worker, problems[i], embodied, limits, start): i for i in numbers}
            _collect(futures, stop, found)
            start = next((future.result()[1] for future in futures if not future.cancelled()), None)
        return [cases.get(i, STOPPED) for i in range(len(problems))]
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _collect(futures: Mapping[Future[Found], int], stop: Any, found: Callable[[int, Case], None]) -> None:
    """Wait for all; at Ctrl-C tell those that run to end, and drop those that wait."""
    waiting = set(futures)
    while waiting:
        try:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                if not future.cancelled():
                    found(futures[future], future.result()[0])
        except KeyboardInterrupt:
            stop.set()
            for future in waiting:
                future.cancel()


def _prepare(stop: Any) -> None:
    global _stop
    _stop = stop


def _in_worker(p: Problem, embodied: bool, limits: Limits, start: Start | None) -> Found:
    return (STOPPED, None) if _stop.is_set() else solve_case(p, embodied, limits, _until_stopped, start)


def _until_stopped(now: Progress) -> None:
    """The solver ends as at Ctrl-C, with what it has."""
    if _stop.is_set():
        raise KeyboardInterrupt
