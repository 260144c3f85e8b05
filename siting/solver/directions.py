"""Flows that go round in a circle within an hour, and the decisions that forbid it.

A battery that charges and discharges in the same hour, a line that sends both ways, two lines that send against each
other or three in a ring: each only loses what it carries, which a program without integers does wherever losing energy
pays. A model declares its flows as legs between nodes; a circle is a way along legs back to where it began, all in the
same hour. It is broken by directions: for two nodes and an hour, which of both may send. They are integers of the first
stage, so that periods stay continuous and can be decomposed, and there are none but where a circle was found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array, hstack, vstack

from siting.errors import Sentence, UsageError
from siting.solver.cache import IdentityCache
from siting.solver.compile.matrix import FloatArray, Label, Leg
from siting.solver.compile.two_stage import Columns, Period, Rows, TwoStage, name_of
from siting.solver.compressed import View

Ints = npt.NDArray[np.int64]

NOTHING, NOTHING_SHARE = 1e-5, 1e-7
"""A smaller flow is none, in its own unit and as a share of the most that it may be; the audit allows ten times it."""

_TRIES = 100
"""Dispatches of one period; each closes a step that was not closed before."""
FRICTION = 0.01
"""What all flows of a period cost more where free circles are to go, as a share of the gap asked for."""

DIRECTION, SENDS, RING = "direction", "sends_one_way", "no_ring"
"""Names of the columns and rows that forbid circles."""


@dataclass(frozen=True)
class Circle:
    """Steps from node to node back to the first one, in one hour of a period; nodes by their numbers."""

    period: int
    hour: Any
    steps: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Network:
    """The legs of a period: the column of each, its hour, and its ends by the numbers of the nodes."""

    column: Ints
    hour: Ints
    tail: Ints
    head: Ints
    hours: tuple[Any, ...]

    def of(self, hour: Any, step: tuple[int, int]) -> Ints:
        """Columns that carry in an hour from one node to another."""
        mine: npt.NDArray[np.bool_] = (
            (self.hour == self.hours.index(hour)) & (self.tail == step[0]) & (self.head == step[1])
        )
        return np.asarray(self.column[mine], dtype=np.int64)


class Networks:
    """The legs of all periods of a program."""

    def __init__(self, legs: Sequence[Leg]) -> None:
        self._legs = legs
        nodes = dict.fromkeys((leg.model, node) for leg in legs for node in (leg.tail, leg.head))
        self._number = {node: i for i, node in enumerate(nodes)}
        self._made: dict[str, IdentityCache[Network]] = {}

    def of(self, period: Period) -> Network:
        """The legs of one period."""
        return self.at(period.name, period.columns.labels)

    def at(self, name: str, labels: tuple[Label, ...]) -> Network:
        """The legs among some columns of the period of a name."""
        model = name.rpartition("period")[0]
        make = self._made.setdefault(model, IdentityCache(lambda labels: self._network(model, labels)))
        return make(labels)

    def _network(self, model: str, labels: tuple[Label, ...]) -> Network:
        ends = {(leg.name, leg.place): leg for leg in self._legs if leg.model == model}
        names = {name for name, _ in ends}
        found = []
        hours: dict[Any, int] = {}
        for column, (name, index) in enumerate(labels):
            if name in names:
                place, hour = place_and_hour(index)
                leg = ends.get((name, place))
                if leg is not None:
                    number = hours.setdefault(hour, len(hours))
                    found.append((column, number, self._number[model, leg.tail], self._number[model, leg.head]))
        column_of, hour_of, tail, head = np.array(found, dtype=np.int64).reshape(len(found), 4).T
        return Network(column_of, hour_of, tail, head, tuple(hours))


def place_and_hour(index: Any) -> tuple[Any, Any]:
    """An index without its last part, and this part."""
    if not isinstance(index, tuple):
        return (), index
    *place, hour = index
    return (place[0] if len(place) == 1 else tuple(place)), hour


def circles(number: int, upper: FloatArray, network: Network, y: FloatArray) -> list[Circle]:
    """Circles of a period, so many that without the weakest step of each there are none.

    Parameters
    ----------
    number : int
        Of the period.
    upper : ndarray of float
        Upper bounds of its columns.
    network : Network
        Its legs.
    y : ndarray of float
        Values of its columns.
    """
    flow, most = y[network.column], upper[network.column]
    some = np.flatnonzero(flow > NOTHING + NOTHING_SHARE * np.where(np.isfinite(most), most, np.abs(flow)))
    some = some[_going_round(network, some)]
    found = []
    for hour in np.unique(network.hour[some]).tolist():
        carried: dict[tuple[int, int], float] = {}
        for i in some[network.hour[some] == hour].tolist():
            step = int(network.tail[i]), int(network.head[i])
            carried[step] = carried.get(step, 0.0) + float(flow[i])
        while (way := _way_round(carried)) is not None:
            found.append(Circle(number, network.hours[hour], way))
            del carried[min(way, key=lambda step: carried[step])]
    return found


def weakest(circle: Circle, network: Network, y: FloatArray) -> Ints:
    """Columns of the step of a circle that carries least."""
    every = [network.of(circle.hour, step) for step in circle.steps]
    return min(every, key=lambda columns: float(y[columns].sum()))


def with_friction(cost: FloatArray, network: Network, y: FloatArray, share: float) -> FloatArray:
    """Costs with a little on each flow, so that going in circles is not free where energy is worth nothing.

    Parameters
    ----------
    cost, y : ndarray of float
        Of the columns of a period, and about what these will be.
    network : Network
        Its legs.
    share : float
        What all flows come to, of all that is paid and received in the period.
    """
    dearer, flow = cost.copy(), float(np.abs(y[network.column]).sum())
    dearer[network.column] += share * float(np.abs(cost * y).sum()) / max(flow, 1.0)
    return dearer


def close_circles(
    y: FloatArray,
    bounds: tuple[FloatArray, FloatArray],
    network: Network,
    best: Callable[[FloatArray], FloatArray | None],
    met: list[Circle],
    number: int = 0,
) -> FloatArray | None:
    """Close the weakest step of each circle of a period, again and again, until there is none.

    Parameters
    ----------
    y : ndarray of float
        Values of the columns of the period.
    bounds : pair of ndarray of float
        Lower and upper of these.
    network : Network
        The legs of the period.
    best : callable
        The cheapest values below some upper bounds; None if there are none.
    met : list of Circle
        Gets the circles that are met.
    number : int
        Of the period.

    Returns
    -------
    ndarray of float or None
        Values without circles; None if closing steps leaves none.
    """
    lower, most = bounds
    upper = most.copy()
    for _ in range(_TRIES):
        found = circles(number, most, network, y)
        if not found:
            return y
        met += found
        for circle in found:
            upper[weakest(circle, network, y)] = 0.0
        solved = None if (upper < lower).any() else best(upper)
        if solved is None:
            return None
        y = solved
    return None


def _going_round(network: Network, some: Ints) -> npt.NDArray[np.bool_]:
    """Which of some legs may be on a circle: those whose ends are neither first nor last, again and again."""
    nodes = 1 + int(max(network.tail.max(initial=0), network.head.max(initial=0)))
    tail = network.hour[some] * nodes + network.tail[some]
    head = network.hour[some] * nodes + network.head[some]
    kept = np.ones(len(some), dtype=bool)
    while kept.any():
        now = kept & np.isin(tail, head[kept]) & np.isin(head, tail[kept])
        if (now == kept).all():
            break
        kept = now
    return kept


def _way_round(carried: dict[tuple[int, int], float]) -> tuple[tuple[int, int], ...] | None:
    """A circle of some steps, to and fro if there is such a one."""
    for step in carried:
        if step[::-1] in carried:
            return step, step[::-1]
    onward: dict[int, list[int]] = {}
    for tail, head in carried:
        onward.setdefault(tail, []).append(head)
    done: set[int] = set()
    for start in onward:
        path = [start]
        while path:
            nxt = next((head for head in onward.get(path[-1], ()) if head not in done), None)
            if nxt is None:
                done.add(path.pop())
            elif nxt in path:
                ring = [*path[path.index(nxt) :], nxt]
                return tuple(pairwise(ring))
            else:
                path.append(nxt)
    return None


def with_directions(program: TwoStage, networks: Networks, found: Iterable[Circle]) -> TwoStage:
    """The program with a direction wherever one of some circles went, and none of these left.

    Its first-stage columns stand first, and its periods keep their columns.

    Parameters
    ----------
    program : TwoStage
        The program.
    networks : Networks
        Of its legs.
    found : iterable of Circle
        What to forbid.

    Raises
    ------
    UsageError
        If a column on a circle has no upper bound.
    """
    every = list(found)
    pairs = list(dict.fromkeys((c.period, c.hour, _pair(step)) for c in every for step in c.steps))
    at = {pair: len(program.first) + i for i, pair in enumerate(pairs)}
    names = [program.periods[d].name for d in range(len(program.periods))] if pairs else []
    more = Columns(
        labels=tuple((DIRECTION, (names[d], hour, *pair)) for d, hour, pair in pairs),
        cost=np.zeros(len(pairs)),
        lower=np.zeros(len(pairs)),
        upper=np.ones(len(pairs)),
        integer=np.ones(len(pairs), dtype=bool),
    )
    first = Columns(
        (*program.first.labels, *more.labels),
        *(
            np.concatenate([getattr(program.first, name), getattr(more, name)])
            for name in ("cost", "lower", "upper", "integer")
        ),
    )
    rings = [c for c in every if len(c.steps) > 2]
    own, own_first = _without_rings(rings, at, len(first))
    by_period: dict[int, list[tuple[Any, tuple[int, int]]]] = {}
    for d, hour, pair in pairs:
        by_period.setdefault(d, []).append((hour, pair))
    numbers = {name: d for d, name in enumerate(names)}

    def directed(period: Period) -> Period:
        d = numbers.get(period.name, -1)
        sides = [(hour, pair, at[d, hour, pair]) for hour, pair in by_period.get(d, ())]
        return _directed(period, networks.of(period), sides, len(more))

    return replace(
        program,
        first=first,
        own=_rows_below(program.own, own),
        own_first=csr_array(vstack([_wider(program.own_first, len(more)), own_first])),
        coupling_first=_wider(program.coupling_first, len(more)),
        periods=View(program.periods, directed),
    )


def _pair(step: tuple[int, int]) -> tuple[int, int]:
    return (min(step), max(step))


def _without_rings(rings: list[Circle], at: dict[Any, int], width: int) -> tuple[Rows, csr_array]:
    """Not all steps of a ring at once; to and fro is forbidden by there being one direction."""
    rows, columns, values, most = [], [], [], []
    for i, ring in enumerate(rings):
        against = 0
        for step in ring.steps:
            ahead = step == _pair(step)
            rows.append(i)
            columns.append(at[ring.period, ring.hour, _pair(step)])
            values.append(1.0 if ahead else -1.0)
            against += not ahead
        most.append(len(ring.steps) - 1.0 - against)
    labels = tuple((RING, (ring.period, ring.hour, *ring.steps)) for ring in rings)
    matrix = csr_array(coo_array((values, (rows, columns)), shape=(len(rings), width)))
    return Rows(labels, np.full(len(rings), -np.inf), np.array(most, dtype=float)), matrix


def _directed(period: Period, network: Network, sides: list[tuple[Any, tuple[int, int], int]], more: int) -> Period:
    """The period with what is sent each way at most by the direction."""
    columns = period.columns
    entries: list[tuple[int, int, float, float]] = []
    for hour, pair, direction in sides:
        for ahead, step in ((True, pair), (False, pair[::-1])):
            for j in network.of(hour, step).tolist():
                most = float(columns.upper[j])
                if not np.isfinite(most):
                    label = name_of(columns.labels[j], period.name)
                    raise UsageError(
                        Sentence(
                            "{label} goes round in a circle where energy has no worth; give it an upper bound.",
                            label=label,
                        )
                    )
                entries.append((j, direction, -most if ahead else most, 0.0 if ahead else most))
    wide = _wider(period.T, more)
    if not entries:
        return replace(period, T=wide)
    count = len(entries)
    flows, directions, factors, most_sent = (list(part) for part in zip(*entries, strict=True))
    T = csr_array(coo_array((factors, (range(count), directions)), shape=(count, wide.shape[1])))
    W = csr_array(coo_array((np.ones(count), (range(count), flows)), shape=(count, len(columns))))
    labels = tuple((SENDS, columns.labels[j]) for j in flows)
    rows = Rows(labels, np.full(count, -np.inf), np.array(most_sent, dtype=float))
    return replace(
        period, rows=_rows_below(period.rows, rows), T=csr_array(vstack([wide, T])), W=csr_array(vstack([period.W, W]))
    )


def _wider(matrix: csr_array, more: int) -> csr_array:
    return csr_array(hstack([matrix, csr_array((matrix.shape[0], more))])) if more else matrix


def _rows_below(rows: Rows, more: Rows) -> Rows:
    return Rows(
        (*rows.labels, *more.labels),
        np.concatenate([rows.least, more.least]),
        np.concatenate([rows.most, more.most]),
    )
