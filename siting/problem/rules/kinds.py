"""Kinds of rules: a setting, the entries of a list of the settings, a column of a table, or its rows one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from siting.problem.problem import Problem
from siting.problem.rules.words import scope, scope_keys, source


@dataclass(frozen=True)
class Rule:
    """A rule of an instance.

    Parameters
    ----------
    name : str
        Short name, the same in both languages.
    title_en, title_zh : str
        What it asks for, with its numbers.
    source : str
        Where its numbers come from, by the provenance of the instance; blank: not said.
    is_on : callable
        Whether a problem has it.
    without : callable
        The problem with the rule switched off and all else as it was.
    """

    name: str
    title_en: str
    title_zh: str
    source: str
    is_on: Callable[[Problem], bool]
    without: Callable[[Problem], Problem]

    def title(self, lang: str) -> str:
        """The title in a language, en or zh."""
        return self.title_zh if lang == "zh" else self.title_en


@dataclass(frozen=True)
class Kind:
    """One line of the registry.

    Parameters
    ----------
    name : str
        Name of the kind, with which the names of its rules begin.
    title_en, title_zh : str
        What such a rule asks for, with ``{places}`` for its numbers.
    switch : str
        The setting ``section.key`` (of a list: ``section.key.field``) or the column ``table.column``; blank: the rule
        always holds.
    unit : str
        Unit of its number; ¤ is the currency of the instance.
    of : callable
        The rules of this kind that a problem may have; none of a kind that always holds.
    matters : callable
        Whether a problem has what the rule is about.
    """

    name: str
    title_en: str
    title_zh: str
    switch: str
    unit: str
    of: Callable[[Problem], Iterator[Rule]]
    matters: Callable[[Problem], bool] = lambda p: True

    def title(self, lang: str) -> str:
        """The title in a language, en or zh, without numbers."""
        title = (self.title_zh if lang == "zh" else self.title_en).replace("{currency}", "¤")
        return re.sub(r"\{[^}]*\}", "…", title)


Column = Callable[[Problem], "pd.Series[Any]"]
"""A column of a table as it is when the rule is off."""

Change = Callable[[Any], Mapping[str, Any] | None]
"""What an entry of a list becomes when its rule is off: other values for some of its keys; None: it is left out."""


def always(
    name: str, title_en: str, title_zh: str, unit: str, matters: Callable[[Problem], bool] = lambda p: True
) -> Kind:
    """A rule that cannot be switched off: without it the plan would be none; parameters as of :class:`Kind`."""
    return Kind(name, title_en, title_zh, "", unit, lambda p: iter(()), matters)


def setting(
    name: str,
    title_en: str,
    title_zh: str,
    key: str,
    unit: str,
    off: Any,
    matters: Callable[[Problem], bool] = lambda p: True,
) -> Kind:
    """A switch of ``instance.toml``.

    Parameters
    ----------
    name, title_en, title_zh, unit : str
        As of a kind; ``{value}``, ``{percent}`` (of a share) and ``{currency}`` in the titles are filled in.
    key : str
        ``section.key``.
    off : object
        Value that switches it off.
    matters : callable, optional
        Whether the switch has any effect, for one that works through other rules.
    """
    section, field = key.split(".")

    def of(p: Problem) -> Iterator[Rule]:
        value = getattr(getattr(p.settings, section), field)
        if value is None:
            return
        known = {"value": value, "percent": 100 * value, "currency": p.settings.instance.currency}
        yield Rule(
            name,
            title_en.format(**known),
            title_zh.format(**known),
            source(p, "instance", key),
            lambda q: getattr(getattr(q.settings, section), field) != off and matters(q),
            lambda q: q.replace(**{f"{section}__{field}": off}),
        )

    return Kind(name, title_en, title_zh, key, unit, of)


def entries(
    name: str,
    title_en: str,
    title_zh: str,
    key: str,
    unit: str,
    matters: Callable[[Any], bool] = lambda entry: True,
    off: Change = lambda entry: None,
) -> Kind:
    """A list in ``instance.toml``, a rule for each entry, named after the sites, regions or zones that it is about.

    Parameters
    ----------
    name, title_en, title_zh, unit : str
        As of a kind. In the titles ``{scope}`` and ``{currency}`` are filled in, every key of the entry, and every
        key that is a share as ``{<key>_percent}``.
    key : str
        ``section.key.field``: the list and the field of its entries that holds the number.
    matters : callable, optional
        Whether an entry asks for anything.
    off : callable, optional
        What switches an entry off; by default it is left out.
    """
    section, field, _ = key.split(".")

    def listed(p: Problem) -> tuple[Any, ...]:
        return tuple(getattr(getattr(p.settings, section), field))

    def on(p: Problem, number: int) -> bool:
        return number < len(listed(p)) and matters(listed(p)[number])

    def without(p: Problem, number: int) -> Problem:
        every: list[Any] = list(listed(p))
        changed = off(every[number])
        every[number : number + 1] = [] if changed is None else [every[number].model_copy(update=dict(changed))]
        return p.replace(**{f"{section}__{field}": tuple(every)})

    def of(p: Problem) -> Iterator[Rule]:
        names: list[str] = []
        for number, entry in enumerate(listed(p)):
            values = {**entry.model_dump(), "currency": p.settings.instance.currency}
            values |= {f"{k}_percent": 100 * v for k, v in values.items() if isinstance(v, float)}
            own = "-".join([name, *scope_keys(entry)])
            names.append(own)
            if not matters(entry):
                continue
            yield Rule(
                own if names.count(own) == 1 else f"{own}-{names.count(own)}",
                title_en.format(scope=scope(p, entry, "en"), **values),
                title_zh.format(scope=scope(p, entry, "zh"), **values),
                source(p, "instance", f"{section}.{field}"),
                partial(on, number=number),
                partial(without, number=number),
            )

    return Kind(name, title_en, title_zh, key, unit, of)


def column(
    name: str,
    title_en: str,
    title_zh: str,
    key: str,
    unit: str,
    off: Column,
    matters: Callable[[Problem], bool] = lambda p: True,
) -> Kind:
    """A column of a table, all its rows as one rule.

    Parameters
    ----------
    name, title_en, title_zh, unit : str
        As of a kind; ``{count}`` in the titles is how many rows it is about.
    key : str
        ``table.column``.
    off : callable
        The column when the rule is off.
    matters : callable, optional
        Whether the column has any effect, for one that works through other rules.
    """
    table, field = key.split(".")

    def changed(p: Problem) -> pd.Series[bool]:
        return _differs(getattr(p, table)[field], off(p))

    def of(p: Problem) -> Iterator[Rule]:
        count = int(changed(p).sum())
        yield Rule(
            name,
            title_en.format(count=count),
            title_zh.format(count=count),
            source(p, table, field),
            lambda q: bool(changed(q).any()) and matters(q),
            lambda q: q.replace(**{table: getattr(q, table).assign(**{field: off(q)})}),
        )

    return Kind(name, title_en, title_zh, key, unit, of)


def rows(
    name: str,
    title_en: str,
    title_zh: str,
    key: str,
    unit: str,
    off: Column,
    words_zh: Mapping[Any, str] | None = None,
) -> Kind:
    """A column of a table, a rule for each row.

    Parameters
    ----------
    name, title_en, title_zh, unit : str
        As of a kind; ``{row}`` (its name) and ``{value}`` in the titles are filled in.
    key : str
        ``table.column``.
    off : callable
        The column when the rule is off.
    words_zh : mapping, optional
        Values that have a name of their own in Chinese.
    """
    table, field = key.split(".")
    words = words_zh or {}

    def on(p: Problem, key: Any) -> bool:
        return bool(_differs(getattr(p, table)[field], off(p))[key])

    def without(p: Problem, key: Any) -> Problem:
        data = getattr(p, table)
        own = pd.Series(data.index == key, index=data.index)
        return p.replace(**{table: data.assign(**{field: data[field].mask(own, off(p))})})

    def of(p: Problem) -> Iterator[Rule]:
        frame = getattr(p, table)
        for key in frame.index:
            value = frame.at[key, field]
            yield Rule(
                f"{name}-{key}",
                title_en.format(row=frame.at[key, "name_en"], value=value),
                title_zh.format(row=frame.at[key, "name_zh"], value=words.get(value, value)),
                source(p, table, field, str(key)),
                partial(on, key=key),
                partial(without, key=key),
            )

    return Kind(name, title_en, title_zh, key, unit, of)


def _differs(one: pd.Series[Any], other: pd.Series[Any]) -> pd.Series[bool]:
    """Where two columns are not the same; blanks are."""
    return (one != other) & ~(one.isna() & other.isna())
