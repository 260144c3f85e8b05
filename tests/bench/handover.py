"""Hand-over: from a Pyomo model to a HiGHS that holds it, by our way and by Pyomo's own two interfaces.

The clock stops before the solve: ``set_instance`` is what ``solve`` of both interfaces calls first, and when it returns
HiGHS has every row and column (the sizes are read from HiGHS and compared). All take the same model in turn, several
times, in one process.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable
from typing import Any

import highspy
from pyomo.contrib.appsi.solvers.highs import Highs as Appsi
from pyomo.contrib.solver.solvers.highs import Highs as Contrib

import siting
from siting.problem import Problem
from siting.solver.compile.matrix import compile_model, pass_to
from siting.solver.compile.two_stage import join
from siting.solving.compiled import compile_problem

from .memory import measure
from .report import Cell, Section, Table, ratio

TITLE = "Hand-over to HiGHS"
CASES = (("jing-jin-ji-meng", 12), ("china", 4), ("china", 8))
QUICK = (("jing-jin-ji-meng", 2),)
REPEATS = 5


def ours(model: Any) -> highspy.Highs:
    """A HiGHS that holds the model, by one matrix."""
    engine = highspy.Highs()
    engine.silent()
    pass_to(engine, compile_model(model))
    return engine


def appsi(model: Any) -> highspy.Highs:
    """The same by ``pyomo.contrib.appsi``."""
    solver = Appsi()
    solver.set_instance(model)
    return solver._solver_model


def contrib(model: Any) -> highspy.Highs:
    """The same by ``pyomo.contrib.solver``."""
    solver = Contrib()
    solver.set_instance(model)
    return solver._solver_model


WAYS: dict[str, Callable[[Any], highspy.Highs]] = {"siting": ours, "appsi_highs": appsi, "contrib.solver": contrib}


def size(engine: highspy.Highs) -> tuple[int, int]:
    """Rows and nonzeros that HiGHS holds."""
    return engine.getNumRow(), engine.getNumNz()


def program(problem: Problem) -> highspy.Highs:
    """A HiGHS that holds a problem as ``siting solve`` hands it over: compiled in pieces, then joined."""
    engine = highspy.Highs()
    engine.silent()
    pass_to(engine, join(compile_problem(problem).program))
    return engine


def race(problem: Problem, repeats: int) -> dict[str, Any]:
    """Seconds of each way and each repeat, and what HiGHS holds after it."""
    seconds: dict[str, list[float]] = {name: [] for name in ("build", "build and hand-over", *WAYS)}
    sizes = {}
    for _ in range(repeats):
        seconds["build"].append(_timed(lambda: siting.build(problem))[0])
        seconds["build and hand-over"].append(_timed(lambda: program(problem))[0])
        model = siting.build(problem)
        for name, way in WAYS.items():
            taken, engine = _timed(lambda way=way, model=model: way(model))
            seconds[name].append(taken)
            sizes[name] = size(engine)
    return {"seconds": seconds, "sizes": sizes}


def _timed(action: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    begun = time.perf_counter()
    result = action()
    return time.perf_counter() - begun, result


def run(quick: bool) -> Section:
    """Race on the cases of the report."""
    rows = [_row(name, days, 2 if quick else REPEATS) for name, days in (QUICK if quick else CASES)]
    words = (
        "Least seconds of all repeats from a built Pyomo model to HiGHS holding it; the clock of Pyomo's interfaces "
        "stops when `set_instance` returns. The ratio is theirs over ours, of the least times and in parentheses of "
        "the medians. *Build and hand-over* is the way of `siting solve`, from the problem to HiGHS."
    )
    columns = ("instance", "days", "rows", "nonzeros", "build", "siting", "`appsi_highs`", "`contrib.solver` highs")
    return Section(TITLE, [Table(words, (*columns, "ratio to appsi", "ratio to contrib", "build and hand-over"), rows)])


def _row(name: str, days: int, repeats: int) -> list[Cell]:
    done = measure(("-m", "tests.bench.handover", name, str(days), str(repeats)), time_limit_s=1800)
    if done.code:
        raise RuntimeError(done.err)
    found = json.loads(done.out)
    seconds, sizes = found["seconds"], found["sizes"]
    if len({rows for rows, _ in sizes.values()}) > 1:
        raise RuntimeError(f"HiGHS holds different models: {sizes}")
    times = [f"{min(seconds[way]):.2f}" for way in ("build", *WAYS)]
    ratios = [ratio(seconds[way], seconds["siting"]) for way in ("appsi_highs", "contrib.solver")]
    whole = f"{min(seconds['build and hand-over']):.2f}"
    return [name, days, *sizes["siting"], *times, *ratios, whole]


def main() -> None:
    """The race on one instance, as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("instance")
    parser.add_argument("days", type=int)
    parser.add_argument("repeats", type=int)
    asked = parser.parse_args()
    print(json.dumps(race(siting.choose(siting.load(asked.instance), asked.days, 24), asked.repeats)))


if __name__ == "__main__":
    main()
