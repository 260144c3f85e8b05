"""The proof of a move: the same model solved twice, the work held at home and held where it would go.

It is the instance's model with this work alone, its two regions and what joins them, so that both optima are proven
exactly: among the whole work of an instance the effect of one move is smaller than what a usual gap leaves open. Each
plan builds what suits it, wind, sun, batteries and power from the other end included. Rules that count sites or share
out work among places say nothing about one piece of work and are left out, and so is the cap on carbon.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from siting.auditor import audit
from siting.auditor.accounts import TOTAL, carbon_accounts
from siting.errors import SolverError
from siting.model.build import COMPONENTS, Component
from siting.problem import TABLES, Problem
from siting.solver.highs.engine import Limits, Progress, Status, apart
from siting.solving.solution import solve
from siting.study.judge_move import with_marginal
from siting.study.move import Move, alone

_OF_MANY = ("presets", "site_counts", "utilisation_floors", "relocation")
_ACCOUNTS = ("location_t", "marginal_t", "market_t", "embodied_t")


@dataclass(frozen=True)
class Plan:
    """A proven plan with the work held at one end.

    Parameters
    ----------
    status : str
        As of :class:`siting.Solution`.
    cost_million, bound_million : float or None
        Cost of a year and its proven bound.
    location_t, marginal_t, market_t : float or None
        CO2 of a year by each account; None: unknown, or no plan.
    embodied_t : float or None
        CO2 embodied in what is built, beside each.
    own_mwh, grid_mwh : float or None
        Own green power claimed by the sites, and power from the grid.
    interrupted : bool
        By Ctrl-C.
    """

    status: Status
    cost_million: float | None = None
    bound_million: float | None = None
    location_t: float | None = None
    marginal_t: float | None = None
    market_t: float | None = None
    embodied_t: float | None = None
    own_mwh: float | None = None
    grid_mwh: float | None = None
    interrupted: bool = False


@dataclass(frozen=True)
class Proof:
    """The two plans."""

    periods: int
    hours: int
    origin: Plan
    target: Plan

    def change(self, name: str) -> float | None:
        """What the move adds to a quantity of the plans; None: unknown."""
        before, after = getattr(self.origin, name), getattr(self.target, name)
        return None if before is None or after is None else after - before

    @property
    def complete(self) -> bool:
        """Whether both plans are proven."""
        return self.origin.status == self.target.status == "optimal"

    @property
    def within_gap(self) -> bool:
        """Whether neither plan is proven to be dearer than the other."""
        one, other = ((plan.cost_million, plan.bound_million) for plan in (self.origin, self.target))
        return apart(one, other) is False

    def as_dict(self) -> dict[str, Any]:
        """In types that JSON knows."""
        names = ("cost_million", *_ACCOUNTS)
        return {
            **asdict(self),
            "change": {name: self.change(name) for name in names},
            "cost_within_gap": self.within_gap,
        }


def prove(p: Problem, what: Move, limits: Limits, progress: Callable[[Progress], None] | None = None) -> Proof:
    """Solve with the work held at home, and with it held at the target.

    Parameters
    ----------
    p : Problem
        As :func:`pair` made it, with its calendar.
    what : Move
        As :func:`siting.study.move.move` made it; both ends can do the work (:func:`siting.study.move.ends`).
    limits : Limits
        Of each solve.
    progress : callable, optional
        Gets the progress of the solver.

    Raises
    ------
    SolverError
        If a plan fails its audit.
    """
    known, _ = with_marginal(p, (what.origin, what.target))
    home = _held(known, what, what.origin, limits, progress)
    away = Plan("stopped") if home.interrupted else _held(known, what, what.target, limits, progress)
    return Proof(p.calendar.periods, p.calendar.hours, home, away)


def pair(p: Problem, what: Move) -> Problem:
    """Nothing but the work that moves, its two regions, their sites, and the corridors between them."""
    regions = [what.origin, what.target]
    sites = p.sites.index[p.sites["region"].isin(regions)]
    allowed = {"region": regions, "from_region": regions, "to_region": regions, "site": sites}
    tables = {}
    for name in (table.name for table in TABLES if table.name not in ("provenance", "demand")):
        rows = getattr(p, name)
        flat, keep = rows.reset_index(), np.ones(len(rows), dtype=bool)
        for column in allowed.keys() & set(flat.columns):
            keep &= flat[column].isin(allowed[column]).to_numpy()
        tables[name] = rows[keep]
    settings = {f"policy__{name}": () for name in _OF_MANY}
    return alone(p, what).replace(carbon__cap_t=None, policy__hub_share_min=0.0, **settings, **tables)


def _held(p: Problem, what: Move, region: str, limits: Limits, progress: Callable[[Progress], None] | None) -> Plan:
    """The optimum with the work done at the sites of a region."""
    components: Sequence[Component] = [*COMPONENTS, _only_in(region)]
    solution = solve(
        p,
        components=components,
        gap=limits.gap,
        time_limit=limits.time_limit_s,
        seed=limits.seed,
        threads=limits.threads,
        highs=dict(limits.highs),
        progress=progress,
    )
    interrupted = solution.outcome.interrupted
    if not solution.tables:
        return Plan(solution.status, interrupted=interrupted)
    verdict = audit(p, solution.tables, solution.objective)
    if not verdict.ok:
        raise SolverError(f"the plan with {what.workload} held in {region} failed its audit: {verdict.failures[0]}")
    total = carbon_accounts(p, solution.tables).loc[TOTAL].astype(float).to_dict()
    known = {name: total[name] for name in (*_ACCOUNTS, "own_mwh", "grid_mwh") if math.isfinite(total[name])}
    return Plan(solution.status, solution.objective, solution.bound, interrupted=interrupted, **known)


def _only_in(region: str) -> Component:
    """A rule that closes every way to sites of other regions."""

    def add(m: Any, p: Problem) -> None:
        elsewhere = set(p.sites.index[p.sites["region"] != region])
        ways = [m.assigned_mw] if hasattr(m, "ARC") else []
        ways += [m.period[d].moved_mw for d in m.PERIOD] if hasattr(m, "BATCH_ARC") else []
        for way in ways:
            for key in way:
                if key[2] in elsewhere:
                    way[key].fix(0.0)

    return add
