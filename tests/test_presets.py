"""Presets: what they add, that what the instance says wins, and that each names its document."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import pytest
from small import problem

from siting.errors import InputError
from siting.instance import load
from siting.instance.fitting import LISTS
from siting.instance.starter import write_starter
from siting.instance.writing import write
from siting.problem import Settings
from siting.problem.presets import PRESETS, PresetName, expand

CLUSTERS, COMPUTE, GREEN = "hub-replies-2022", "eastern-data-western-compute-2023", "data-center-green-action-2024"
NEW, GOALS, SHANGHAI, BEIJING = "new-data-centers-2021", "carbon-goals-2021", "shanghai-2023", "beijing-2024"
EVERY = get_args(PresetName)
HUB_GREEN = {"share": 0.8, "tier": "hub"}
WEST = [{"most": 1.2, "tier": "hub", "hub": hub} for hub in ("Guizhou", "Inner-Mongolia", "Gansu", "Ningxia")]


def expanded(**policy: Any) -> dict[str, Any]:
    result: dict[str, Any] = expand({"policy": policy})
    return result


def test_each_preset_names_its_document() -> None:
    assert [preset.name for preset in PRESETS] == list(get_args(PresetName))
    for preset in PRESETS:
        assert preset.title_zh
        assert any(name in preset.publisher for name in ("NDRC", "MIIT", "Shanghai", "Beijing"))
        assert "〔" in preset.number or "not found" in preset.number
        assert preset.date[:4] in ("2021", "2022", "2023", "2024", "2025")
        assert preset.note
    dates = [preset.date.split(" to ")[-1] for preset in PRESETS]
    assert dates == sorted(dates)


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
    """Hubs: 1.25 of the replies, then 1.2 of 2024, western or not; large sites: 1.3, then 1.25, Shanghai or not."""
    assert expanded(presets=[CLUSTERS, COMPUTE]) == {
        "policy": {
            "presets": [CLUSTERS, COMPUTE],
            "utilisation_floors": [{"share": 0.65, "tier": "hub"}],
            "pue_caps": [{"most": 1.25, "tier": "hub"}, *WEST],
            "hub_share_min": 0.6,
        },
        "green": {"floors": [HUB_GREEN]},
    }
    caps = expanded(presets=[NEW, GOALS, CLUSTERS, SHANGHAI, GREEN])["policy"]["pue_caps"]
    assert caps == [{"most": 1.25, "least_mw": 7.5}, {"most": 1.2, "tier": "hub"}]
    softer = expanded(presets=[NEW, GOALS, CLUSTERS, SHANGHAI])["policy"]["pue_caps"]
    assert softer == [
        {"most": 1.3, "least_mw": 7.5},
        {"most": 1.25, "tier": "hub"},
        *WEST,
        {"most": 1.25, "least_mw": 7.5, "region": "CN-SH"},
    ]
    assert expanded(presets=[SHANGHAI])["policy"]["pue_caps"] == [{"most": 1.25, "least_mw": 7.5, "region": "CN-SH"}]
    (tier,) = expanded(presets=[BEIJING])["policy"]["pue_tariffs"]
    assert (tier["region"], tier["above_pue"], tier["surcharge_per_mwh"]) == ("CN-BJ", 1.35, 200.0)


def test_a_softer_rule_of_the_instance_wins() -> None:
    own = {"most": 1.4, "tier": "hub"}
    assert expanded(presets=[GREEN], pue_caps=[own])["policy"]["pue_caps"] == [own, {"most": 1.25, "least_mw": 7.5}]


def test_every_list_of_rules_is_fitted() -> None:
    rules = [(s, key, value) for p in PRESETS for s, values in p.settings.items() for key, value in values.items()]
    assert {(s, key) for s, key, value in rules if isinstance(value, list)} == set(LISTS)


def test_a_document_about_the_nation_fits_a_part_of_it(tmp_path: Path) -> None:
    """The starter has a hub of its own: no western hub of the replies, no Beijing, no Shanghai."""
    folder = write_starter(tmp_path / "demo", "demo")
    settings = load(folder, {"policy.presets": list(EVERY)}).settings
    caps = [cap.model_dump(exclude_unset=True) for cap in settings.policy.pue_caps]
    assert caps == [{"most": 1.25, "least_mw": 7.5}, {"most": 1.2, "tier": "hub"}]
    assert settings.policy.pue_tariffs == ()
    assert [floor.region for floor in settings.green.floors] == [None]
    # The instance's own rule about a place that it does not have is a fault, with presets or without.
    own = {"policy.presets": list(EVERY), "policy.pue_caps": [{"most": 1.2, "hub": "Guizhou"}]}
    with pytest.raises(InputError, match="has this hub"):
        load(folder, own)


def test_a_rule_of_a_preset_can_be_taken_away() -> None:
    p = problem().replace(policy__presets=(COMPUTE, CLUSTERS))
    off = p.replace(green__floors=(), policy__utilisation_floors=())
    assert off.settings.green.floors == off.settings.policy.utilisation_floors == ()
    assert len(off.replace(carbon__price=5.0).settings.policy.pue_caps) == 5


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
    document = {"policy": {"presets": [COMPUTE], "hub_share_min": 0.6}, "green": {"floors": 3}}
    assert expand(document) == document
    assert expand({"policy": {"presets": [COMPUTE]}, "green": 3})["green"] == 3


def test_twice_is_once() -> None:
    once = expanded(presets=[CLUSTERS, COMPUTE])
    assert expand(once) == once


def test_the_data_are_not_changed_by_use() -> None:
    before = deepcopy([preset.settings for preset in PRESETS])
    result = expanded(presets=list(EVERY))
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
