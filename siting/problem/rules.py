"""The rules of an instance that can be switched off, each by its name: what a study of their prices goes through.

A rule is switched off by a change of the problem that keeps every plan and makes none dearer, so that the least cost
without it is never above the least cost with it. Each line of :data:`REGISTRY` is one kind of rule and gives a rule
for each place where the instance has it: a setting, a row of a list in the settings, a column or a row of a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from pydantic import BaseModel

from siting.problem.derived import latency_ms, pue
from siting.problem.problem import Problem


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


Kind = Callable[[Problem], Iterator[Rule]]
"""One line of the registry: the rules of its kind that a problem may have."""

Column = Callable[[Problem], "pd.Series[Any]"]
"""A column of a table as it is when the rule is off."""


def setting(
    name: str,
    title_en: str,
    title_zh: str,
    key: str,
    off: Any,
    matters: Callable[[Problem], bool] = lambda p: True,
) -> Kind:
    """A switch of ``instance.toml``.

    Parameters
    ----------
    name, title_en, title_zh : str
        As of a rule; ``{value}`` and ``{currency}`` in the titles are filled in.
    key : str
        ``section.key``.
    off : object
        Value that switches it off.
    matters : callable, optional
        Whether the switch has any effect, for one that works through other rules.
    """
    section, field = key.split(".")

    def kind(p: Problem) -> Iterator[Rule]:
        known = {"value": getattr(getattr(p.settings, section), field), "currency": p.settings.instance.currency}
        on = known["value"] is not None
        yield Rule(
            name,
            title_en.format(**known) if on else name,
            title_zh.format(**known) if on else name,
            _source(p, "instance", key),
            lambda q: getattr(getattr(q.settings, section), field) != off and matters(q),
            lambda q: q.replace(**{f"{section}__{field}": off}),
        )

    return kind


def entries(name: str, title_en: str, title_zh: str, key: str, matters: Callable[[Any], bool]) -> Kind:
    """A list in ``instance.toml``, a rule for each entry, named after the sites that it is about.

    Parameters
    ----------
    name, title_en, title_zh : str
        As of a rule. In the titles ``{scope}`` is filled in, every key of the entry, and every key that is a share as
        ``{<key>_percent}``.
    key : str
        ``section.key`` of the list.
    matters : callable
        Whether an entry asks for anything.
    """
    section, field = key.split(".")

    def listed(p: Problem) -> tuple[Any, ...]:
        return tuple(getattr(getattr(p.settings, section), field))

    def on(p: Problem, number: int) -> bool:
        return number < len(listed(p)) and matters(listed(p)[number])

    def without(p: Problem, number: int) -> Problem:
        return p.replace(**{f"{section}__{field}": listed(p)[:number] + listed(p)[number + 1 :]})

    def kind(p: Problem) -> Iterator[Rule]:
        names: list[str] = []
        for number, entry in enumerate(listed(p)):
            values = entry.model_dump()
            values |= {f"{k}_percent": 100 * v for k, v in values.items() if isinstance(v, float)}
            own = "-".join([name, *_scope_keys(entry)])
            names.append(own)
            yield Rule(
                own if names.count(own) == 1 else f"{own}-{names.count(own)}",
                title_en.format(scope=_scope(p, entry, "en"), **values),
                title_zh.format(scope=_scope(p, entry, "zh"), **values),
                _source(p, "instance", key),
                partial(on, number=number),
                partial(without, number=number),
            )

    return kind


def column(name: str, title_en: str, title_zh: str, table: str, field: str, off: Column) -> Kind:
    """A column of a table, all its rows as one rule; ``{count}`` in the titles is how many rows it is about."""

    def changed(p: Problem) -> pd.Series[bool]:
        return getattr(p, table)[field] != off(p)  # type: ignore[no-any-return]

    def kind(p: Problem) -> Iterator[Rule]:
        count = int(changed(p).sum())
        yield Rule(
            name,
            title_en.format(count=count),
            title_zh.format(count=count),
            _source(p, table, field),
            lambda q: bool(changed(q).any()),
            lambda q: q.replace(**{table: getattr(q, table).assign(**{field: off(q)})}),
        )

    return kind


def rows(name: str, title_en: str, title_zh: str, table: str, field: str, off: Column) -> Kind:
    """A column of a table, a rule for each row; ``{row}`` (its name) and ``{value}`` in the titles are filled in."""

    def on(p: Problem, key: Any) -> bool:
        return bool(getattr(p, table).at[key, field] != off(p)[key])

    def without(p: Problem, key: Any) -> Problem:
        data = getattr(p, table)
        own = pd.Series(data.index == key, index=data.index)
        return p.replace(**{table: data.assign(**{field: data[field].mask(own, off(p))})})

    def kind(p: Problem) -> Iterator[Rule]:
        frame = getattr(p, table)
        for key in frame.index:
            value = frame.at[key, field]
            yield Rule(
                f"{name}-{key}",
                title_en.format(row=frame.at[key, "name_en"], value=value),
                title_zh.format(row=frame.at[key, "name_zh"], value=value),
                _source(p, table, field, str(key)),
                partial(on, key=key),
                partial(without, key=key),
            )

    return kind


def rules(p: Problem) -> tuple[Rule, ...]:
    """The rules that are on in a problem, in the order of the registry."""
    return tuple(rule for kind in REGISTRY for rule in kind(p) if rule.is_on(p))


_SCOPE = ("tier", "hub", "region", "site")
_TIERS = {"hub": "枢纽", "city": "城市", "edge": "边缘"}


def _scope_keys(entry: BaseModel) -> list[str]:
    return [str(value) for name in _SCOPE if (value := getattr(entry, name, None)) is not None]


def _scope(p: Problem, entry: BaseModel, lang: str) -> str:
    """The sites of an entry in words."""
    words = []
    for name, table in zip(_SCOPE, (None, None, p.regions, p.sites), strict=True):
        given = getattr(entry, name, None)
        if given is None:
            continue
        value = str(given)
        if table is not None and value in table.index:
            words.append(str(table.at[value, f"name_{lang}"]))
        else:
            words.append(_TIERS.get(value, value) if lang == "zh" else value)
    return ", ".join(words) or ("全部" if lang == "zh" else "overall")


def _source(p: Problem, table: str, field: str, key: str = "") -> str:
    """Source and year by the provenance: of the row, else of the column, else of the table."""
    rows = p.provenance
    known = dict(zip(rows.index, rows["source"] + " (" + rows["year"] + ")", strict=True))
    places = ((table, field, key), (table, field, ""), (table, "*", ""))
    return next((str(known[place]) for place in places if place in known), "")


def _carbon_counts(p: Problem) -> bool:
    """Whether tonnes decide anything."""
    return p.settings.carbon.price > 0 or p.settings.carbon.cap_t is not None


def _farthest(p: Problem) -> pd.Series[Any]:
    """A latency bound for each workload that no pair of its users and a site exceeds, ms."""
    users = p.demand[p.demand["mean_mw"] > 0].reset_index().groupby("workload")["region"].agg(list)
    most = {w: float(latency_ms(p).loc[names].to_numpy().max()) for w, names in users.items()}
    bound = p.workloads["latency_ms"]
    return pd.Series([max(float(own), most.get(w, 0.0)) for w, own in bound.items()], index=bound.index)


def _whole_period(p: Problem) -> pd.Series[Any]:
    """Work that may wait may wait as long as the modelled period, h."""
    delay = p.workloads["max_delay_h"]
    return delay.mask(delay > 0, delay.clip(lower=p.calendar.hours))


def _decisions(p: Problem, given: str) -> pd.Series[Any]:
    """Sites of a decision as free ones. What exists stays as it is: it would be locked in by itself."""
    decision = p.sites["decision"]
    existing = p.capacity["existing_mw"].groupby(level="site").sum().reindex(p.sites.index).fillna(0.0)
    return decision.mask((decision == given) & (existing <= 0), "free")


def _enough_grid(p: Problem) -> pd.Series[Any]:
    """Headroom that sites, storage and corridors of a region together cannot exceed, MW."""
    enough = (p.sites["most_mw"] * pue(p).max()).groupby(p.sites["region"]).sum()
    more = [p.storage["most_mw"].groupby(level="region").sum()]
    more += [p.corridors["most_mw"].groupby(p.corridors[end]).sum() for end in ("from_region", "to_region")]
    for part in more:
        enough = enough.add(part, fill_value=0.0)
    return p.regions["grid_mw"].clip(lower=enough.reindex(p.regions.index).fillna(0.0))


REGISTRY: tuple[Kind, ...] = (
    setting("carbon-price", "carbon price {value:g} {currency}/t", "碳价 {value:g} {currency}/吨", "carbon.price", 0.0),
    setting("carbon-cap", "CO2 cap {value:,.0f} t", "碳排放上限 {value:,.0f} 吨", "carbon.cap_t", None),
    setting("embodied", "embodied CO2 counted", "计入隐含碳", "carbon.embodied", False, _carbon_counts),
    entries(
        "green-floor",
        "{scope} green share ≥ {share_percent:.3g} %",
        "{scope}绿电比例 ≥ {share_percent:.3g} %",
        "green.floors",
        lambda floor: bool(floor.share > 0),
    ),
    rows(
        "latency", "{row}: latency ≤ {value:g} ms", "{row}：时延 ≤ {value:g} 毫秒", "workloads", "latency_ms", _farthest
    ),
    rows(
        "deadline", "{row}: waits ≤ {value} h", "{row}：等待 ≤ {value} 小时", "workloads", "max_delay_h", _whole_period
    ),
    column(
        "locked-in",
        "locked-in sites: {count}",
        "必建站点：{count}",
        "sites",
        "decision",
        lambda p: _decisions(p, "open"),
    ),
    column(
        "forbidden",
        "forbidden sites: {count}",
        "禁建站点：{count}",
        "sites",
        "decision",
        lambda p: _decisions(p, "closed"),
    ),
    column(
        "grid-headroom",
        "grid headroom, regions: {count}",
        "电网容量，地区数：{count}",
        "regions",
        "grid_mw",
        _enough_grid,
    ),
)
"""Every kind of rule that can be switched off; a new one is one line."""
