"""A folder from a stranger is data: it runs nothing, opens nothing and writes nowhere else, and is not too large."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import highspy
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from command_line import Cli, Done
from pyarrow import parquet

from siting.errors import InputError, UsageError
from siting.files import atomic
from siting.files.reading import (
    UnsafeError,
    arrays_of,
    gunzip,
    is_inner_name,
    is_within,
    parse_json,
    read_bytes,
    strangers,
)
from siting.files.tables import read_parquet
from siting.instance import load
from siting.maps import load_base
from siting.options import SolveOptions
from siting.runs.job import as_asked, options_of
from siting.runs.unfinished import begun
from siting.solver.highs.options import check_options, touches_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are POSIX")

EVIL = "import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\ndef add(m, p): pass\n"


@pytest.fixture(name="own")
def own_instance(instance: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(instance, tmp_path / "own"))


@pytest.fixture(name="own_run")
def copied_run(run: tuple[Path, Done], tmp_path: Path) -> Path:
    return Path(shutil.copytree(run[0], tmp_path / "own-run"))


def unfinished(run: Path, instance: Path, options: SolveOptions) -> Path:
    """What a killed solve leaves; the file that says what was asked."""
    with pytest.raises(ZeroDivisionError), begun(run, as_asked(options), {}, lambda to: shutil.copytree(instance, to)):
        raise ZeroDivisionError
    return run / "checkpoint" / "job.json"


# What a checkpoint asks for


@pytest.mark.parametrize("wish", ["edits", "rules", "cluster", "base", "bundled_base", "log_file", "solution_file"])
def test_a_checkpoint_runs_reaches_opens_and_writes_nothing(wish: str, own: Path, tmp_path: Path, cli: Cli) -> None:
    evil, written = tmp_path / "evil.py", tmp_path / "written"
    evil.write_text(EVIL)
    job = unfinished(tmp_path / "run", own, SolveOptions(periods=1))
    document = json.loads(job.read_text())
    asked = document["asked"]
    if wish in ("edits", "rules"):
        asked["edits"] = [str(evil)]
        if wish == "rules":
            del asked["edits"]
            document["rules"] = {str(evil): "0" * 64}
            document["given"] = {"--edit": [{"file": str(evil), "sha256": "0" * 64}]}
    elif wish in ("log_file", "solution_file"):
        asked["highs"] = {wish: str(written), "write_solution_to_file": "true", "output_flag": "true"}
    else:
        asked[wish] = {"cluster": "tcp://192.0.2.1:8786"}.get(wish, str(evil))
    job.write_text(json.dumps(document))
    done = cli("resume", "run")
    assert (done.code, "Traceback" in done.err) == (2, False)
    assert not evil.with_suffix(".ran").exists()
    assert not written.exists()
    assert str(tmp_path / "evil") not in done.err.replace("base map", "") or wish == "bundled_base"


def test_what_was_asked_comes_back_but_for_what_is_outside() -> None:
    options = SolveOptions(
        gap=0.01, periods=2, highs={"presolve": "off"}, edits=(Path("a.py"),), base="own.geojson", cluster="tcp://a:1"
    )
    asked = json.loads(json.dumps(as_asked(options)))
    assert "own.geojson" not in str(asked)
    assert "tcp" not in str(asked)
    again = options_of(asked, (), None, {})
    assert (again.gap, again.periods, dict(again.highs)) == (0.01, 2, {"presolve": "off"})
    assert (again.edits, again.base, again.cluster) == ((), None, None)
    assert options_of(asked, [Path("a.py")], "own.geojson", {"cluster": "tcp://b:1"}).cluster == "tcp://b:1"


@pytest.mark.parametrize(
    ("name", "value"), [("workers", 10**6), ("threads", 10**6), ("gap", -1.0), ("gap", "0.1"), ("seed", None)]
)
def test_a_checkpoint_takes_no_more_than_this_machine_has(name: str, value: object) -> None:
    asked = {**as_asked(SolveOptions()), name: value}
    if name in ("workers", "threads"):
        assert getattr(options_of(asked, (), None, {}), name) == os.cpu_count()
    else:
        with pytest.raises(UsageError):
            options_of(asked, (), None, {})


@pytest.mark.parametrize("place", ["checkpoint", "checkpoint/instance", "checkpoint/progress.npz", "checkpoint/more"])
def test_a_checkpoint_with_a_link_is_not_gone_on_with(place: str, own: Path, tmp_path: Path, cli: Cli) -> None:
    unfinished(tmp_path / "run", own, SolveOptions(periods=1))
    path, away = tmp_path / "run" / place, tmp_path / "away"
    if path.exists():
        path.rename(away)
    else:
        away.write_text("mine")
    path.symlink_to(away)
    done = cli("resume", "run")
    assert done.code == 2
    assert "link" in done.err
    assert away.exists()


def test_options_of_highs_that_touch_files_are_refused() -> None:
    known = highspy.HighsOptions()
    values = {name: getattr(known, name) for name in dir(known) if not name.startswith("_")}
    files = {name for name, value in values.items() if touches_files(name)}
    # A text without a default is the name of a file.
    assert {name for name, value in values.items() if value == ""} <= files
    assert {name for name in values if "file" in name and "glpsol" not in name} <= files
    for name in files:
        with pytest.raises(UsageError, match=name):
            check_options({name: "true"})


# Names in files, and links


@pytest.mark.parametrize(
    "name", ["../land.geojson", "/land.geojson", "a/../../land.geojson", "C:land", "\\\\a\\b", "link"]
)
def test_a_base_map_stays_in_its_folder(name: str, own: Path, tmp_path: Path) -> None:
    secret = tmp_path / "land.geojson"
    secret.write_text("mine")
    (own / "a").mkdir()
    (own / "link").symlink_to(secret)
    given = str(secret) if name == "/land.geojson" else name
    with pytest.raises(InputError, match=r"base_map.*bundled one or a file in the instance folder"):
        load(own, {"instance.base_map": json.dumps(given)})


def test_a_series_and_the_settings_are_no_links_out_of_the_folder(own: Path, tmp_path: Path) -> None:
    for name in ("hourly/profile.parquet", "instance.toml", "demand.csv"):
        path = own / name
        shutil.move(path, tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
        with pytest.raises(InputError, match="link out of the folder"):
            load(own)
        path.unlink()
        shutil.move(tmp_path / path.name, path)
    # A link inside is no matter.
    (own / "store").mkdir()
    (own / "hourly/profile.parquet").rename(own / "store/p.parquet")
    (own / "hourly/profile.parquet").symlink_to("../store/p.parquet")
    load(own)


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", ".hidden/../x", ""])
def test_a_result_names_no_other_files(name: str, own_run: Path, cli: Cli) -> None:
    path = own_run / "result.json"
    document = json.loads(path.read_text())
    document["tables"][name] = 3
    path.write_text(json.dumps(document))
    done = cli("audit", own_run)
    assert (done.code, "damaged" in done.err, "Traceback" in done.err) == (2, True, False)


@pytest.mark.parametrize("place", ["maps", "tables", "instance", "result.json"])
def test_a_run_with_a_link_out_of_it_is_damaged(place: str, own_run: Path, tmp_path: Path, cli: Cli) -> None:
    away = tmp_path / "away"
    shutil.move(own_run / place, away)
    (own_run / place).symlink_to(away)
    before = {path: path.stat().st_mtime_ns for path in away.rglob("*")}
    for command in ("map",) if place == "maps" else ("map", "check-year", "audit", "show --table site"):
        done = cli(*command.split()[:1], own_run, *command.split()[1:])
        assert (done.code, "leads out of it" in done.err) == (2, True)
    assert {path: path.stat().st_mtime_ns for path in away.rglob("*")} == before


def test_a_default_run_folder_that_is_a_link_is_not_followed(own: Path, tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "away").mkdir()
    name = load(own).settings.instance.name
    (tmp_path / f"run-{name}").symlink_to(tmp_path / "away")
    done = cli("solve", own, "--periods", 1)
    assert (done.code, "is a link" in done.err) == (2, True)
    assert not any((tmp_path / "away").iterdir())


def test_names() -> None:
    assert all(map(is_inner_name, ("a", "a/b.geojson", "a..b")))
    assert not any(map(is_inner_name, ("..", "a/..", "/a", "\\a", "c:\\a", "a\0")))


# Drafts


def test_a_draft_follows_no_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, target = tmp_path / "mine", tmp_path / "result.json"
    mine.write_text("mine")
    names = set()
    monkeypatch.setattr(atomic.secrets, "token_hex", lambda size: names.add(size) or "guessed")
    (tmp_path / ".result.json.siting-draft-guessed").symlink_to(mine)
    (tmp_path / ".result.json.siting-draft").symlink_to(mine)
    with pytest.raises(FileExistsError):
        atomic.write_file(target, b"new")
    assert mine.read_text() == "mine"
    assert min(names) >= 8
    with pytest.raises(FileExistsError), atomic.replaced(target):
        pass
    monkeypatch.undo()
    target.symlink_to(mine)
    atomic.write_file(target, b"new")
    assert (mine.read_text(), target.read_text(), target.is_symlink()) == ("mine", "new", False)


def test_a_killed_draft_of_a_file_is_deleted_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".a.siting-draft-0123456789abcdef"
    left.write_text("half")
    atomic.write_file(tmp_path / "a", b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


# Sizes, depths, pipes


def test_a_pipe_is_not_waited_for(tmp_path: Path, own: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnsafeError, match="pipe"):
        read_bytes(tmp_path / "pipe", 10)
    with pytest.raises(UnsafeError, match="folder"):
        read_bytes(tmp_path, 10)
    with pytest.raises(UnsafeError, match="device"):
        read_bytes(Path("/dev/zero"), 10)
    (own / "instance.toml").unlink()
    os.mkfifo(own / "instance.toml")
    with pytest.raises(InputError, match="pipe"):
        load(own)


def test_gzip_that_unpacks_to_too_much(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(b"0" * 3_000_000)
    assert len(gunzip(packed, 3_000_000)) == 3_000_000
    for bomb in (packed, gzip.compress(b"") + packed):
        with pytest.raises(UnsafeError, match="unpacks"):
            gunzip(bomb, 2_999_999)
    with pytest.raises(ValueError, match="end"):
        gunzip(packed[:-9], 3_000_000)
    monkeypatch.setattr("siting.instance.hourly.SERIES_MOST", 1 << 20)
    (own / "hourly/profile.parquet").unlink()
    (own / "hourly/profile.csv.gz").write_bytes(packed)
    with pytest.raises(InputError, match=r"profile\.csv\.gz.*unpacks to more than 1 MiB"):
        load(own)


def bomb(path: Path, kind: str) -> None:
    if kind == "rows":
        table = pa.table({"hour": pa.array(np.zeros(2_000_000))})
    elif kind == "texts":
        table = pa.table({"a": pa.DictionaryArray.from_arrays(np.zeros(9000, "int32"), ["x" * 1_000_000])})
    elif kind == "columns":
        table = pa.table({f"c{n}": [0.0] for n in range(200)})
    elif kind == "lists":
        table = pa.table({"a": [[1.0]]})
    else:
        table = pa.Table.from_arrays([pa.array([1.0]), pa.array([2.0])], names=["a", "a"])
    parquet.write_table(table, path)


@pytest.mark.parametrize("kind", ["rows", "texts", "columns", "lists", "twice"])
def test_parquet_that_is_more_than_it_looks(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    bomb(path, kind)
    assert path.stat().st_size < 1_200_000
    with pytest.raises(UnsafeError):
        read_parquet(path.read_bytes(), "a", 9000, 100)


def test_parquet_is_read_as_pandas_reads_it(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["x", None, "x"], "b": [1, 2, 3], "c": [0.5, np.nan, 1.0], "d": [True, False, True]})
    frame.to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(
        read_parquet((tmp_path / "a.parquet").read_bytes(), "a", 3, 4), pd.read_parquet(tmp_path / "a.parquet")
    )


def test_depths(own: Path, own_run: Path, tmp_path: Path, cli: Cli) -> None:
    deep = "[" * 100_000
    with pytest.raises(ValueError, match="deeply"):
        parse_json(deep)
    (own_run / "result.json").write_text('{"a": ' + deep)
    assert cli("show", own_run).code == 2
    (tmp_path / "deep.geojson").write_text(deep)
    with pytest.raises(UsageError, match="deeply"):
        load_base(tmp_path / "deep.geojson")
    text = (own / "instance.toml").read_text()
    (own / "instance.toml").write_text(f"a = {deep}\n{text}")
    with pytest.raises(InputError, match="deeply"):
        load(own)


@pytest.mark.parametrize(
    "crs",
    [
        {"type": "link", "properties": {"href": "http://192.0.2.1/crs", "type": "proj4"}},
        {"type": "name", "properties": {"name": "http://192.0.2.1/crs"}},
        {"type": "name", "properties": {"name": "+proj=longlat +nadgrids=/etc/passwd"}},
        {"type": "name", "properties": {"name": "/etc/passwd"}},
        "EPSG:4326",
    ],
)
def test_a_base_map_names_no_file_or_address(crs: object, tmp_path: Path) -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    feature = {"type": "Feature", "properties": {"region": "a"}, "geometry": square}
    path = tmp_path / "map.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}))
    with pytest.raises(UsageError, match="coordinate system"):
        load_base(path)
    for name in ("EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326"):
        good = {"type": "name", "properties": {"name": name}}
        path.write_text(json.dumps({"type": "FeatureCollection", "crs": good, "features": [feature]}))
        assert len(load_base(path)) == 1


def npz(**arrays: object) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


class Touch:
    """A pickle that makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_arrays_of_a_checkpoint(tmp_path: Path) -> None:
    assert arrays_of(npz(a=np.eye(2), b=np.asarray("x")))["a"].tolist() == np.eye(2).tolist()
    mine = npz(a=np.array([Touch(tmp_path / "ran")], dtype=object))
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    packed, large = io.BytesIO(), io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as file:
        file.writestr("a.npy", npz(a=np.zeros(100_000)))
    with ZipFile(large, "w") as file:
        file.writestr("a.npy", head.getvalue())
    for content in (mine, packed.getvalue(), large.getvalue(), b"no zip", npz(a=np.eye(9))[:-200], b""):
        with pytest.raises(ValueError, match=r".*"):
            arrays_of(content)
    assert not (tmp_path / "ran").exists()


def test_strangers(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("")
    assert list(strangers(tmp_path)) == []
    (tmp_path / "a" / "c").symlink_to("b")
    os.mkfifo(tmp_path / "d")
    assert {path.name for path in strangers(tmp_path)} == {"c", "d"}
    assert is_within(tmp_path, tmp_path / "a" / "c")
    (tmp_path / "ring").symlink_to("ring")
    assert not is_within(tmp_path, tmp_path / "ring")


def test_a_settings_file_of_matplotlib_beside_us_is_not_obeyed(own_run: Path, tmp_path: Path, cli: Cli) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"text.usetex": True, "text.latex.preamble": r"\input{/etc/passwd}"}):
        assert cli("map", own_run).code == 0
