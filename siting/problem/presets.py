"""Published sets of rules by name, and how they become settings when an instance is loaded.

Each preset names its document. What the instance says itself always wins: a key that it gives is left alone, and of
two rules of a list about the same sites the instance's own is kept. Of two presets the stricter one counts. A rule
about a region, a hub or a tier that an instance does not have binds nothing there, and is left out when it is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal, get_args

PresetName = Literal[
    "new-data-centers-2021",
    "carbon-goals-2021",
    "hub-replies-2022",
    "shanghai-2023",
    "eastern-data-western-compute-2023",
    "data-center-green-action-2024",
    "beijing-2024",
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
        Section to keys to values, as in ``instance.toml``; only numbers where more is stricter, and lists of rules.
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

_LARGE_MW = 7.5
"""A large data center has at least 3,000 standard racks of 2.5 kW."""

_WESTERN_HUBS = ("Guizhou", "Inner-Mongolia", "Gansu", "Ningxia")

PRESETS: tuple[Preset, ...] = (
    Preset(
        name="new-data-centers-2021",
        settings={"policy": {"pue_caps": [{"most": 1.3, "least_mw": _LARGE_MW}]}},
        title_zh="新型数据中心发展三年行动计划（2021-2023年）",
        publisher="MIIT",
        number="工信部通信〔2021〕76号",
        date="2021-07-04",
        note="PUE of new large centers below 1.3 by the end of 2023. Large: 3,000 standard racks of 2.5 kW or more, "
        "read as the most IT power of a site. The 1.25 that cold regions should strive for, and 60 % of racks in use "
        "as a mean of the country, bind no site and are left out.",
    ),
    Preset(
        name="carbon-goals-2021",
        settings={
            "policy": {"pue_caps": [{"most": 1.3, "least_mw": _LARGE_MW}, {"most": 1.25, "tier": "hub"}]},
        },
        title_zh="贯彻落实碳达峰碳中和目标要求 推动数据中心和5G等新型基础设施绿色高质量发展实施方案",
        publisher="NDRC, CAC, MIIT, NEA",
        number="发改高技〔2021〕1742号",
        date="2021-12-08",
        note="By 2025 the mean PUE of new large centers below 1.3, in the hubs below 1.25. A mean of the country is "
        "read as a cap for each site, and a hub as its clusters (tier hub). More than 50 % use in the west is a mean "
        "as well.",
    ),
    Preset(
        name="hub-replies-2022",
        settings={
            "policy": {
                "utilisation_floors": [{"share": 0.65, "tier": "hub"}],
                "pue_caps": [
                    {"most": 1.25, "tier": "hub"},
                    *({"most": 1.2, "tier": "hub", "hub": hub} for hub in _WESTERN_HUBS),
                ],
            }
        },
        title_zh="关于同意启动建设全国一体化算力网络国家枢纽节点的复函",
        publisher="NDRC, CAC, MIIT, NEA",
        number="a reply for each hub, 发改高技〔2021〕 and 〔2022〕 (numbers not checked)",
        date="2021-12 to 2022-02",
        note="Racks in use of the start area of each cluster at least 65 %, read as mean load over installed IT power "
        "of each site of tier hub; PUE at most 1.25, in the four western hubs 1.2. The figures were read in the "
        "replies for Zhangjiakou, the Yangtze River Delta and Qingyang (there of 20 December 2021); for the other hubs "
        "they are taken to be the same.",
    ),
    Preset(
        name="shanghai-2023",
        settings={
            "policy": {"pue_caps": [{"most": 1.25, "least_mw": _LARGE_MW, "region": "CN-SH"}]},
            "green": {"floors": [{"share": 0.1, "region": "CN-SH", "beyond_grid_mix": True}]},
        },
        title_zh="上海市推进算力资源统一调度指导意见",
        publisher="Shanghai Commission of Economy and Informatization",
        number="number not found",
        date="2023-04-19",
        note="By 2025 PUE of new large centers in the areas for them at most 1.25, and more than 10 % green power in "
        "new data centers, not counting what is green in the grid mix, read as what is added to that mix. Read in the "
        "press (secondary); both bind every site in Shanghai.",
    ),
    Preset(
        name="eastern-data-western-compute-2023",
        settings={"policy": {"hub_share_min": 0.6}, "green": _HUB_GREEN},
        title_zh="深入实施“东数西算”工程 加快构建全国一体化算力网的实施意见",
        publisher="NDRC, NDA, CAC, MIIT, NEA",
        number="发改数据〔2023〕1779号",
        date="2023-12-25",
        note="By the end of 2025 more than 60 % of new computing power in the areas of the hubs, and more than 80 % "
        "green power in new data centers of the hubs. Computing power is read as IT power; the area of a hub are "
        "the sites that name it; the green share binds all the power of its clusters (tier hub), existing equipment "
        "included, which is the stricter reading. The day is not checked.",
    ),
    Preset(
        name="data-center-green-action-2024",
        settings={
            "policy": {"pue_caps": [{"most": 1.25, "least_mw": _LARGE_MW}, {"most": 1.2, "tier": "hub"}]},
            "green": _HUB_GREEN,
        },
        title_zh="数据中心绿色低碳发展专项行动计划",
        publisher="NDRC, MIIT, NEA, NDA",
        number="发改环资〔2024〕970号",
        date="2024-07-03",
        note="By the end of 2025 PUE of new large centers at most 1.25, of projects in the hubs 1.2, and more than "
        "80 % green power in new data centers of the hubs, all read as above. Its means of the country (racks in use "
        "at least 60 %, PUE below 1.5) bind no site and are left out. The opinions on green certificates of "
        "March 2025 (发改能源〔2025〕262号) raise the 80 % further without a number.",
    ),
    Preset(
        name="beijing-2024",
        settings={
            "policy": {
                "pue_tariffs": [
                    {"region": "CN-BJ", "above_pue": 1.35, "surcharge_per_mwh": 200.0, "excess_only": True},
                ]
            }
        },
        title_zh="北京市存量数据中心优化工作方案（2024-2027年）",
        publisher="Beijing: Bureau of Economy and Information Technology, DRC, Communications Administration",
        number="京经信发〔2024〕62号",
        date="2024-11-14",
        note="From 2026 the part of the electricity beyond a PUE of 1.35 costs 0.2 yuan per kWh more. The second tier, "
        "0.5 yuan beyond twice the limit (2.70), is reached by no cooling design and left out. Written for existing "
        "centers of 5 GWh a year and more; here every site in Beijing pays.",
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

APPLIED = {"presets": "applied"}
"""Context of a validation that adds no rules: those of the presets are there, or were taken away on purpose."""


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


def asked_by_presets(names: Sequence[str], section: str, key: str, rule: Mapping[str, Any]) -> bool:
    """Whether a rule of a list is one that the named presets add.

    Parameters
    ----------
    names : sequence of str
        ``policy.presets``.
    section, key : str
        Where the list is.
    rule : mapping
        The rule as it was given, without defaults.
    """
    rules = _union([preset for preset in PRESETS if preset.name in names]).get(section, {}).get(key, [])
    return dict(rule) in rules


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
                    rules = _stricter(known.get(key, []), value)
                    known[key] = _without_implied(rules) if key in _SITE_BY_SITE else rules
                else:
                    known[key] = max(value, known.get(key, value))
    return total


_VALUES: Mapping[str, Literal[1, -1]] = {"share": 1, "most": -1, "surcharge_per_mwh": 1}
"""What a rule of a list asks for, and whether more of it (1) or less (-1) is stricter; all else says where."""


def _stricter(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [rule for rule in ours if not any(_same(rule, other) and _asks(other) > _asks(rule) for other in theirs)]
    return [*kept, *(dict(rule) for rule in theirs if not _has(kept, rule))]


_SITE_BY_SITE = ("pue_caps", "utilisation_floors")
"""Lists whose rules bind each site alone: what all sites keep, some of them keep too."""


def _without_implied(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rule for rule in rules if not any(_implies(other, rule) for other in rules if other is not rule)]


def _implies(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a rule about more sites asks for no less; two that imply each other are the same."""
    places = {name: value for name, value in _conditions(one).items() if name != "least_mw"}
    large = one.get("least_mw", 0.0) <= other.get("least_mw", 0.0)
    return large and places.items() <= other.items() and _asks(one) >= _asks(other)


def _asks(rule: Mapping[str, Any]) -> float:
    """How strict a rule is."""
    return next(float(sign * rule[name]) for name, sign in _VALUES.items() if name in rule)


def _has(rules: Sequence[Any], rule: Mapping[str, Any]) -> bool:
    return any(isinstance(other, Mapping) and _same(other, rule) for other in rules)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rules are about the same sites: all conditions but what they ask for agree."""
    return _conditions(one) == _conditions(other)


def _conditions(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name not in _VALUES and value not in (None, False, 0.0)}
