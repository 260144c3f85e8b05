"""Presets: what they add, that what the instance says wins, and that each names its document."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import pytest
from small import problem

from siting.instance import load
from siting.instance.writing import write
from siting.problem import Settings
from siting.problem.presets import PRESETS, PresetName, expand
from siting.starter import write_starter

CLUSTERS, COMPUTE, GREEN, _ = get_args(PresetName)
HUB_GREEN = {"share": 0.8, "tier": "hub"}


def expanded(**policy: Any) -> dict[str, Any]:
    result: dict[str, Any] = expand({"policy": policy})
    return result


def test_each_preset_names_its_document() -> None:
    assert [preset.name for preset in PRESETS] == list(get_args(PresetName))
    for preset in PRESETS:
        assert preset.title_zh
        assert "NDRC" in preset.publisher
        assert preset.number.startswith("发改") or preset.number == "number not checked"
        assert preset.date[:4] in ("2021", "2022", "2023", "2024", "2025")
        assert preset.note


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_each_preset_is_made_of_settings(preset: Any) -> None:
    p = problem(settings={"policy": {"presets": [preset.name]}})
    for section, values in preset.settings.items():
        for key, value in values.items():
            given = getattr(getattr(p.settings, section), key)
            if isinstance(value, list):
                assert [rule.model_dump(exclude_unset=True) for rule in given] == value
            else:
                assert given == value


def test_presets_by_hand() -> None:
    assert expanded(presets=[CLUSTERS, COMPUTE, GREEN]) == {
        "policy": {
            "presets": [CLUSTERS, COMPUTE, GREEN],
            "utilisation_floors": [{"share": 0.65, "tier": "hub"}],
            "hub_share_min": 0.6,
        },
        "green": {"floors": [HUB_GREEN]},
    }


def test_what_the_instance_says_wins() -> None:
    document = {
        "policy": {"presets": [COMPUTE], "hub_share_min": 0.0},
        "green": {"floors": [{"share": 0.3, "tier": "hub"}, {"share": 0.5, "region": "a"}]},
    }
    before = deepcopy(document)
    assert expand(document) == before
    assert document == before
    settings = problem(settings=document).settings
    assert settings.policy.hub_share_min == 0.0
    assert [floor.share for floor in settings.green.floors] == [0.3, 0.5]


def test_rules_about_other_sites_are_kept_beside() -> None:
    own = {"share": 0.9, "tier": "hub", "region": "a"}
    result = expand({"policy": {"presets": [GREEN]}, "green": {"floors": [own]}})
    assert result["green"]["floors"] == [own, HUB_GREEN]


def test_what_is_no_list_is_left_for_the_validation() -> None:
    document = {"policy": {"presets": [GREEN]}, "green": {"floors": 3}}
    assert expand(document) == document
    assert expand({"policy": {"presets": [GREEN]}, "green": 3})["green"] == 3


def test_twice_is_once() -> None:
    once = expanded(presets=[CLUSTERS, COMPUTE])
    assert expand(once) == once


def test_the_data_are_not_changed_by_use() -> None:
    before = deepcopy([preset.settings for preset in PRESETS])
    result = expanded(presets=[CLUSTERS, COMPUTE, GREEN])
    result["green"]["floors"][0]["share"] = 0.1
    assert [preset.settings for preset in PRESETS] == before


@pytest.mark.parametrize(
    "document", [{}, {"policy": {}}, {"policy": 3}, 3, {"policy": {"presets": "x"}}, {"policy": {"presets": [[]]}}]
)
def test_what_names_no_preset_is_left_for_the_validation(document: Any) -> None:
    assert expand(document) is document


def test_presets_in_memory_keep_what_was_chosen() -> None:
    p = problem().replace(carbon__price=5.0)
    assert p.replace(policy__presets=(COMPUTE,)).settings.policy.hub_share_min == 0.6
    chosen = p.replace(policy__hub_share_min=0.2).replace(policy__presets=(COMPUTE,))
    assert chosen.settings.policy.hub_share_min == 0.2
    off = p.replace(policy__presets=(COMPUTE,)).replace(policy__hub_share_min=0.0)
    assert off.settings.policy.hub_share_min == 0.0


def test_presets_are_read_and_written(tmp_path: Path) -> None:
    folder = write_starter(tmp_path / "demo", "demo")
    p = load(folder, {"policy.presets": f'["{CLUSTERS}", "{COMPUTE}"]'})
    assert p.settings.policy.hub_share_min == 0.6
    # The starter has its own floor on hubs.
    assert [(floor.share, floor.tier) for floor in p.settings.green.floors] == [(0.5, "hub")]
    changed = p.replace(policy__site_counts=({"least": 1, "tier": "hub"},), policy__capital_budget=1e12)
    again = load(write(changed, tmp_path / "again"))
    assert again.settings.model_dump() == changed.settings.model_dump()
    assert isinstance(again.settings, Settings)
