"""How a solve ended."""

from __future__ import annotations

from dataclasses import dataclass, replace

from siting.solver.directions import Circle
from siting.solver.highs.engine import EXACT, Limits, Status, relative_gap
from siting.solver.warm_start import Start


@dataclass(frozen=True)
class Outcome:
    """How a solve ended."""

    status: Status
    objective: float | None
    bound: float | None
    has_plan: bool
    interrupted: bool
    reason: str
    version: str
    limits: Limits
    strategy: str
    seconds_handover: float
    seconds_solve: float
    rows: int
    columns: int
    integers: int
    start: Start | None = None
    """What the next solve may start from, if that was asked for."""
    proof: str = ""
    """What proves the bound."""
    circles: tuple[Circle, ...] = ()
    """What went round before the plan was freed of it."""

    @property
    def gap(self) -> float | None:
        """Relative distance of objective and bound."""
        return relative_gap(self.objective, self.bound)


def cheaper(one: Outcome, other: Outcome) -> bool:
    """Whether one has a plan that the other has not, or a cheaper one."""
    if one.objective is None or other.objective is None:
        return other.objective is None
    return one.objective < other.objective


def of_both(one: Outcome, other: Outcome) -> Outcome:
    """How two solves of one program ended together: the cheaper plan, and the better bound."""
    if not one.has_plan and other.status in ("optimal", "infeasible", "unbounded"):
        return other
    bounds = [each for each in (one, other) if each.bound is not None]
    most = max(bounds, key=lambda each: each.bound or 0.0, default=other)
    best = other if cheaper(other, one) else one
    both = replace(
        other,
        status=best.status if best.has_plan else other.status,
        objective=best.objective,
        has_plan=best.has_plan,
        bound=most.bound if best.objective is None or most.bound is None else min(most.bound, best.objective),
        proof=most.proof,
        circles=best.circles,
    )
    proven = both.gap is not None and both.gap <= max(both.limits.gap, EXACT)
    return replace(both, status="optimal") if proven and both.has_plan else both
