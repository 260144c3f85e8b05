"""The run folder: what is written is read again, and damage is said clearly."""

from __future__ import annotations

import errno
import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tiny import tiny_problem

from siting import build, solve
from siting.errors import UsageError
from siting.instance import write
from siting.problem import TABLES, Calendar, Problem
from siting.runs.folder import (
    INSTANCE,
    KEYS,
    check_copies,
    encode,
    holds_plan,
    is_run,
    new_run,
    plain,
    read_result,
    read_run,
    save_tables,
    target_of,
    with_first_hour,
)


@pytest.fixture(scope="module")
def solved() -> tuple[Problem, dict[str, pd.DataFrame]]:
    problem = tiny_problem()
    solution = solve(build(problem))
    tables = with_first_hour(problem, solution.tables)
    tables["my rule/x"] = pd.DataFrame({"key": ["a", 1], "value": [0.1, math.pi]})
    odd = {"key, quoted": ['a, "b"', "b", "c\nd"], "large": [1e22, -0.0, math.nan], "small": [1e-7, 5e-324, 1 / 3]}
    tables["odd"] = pd.DataFrame(odd).assign(yes=[True, False, True])
    return problem, tables


@pytest.fixture(scope="module")
def written(solved: tuple[Problem, dict[str, pd.DataFrame]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    problem, tables = solved
    target = tmp_path_factory.mktemp("runs") / "run"
    with new_run(target) as draft:
        save_tables(draft, problem, tables)
        write(problem, draft / INSTANCE)
        encode({**dict.fromkeys(KEYS), "status": "optimal", "objective": 1.5, "periods": {"hours": 24}}, tables, draft)
    return target


@pytest.fixture
def run(written: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "run"
    shutil.copytree(written, copy)
    yield copy
    shutil.rmtree(copy, ignore_errors=True)


def test_tables_and_problem_come_back_exactly(run: Path, solved: tuple[Problem, dict[str, pd.DataFrame]]) -> None:
    problem, tables = solved
    again, read, result = read_run(run)
    assert result["objective"] == 1.5
    assert set(read) == {name.replace(" ", "_").replace("/", "_") for name in tables}
    for name, table in tables.items():
        if name != "my rule/x":
            pd.testing.assert_frame_equal(read[name], table, check_dtype=False)
    assert read["my_rule_x"]["key"].to_list() == ["a", "1"]
    for table in TABLES:
        if table.name != "provenance":
            pd.testing.assert_frame_equal(getattr(again, table.name), getattr(problem, table.name))
    assert np.array_equal(again.calendar.hour, problem.calendar.hour)
    assert np.array_equal(again.calendar.weight, problem.calendar.weight)
    assert again.settings == problem.settings
    check_copies(run, read)


def test_a_calendar_of_weeks_comes_back(tmp_path: Path, solved: tuple[Problem, dict[str, pd.DataFrame]]) -> None:
    problem, _ = solved
    weeks = Calendar(hour=np.array([[0], [8592]]) + np.arange(168)[None, :], weight=np.array([51.5, 0.642857]))
    problem = problem.replace(calendar=weeks)
    tables = with_first_hour(problem, {"period": pd.DataFrame({"period": [0, 1], "weight": weeks.weight})})
    with new_run(tmp_path / "run") as draft:
        save_tables(draft, problem, tables)
        write(problem, draft / INSTANCE)
        encode({**dict.fromkeys(KEYS), "status": "optimal", "periods": {"hours": 168}}, tables, draft)
    again, _, _ = read_run(tmp_path / "run")
    assert np.array_equal(again.calendar.hour, weeks.hour)
    assert np.array_equal(again.calendar.weight, weeks.weight)


def _edit_result(run: Path, **changes: Any) -> None:
    path = run / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: (run / "result.json").unlink(), "no result.json"),
        (lambda run: shutil.rmtree(run), "is not a folder"),
        (lambda run: (run / "result.json").write_text('{"schema": '), "not valid JSON"),
        (lambda run: (run / "result.json").write_bytes(b"\xff\xfe\x00"), "not valid JSON"),
        (lambda run: (run / "result.json").write_text("[1]"), "not an object"),
        (lambda run: _edit_result(run, schema="other"), "not one of siting"),
        (lambda run: _edit_result(run, schema_version=99), "another version"),
        (lambda run: _edit_result(run, tables=None), "does not list the tables"),
        (lambda run: _edit_result(run, tables={}), "has no plan"),
        (lambda run: _edit_result(run, periods={}), "calendar cannot be restored"),
        (lambda run: (run / "tables/site.parquet").unlink(), "tables/site.parquet is missing"),
        (lambda run: (run / "tables/site.parquet").write_bytes(b"PAR1"), "tables/site.parquet cannot be read"),
        (lambda run: pd.DataFrame({"a": [1]}).to_parquet(run / "tables/site.parquet"), "1 rows instead of 2"),
        (lambda run: shutil.rmtree(run / "instance"), "instance is missing"),
        (lambda run: (run / "instance/sites.csv").write_text("site\n"), "not the one that was solved"),
        (lambda run: (run / "instance/hourly/profile.parquet").unlink(), "not the one that was solved"),
    ],
)
def test_damage_is_named(run: Path, damage: Any, message: str) -> None:
    damage(run)
    with pytest.raises(UsageError, match=message):
        read_run(run)


