"""The command line: exit codes, streams, languages, help, and the commands about instances and runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from command_line import Cli, Done

import siting
from siting.cli import main


def test_json_is_exactly_the_result_and_the_rest_is_on_stderr(run: tuple[Path, Done]) -> None:
    folder, done = run
    assert done.code == 0
    assert done.out.encode() == (folder / "result.json").read_bytes()
    assert "Run folder" in done.err
    result = json.loads(done.out)
    assert result["status"] == "optimal"
    assert result["audit"]["ok"]
    assert result["gap"] <= 0.005
    assert result["objective"] == pytest.approx(sum(result["totals"]["cost_million"].values()))
    assert set(result["seconds"]) >= {"load", "build", "handover", "solve", "audit", "maps", "total"}
    assert result["periods"] == {"count": 1, "hours": 24, "in_order": False}


def test_run_folder_stands_alone(run: tuple[Path, Done], cli: Cli) -> None:
    folder, _ = run
    tables = {path.stem for path in (folder / "tables").glob("*.csv")}
    assert tables == {path.stem for path in (folder / "tables").glob("*.parquet")}
    assert tables == set(json.loads((folder / "result.json").read_text())["tables"])
    assert (folder / "log.txt").read_text().count("\n") > 5
    assert (folder / "maps" / "map.png").stat().st_size > 10_000
    assert len(gpd.read_file(folder / "maps" / "sites.geojson")) == 2
    done = cli("audit", folder)
    assert done.code == 0
    assert "checks hold" in done.out


def test_show_and_map_in_both_languages(run: tuple[Path, Done], cli: Cli) -> None:
    folder, _ = run
    english, chinese = cli("show", folder), cli("show", folder, "--lang", "zh")
    assert english.code == chinese.code == 0
    assert "optimal to the gap" in english.out
    assert "最优" in chinese.out
    assert "甲" in chinese.out
    assert "Alpha" in cli("show", folder, "--table", "sites").out
    assert "capacity_mw" in cli("show", folder, "--table", "site_compute").out
    wrong = cli("show", folder, "--table", "sties")
    assert (wrong.code, wrong.out) == (2, "")
    assert "sites" in wrong.err
    (folder / "maps" / "map.png").unlink()
    assert cli("--lang", "zh", "map", folder).out.startswith("地图")
    assert (folder / "maps" / "map.png").is_file()


def test_assumptions_of_a_run_and_of_an_instance(run: tuple[Path, Done], instance: Path, cli: Cli) -> None:
    for place in (run[0], instance):
        done = cli("show", place, "--assumptions")
        assert done.code == 0
        assert "assumption" in done.out
    assert cli("show", instance).code == 2


def test_a_changed_plan_fails_its_audit(run: tuple[Path, Done], cli: Cli, tmp_path: Path) -> None:
    folder = shutil.copytree(run[0], tmp_path / "changed")
    path = folder / "tables" / "site_compute"
    table = pd.read_parquet(path.with_suffix(".parquet"))
    table["modules"] += 0.5
    table.to_parquet(path.with_suffix(".parquet"), index=False)
    assert cli("audit", folder).code == 2
    table.to_csv(path.with_suffix(".csv"), index=False)
    done = cli("audit", folder)
    assert done.code == 1
    assert "FAILED" in done.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["solve"], "INSTANCE"),
        (["solve", "chna"], "china"),
        (["check", "nowhere"], "neither a bundled instance nor a folder"),
        (["solve", "{tiny}", "--gap", "much"], "--gap"),
        (["solve", "{tiny}", "--periods", "5x7"], "a multiple of it such as 168"),
        (["solve", "{tiny}", "--periods", "weeks"], "52x168"),
        (["solve", "{tiny}", "--periods", "999"], "365"),
        (["solve", "{tiny}", "--set", "carbon.price"], "section.key=value"),
        (["solve", "{tiny}", "--set", "carbon.prize=1"], "carbon.price"),
        (["check", "{tiny}", "--set", "carbon.price=-1"], "carbon.price"),
        (["solve", "{tiny}", "--preset", "hub-replies"], "hub-replies-2022"),
        (["price-rules", "{tiny}", "--preset", "all", "--set", "policy.presets=[]"], "--preset"),
        (["solve", "{tiny}", "--highs", "presolve"], "name=value"),
        (["solve", "{tiny}", "--highs", "presolved=on", "--periods", "1"], "presolved"),
        (["solve", "{tiny}", "--base", "nowhere.geojson"], "nowhere.geojson"),
        (["solve", "{tiny}", "--out", "{tiny}"], "left alone"),
        (["audit", "{tiny}"], "result.json"),
        (["map", "nowhere"], "not a folder"),
        (["show", "nowhere"], "not a folder"),
        (["new", "Not A Name"], "lower-case"),
        (["list", "--lang", "fr"], "fr"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_what_a_user_can_mend_is_said_without_a_traceback(
    arguments: list[str], said: str, instance: Path, cli: Cli
) -> None:
    done = cli(*(argument.format(tiny=instance) for argument in arguments))
    assert done.code == 2
    assert done.out == ""
    assert said in done.err
    assert "Traceback" not in done.err
    assert not list(Path.cwd().iterdir())


def test_all_faults_of_an_instance_in_either_language(instance: Path, cli: Cli, tmp_path: Path) -> None:
    folder = shutil.copytree(instance, tmp_path / "broken")
    sites = pd.read_csv(folder / "sites.csv")
    sites.assign(most_mw=-1, latitude_deg=123).to_csv(folder / "sites.csv", index=False)
    done = cli("check", folder, "--lang", "zh")
    assert done.code == 2
    assert done.err.startswith("发现 ")
    assert done.err.count("\n  - sites.csv，第 ") >= 4


def test_a_fault_of_ours_is_one_line_and_a_file(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("siting.instance.schema.markdown", lambda: 1 / 0)
    monkeypatch.setattr(sys, "argv", ["siting", "schema"])
    with pytest.raises(ZeroDivisionError) as error:
        main()
    sys.excepthook(error.type, error.value, error.tb)
    (log,) = tmp_path.glob("siting-*.log")
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(log) in said
    assert "Traceback" in log.read_text()


def test_new_then_check(cli: Cli) -> None:
    assert cli("new", "my-case").code == 0
    done = cli("check", "./my-case", "--lang", "zh")
    assert done.code == 0
    assert "没有错误" in done.out
    assert cli("new", "my-case").code == 2


def test_nothing_asked_for_is_the_help(cli: Cli) -> None:
    done = cli()
    assert done.code in (0, 2)
    assert "solve" in done.out + done.err


def test_list_schema_version(cli: Cli) -> None:
    assert "china" in cli("list").out
    assert "京" in cli("list", "--lang", "zh").out
    assert cli("schema").out.startswith("# Format")
    assert "$schema" in json.loads(cli("schema", "--json").out)
    assert cli("--version").out == f"siting {siting.__version__}\n"


@pytest.mark.parametrize(
    "command", ["", "list", "check", "solve", "check-year", "audit", "map", "show", "new", "schema"]
)
def test_help_in_both_languages(command: str, cli: Cli) -> None:
    arguments = [command] if command else []
    english, chinese = cli(*arguments, "--help"), cli(*arguments, "--lang", "zh", "--help")
    assert english.code == chinese.code == 0
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese.out)
    assert not any("\u4e00" <= character <= "\u9fff" for character in english.out)
    assert "…" not in chinese.out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, contextlib, io; sys.argv = ['siting', 'solve', '--help']\n"
        "from siting.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main()\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pandas", "numpy", "pyomo", "highspy", "geopandas", "matplotlib", "tsam", "scipy", "pyarrow"}
    assert "typer" in done.stdout.split()
    assert not heavy & set(done.stdout.split())
