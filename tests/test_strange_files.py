"""Folders as strangers send them: things that are no files, names that are no names, terminals that go away."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from command_line import Cli, command_line  # noqa: F401 - a fixture
from test_broken_inputs import faults_of, swap
from tiny import tiny_problem

import siting
from siting.errors import Sentence, harmless, sentences, shortened
from siting.files.tables import says_the_same, write_table
from siting.instance import load, write

Put = Callable[[Path], None]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tiny_problem(), tmp_path_factory.mktemp("instances") / "tiny")


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "tiny"))


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def nowhere(path: Path) -> None:
    path.symlink_to("/no/such/place")


@pytest.mark.parametrize("put", [Path.mkdir, os.mkfifo, loop, nowhere], ids=["folder", "pipe", "loop", "dangling"])
@pytest.mark.parametrize("name", ["instance.toml", "sites.csv", "capacity.csv", "hourly/price_per_mwh.parquet"])
def test_what_is_no_file_is_a_fault_of_its_own(folder: Path, name: str, put: Put) -> None:
    (folder / name).unlink()
    put(folder / name)
    faults = faults_of(folder)
    assert [fault.file for fault in faults] == [name]
    assert "not a file" in faults[0].rule


@pytest.mark.parametrize("put", [loop, nowhere, Path.touch])
def test_hourly_that_is_no_folder(folder: Path, put: Put) -> None:
    shutil.rmtree(folder / "hourly")
    put(folder / "hourly")
    assert faults_of(folder)[0].rule == "This is not a folder."


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("corridors.xlsx", "Save it as corridors.csv"),
        ("CORRIDORS.CSV", "Save it as corridors.csv"),
        ("corridors", "Save it as corridors.csv"),
        ("corridors.csv.gz", "Save it as corridors.csv"),
        ("coridors.parquet", "Did you mean 'corridors.csv'"),
        ("Instance.TOML", "Save it as instance.toml"),
        ("data.zip", "Delete it"),
    ],
)
def test_a_file_that_no_one_would_read_is_a_fault(folder: Path, name: str, says: str) -> None:
    if name.lower().startswith("cor"):
        (folder / "corridors.csv").rename(folder / name)
    else:
        (folder / name).touch()
    faults = faults_of(folder)
    assert [fault.file for fault in faults] == [name]
    assert says in faults[0].remedy


def test_a_folder_in_the_wrong_case_is_a_fault(folder: Path) -> None:
    (folder / "Hourly").mkdir()
    assert [(fault.file, fault.remedy) for fault in faults_of(folder)] == [("Hourly", "Rename it to hourly.")]


@pytest.mark.parametrize(
    "name", ["README", "README.md", "SOURCES.md", "LICENSE", "map.geojson", ".hidden.csv", "~$sites.xlsx", "sites.csv~"]
)
def test_notes_beside_the_data_are_left_alone(folder: Path, name: str) -> None:
    (folder / name).write_text("a note", encoding="utf-8")
    load(folder)


@pytest.mark.parametrize("end", [b"\r", b"\r\n"])
def test_ends_of_lines_of_any_system(folder: Path, end: bytes) -> None:
    table = pd.read_parquet(folder / "hourly/price_per_mwh.parquet")
    text = table.to_csv(index=False, lineterminator="\n").encode()
    (folder / "hourly/price_per_mwh.parquet").unlink()
    (folder / "hourly/price_per_mwh.csv").write_bytes(text.replace(b"\n", end))
    for path in folder.glob("*.csv"):
        path.write_bytes(path.read_bytes().replace(b"\n", end))
    assert load(folder).hourly["price_per_mwh"]["north"].iloc[-1] == 400.0


@pytest.mark.parametrize("digits", [400, 5000])
def test_integers_of_thousands_of_digits(folder: Path, digits: int) -> None:
    swap("instance.toml", "price = 50.0", f"price = {'9' * digits}")(folder)
    assert faults_of(folder)[0].file == "instance.toml"
    assert len(str(faults_of(folder)[0])) < 400


@pytest.mark.parametrize("table", ["regions", "sites", "demand", "supply", "storage", "corridors", "workloads"])
def test_a_missing_key_is_one_fault(folder: Path, table: str) -> None:
    swap("instance.toml", "beyond_grid_mix = false", "beyond_grid_mix = true")(folder)
    path = folder / f"{table}.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows.drop(columns=rows.columns[0]).to_csv(path, index=False)
    faults = faults_of(folder)
    assert [(fault.file, fault.column) for fault in faults] == [(path.name, rows.columns[0])]


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "@sum", "-x|y!A0", "a\x1b[31mb", "a\x9bb", "\u202eabc", "x\x07"])
def test_texts_that_a_program_would_obey_are_faults(folder: Path, name: str) -> None:
    swap("sites.csv", "Alpha", name)(folder)
    faults = faults_of(folder)
    assert [(fault.file, fault.row, fault.column) for fault in faults] == [("sites.csv", 2, "name_en")]
    assert harmless(str(faults[0])) == str(faults[0])


def test_a_title_with_control_characters(folder: Path) -> None:
    swap("instance.toml", 'title_en = "Two regions"', 'title_en = "Two \\u001b[2J regions"')(folder)
    assert [fault.column for fault in faults_of(folder)] == ["instance.title_en"]


STRANGE = "Lot $5_ to 6% $ [red]x[/red] :smile: {y}"


def test_names_are_no_markup(folder: Path, cli: Cli) -> None:
    swap("sites.csv", "Alpha", STRANGE)(folder)
    swap("instance.toml", 'title_en = "Two regions"', f'title_en = "{STRANGE}"')(folder)
    done = cli("solve", folder, "--out", "run", "--periods", 1, "--no-check-year")
    assert done.code == 0, done.err
    assert Path("run/maps/map.png").exists()
    assert STRANGE in Path("run/maps/sites.geojson").read_text(encoding="utf-8")
    said = " ".join(cli("show", "run", "--table", "sites").out.split())
    assert STRANGE in said


def test_keys_are_texts(tmp_path: Path) -> None:
    table = pd.DataFrame({"site": ["01001", "1e3", "1.0"], "mw": [1.0, 2.0, 3.0]})
    write_table(table, tmp_path, "site")
    assert says_the_same(tmp_path / "site.csv", table)
    assert not says_the_same(tmp_path / "site.csv", table.assign(site=["1001", "1e3", "1.0"]))


def siting_in(place: Path, line: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell, in which $siting is the command."""
    home = Path(siting.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(home), "LC_ALL": "C.UTF-8", "siting": f"{sys.executable} -m siting"}
    return subprocess.run(
        ["bash", "-c", line], cwd=place, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "line",
    [
        "$siting list >&-",
        "$siting list >&- 2>&- <&-",
        "$siting list | true; exit ${PIPESTATUS[0]}",
        "$siting --help | true; exit ${PIPESTATUS[0]}",
    ],
)
def test_no_one_listens(tmp_path: Path, line: str) -> None:
    done = siting_in(tmp_path, line)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_deleted_working_directory(tmp_path: Path) -> None:
    place = tmp_path / "gone"
    place.mkdir()
    done = siting_in(place, "rmdir ../gone; $siting new x")
    assert done.returncode == 2
    assert "deleted" in done.stderr


def test_sentences_are_text_that_knows_its_template() -> None:
    made = Sentence("{count} rows are like {what}.", count=3, what="this")
    assert (made, made.template) == ("3 rows are like this.", "{count} rows are like {what}.")
    both = sentences(made, "Mend them.")
    assert both == "3 rows are like this. Mend them."
    assert both.values["s0"] is made
    assert shortened("x" * 200) == "x" * 120 + "..."
