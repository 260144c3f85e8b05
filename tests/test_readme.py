"""What the README says is what the project does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.report import BEGIN, END
from command_line import Cli

from siting.auditor import COST_TERMS
from siting.auditor.power import reconciliation
from siting.auditor.report import Ledger
from siting.auditor.tables import read
from siting.instance.schema import markdown
from siting.instance.starter import write_starter
from siting.maps import PROPERTIES
from siting.physics.cooling import PUE_CURVES
from siting.physics.distance import great_circle_km
from siting.physics.water import latent_heat_kj_per_kg, wue
from siting.report.rulebook import markdown as rulebook
from siting.runs.folder import read_run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)
SHELL = [block for kind, block in BLOCKS if kind == "sh"]
PYTHON = [block for kind, block in BLOCKS if kind == "python"]


def between(name: str) -> str:
    found = re.search(rf"<!-- {name}: begin -->\n(.*?)\n<!-- {name}: end -->", README, flags=re.DOTALL)
    assert found is not None
    return found.group(1)


def format_text() -> str:
    """The format, its headings one level lower."""
    body = markdown().split("\n", 2)[2].strip()
    return re.sub(r"^(#+) ", r"#\1 ", body, flags=re.MULTILINE)


def layers_text() -> str:
    rows = ["| layer | property | unit | meaning |", "| --- | --- | --- | --- |"]
    rows += [
        f"| {layer} | `{name}` | {unit} | {meaning} |"
        for layer, properties in PROPERTIES.items()
        for name, (unit, meaning) in properties.items()
    ]
    return "\n".join(rows)


def test_the_format_is_that_of_the_declarations() -> None:
    assert between("format") == format_text()


def test_the_rules_are_those_of_the_registry_and_the_cards() -> None:
    assert between("rules") == rulebook()


def test_the_layers_are_those_of_the_maps() -> None:
    assert between("layers") == layers_text()


def test_the_curves_are_those_of_the_physics() -> None:
    """What the model section says of PUE and water is what the model computes with."""
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+ at .*) \|$", README, flags=re.MULTILINE))
    points = {}
    for design, line in told.items():
        pairs = [point.split(" at ") for point in line.replace("−", "-").split(", ")]
        points[design] = [int(t) for _, t in pairs], [float(value) for value, _ in pairs]
    assert points == {design: (list(t), list(values)) for design, (t, values) in PUE_CURVES.items()}
    for number in ("2500.5 − 2.3097 T − 0.0013 T²", "6371.0088 km", "3600 · PUE / q · 4 / 3", "0.1 · max(T − 10, 0)"):
        assert number in " ".join(README.split())
    assert latent_heat_kj_per_kg(20.0) == pytest.approx(2500.5 - 2.3097 * 20 - 0.0013 * 400)
    assert wue(30.0, "waterside_economizer", 1.3) == pytest.approx(3600 * 1.3 / latent_heat_kj_per_kg(30.0) * 4 / 3)
    assert [float(wue(14.0, design, 1.1)) for design in ("airside_adiabatic", "air_cooled_chiller")] == [0.4, 0.061]
    assert great_circle_km(0.0, 0.0, 0.0, 90.0) == pytest.approx(6371.0088 * np.pi / 2)


def test_every_term_of_cost_and_source_of_carbon_is_in_the_model_section() -> None:
    section = README[README.index("### The model in full") : README.index("### How it is solved")]
    assert [term for term in COST_TERMS if term.lower() not in section.lower()] == []


def test_the_benchmark_finds_its_place() -> None:
    assert README.count(BEGIN) == README.count(END) == 1
    assert "| --- |" in between("performance")


def test_the_first_two_blocks_install() -> None:
    assert SHELL[0].strip() == "pip install . && siting solve jing-jin-ji-meng --out run"
    assert SHELL[1].strip() == "pip install '.[test]' && pytest"
    assert SHELL[1].strip().split(" && ")[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


ON_THE_STARTER = {
    "jing-jin-ji-meng": "start", "CN-BJ": "coast", "CN-NM": "steppe", "--periods 4": "--periods 1",
    "--periods 2": "--periods 1",
}  # fmt: skip
"""What the README runs on a bundled instance takes minutes; the starter's three regions take the same way."""

as_written = pytest.mark.parametrize(
    "as_written", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["on the starter", "as written"]
)


def write_start() -> None:
    """The starter with a later stage."""
    folder = write_starter("start", "start")
    (folder / "stages.csv").write_text("year,years\n2025,5\n2030,10\n", encoding="utf-8")
    with (folder / "provenance.csv").open("a", encoding="utf-8") as file:
        file.write("stages,*,,assumption,Made up,2023,CC0-1.0,,\n")


def made_small(text: str) -> str:
    for written, small in ON_THE_STARTER.items():
        text = text.replace(written, small)
    return text


@as_written
def test_python_blocks_run_in_order(as_written: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_start()
    names: dict[str, Any] = {}
    for block in PYTHON:
        exec(compile(block if as_written else made_small(block), "README.md", "exec"), names)
    assert (tmp_path / "map.png").stat().st_size > 10_000
    assert len(names["model"].few_sites) == len(names["problem"].regions)


@as_written
def test_command_line_runs_in_order(as_written: bool, cli: Cli) -> None:
    write_start()
    lines = [line.split("#")[0] for line in SHELL[2].splitlines()]
    for line in filter(str.strip, lines):
        words = shlex.split(line if as_written else made_small(line))
        assert words[0] == "siting"
        done = cli(*words[1:])
        assert done.code == 0, (line, done.err)
    assert Path("run/maps/map.png").exists()
    # In every province what is bought, generated, discharged and received over the year is used, stored, sent or lost.
    problem, tables, _ = read_run("run")
    account = reconciliation(problem, read(problem, tables, Ledger(problem, 1e-6)))
    entries = account.drop(columns="gap")
    assert (entries.sum() > 0).all() or not as_written
    assert (account["gap"].abs() <= 1e-6 * entries.max(axis=1)).all()


@pytest.mark.parametrize("line", [line for block in SHELL[3:] for line in block.splitlines()])
def test_commands_that_take_long_are_at_least_understood(line: str, cli: Cli) -> None:
    words = shlex.split(line.split("#")[0])
    offered = cli(words[1], "--help").out
    assert all(word in offered for word in words if word.startswith("--")), line


def test_links_and_pictures_exist() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
