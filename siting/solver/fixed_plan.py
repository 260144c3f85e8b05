"""A two-stage program whose plan is given: the cheapest dispatch, and what the plan cannot do.

First-stage columns are fixed but for some that are settled with the dispatch. A row of a period that does not hold when
the period does nothing may be missed at a price, and so may the coupling constraints, so that any plan has a dispatch.
The prices are exact penalties as long as no row is worth more (Han and Mangasarian, "Exact penalty functions in
nonlinear programming", Mathematical Programming 17, 1979): then nothing is missed that could be kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, hstack

from siting.solver.compile.matrix import FloatArray, Label
from siting.solver.compile.two_stage import Columns, Period, Plan, Rows, TwoStage, activity
from siting.solver.compressed import View
from siting.solver.elastic import with_slack
from siting.solver.extensive_form.solve import Report
from siting.solver.highs.engine import Limits
from siting.solver.outcome import Outcome
from siting.solver.strategy import optimize_program

DEAR, DEAR_YEAR = 20.0, 10.0
"""What a unit of a missed row costs, as many times the dearest column of a period; of a coupling constraint, what a
unit of its largest coefficient costs. So a rule of the year is given up before anything is left unserved."""

_ROUNDING = 1e-6
"""What is missed of the size of a row is rounding below this share."""

SHORT, OVER = "short of", "over"
"""Names of the columns that say by how much a row is missed."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Missed:
    """By how much a row is missed, in its own unit; ``block`` names its period and is empty for a row of the year."""

    block: str
    label: Label
    amount: float


@dataclass(frozen=True)
class Dispatched:
    """How the dispatch of a given plan ended.

    Parameters
    ----------
    outcome : Outcome
        Its objective contains the price of what is missed.
    plan : Plan or None
        In the columns of the program; None if time was out before there was a dispatch.
    missed : tuple of Missed
        Rows that the plan cannot keep.
    """

    outcome: Outcome
    plan: Plan | None
    missed: tuple[Missed, ...]


def dispatch(
    program: TwoStage, first: FloatArray, fixed: Bools, limits: Limits, progress: Report | None = None
) -> Dispatched:
    """The cheapest dispatch of a plan in every period.

    Parameters
    ----------
    program : TwoStage
        Its first stage's own rows with fixed columns alone are not looked at.
    first : ndarray of float, shape (first-stage columns,)
        The plan.
    fixed : ndarray of bool, shape (first-stage columns,)
        Columns that are given; the others are decided.
    limits, progress
        As of :func:`siting.solver.strategy.optimize`.
    """
    given = _fixed(program, first, fixed)
    dearest = max((float(np.abs(p.columns.cost).max(initial=0.0)) for p in program.periods), default=0.0) or 1.0
    periods = View(given.periods, lambda period: _with_slack(period, given.first, DEAR * dearest))
    soft = _with_coupling_slack(replace(given, periods=periods), _coupling_penalty(given, dearest))
    # Directions are chosen period by period; to prove more of a plan that is given is not worth its time.
    outcome, plan = optimize_program(soft, replace(limits, rounds=0), progress=progress)
    if plan is None:
        return Dispatched(outcome, None, ())
    count = len(program.first)
    missed = _missed("", soft.first, plan.first, count)
    shares = []
    for period, wide, y in zip(program.periods, soft.periods, plan.periods, strict=True):
        missed += _missed(period.name, wide.columns, y, len(period.columns))
        shares.append(y[: len(period.columns)])
    return Dispatched(outcome, Plan(plan.first[:count], tuple(shares)), tuple(missed))


def _fixed(program: TwoStage, first: FloatArray, fixed: Bools) -> TwoStage:
    """The program with given columns at their values, none of them whole, and without the rows that they decide."""
    columns = program.first
    value = np.where(columns.integer, np.round(first), np.clip(first, columns.lower, columns.upper))
    lower, upper = np.where(fixed, value, columns.lower), np.where(fixed, value, columns.upper)
    free = (abs(program.own_first) @ (~fixed).astype(float)) > 0
    kept = np.flatnonzero(free)
    return replace(
        program,
        first=replace(columns, lower=lower, upper=upper, integer=columns.integer & ~fixed),
        own=_chosen(program.own, kept),
        own_first=program.own_first[kept],
    )


def _chosen(rows: Rows, kept: npt.NDArray[np.int64]) -> Rows:
    return Rows(tuple(rows.labels[i] for i in kept.tolist()), rows.least[kept], rows.most[kept])


