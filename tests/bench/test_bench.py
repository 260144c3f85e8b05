"""All who race solve the same problem, and the benchmarks themselves run; without ``--benchmark-enable`` once, tiny."""

from __future__ import annotations

import sys

import pytest
from small import problem

from siting.model.build import build

from . import facility_race, handover
from .memory import measure
from .report import BEGIN, END, Section, Table, into_page, markdown, read, write


@pytest.mark.parametrize("way", handover.WAYS)
def test_hand_over(way, benchmark):
    model = build(problem())
    engine = benchmark(handover.WAYS[way], model)
    assert handover.size(engine) == handover.size(handover.ours(model)) != (0, 0)
    engine.silent()
    engine.run()
    assert engine.getInfo().objective_function_value == pytest.approx(4e-3)  # 10 MW for 4 h at 100 a MWh, in millions


@pytest.mark.parametrize("racer", facility_race.RACERS)
def test_facility_location(racer, benchmark):
    case = facility_race.generated(3, 6, seed=2)
    found = benchmark(facility_race.solved, case, racer, gap=0.0)
    other = facility_race.solved_by_hand(case, strong=True, gap=0.0, time_limit=10.0)
    assert found["objective"] == pytest.approx(other["objective"], rel=1e-6)


def test_memory_of_a_process_and_its_child_counts_once():
    big = "x = bytearray(40_000_000); x[::4096] = b'1' * len(x[::4096]); import time; time.sleep(1)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {big!r}]); print('done')"
    done = measure(("-S", "-c", child), time_limit_s=20)
    assert (done.code, done.out.strip(), done.stopped) == (0, "done", "")
    if sys.platform == "linux":
        assert 0.04 < done.peak_gb < 0.1


def test_a_limit_is_told_and_ends_the_process():
    done = measure(("-S", "-c", "import time; time.sleep(60)"), time_limit_s=0.2)
    assert done.stopped == "time"
    assert done.code < 0


def test_a_report_is_read_as_it_was_written(tmp_path):
    section = Section("Title", [Table("Words.", ("a", "b"), [["x", 1234.5], [None, 3]])], {"cores": "2"}, 1.0)
    write({"one": section}, tmp_path / "report.md")
    assert read(tmp_path / "report.json") == {"one": section}
    assert "| x | 1,234 |\n|  | 3 |" in (tmp_path / "report.md").read_text(encoding="utf-8")
    page = tmp_path / "benchmarks.md"
    other = "## Other\n\nas it was"
    page.write_text(f"before\n{BEGIN}\n## Title\n\nold\n\n{other}\n{END}\nafter\n", encoding="utf-8")
    into_page({"one": section}, page)
    new = markdown({"one": section})
    assert page.read_text(encoding="utf-8") == f"before\n{BEGIN}\n{new}\n\n{other}\n{END}\nafter\n"
