"""Published sets of rules by name, and how they become settings when an instance is loaded.

Each preset names its document. What the instance says itself always wins: a key that it gives is left alone, and of
two rules of a list about the same sites the instance's own is kept. Of two presets the stricter one counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal, get_args

PresetName = Literal[
    "hub-replies-2022",
    "eastern-data-western-compute-2023",
    "data-center-green-action-2024",
    "green-direct-connection-2025",
]


@dataclass(frozen=True)
class Preset:
    """A set of rules as published.

    Parameters
    ----------
    name : str
        What ``policy.presets`` calls it.
    settings : mapping
        Section to keys to values, as in ``instance.toml``; only numbers, and lists of rules with a ``share``.
    title_zh, publisher, number, date : str
        The document.
    note : str
        How the model reads it, and what has not been checked.
    """

    name: PresetName
    settings: Mapping[str, Mapping[str, Any]]
    title_zh: str
    publisher: str
    number: str
    date: str
    note: str


_HUB_GREEN = {"floors": [{"share": 0.8, "tier": "hub"}]}

PRESETS: tuple[Preset, ...] = (
    Preset(
        name="hub-replies-2022",
        settings={"policy": {"utilisation_floors": [{"share": 0.65, "tier": "hub"}]}},
        title_zh="关于同意启动建设全国一体化算力网络国家枢纽节点的复函",
        publisher="NDRC, CAC, MIIT, NEA",
        number="number not checked",
        date="2021-12 to 2022-02",
        note="Racks in use of the start area of each cluster at least 65 %, read as mean load over installed IT power "
        "of each site of tier hub. The figure was read in the replies for the Yangtze River Delta and for Qingyang; "
        "for the other hubs it is taken to be the same.",
    ),
    Preset(
        name="eastern-data-western-compute-2023",
        settings={"policy": {"hub_share_min": 0.6}, "green": _HUB_GREEN},
        title_zh="深入实施“东数西算”工程 加快构建全国一体化算力网的实施意见",
        publisher="NDRC, NDA, CAC, MIIT, NEA",
        number="发改数据〔2023〕1779号 (number not checked)",
        date="2023-12",
        note="By the end of 2025 more than 60 % of new computing power in the areas of the hubs, and more than 80 % "
        "green power in new data centers of the hubs. Computing power is read as IT power; the area of a hub are "
        "the sites that name it; the green share binds all the power of its clusters (tier hub), existing equipment "
        "included, which is the stricter reading.",
    ),
    Preset(
        name="data-center-green-action-2024",
        settings={"green": _HUB_GREEN},
        title_zh="数据中心绿色低碳发展专项行动计划",
        publisher="NDRC, MIIT, NEA, NDA",
        number="number not checked",
        date="2024-07",
        note="More than 80 % green power in new data centers of the hubs by the end of 2025, read as above. Its means "
        "of the whole country (racks in use at least 60 %, PUE below 1.5) bind no single site and are left out.",
    ),
    Preset(
        name="green-direct-connection-2025",
        settings={"direct": {"self_used_share_min": 0.6, "supplied_share_min": 0.3}},
        title_zh="关于有序推动绿电直连发展有关事项的通知",
        publisher="NDRC, NEA",
        number="发改能源〔2025〕650号",
        date="2025-05",
        note="Of a project that stays on the grid: own use at least 60 % of what could be generated, and at least 30 % "
        "of consumption. A project are the sources of a region that are connected directly (supply.direct) and all "
        "its sites, which is the stricter reading; without such sources nothing binds. The 35 % to be reached by 2030 "
        "is left to direct.supplied_share_min, and the bound on export (about 20 %, set by the provinces, not "
        "checked) to direct.exported_share_max.",
    ),
)
"""Every preset, by date."""


def expand(document: Any) -> Any:
    """The settings with the rules of the presets that they name.

    Parameters
    ----------
    document : Any
        Sections to keys to values, before validation; what has another form, or names no preset, is returned as it
        is, for the validation to judge.

    Returns
    -------
    Any
        A copy with the rules added. Doing it twice changes nothing.
    """
    named = _named(document)
    if not named:
        return document
    result = deepcopy(dict(document))
    for section, values in _union(named).items():
        own = result.setdefault(section, {})
        if not isinstance(own, dict):
            continue
        for key, value in values.items():
            given = own.setdefault(key, [] if isinstance(value, list) else value)
            if isinstance(value, list) and isinstance(given, (list, tuple)):
                own[key] = [*given, *(rule for rule in value if not _has(given, rule))]
    return result


def _named(document: Any) -> list[Preset]:
    policy = document.get("policy") if isinstance(document, Mapping) else None
    wanted = policy.get("presets") if isinstance(policy, Mapping) else None
    if not isinstance(wanted, (list, tuple)) or any(name not in get_args(PresetName) for name in wanted):
        return []
    return [preset for preset in PRESETS if preset.name in wanted]


def _union(presets: list[Preset]) -> dict[str, dict[str, Any]]:
    """All rules of some presets, the stricter of two about the same."""
    total: dict[str, dict[str, Any]] = {}
    for preset in presets:
        for section, values in preset.settings.items():
            for key, value in values.items():
                known = total.setdefault(section, {})
                if isinstance(value, list):
                    known[key] = _stricter(known.get(key, []), value)
                else:
                    known[key] = max(value, known.get(key, value))
    return total


def _stricter(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [rule for rule in ours if not any(_same(rule, other) and other["share"] > rule["share"] for other in theirs)]
    return [*kept, *(dict(rule) for rule in theirs if not _has(kept, rule))]


def _has(rules: Sequence[Any], rule: Mapping[str, Any]) -> bool:
    return any(isinstance(other, Mapping) and _same(other, rule) for other in rules)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rules are about the same sites: all conditions but the share agree."""
    return _conditions(one) == _conditions(other)


def _conditions(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name != "share" and value not in (None, False)}