@pytest.mark.parametrize("change", ["value", "missing", "columns", "rows"])
def test_a_csv_that_says_something_else(run: Path, change: str) -> None:
    _, tables, _ = read_run(run)
    path = run / "tables" / "supply.csv"
    table = pd.read_csv(path)
    if change == "missing":
        path.unlink()
    else:
        changed = {
            "value": table.assign(supply_mw=table["supply_mw"] + 1e-9),
            "columns": table.rename(columns={"supply_mw": "mw"}),
            "rows": pd.concat([table, table]),
        }
        changed[change].to_csv(path, index=False)
    with pytest.raises(UsageError, match=r"supply\.csv"):
        check_copies(run, tables)


def test_only_own_folders_are_replaced(tmp_path: Path, run: Path) -> None:
    assert target_of(tmp_path / "new") == tmp_path / "new"
    assert target_of(run) == run
    (tmp_path / "empty").mkdir()
    assert target_of(tmp_path / "empty") == tmp_path / "empty"
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    file = tmp_path / "file"
    file.write_text("")
    (tmp_path / "link").symlink_to(run)
    assert target_of(tmp_path / "link") == run
    for place in (other, file):
        with pytest.raises(UsageError, match="left alone"):
            target_of(place)


def test_a_place_that_cannot_be_written_is_refused_before_the_solve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UsageError, match=r"cannot be written: .*file': Not a directory"):
        target_of(file / "run")
    assert target_of(tmp_path / "new" / "run") == tmp_path / "new" / "run"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("siting.runs.folder.tempfile.TemporaryDirectory", refuse)
    with pytest.raises(UsageError, match="Read-only file system"):
        target_of(tmp_path / "run")


def test_the_folder_one_stands_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here" / "deeper")
    with pytest.raises(UsageError, match="the folder you are in"):
        target_of(".")
    assert target_of("run") == tmp_path / "here" / "deeper" / "run"


def test_a_plan_is_told_from_a_run_without_one(tmp_path: Path, run: Path) -> None:
    assert is_run(run)
    assert holds_plan(run)
    with new_run(tmp_path / "none") as draft:
        encode({**dict.fromkeys(KEYS), "status": "infeasible"}, {}, draft)
    assert is_run(tmp_path / "none")
    assert not holds_plan(tmp_path / "none")
    assert not is_run(tmp_path)
    assert read_result(tmp_path / "none")["tables"] == {}


def test_what_json_does_not_know() -> None:
    value = {"a": np.float64(1.5), "b": math.nan, "c": (np.int64(2), math.inf), 3: Path("x"), "d": np.bool_(True)}
    assert plain(value) == {"a": 1.5, "b": None, "c": [2, None], "3": "x", "d": True}


def test_a_result_that_lost_a_key_is_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    whole = {"schema": "siting-run", "schema_version": 1, **dict.fromkeys(KEYS)}
    (folder / "result.json").write_text(json.dumps({k: v for k, v in whole.items() if k != "totals"}), encoding="utf-8")
    with pytest.raises(UsageError, match="lacks totals"):
        read_result(folder)
