"""A problem as one labelled program: built and compiled a few periods at a time, side by side, and never whole."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from itertools import chain
from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from siting.errors import WorkerError
from siting.model.build import COMPONENTS, Component, build
from siting.problem.problem import Problem
from siting.solver.cache import IdentityCache
from siting.solver.compile.chunk import Chunk, compile_chunk
from siting.solver.compile.matrix import FloatArray, Label
from siting.solver.compile.merge import Reported, chunks, merge
from siting.solver.compile.two_stage import Columns, Plan, Rows, TwoStage
from siting.solver.compressed import CompressedList
from siting.solver.memory import give_back
from siting.solver.parallel.pool import new_worker_pool
from siting.solving.tables import PORTS, Layout, Pages, joined, pages, tables

WHOLE_REGION_H = 1000
"""Hours times regions up to which one model takes less time than pieces."""

PIECE_H, PIECE_REGION_H = 120, 3000
"""Hours of a piece; more where there are few regions."""

_FEW = 8
"""So many pieces or fewer are not packed: they are few, and looked through twice at once."""

_MUCH = 1_000_000
"""Values of a plan above which its solve has left enough behind, in circles, to be collected before the tables."""


@dataclass(frozen=True)
class Compiled:
    """A problem as a program, and what is told of its plans.

    Parameters
    ----------
    problem, program, told, pages : Problem, TwoStage, Reported, Pages
        What was compiled, and to what.
    seconds : float
        What it took.
    one_piece : str
        Why the whole was built at once where pieces were tried first.
    """

    problem: Problem
    program: TwoStage
    told: Reported
    pages: Pages
    seconds: float
    one_piece: str = ""

    def tables(self, plan: Plan) -> dict[str, pd.DataFrame]:
        """The tables of a plan, the same that a model with these values has."""
        if sum(map(len, plan.periods)) > _MUCH:
            gc.collect()
            give_back()
        position = {period.name: i for i, period in enumerate(self.program.periods)}
        places = IdentityCache(lambda *lists: {label: i for i, label in enumerate(chain(*lists))})
        chosen = IdentityCache(_chosen)

        # One period at a time, as the tables ask for them.
        @lru_cache(2)
        def told(block: str) -> tuple[dict[Label, int], FloatArray]:
            lists, numbers = self._of_period(plan, position[block]) if block else self._once(plan)
            return places(*lists), np.append(numbers, nan)

        def values(block: str, name: str, index: tuple[Any, ...]) -> FloatArray:
            place, numbers = told(block)
            some: FloatArray = numbers[chosen(place, name, index)]
            return some

        calendar = self.problem.calendar
        days = {
            d: {"weight": float(calendar.weight[d]), "first_hour": int(calendar.hour[d, 0])}
            for d in range(calendar.periods)
        }
        return tables(self.pages, values, days)

    def _once(self, plan: Plan) -> tuple[tuple[tuple[Label, ...], ...], FloatArray]:
        told, said = self.told, self.told.constants + self.told.first @ plan.first
        for part, y in zip(told.periods, plan.periods, strict=True):
            said = said + part @ y
        return (self.program.first.labels, told.labels), np.concatenate([plan.first, said])

    def _of_period(self, plan: Plan, i: int) -> tuple[tuple[tuple[Label, ...], ...], FloatArray]:
        y, part, labels = plan.periods[i], self.told.own[i], self.program.periods[i].columns.labels
        if part is None:
            return (labels,), y
        said = part.rows.least + part.first @ plan.first + part.block @ y
        return (labels, part.rows.labels), np.concatenate([y, said])


def _chosen(place: dict[Label, int], name: str, index: tuple[Any, ...]) -> npt.NDArray[np.int64]:
    """Where the values of a component are; the last where it has none."""
    return np.array([place.get((name, i), -1) for i in index], dtype=np.int64)


@dataclass(frozen=True)
class Maker:
    """Builds and compiles a piece of a problem; goes to every worker once."""

    problem: Problem
    components: tuple[Component, ...]

    def __call__(self, periods: Sequence[int]) -> tuple[Chunk, Pages]:
        """The piece of some periods, and what its model tells."""
        # The collector would walk millions of objects again and again, none of them garbage.
        with PauseGC():
            m = build(self.problem, self.components, periods)
            once = Once()
            made = once(compile_chunk(m, expressions(m))), once(pages(m))
            _empty(m)
            del m
            # Nor is what is left: it goes to the oldest, which are looked at last. What others froze stays frozen.
            if not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
        return made


def _empty(m: Any) -> None:
    """A model is full of circles; once they are cut, it goes at once, and needs no collector."""
    for block in list(m.block_data_objects()):
        for component in list(block.component_objects(descend_into=False)):
            vars(component).clear()
        vars(block).clear()


def expressions(m: Any) -> dict[str, dict[Label, Any]]:
    """What is told beside the variables: named expressions and parts of ports, by the period that owns them."""
    found: dict[str, dict[Label, Any]] = {}
    for name, block in {"": m, **{block.name: block for block in m.period.values()}}.items():
        own = block.component_objects(pyo.Expression, descend_into=False)
        found[name] = {(e.local_name, i): x for e in own for i, x in e.items() if x.expr is not None}
    for port in PORTS:
        for part, amounts in getattr(m, port).parts.items() if hasattr(m, port) else ():
            found[""] |= {(f"{port}_parts", (part, index)): amount for index, amount in amounts.items()}
    return found


def compile_problem(
    p: Problem, components: Sequence[Component] | None = None, workers: int = 1, cluster: str = ""
) -> Compiled:
    """A problem as a program.

    Parameters
    ----------
    p : Problem
        With its calendar.
    components : sequence of callable, optional
        As of :func:`siting.build`. One of a user's own may tie periods in a way that pieces do not show; then it is
        found out, and the whole is built at once.
    workers, cluster : int, str
        Who builds pieces, as of :func:`siting.solve`.

    Raises
    ------
    ValueError
        If the model is not linear, or has not exactly one objective to be minimized.
    """
    make = Maker(p, tuple(COMPONENTS if components is None else components))
    count, hours, regions = p.calendar.periods, p.calendar.hours, len(p.regions)
    size = max(1, max(PIECE_H, PIECE_REGION_H // regions) // hours)
    plan = chunks(count, size, workers, checked=make.components != COMPONENTS)
    whole = [tuple(range(count))]
    if count * hours * regions <= WHOLE_REGION_H or len(plan) == 1:
        return _compile(make, whole)
    try:
        return _compile(make, plan, workers, cluster)
    except (WorkerError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever a rule cannot do in a piece, it may do in the whole
        return replace(_compile(make, whole), one_piece=str(error))


def _compile(make: Maker, plan: list[tuple[int, ...]], workers: int = 1, cluster: str = "") -> Compiled:
    begun = time.monotonic()
    pieces: list[Chunk] | CompressedList[Chunk] = CompressedList() if len(plan) > _FEW else []
    told, once = list[Pages](), Once()
    for piece, said in _built(make, plan, workers, cluster):
        pieces.append(once(piece))
        told.append(once(said))
    whole, every = merge(plan, pieces), joined(told)
    del pieces, once
    give_back()
    return Compiled(make.problem, whole.program, whole.told, every, time.monotonic() - begun)


def _built(make: Maker, plan: list[tuple[int, ...]], workers: int, cluster: str) -> Iterator[tuple[Chunk, Pages]]:
    team = new_worker_pool(_same, lambda i, size: (make,), len(plan), workers, cluster)
    try:
        yield from team.share(Maker.__call__, plan)
    finally:
        team.close()


def _same(make: Maker) -> Maker:
    return make


class Once:
    """Keeps one of equal labels, layouts and lists of labels: what periods have in common is in memory once."""

    def __init__(self) -> None:
        self.known: dict[Any, Any] = {}
        self._latest: tuple[tuple[Label, ...], tuple[Label, ...]] = (), ()

    def __call__(self, item: Any) -> Any:
        """The same, made of what is known where it can be."""
        if isinstance(item, dict):
            return {key: self(value) for key, value in item.items()}
        if isinstance(item, Columns | Rows):
            return replace(item, labels=self._labels(item.labels))
        if isinstance(item, Layout):
            return self.known.setdefault(item, item)
        if isinstance(item, tuple):
            made = tuple(self(one) for one in item)
            try:
                return self.known.setdefault(made, made)
            except TypeError:  # something in it has no hash
                return made
        if is_dataclass(item) and not isinstance(item, type):
            return replace(item, **{part.name: self(getattr(item, part.name)) for part in fields(item)})
        return item

    def _labels(self, labels: tuple[Label, ...]) -> tuple[Label, ...]:
        # Mostly the same as of the period before.
        if labels != self._latest[0]:
            if labels not in self.known:
                mine = tuple(self.known.setdefault(label, label) for label in labels)
                self.known[mine] = mine
            self._latest = labels, self.known[labels]
        return self._latest[1]
