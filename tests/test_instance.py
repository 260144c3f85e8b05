"""Reading what is right, in every form that users save it, and writing it back."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from siting.errors import InputError, UsageError
from siting.instance import bundled_names, digest, find, load, write
from siting.instance.starter import write_starter
from siting.instance.suggest import did_you_mean
from siting.instance.units import other_unit
from siting.problem import TABLES, Problem


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_starter(tmp_path_factory.mktemp("starter") / "demo", "demo")


@pytest.fixture(scope="module")
def problem(starter: Path) -> Problem:
    return load(starter)


@pytest.fixture
def folder(starter: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(starter, tmp_path / "demo"))


def assert_same(one: Problem, other: Problem) -> None:
    assert one.settings == other.settings
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(one, table.name), getattr(other, table.name))
    assert list(one.hourly) == list(other.hourly)
    for name, series in one.hourly.items():
        pd.testing.assert_frame_equal(series, other.hourly[name])


def test_values_types_and_defaults(problem: Problem) -> None:
    assert problem.regions.loc["steppe", "grid_mw"] == 250.0
    assert problem.regions.loc["steppe", "name_zh"] == "草原"
    assert problem.demand.loc[("plain", "training"), "mean_mw"] == 20.0
    assert problem.workloads["max_delay_h"].tolist() == [0, 0, 12]
    assert problem.workloads.loc["training", "profile"] == ""
    assert problem.supply["green"].tolist() == [True] * 5
    assert np.isnan(float(problem.capacity.loc[("coast-city", "general"), "most_mw"]))
    assert problem.settings.network.route_factor == 1.8


def test_calendar_is_the_whole_year_in_blocks_of_days(problem: Problem) -> None:
    assert problem.calendar.hour.shape == (73, 120)
    assert problem.calendar.weight.sum() * 120 == problem.hours == 8760


def test_series_have_no_column_for_the_hour(problem: Problem) -> None:
    assert list(problem.hourly["price_per_mwh"].columns) == ["coast", "plain", "steppe"]
    assert list(problem.hourly["price_per_mwh"].index[:3]) == [0, 1, 2]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_chinese_in_every_usual_encoding(folder: Path, problem: Problem, encoding: str) -> None:
    for name in ("regions", "sites", "compute_types", "workloads", "provenance"):
        path = folder / f"{name}.csv"
        path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    assert_same(load(folder), problem)


def test_line_ends_spaces_and_blank_lines_of_spreadsheets(folder: Path, problem: Problem) -> None:
    text = (folder / "demand.csv").read_text(encoding="utf-8")
    padded = text.replace(",", " , ").replace("\n", "\r\n") + "\r\n,,,\r\n"
    (folder / "demand.csv").write_bytes(padded.encode())
    assert_same(load(folder), problem)


def test_row_numbers_count_blank_lines_as_a_spreadsheet_does(folder: Path) -> None:
    text = (folder / "demand.csv").read_text(encoding="utf-8").replace("plain,business,30", "\nplain,business,x")
    (folder / "demand.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(folder)
    assert [fault.row for fault in caught.value.faults] == [7]


@pytest.mark.parametrize("ending", [".csv.gz", ".parquet"])
def test_series_in_every_form(folder: Path, problem: Problem, ending: str) -> None:
    for path in sorted((folder / "hourly").glob("*.csv")):
        if ending == ".parquet":
            pd.read_csv(path, index_col="hour").to_parquet(path.with_suffix(ending))
        else:
            Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    assert_same(load(folder), problem)


def test_optional_tables_may_be_missing(folder: Path) -> None:
    for name in ("links", "storage", "corridors"):
        (folder / f"{name}.csv").unlink()
    problem = load(folder)
    assert len(problem.corridors) == 0
    assert list(problem.storage.columns)[:2] == ["existing_mw", "existing_mwh"]


def test_site_may_have_its_own_temperature(folder: Path) -> None:
    path = folder / "hourly" / "temperature_c.csv"
    pd.read_csv(path).rename(columns={"steppe": "steppe-hub"}).to_csv(path, index=False)
    assert "steppe-hub" in load(folder).hourly["temperature_c"]


def test_leap_year_has_8784_hours(folder: Path) -> None:
    toml = folder / "instance.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("2023-01-01", "2024-01-01"), encoding="utf-8")
    for path in sorted((folder / "hourly").glob("*.csv")):
        table = pd.read_csv(path)
        table = pd.concat([table, table.iloc[:24]], ignore_index=True).assign(hour=range(8784))
        table.to_csv(path, index=False)
    assert load(folder).hours == 8784


def test_overrides_are_toml(starter: Path) -> None:
    changed = load(starter, overrides={"carbon.price": "200", "instance.title_en": '"Other"', "carbon.cap_t": 5})
    assert changed.settings.carbon.price == 200.0
    assert changed.settings.carbon.cap_t == 5.0
    assert changed.settings.instance.title_en == "Other"
    assert changed.settings.finance.discount_rate == 0.06


def test_unknown_name_lists_and_suggests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("china", "rts-gmlc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "instance.toml").touch()
    (tmp_path / "facts").mkdir()
    monkeypatch.setattr("siting.instance.loading.instances_folder", lambda: tmp_path)
    assert bundled_names() == ["china", "rts-gmlc"]
    assert find("china") == tmp_path / "china"
    with pytest.raises(UsageError, match=r"Did you mean 'china'\? Bundled: china, rts-gmlc\."):
        load("chian")


def test_path_may_name_the_settings_file(starter: Path) -> None:
    assert find(starter / "instance.toml") == starter
    with pytest.raises(UsageError, match="a file, not a folder"):
        find(starter / "regions.csv")


def test_folder_with_nothing_of_an_instance_is_named_as_such(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    with pytest.raises(UsageError, match="is not the folder of an instance"):
        load(tmp_path / "thesis")
    (folder / "instance.toml").unlink()
    with pytest.raises(InputError, match=r"instance\.toml: The file is missing"):
        load(folder)


def test_write_and_load_give_the_same_problem(problem: Problem, tmp_path: Path) -> None:
    written = write(problem, tmp_path / "deep" / "copy")
    assert_same(load(written), problem)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["copy"]
    assert not (written / "links.csv").read_text(encoding="utf-8").startswith("region,site,latency_ms,cost")


def test_cooling_options_and_policy_are_written_and_read(problem: Problem, tmp_path: Path) -> None:
    options = pd.DataFrame(
        {"pue_shift": [0.05], "wue_factor": [1.0], "extra_capex_per_kw": [-300.0]},
        index=pd.MultiIndex.from_arrays(
            [pd.Index([name], dtype=object) for name in ("plain-city", "liquid_dry_cooler")], names=["site", "cooling"]
        ),
    )
    changed = problem.replace(
        cooling_options=options,
        regions=problem.regions.assign(water_price_per_m3=4.0, water_cap_m3=[np.nan, 5e5, np.nan]),
        policy__pue_caps=({"most": 1.3, "tier": "edge", "least_mw": 10.0},),
        policy__pue_tariffs=({"region": "coast", "above_pue": 1.35, "surcharge_per_mwh": 200.0, "excess_only": True},),
    )
    again = load(write(changed, tmp_path / "copy"))
    assert_same(again.replace(provenance=problem.provenance), changed)


def test_write_keeps_every_digit_and_sign(problem: Problem, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    names = pd.Series(['a "b"', "c, d", "é\\n"], index=problem.regions.index, dtype=object)
    regions = problem.regions.assign(grid_mw=rng.uniform(300, 900, 3) / 3, name_en=names)
    title = 'back\\slash "quoted"\tand 中文'
    changed = problem.replace(
        regions=regions, instance__title_en=title, carbon__cap_t=0.1 + 0.2, carbon__embodied=False
    )
    assert_same(load(write(changed, tmp_path / "copy")), changed)


def test_write_marks_numbers_without_source(problem: Problem, tmp_path: Path) -> None:
    changed = problem.replace(provenance=problem.provenance.drop(index=[("hourly", "*", ""), ("links", "*", "")]))
    written = load(write(changed, tmp_path / "copy"))
    added = written.provenance.iloc[len(changed.provenance) :]
    assert set(added.index.get_level_values("table")) == {"links", "hourly"}
    assert set(added["status"]) == {"assumption"}
    assert len(added) == 1 + len(problem.hourly)


def test_write_refuses_a_folder_in_use_and_leaves_nothing_behind(problem: Problem, tmp_path: Path) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine.txt").touch()
    with pytest.raises(UsageError, match="exists already"):
        write(problem, tmp_path / "used")
    broken = problem.replace(hourly={"price_per_mwh": None})
    with pytest.raises(AttributeError):
        write(broken, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["used"]


def test_own_base_map_is_copied_and_else_left_out(folder: Path, tmp_path: Path) -> None:
    (folder / "land.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}), encoding="utf-8")
    problem = load(folder, overrides={"instance.base_map": '"land.geojson"'})
    assert_same(load(write(problem, tmp_path / "with", source=folder)), problem)
    assert load(write(problem, tmp_path / "without")).settings.instance.base_map == ""


def test_digest_is_of_the_content(starter: Path, folder: Path) -> None:
    assert digest(folder) == digest(starter)
    (folder / "SOURCES.md").write_text("other", encoding="utf-8")
    (folder / ".DS_Store").touch()
    assert digest(folder) == digest(starter)
    (folder / "demand.csv").rename(folder / "links2.csv")
    assert digest(folder) != digest(starter)
    assert len(digest(starter)) == 64


def test_suggestions() -> None:
    assert did_you_mean("GRID", ["grid_mw", "zone"]) == "Did you mean 'grid_mw'?"
    assert did_you_mean("q", ["a", "b"]) == "Use one of a, b."
    assert did_you_mean("q", []) == "There is none to choose from."


@pytest.mark.parametrize(
    ("given", "right"),
    [("grid_gw", "grid_mw"), ("capex_per_mw", "capex_per_kw"), ("capex", "capex_per_kw"), ("zone", None), ("mw", None)],
)
def test_names_in_another_unit(given: str, right: str | None) -> None:
    found = other_unit(given, ["grid_mw", "capex_per_kw", "name"])
    assert (found and found[0]) == right