def _with_slack(period: Period, first: Columns, price: float) -> Period:
    """The period with a column for each side of a row that may be missed if the period does nothing."""
    columns, rows = period.columns, period.rows
    still = period.W @ np.clip(0.0, columns.lower, columns.upper)
    lowest, highest = activity(period.T, first.lower, first.upper)
    lacking, beyond = rows.least - still - lowest, still + highest - rows.most
    size = _ROUNDING * (1.0 + np.abs(still) + np.maximum(np.abs(lowest), np.abs(highest)))
    short, over = np.flatnonzero(lacking > size), np.flatnonzero(beyond > size)
    slack = _slack_columns(rows, short, over, lacking[short], beyond[over], np.full(len(short) + len(over), price))
    none = csr_array((period.coupling.shape[0], len(slack)))
    return replace(
        period,
        columns=_joined(columns, slack),
        W=csr_array(with_slack(csc_array(period.W), short, over)),
        coupling=csr_array(hstack([period.coupling, none])),
    )


def _with_coupling_slack(program: TwoStage, price: FloatArray) -> TwoStage:
    """The program with a first-stage column for each side of a coupling constraint and of the first stage's rows."""
    first, periods = program.first, program.periods
    own, own_unit = _soft(program.own, program.own_first, first, (), np.full(len(program.own), price.max(initial=0.0)))
    parts = View(periods, lambda period: (period.coupling, period.columns))
    coupling, coupling_unit = _soft(program.coupling, program.coupling_first, first, parts, price)
    count = len(own) + len(coupling)
    return replace(
        program,
        first=_joined(_joined(first, own), coupling),
        own_first=_beside(program.own_first, own_unit, len(coupling)),
        coupling_first=csr_array(hstack([_beside(program.coupling_first, None, len(own)), coupling_unit])),
        periods=View(periods, lambda period: replace(period, T=_beside(period.T, None, count))),
    )


def _coupling_penalty(program: TwoStage, dearest: float) -> FloatArray:
    """What a unit of each coupling constraint costs where missed, by the most that a unit of any column uses of it."""
    most = np.zeros(len(program.coupling))
    for period in program.periods:
        most = np.maximum(most, abs(period.coupling).max(axis=1).toarray().ravel())
    return np.asarray(DEAR_YEAR * dearest / np.where(most > 0, most, 1.0), dtype=float)


def _soft(
    rows: Rows, matrix: csr_array, first: Columns, parts: Iterable[tuple[csr_array, Columns]], price: FloatArray
) -> tuple[Columns, csr_array]:
    """Columns for the sides of rows that some values of the others miss, and their part of the rows."""
    low, high = activity(matrix, first.lower, first.upper)
    for part, columns in parts:
        least, most = activity(part, columns.lower, columns.upper)
        low, high = low + least, high + most
    short, over = np.flatnonzero(rows.least > low), np.flatnonzero(rows.most < high)
    every = np.concatenate([short, over])
    slack = _slack_columns(rows, short, over, (rows.least - low)[short], (high - rows.most)[over], price[every])
    return slack, csr_array(with_slack(csc_array((len(rows), 0)), short, over))


def _beside(matrix: csr_array, more: csr_array | None, empty: int) -> csr_array:
    """A matrix with more columns, and empty ones."""
    parts = [matrix, *(() if more is None else (more,)), csr_array((matrix.shape[0], empty))]
    return csr_array(hstack(parts))


def _slack_columns(
    rows: Rows,
    short: npt.NDArray[np.int64],
    over: npt.NDArray[np.int64],
    lacking: FloatArray,
    beyond: FloatArray,
    price: FloatArray,
) -> Columns:
    labels = [(SHORT, rows.labels[i]) for i in short.tolist()] + [(OVER, rows.labels[i]) for i in over.tolist()]
    most = np.concatenate([lacking, beyond])
    return Columns(tuple(labels), price, np.zeros(len(most)), most, np.zeros(len(most), dtype=bool))


def _joined(columns: Columns, more: Columns) -> Columns:
    return Columns(
        (*columns.labels, *more.labels),
        *(
            np.concatenate([getattr(columns, name), getattr(more, name)])
            for name in ("cost", "lower", "upper", "integer")
        ),
    )


def _missed(block: str, columns: Columns, values: FloatArray, count: int) -> list[Missed]:
    """What the slack columns say, which stand behind ``count`` others; rounding is left out."""
    found = []
    slack = zip(columns.labels[count:], values[count:].tolist(), columns.upper[count:].tolist(), strict=True)
    for (_, label), value, most in slack:
        if value > _ROUNDING * max(1.0, most):
            found.append(Missed(block, label, value))
    return found
