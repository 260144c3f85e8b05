"""Chunks merged into one program: a model is built a few periods at a time and never in memory at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from siting.solver.compile.chunk import OBJECTIVE, Chunk, Part
from siting.solver.compile.matrix import FloatArray, Label
from siting.solver.compile.shared_rows import NotInChunksError, SharedRows
from siting.solver.compile.two_stage import Columns, Period, Rows, TwoStage, idle, name_of
from siting.solver.compressed import CompressedList, Items, View


@dataclass(frozen=True)
class Reported:
    """Expressions to be told with a plan x, y: constants + first · x + Σ_d periods_d · y_d.

    ``own`` are those of each period, over its columns alone.
    """

    labels: tuple[Label, ...]
    constants: FloatArray
    first: csr_array
    periods: Items[csr_array]
    own: Items[Part | None]


@dataclass(frozen=True)
class ExtensiveForm:
    """A program, and what is to be told of its plans."""

    program: TwoStage
    told: Reported


def chunks(periods: int, size: int, workers: int, checked: bool) -> list[tuple[int, ...]]:
    """The pieces to build: those that make the whole, and those that show what does not depend on the periods.

    Parameters
    ----------
    periods : int
        Number of periods.
    size : int
        Periods of a piece at most. Where it is enough for all and one builds, or there are few, one is the whole.
    workers : int
        How many build them side by side; 0: not known.
    checked : bool
        Whether two pairs of periods are built apart and together, which have to show the same; otherwise a piece
        without periods tells it.
    """
    # A cluster may not say how many they are.
    builders = max(1, workers)
    if periods <= 3 or (periods <= size and builders == 1):
        return [tuple(range(periods))]
    pairs = 0 if not checked else 2 if periods > 4 else 1
    rest = range(2 * pairs, periods)
    # As many for each of those who build them.
    count = min(len(rest), builders * -(-len(rest) // (size * builders)))
    parts = [tuple(int(d) for d in part) for part in np.array_split(rest, count)]
    together = [(2 * i, 2 * i + 1) for i in range(pairs)]
    alone: list[tuple[int, ...]] = [(d,) for pair in together for d in pair]
    return [*together, *parts, *(alone or [()])]


def merge(plan: Sequence[tuple[int, ...]], pieces: Items[Chunk]) -> ExtensiveForm:
    """The whole from the pieces that :func:`chunks` lists, opened one at a time.

    Parameters
    ----------
    plan : sequence of tuple of int
        The periods of each piece.
    pieces : sequence of Chunk
        Equal lists of labels being one object.

    Raises
    ------
    NotInChunksError
        If a row, bound or variable is not the same in all pieces; the message names it.
    """
    first = _first(pieces)
    wide = View(pieces, lambda piece: _widened(piece, first))
    at = {periods: i for i, periods in enumerate(plan)}
    shared, legs = [], set()
    for piece in wide:
        shared.append((piece.shared, piece.shared_told))
        legs.add(piece.legs)
    if len(legs) > 1:
        raise NotInChunksError("the flows that may not go in circles depend on the periods that the model holds")
    pairs = []
    for periods in plan:
        alone = [at[d,] for d in periods if (d,) in at]
        if len(periods) == len(alone) == 2:
            pairs.append((*alone, at[periods]))
            for i in alone:
                _agree(wide[i], wide[at[periods]])
    without = at.get(())
    extra = {without, *(i for *alone, _ in pairs for i in alone)}
    parts = [i for i in range(len(plan)) if i not in extra]
    rows, told = (
        SharedRows(
            [[shared[i][which] for i in pair] for pair in pairs],
            [shared[i][which] for i in parts],
            None if without is None else shared[without][which],
        )
        for which in (0, 1)
    )
    made = _assemble(first, View(parts, lambda i: wide[i]), rows, told)
    return replace(made, program=replace(made.program, legs=legs.pop()))


def _first(pieces: Items[Chunk]) -> Columns:
    """First-stage columns of all pieces; a variable over ``m.PERIOD`` is in each only with its own periods."""
    seen: dict[Label, tuple[float, float, bool]] = {}
    for piece in pieces:
        first = piece.first
        bounds = zip(first.lower.tolist(), first.upper.tolist(), first.integer.tolist(), strict=True)
        for label, facts in zip(first.labels, bounds, strict=True):
            if seen.setdefault(label, facts) != facts:
                raise NotInChunksError(f"the bounds of {name_of(label)} depend on the periods that the model holds")
    lower, upper, integer = zip(*seen.values(), strict=True) if seen else ((), (), ())
    return Columns(tuple(seen), np.zeros(len(seen)), np.array(lower), np.array(upper), np.array(integer, dtype=bool))


def _widened(piece: Chunk, first: Columns) -> Chunk:
    """The piece over all first-stage columns."""
    if piece.first.labels == first.labels:
        return piece
    position = {label: i for i, label in enumerate(first.labels)}
    at = [position[label] for label in piece.first.labels]
    place = csr_array((np.ones(len(at)), (np.arange(len(at)), at)), shape=(len(at), len(first)))

    def wide(part: Any) -> Any:
        return replace(part, first=csr_array(part.first @ place))

    return replace(
        piece,
        first=first,
        rows={name: wide(part) for name, part in piece.rows.items()},
        told={name: wide(part) for name, part in piece.told.items()},
        shared=wide(piece.shared),
        shared_told=wide(piece.shared_told),
    )


def _agree(alone: Chunk, both: Chunk) -> None:
    """What a block says of itself does not depend on the blocks beside it."""
    for name, columns in alone.columns.items():
        other = both.columns.get(name)
        same = other is not None and columns.labels == other.labels
        if not same or not all(
            np.array_equal(getattr(columns, what), getattr(other, what)) for what in ("lower", "upper", "integer")
        ):
            raise NotInChunksError(f"the variables of {name} depend on the periods that the model holds")
    for kind in ("rows", "told"):
        for name, part in getattr(alone, kind).items():
            other_part = getattr(both, kind).get(name)
            if other_part is None or part.rows.labels != other_part.rows.labels:
                raise NotInChunksError(f"the rows of {name} depend on the periods that the model holds")
            away = [abs(part.first - other_part.first), abs(part.block - other_part.block)]
            differs = np.sum([np.asarray(x.sum(axis=1)).ravel() for x in away], axis=0) > 0
            for side in ("least", "most"):
                differs |= getattr(part.rows, side) != getattr(other_part.rows, side)
            if differs.any():
                label = name_of(part.rows.labels[int(np.argmax(differs))], name)
                raise NotInChunksError(f"{label} depends on the periods that the model holds")


def _assemble(first: Columns, parts: Items[Chunk], rows: SharedRows, told: SharedRows) -> ExtensiveForm:
    names = list(rows.blocks)
    touched = np.array([np.diff(rows.blocks[name].indptr) > 0 for name in names]).reshape(len(names), len(rows.labels))
    count = touched.sum(axis=0)
    own = np.flatnonzero((count == 0) & ~idle(rows.least, rows.most, rows.first))
    coupling = np.flatnonzero(count > 1)
    aim = told.row[OBJECTIVE]
    rest = np.array([i for i in range(len(told.labels)) if i != aim], dtype=np.int64)
    periods, own_told = CompressedList[Period](), CompressedList[Part | None]()
    once = _Labels()
    for piece in parts:
        for name, columns in piece.columns.items():
            mine = np.flatnonzero((count == 1) & touched[names.index(name)])
            block, cost = rows.blocks[name], told.blocks[name][[aim]].toarray().ravel()
            part = once(_stack(piece.rows.get(name), _pick(rows, mine, name)))
            periods.append(
                Period(name, replace(columns, cost=cost), part.rows, part.first, part.block, block[coupling])
            )
            own_told.append(piece.told.get(name))
    program = TwoStage(
        first=replace(first, cost=told.first[[aim]].toarray().ravel()),
        offset=float(told.least[aim]),
        own=_some(rows, own),
        own_first=rows.first[own],
        coupling=_some(rows, coupling),
        coupling_first=rows.first[coupling],
        periods=periods,
    )
    labels = tuple(told.labels[i] for i in rest)
    shares = CompressedList(told.blocks[name][rest] for name in names)
    return ExtensiveForm(program, Reported(labels, told.least[rest], told.first[rest], shares, own_told))


class _Labels:
    """Keeps one of equal lists of labels."""

    def __init__(self) -> None:
        self.known: dict[tuple[Label, ...], tuple[Label, ...]] = {}

    def __call__(self, part: Part) -> Part:
        labels = self.known.setdefault(part.rows.labels, part.rows.labels)
        return replace(part, rows=replace(part.rows, labels=labels))


def _some(rows: SharedRows, chosen: Any) -> Rows:
    return Rows(tuple(rows.labels[i] for i in chosen.tolist()), rows.least[chosen], rows.most[chosen])


def _pick(rows: SharedRows, chosen: Any, name: str) -> Part:
    return Part(_some(rows, chosen), rows.first[chosen], rows.blocks[name][chosen])


def _stack(part: Part | None, more: Part) -> Part:
    """Rows of a block and rows of the model that touch this block alone, without those that always hold."""
    if part is None:
        return more
    used = ~idle(part.rows.least, part.rows.most, part.first, part.block)
    if used.all() and not len(more.rows):
        return part
    kept = [i for i, label in enumerate(part.rows.labels) if used[i]]
    return Part(
        Rows(
            (*(part.rows.labels[i] for i in kept), *more.rows.labels),
            np.concatenate([part.rows.least[kept], more.rows.least]),
            np.concatenate([part.rows.most[kept], more.rows.most]),
        ),
        csr_array(vstack([part.first[kept], more.first])),
        csr_array(vstack([part.block[kept], more.block])),
    )
