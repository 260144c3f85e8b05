"""The plan by hand under each rule of policy: it holds just so, fails just beyond, and fails when the plan changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tiny import WEIGHT, tiny_problem
from tiny_plan import Plan, Tables, book, power_mw, settle, settled, tidy, year

from siting.auditor import audit
from siting.problem import Problem

ZONES = ["east", "west"]
PROBLEM = tiny_problem()
PROBLEM = PROBLEM.replace(regions=PROBLEM.regions.assign(zone=ZONES))
ENERGY = year(power_mw(settled()))

# 20 MW at alpha (the hub, in the east) and 45 MW at beta are new; beta has to be opened, alpha is.
CAPITAL = (
    20e6
    + 1000 * (20 * 8000 + 45 * 9000)
    + 1000 * 65 * 20000
    + 1000 * 30 * 3000
    + 1000 * (3 * 400 + 14 * 900)
    + 1000 * 1 * 2000
)


def with_quota(value: float) -> Problem:
    """The problem with a quota in the north."""
    return PROBLEM.replace(regions=PROBLEM.regions.assign(energy_quota_mwh=[value, np.nan]))


def with_policy(key: str, value: Any) -> Problem:
    return PROBLEM.replace(**{f"policy__{key}": value})


def use(share: float, **scope: str) -> Problem:
    return with_policy("utilisation_floors", ({"share": share, **scope},))


def moved(share: float, start: str = "east", end: str = "west") -> Problem:
    return with_policy("relocation", ({"from_zone": start, "to_zone": end, "share": share},))


# Half of 8 MW of training of the north runs in the south, which asks for 20 MW of web and 4 MW of training.
RULES: dict[str, tuple[Problem, Problem]] = {
    "site_counts": (with_policy("site_counts", ({"least": 2},)), with_policy("site_counts", ({"least": 3},))),
    "utilisation_floors": (use(14 / 25, tier="hub"), use(14 / 25 + 1e-3, tier="hub")),
    "hub_share": (with_policy("hub_share_min", 20 / 65), with_policy("hub_share_min", 20 / 65 + 1e-3)),
    "relocation": (moved(4 / 18), moved(4 / 18 + 1e-3)),
    "energy_quota": (with_quota(float(ENERGY[0])), with_quota(float(ENERGY[0]) - 10)),
    "capital_budget": (with_policy("capital_budget", CAPITAL), with_policy("capital_budget", CAPITAL - 1e4)),
}
MOST = (
    with_policy("site_counts", ({"most": 1, "region": "north"},)),
    with_policy("site_counts", ({"most": 1},)),
)


def booked(p: Problem, plan: Plan) -> Tables:
    """The tables of a plan, with what the rules on sites and work count."""
    tables, policy = book(plan), p.settings.policy
    if policy.site_counts:
        count = plan["open"][:1].sum() if policy.site_counts[0].region else plan["open"].sum()
        tables["site_count"] = tidy(count, "counted_sites", site_count=[0])
    if policy.relocation:
        moved = plan["assigned_mw"][0, 1] + plan["moved_mw"][:, 0, 1] @ np.array(WEIGHT) / 365
        tables["relocation"] = tidy(moved, "relocated_mw", relocation=[0])
    return tables


def failures(p: Problem, plan: Plan | None = None) -> set[str]:
    return {check.name for check in audit(p, booked(p, plan or settled())).failures}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_holds_just_so_and_fails_just_beyond(name: str) -> None:
    held, broken = RULES[name]
    result = audit(held, booked(held, settled()))
    assert result.ok, "\n".join(map(str, result.failures))
    assert name in {check.name for check in result.checks}
    assert failures(broken) == {name}


def test_most_sites() -> None:
    assert failures(MOST[0]) == set()
    assert failures(MOST[1]) == {"site_counts"}


def test_rules_that_are_off_are_not_looked_at() -> None:
    assert not set(RULES) & {check.name for check in audit(PROBLEM, book(settled())).checks}


def changed(name: str, where: Any, amount: float) -> Plan:
    plan = settled()
    plan[name] = plan[name].copy()
    plan[name][where] += amount
    settle(plan)
    return plan


@pytest.mark.parametrize(
    ("name", "plan"),
    [
        ("site_counts", changed("open", 1, -1)),
        ("utilisation_floors", changed("modules", 0, 1)),
        ("hub_share", changed("modules", 1, 1)),
        ("relocation", changed("moved_mw", (slice(None), 0, 1), -1)),
        ("energy_quota", changed("flexible_mw", (0, 0), 1)),
        ("capital_budget", changed("supply_mw", 0, 1)),
        ("capital_budget", changed("storage_mw", 0, 1)),
        ("capital_budget", changed("storage_mwh", 0, 1)),
        ("capital_budget", changed("corridor_mw", 0, 1)),
        ("capital_budget", changed("modules", 0, 1)),
    ],
)
def test_another_plan_breaks_the_rule(name: str, plan: Plan) -> None:
    held = RULES[name][0]
    assert name in failures(held, plan)


def test_worst_site_is_named() -> None:
    check = next(c for c in audit(use(0.6), book(settled())).failures if c.name == "utilisation_floors")
    assert check.where == "floor 1, site=alpha"
    assert check.worst == pytest.approx(0.6 * 25 - 14)
