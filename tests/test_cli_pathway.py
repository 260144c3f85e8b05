"""A pathway from the command line: solve, show, audit and map, as a whole and by stage."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import Cli, run_with_files
from tiny import tiny_problem

from siting.instance import load, write
from siting.problem.problem import frame
from siting.problem.tables import TABLES
from siting.runs.folder import read_run

STAGES = pd.DataFrame({"year": [2025, 2030], "years": [5, 5]})
FACTORS = pd.DataFrame(
    [
        (2030, "demand", "mean_mw", "", 1.4),
        (2030, "supply", "capex_per_kw", "solar", 0.5),
        (2030, "compute_types", "capex_per_kw", "", 0.8),
    ],
    columns=["year", "table", "column", "key", "factor"],
)


def staged_folder(place: Path, factors: pd.DataFrame = FACTORS) -> Path:
    declared = {table.name: table for table in TABLES}
    p = tiny_problem().replace(
        stages=frame(declared["stages"], STAGES), stage_factors=frame(declared["stage_factors"], factors)
    )
    return write(p, place)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return staged_folder(tmp_path_factory.mktemp("instances") / "tiny")


@pytest.fixture(scope="module")
def pathway(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("runs") / "run"
    asked = ("--pathway", "--out", folder, "--periods", 1, "--gap", 0)
    done = run_with_files(tmp_path_factory, "solve", instance, *asked)
    assert done.code == 0, done.err
    return folder, done.out


def test_the_folder_holds_each_stage(pathway: tuple[Path, str]) -> None:
    folder, said = pathway
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert result["status"] == "optimal"
    assert result["unit"] == "million CNY, discounted to 2025"
    assert [(s["year"], s["years"]) for s in result["stages"]] == [(2025, 5), (2030, 5)]
    assert result["objective"] == pytest.approx(sum(s["weight"] * s["objective"] for s in result["stages"]))
    assert result["totals"]["objective_million"] == pytest.approx(result["objective"])
    first, second = (s["built"] for s in result["stages"])
    assert first["it_mw"] < second["it_mw"]
    for year in (2025, 2030):
        assert (folder / "stages" / str(year) / "maps" / "map.png").stat().st_size > 10_000
        assert (folder / "stages" / str(year) / "tables" / "site.csv").exists()
    assert not (folder / "tables").exists()
    assert "2025-2029" in said
    assert "discounted to 2025" in said


def test_a_stage_is_read_like_a_run_of_its_own(pathway: tuple[Path, str]) -> None:
    problem, tables, result = read_run(pathway[0], 2030)
    assert problem.demand["mean_mw"].sum() == pytest.approx(1.4 * 42)
    assert problem.settings.instance.title_en == "Two regions, 2030"
    assert tables["cost"]["cost_million"].sum() == pytest.approx(result["objective"])


def test_show_whole_and_by_stage(pathway: tuple[Path, str], cli: Cli) -> None:
    folder = pathway[0]
    whole = cli("show", folder, "--lang", "zh")
    assert whole.code == 0
    assert "建设路径" in whole.out
    assert "2030-2034" in whole.out
    stage = cli("show", folder, "--stage", 2030)
    assert "Stage: Two regions, 2030" in stage.out
    assert "what was bought before" in stage.out
    both = cli("show", folder, "--table", "sites").out
    assert both.count("Stage: Two regions, ") == 2
    wrong = cli("show", folder, "--stage", 2031)
    assert (wrong.code, wrong.out) == (2, "")
    assert "has no stage 2031. Its stages: 2025, 2030." in wrong.err


def test_audit_and_map_whole_and_by_stage(pathway: tuple[Path, str], cli: Cli) -> None:
    folder = pathway[0]
    done = cli("audit", folder, "--json")
    found = json.loads(done.out)
    assert done.code == 0
    assert found["ok"]
    assert {check["name"] for check in found["checks"]} >= {"built_stays", "vintages", "discounted_cost"}
    assert set(found["stages"]) == {"2025", "2030"}
    assert cli("audit", folder, "--stage", 2030).code == 0
    picture = folder / "stages" / "2030" / "maps" / "map.png"
    picture.unlink()
    assert cli("map", folder, "--stage", 2030).code == 0
    assert picture.exists()


def test_a_plan_that_was_changed_fails(pathway: tuple[Path, str], cli: Cli) -> None:
    path = pathway[0] / "stages" / "2025" / "tables" / "site_compute"
    rows = {ending: path.with_suffix(ending).read_bytes() for ending in (".csv", ".parquet")}
    try:
        table = pd.read_parquet(path.with_suffix(".parquet"))
        table["modules"] += 9
        table.to_parquet(path.with_suffix(".parquet"), index=False)
        assert "site_compute.csv" in cli("audit", pathway[0]).err
        table.to_csv(path.with_suffix(".csv"), index=False, lineterminator="\n")
        done = cli("audit", pathway[0])
        assert done.code == 1
        assert "FAILED" in done.out
    finally:
        for ending, content in rows.items():
            path.with_suffix(ending).write_bytes(content)


def test_without_the_option_one_year_is_planned(instance: Path, cli: Cli) -> None:
    """A cap that leaves no plan, so that no maps need to be drawn."""
    done = cli("solve", instance, "--periods", 1, "--json", "--out", "year", "--set", "carbon.cap_t=1")
    result = json.loads(done.out)
    assert done.code == 4
    assert "stages" not in result
    assert result["unit"] == "million CNY per year"
    assert "plan of one year, without stages" in cli("show", "year", "--stage", 2025).err


def test_an_instance_without_stages_and_a_pathway_without_plan(tmp_path: Path, cli: Cli) -> None:
    write(tiny_problem(), tmp_path / "plain")
    done = cli("solve", "plain", "--pathway")
    assert done.code == 2
    assert "tiny has no stages. Add stages.csv" in done.err
    falling = pd.concat(
        [FACTORS, pd.DataFrame([(2030, "instance", "carbon.cap_t", "", 1e-6)], columns=FACTORS.columns)]
    )
    staged_folder(tmp_path / "capped", falling)
    done = cli("solve", "capped", "--pathway", "--periods", 1, "--json")
    assert done.code == 4
    assert json.loads(done.out)["stages"] == []
    assert cli("show", "run-tiny").code == 0


def test_a_written_pathway_is_read_again(instance: Path) -> None:
    p = load(instance)
    assert p.stages["years"].to_dict() == {2025: 5, 2030: 5}
    assert p.stage_factors["factor"].to_dict() == {
        (2030, "demand", "mean_mw", ""): 1.4,
        (2030, "supply", "capex_per_kw", "solar"): 0.5,
        (2030, "compute_types", "capex_per_kw", ""): 0.8,
    }
