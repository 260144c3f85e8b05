"""The price of each rule: the problem solved as it is, and with each rule in turn switched off.

Each solve starts afresh. Started from the plan of the full problem, a solve may end with that same plan as soon as it
is within the gap, and the difference that is asked for would be hidden in the gap.
"""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from typing import Any

from siting.auditor import audit
from siting.problem.problem import Problem
from siting.problem.rules import Rule, rules
from siting.solution import solve
from siting.solver.engine import Limits, Progress
from siting.solver.workers import ctrl_c_waits, new_pool
from siting.study.rule_prices import STOPPED, Case, RulePrice, RulePrices

Tell = Callable[[Rule | None, Case], None]

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


def solve_case(p: Problem, embodied: bool, limits: Limits, progress: Callable[[Progress], None] | None = None) -> Case:
    """Solve and audit a problem.

    Parameters
    ----------
    p : Problem
        A rule is off in it, or none.
    embodied : bool
        Whether embodied carbon counts in what is reported, so that two cases count alike.
    limits, progress
        As of :func:`siting.solve`.
    """
    begun = time.monotonic()
    solution = solve(
        p,
        gap=limits.gap,
        time_limit=limits.time_limit_s,
        seed=limits.seed,
        threads=limits.threads,
        options=dict(limits.highs),
        progress=progress,
    )
    bound, failures, carbon_t = solution.bound, [], None
    if solution.tables:
        verdict = audit(p, solution.tables, solution.objective)
        failures = [str(check) for check in verdict.failures]
        if p.settings.carbon.embodied != embodied:
            verdict = audit(p.replace(carbon__embodied=embodied), solution.tables)
        carbon_t = verdict.as_dict()["totals"]["carbon_t"]["total"]
    return Case(
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


def _one_by_one(
    problems: Sequence[Problem],
    embodied: bool,
    limits: Limits,
    progress: Callable[[Progress], None] | None,
    tell: Callable[[int, Case], None],
) -> list[Case]:
    cases: list[Case] = []
    try:
        for i, problem in enumerate(problems):
            cases.append(solve_case(problem, embodied, limits, progress))
            tell(i, cases[-1])
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
    stop = multiprocessing.get_context("spawn").Event()
    pool = new_pool(min(workers, len(problems)), _prepare, (stop,))
    try:
        with ctrl_c_waits():
            futures = {pool.submit(_in_worker, problem, embodied, limits): i for i, problem in enumerate(problems)}
        waiting = set(futures)
        while waiting:
            try:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    if not future.cancelled():
                        tell(futures[future], future.result())
            except KeyboardInterrupt:
                stop.set()
                for future in waiting:
                    future.cancel()
        return [STOPPED if future.cancelled() else future.result() for future in futures]
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def _prepare(stop: Any) -> None:
    global _stop
    _stop = stop


def _in_worker(p: Problem, embodied: bool, limits: Limits) -> Case:
    return STOPPED if _stop.is_set() else solve_case(p, embodied, limits, _until_stopped)


def _until_stopped(now: Progress) -> None:
    """The solver ends as at Ctrl-C, with what it has."""
    if _stop.is_set():
        raise KeyboardInterrupt
