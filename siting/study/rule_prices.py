"""What two solves prove about the price of the rule between them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import pandas as pd

from siting.problem.rules import Rule
from siting.solver.highs.engine import Status

Verdict = Literal["priced", "free", "within_gap", "blocks", "not_the_reason", "unknown", "fault"]
"""priced: the rule is proven to cost something; free: proven to cost nothing; within_gap: the gaps of the two solves
hide what it costs; blocks: without it there is a plan, with it none; not_the_reason: there is none without it either;
unknown: a solve ended without a plan; fault: the two solves contradict each other, or a plan failed its audit."""

TOLERANCE = 1e-6
"""Relative; what solvers leave open."""


@dataclass(frozen=True)
class Case:
    """A solve, with all rules or with one off.

    Parameters
    ----------
    status : str
        As of :class:`siting.Solution`.
    cost_million, bound_million, gap : float or None
        Cost of the plan, proven bound, and their relative distance.
    carbon_t : float or None
        CO2 of the plan, tonnes a year, counted as with all rules on.
    interrupted : bool
        By Ctrl-C.
    reason : str
        What the solver says.
    audit_failures : tuple of str
        Checks that the plan failed.
    seconds : float
        Building and audit included.
    """

    status: Status
    cost_million: float | None
    bound_million: float | None
    gap: float | None
    carbon_t: float | None
    interrupted: bool
    reason: str
    audit_failures: tuple[str, ...]
    seconds: float


STOPPED = Case("stopped", None, None, None, None, True, "not begun", (), 0.0)
"""A case that Ctrl-C forestalled."""


@dataclass(frozen=True)
class RulePrice:
    """A rule, the problem with all rules and the problem without this one."""

    rule: Rule
    full: Case
    without: Case

    @property
    def verdict(self) -> Verdict:
        """What is proven."""
        if self.contradicts or self.without.audit_failures:
            return "fault"
        if self.full.status == "infeasible":
            if self.without.cost_million is not None:
                return "blocks"
            return "not_the_reason" if self.without.status == "infeasible" else "unknown"
        least, most = self.least_million, self.most_million
        if least is None or most is None:
            return "unknown"
        if most <= self._tolerance:
            return "free"
        return "priced" if least > self._tolerance else "within_gap"

    @property
    def contradicts(self) -> bool:
        """Whether the solves say that switching the rule off raises the least cost, which cannot be."""
        if self.full.cost_million is None:
            return False
        bound = self.without.bound_million
        return self.without.status == "infeasible" or (
            bound is not None and bound > self.full.cost_million + self._tolerance
        )

    @property
    def cost_change_million(self) -> float | None:
        """Cost of the plan with the rule less that of the plan without it."""
        return _difference(self.full.cost_million, self.without.cost_million)

    @property
    def least_million(self) -> float | None:
        """The rule costs at least so much: the bound with it less a cost that is reached without it; 0 at least."""
        least = _difference(self.full.bound_million, self.without.cost_million)
        return None if least is None else max(0.0, least)

    @property
    def most_million(self) -> float | None:
        """The rule costs at most so much: a cost that is reached with it less the bound without it."""
        most = _difference(self.full.cost_million, self.without.bound_million)
        return None if most is None else max(0.0, most)

    @property
    def cost_change_percent(self) -> float | None:
        """What the rule adds to the cost without it."""
        return _percent(self.cost_change_million, self.without.cost_million)

    @property
    def carbon_change_percent(self) -> float | None:
        """What the rule adds to the CO2 without it."""
        return _percent(_difference(self.full.carbon_t, self.without.carbon_t), self.without.carbon_t)

    @property
    def _tolerance(self) -> float:
        return TOLERANCE * max(
            abs(x) for x in (self.full.cost_million, self.without.cost_million, 0.0) if x is not None
        )

    def as_dict(self) -> dict[str, Any]:
        """In types that JSON knows."""
        return {
            "name": self.rule.name,
            "title_en": self.rule.title_en,
            "title_zh": self.rule.title_zh,
            "source": self.rule.source,
            "verdict": self.verdict,
            "cost_change_million": self.cost_change_million,
            "cost_change_percent": self.cost_change_percent,
            "least_million": self.least_million,
            "most_million": self.most_million,
            "carbon_change_percent": self.carbon_change_percent,
            "without": asdict(self.without),
        }


@dataclass(frozen=True)
class RulePrices:
    """All rules of an instance and their prices."""

    full: Case
    rules: tuple[RulePrice, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """What must not be: plans that failed their audit, bounds that contradict each other."""
        found = [f"all rules: {failure}" for failure in self.full.audit_failures]
        for price in self.rules:
            found += [f"without {price.rule.name}: {failure}" for failure in price.without.audit_failures]
            if price.contradicts:
                low = (
                    "no plan" if price.without.bound_million is None else f"at least {price.without.bound_million:.6g}"
                )
                found.append(f"without {price.rule.name}: {low}, with it {price.full.cost_million:.6g} million")
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """In types that JSON knows."""
        return {
            "full": asdict(self.full),
            "rules": [price.as_dict() for price in self.rules],
            "faults": list(self.faults),
        }

    def table(self) -> pd.DataFrame:
        """One row for each rule, costs in million a year, CO2 in tonnes a year."""
        rows = []
        for price in self.rules:
            row = price.as_dict() | {"cost_with_million": self.full.cost_million, "carbon_with_t": self.full.carbon_t}
            case = row.pop("without")
            row |= {f"{name.removesuffix(end)}_without{end}": case[name] for name, end in _OF_CASE.items()}
            rows.append(row)
        return pd.DataFrame(rows, columns=None if rows else ["name"])


_OF_CASE = {"status": "", "cost_million": "_million", "bound_million": "_million", "gap": "", "carbon_t": "_t"}


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _percent(change: float | None, base: float | None) -> float | None:
    """A change in percent; None of nothing."""
    return None if change is None or not base else 100 * change / abs(base)
