"""The rule-book: what each rule says, how it is switched, how the model states it, and what proves that it is kept.

Nothing is declared here. What a rule says and its switch stand in its line of the registry (``siting.problem.rules``),
the default in the declaration of the setting or column, the document in the preset or in the ``Source`` of a card, and
the rest in the lines ``Proof`` of the card of a concept, below the name of each rule::

    Proof   capital-budget
              capital_within_budget  capital_budget  test_capital_is_paid_once

The first column says how the model states the rule: the name of a constraint, ``cost + wheeling`` (a part of a port),
``bounds of`` a variable, or ``index of`` a variable that exists only where the rule allows it. The second names the
checks of the audit; ``redundant`` in their place marks rows that follow from the others and only tighten the
relaxation. The third is a test in ``tests/test_model_<concept>.py``, or in the file that it names.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from siting.instance.schema import default_of
from siting.model.build import COMPONENTS
from siting.problem.presets import PRESETS, Preset
from siting.problem.rules import REGISTRY, Kind

REDUNDANT = "redundant"


@dataclass(frozen=True)
class Proof:
    """How a concept states a rule, and what proves that a plan keeps it.

    Parameters
    ----------
    concept : str
        Module of ``siting.model``.
    rule : str
        Name of the kind of rule.
    stated : str
        Constraint, part of a port, bounds or index of a variable, or the one way of a variable of ``m.one_way``.
    checks : tuple of str
        Checks of the audit; none for redundant rows.
    test : str
        ``tests/<file>::<name>``.
    """

    concept: str
    rule: str
    stated: str
    checks: tuple[str, ...]
    test: str

    @property
    def constraint(self) -> str | None:
        """The constraint that states the rule, if one does."""
        return None if " " in self.stated else self.stated


@dataclass(frozen=True)
class Entry:
    """A rule of the book.

    Parameters
    ----------
    kind : Kind
        Its line of the registry.
    default : str
        Default of its switch as the format shows it; blank for a rule that always holds.
    presets : tuple of Preset
        The published sets of rules that it is in.
    sources : tuple of str
        Documents that the cards of its concepts name.
    proofs : tuple of Proof
        How it is stated and proven.
    """

    kind: Kind
    default: str
    presets: tuple[Preset, ...]
    sources: tuple[str, ...]
    proofs: tuple[Proof, ...]

    @property
    def documents(self) -> list[str]:
        """Where the rule was published."""
        published = [f"{each.publisher}: {each.title_zh}, {each.number}, {each.date}" for each in self.presets]
        return [*published, *self.sources]

    def row(self, lang: str) -> dict[str, str]:
        """What the rule says and how it is switched, by the columns of the printed book."""
        return {
            "rule": self.kind.name,
            "says": self.kind.title(lang),
            "switch": self.kind.switch,
            "unit": self.kind.unit,
            "default": self.default,
            "document": "\n".join(self.documents),
        }

    def proof_rows(self) -> list[dict[str, str]]:
        """How the model states the rule, and what proves it, a row for each statement."""
        return [
            {
                "rule": "" if number else self.kind.name,
                "stated": proof.stated,
                "checks": ", ".join(proof.checks) or REDUNDANT,
                "tests": proof.test,
            }
            for number, proof in enumerate(self.proofs)
        ]

    def as_dict(self) -> dict[str, Any]:
        """The entry in types that JSON knows."""
        return {
            "name": self.kind.name,
            "says_en": self.kind.title("en"),
            "says_zh": self.kind.title("zh"),
            "switch": self.kind.switch or None,
            "unit": self.kind.unit,
            "default": self.default,
            "documents": self.documents,
            "proofs": [
                {"concept": each.concept, "stated": each.stated, "checks": list(each.checks), "test": each.test}
                for each in self.proofs
            ],
        }


@cache
def book() -> tuple[Entry, ...]:
    """Every rule, in the order of the registry."""
    cards = _cards()
    every = [proof for concept, card in cards.items() for proof in proofs(concept, card)]
    entries = []
    for kind in REGISTRY:
        mine = tuple(proof for proof in every if proof.rule == kind.name)
        sources = tuple(dict.fromkeys(filter(None, (_source(cards[proof.concept]) for proof in mine))))
        presets = tuple(preset for preset in PRESETS if _sets(preset, kind.switch))
        entries.append(Entry(kind, default_of(kind.switch) if kind.switch else "", presets, sources, mine))
    return tuple(entries)


def markdown() -> str:
    """The book as a table in Markdown; presets are named, their documents stand in the format."""
    head = ("rule", "what it says", "switch", "unit", "default", "document", "stated by", "audit", "tests")
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for entry in book():
        kind, rows = entry.kind, entry.proof_rows()
        switch = f"`{kind.switch}`" if kind.switch else ""
        document = "; ".join([*(f"`{preset.name}`" for preset in entry.presets), *entry.sources])
        proven = [
            ", ".join(f"`{name.rpartition('::')[2]}`" for name in dict.fromkeys(row[column] for row in rows))
            for column in ("stated", "checks", "tests")
        ]
        cells = [f"`{kind.name}`", kind.title("en"), switch, kind.unit, entry.default, document, *proven]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def proofs(concept: str, card: str) -> Iterator[Proof]:
    """The proofs of a card.

    Raises
    ------
    ValueError
        If a line is neither the name of a rule nor three columns below one.
    """
    rule = ""
    for line in _section(card, "Proof"):
        if not line.startswith(" "):
            rule = line
            continue
        columns = re.split(r" {2,}", line.strip())
        if not rule or len(columns) != 3:
            raise ValueError(
                f"siting.model.{concept}: a proof has three columns below the name of a rule, not {line!r}"
            )
        stated, checks, test = columns
        file = "" if "::" in test else f"test_model_{concept}.py::"
        named = () if checks == REDUNDANT else tuple(checks.split(", "))
        yield Proof(concept, rule, stated, named, f"tests/{file}{test}")


def _cards() -> dict[str, str]:
    """The card of each concept, in building order."""
    modules = [sys.modules[add.__module__] for add in COMPONENTS]
    return {module.__name__.rpartition(".")[2]: module.__doc__ or "" for module in modules}


def _section(card: str, name: str) -> list[str]:
    """The lines of a section of a card, without the margin in which the names of sections stand."""
    lines: list[str] = []
    inside = False
    for line in card.splitlines():
        if line[:1].strip():
            inside = line.startswith(f"{name} ")
        if inside and line.strip():
            lines.append(line[8:])
    return lines


def _source(card: str) -> str:
    """The document that a card names; a module that holds formulas is none."""
    text = " ".join(line.strip() for line in _section(card, "Source"))
    return "" if text.startswith("siting.") else text


def _sets(preset: Preset, switch: str) -> bool:
    """Whether a preset sets what a rule is switched with."""
    section, _, rest = switch.partition(".")
    key, _, field = rest.partition(".")
    given = preset.settings.get(section, {}).get(key)
    return given is not None and (not field or any(field in entry for entry in given))
