"""Rules of presets about places that an instance does not have: a document about the nation fits every part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.instance.files import RawTable
from siting.problem.presets import APPLIED, asked_by_presets
from siting.problem.settings import Settings

LISTS = (("green", "floors"), ("policy", "utilisation_floors"), ("policy", "pue_caps"), ("policy", "pue_tariffs"))
"""Lists that presets add to; a test says that none is missing."""

_PLACES = ("tier", "hub", "region")


def fitted(settings: Settings, raw: Mapping[str, RawTable]) -> Settings:
    """The settings without the rules of presets that no site meets.

    Parameters
    ----------
    settings : Settings
        Presets expanded.
    raw : mapping of str to RawTable
        Tables as read. What a table does not tell is not held against a rule.

    Returns
    -------
    Settings
        Rules that the instance gives itself stay, whatever they name: they are for the checks to judge.
    """
    if not settings.policy.presets or "sites" not in raw:
        return settings
    document = settings.model_dump(exclude_unset=True)
    for section, key in LISTS:
        rules = document.get(section, {}).get(key, ())
        kept = [
            rule
            for rule in rules
            if _met(rule, raw["sites"]) or not asked_by_presets(settings.policy.presets, section, key, rule)
        ]
        if len(kept) < len(rules):
            document[section][key] = kept
    return Settings.model_validate(document, context=APPLIED)


def _met(rule: Mapping[str, Any], sites: RawTable) -> bool:
    wanted = {name: rule[name] for name in _PLACES if name in rule and sites.keys(name) is not None}
    return any(all(cells[name] == value for name, value in wanted.items()) for cells in sites.cells)
