"""The rules of an instance, each by its name: what the rule-book prints and a study of their prices goes through.

A rule is switched off by a change of the problem that keeps every plan and makes none dearer, so that the least cost
without it is never above the least cost with it. Each line of :data:`siting.problem.rules.registry.REGISTRY` is one
kind of rule and gives a rule for each place where the instance has it: a setting, an entry of a list in the settings, a
column or a row of a table. How the model states a rule, and what proves that a plan keeps it, stands in the card of its
concept in ``siting.model``.
"""

from siting.problem.problem import Problem
from siting.problem.rules.kinds import Kind, Rule
from siting.problem.rules.registry import REGISTRY

__all__ = ["REGISTRY", "Kind", "Rule", "rules"]


def rules(p: Problem) -> tuple[Rule, ...]:
    """The rules that are on in a problem and can be switched off, in the order of the registry."""
    return tuple(rule for kind in REGISTRY for rule in kind.of(p) if rule.is_on(p))
