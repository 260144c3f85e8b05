"""Periods that are alike, and their mean.

The first search runs on the means of a few clusters of periods: it costs little and ends near the plan of the whole.
Its cuts are those of another program and are not kept.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2
from scipy.sparse import csc_array, csr_array

from siting.solver.benders.recourse import Layout, Recourse
from siting.solver.compile.matrix import FloatArray, Label
from siting.solver.compile.two_stage import Columns
from siting.solver.compressed import Items

_DIMENSIONS = 20


def cluster(periods: Items[Recourse], reference: FloatArray, count: int) -> npt.NDArray[np.int64]:
    """The cluster of each period, by k-means on what a reference plan meets in it.

    Parameters
    ----------
    periods : sequence of Recourse
        In one layout.
    reference : ndarray of float
        Links of a plan.
    count : int
        Number of clusters; there may be fewer.
    """
    if count >= len(periods):
        return np.arange(len(periods))
    met = [
        (
            period.most_cap - period.cap @ reference,
            period.T @ reference - _finite(period.least, period.most),
            period.cost / size_of(period),
        )
        for period in periods
    ]
    points = np.hstack([_standard(np.array(block)) for block in zip(*met, strict=True) if len(block[0])])
    # The distances of n points need no more than n coordinates, and nearly all of them few.
    axes, size, _ = np.linalg.svd(points @ points.T)
    kept = min(_DIMENSIONS, len(periods))
    _, labels = kmeans2(axes[:, :kept] * np.sqrt(size[:kept]), count, minit="++", seed=0, missing="warn")
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def groups_of(periods: Items[Recourse], reference: FloatArray, layout: Layout, most: int) -> npt.NDArray[np.int64]:
    """The group of each period in the master; each its own where periods pass something on, which a sum would mix.

    With eight groups for thirty days the bound stayed half a percent short (measured).
    """
    return np.arange(len(periods)) if len(layout.period_states) else cluster(periods, reference, most)


def evened(x: FloatArray, first: Columns, layout: Layout) -> FloatArray:
    """A first stage with what periods pass on spread evenly: means of alike periods do not tell it apart."""
    x = x.copy()
    alike: dict[Label, list[int]] = {}
    for i in layout.linking[layout.period_states].tolist():
        name, index = first.labels[i]
        alike.setdefault((name, index[:-1] if isinstance(index, tuple) else None), []).append(i)
    for at in alike.values():
        x[at] = first.upper[at] * x[at].sum() / max(float(first.upper[at].sum()), 1e-9)
    return x


def size_of(period: Recourse) -> float:
    """How much a period counts: the size of its costs, in which its weight is."""
    return float(np.abs(period.cost).sum()) or 1.0


def mean_of(periods: Sequence[Recourse]) -> Recourse:
    """One period that stands for several: their costs added, the rest in the mean weighted by how much each counts."""
    weight = np.array([size_of(period) for period in periods])
    weight /= weight.sum()

    def mean(name: str) -> FloatArray:
        return np.asarray(sum(w * getattr(period, name) for w, period in zip(weight, periods, strict=True)))

    def mean_matrix(name: str) -> csr_array:
        return _sum([w * getattr(period, name) for w, period in zip(weight, periods, strict=True)])

    return Recourse(
        cost=np.sum([period.cost for period in periods], axis=0),
        lower=mean("lower"),
        upper=mean("upper"),
        capped=periods[0].capped,
        cap=mean_matrix("cap"),
        most_cap=mean("most_cap"),
        T=mean_matrix("T"),
        W=csc_array(mean_matrix("W")),
        least=mean("least"),
        most=mean("most"),
        usage=_sum([period.usage for period in periods]),
    )


def _sum(matrices: Sequence[csr_array]) -> csr_array:
    return csr_array(functools.reduce(operator.add, matrices))


def _finite(least: FloatArray, most: FloatArray) -> FloatArray:
    return np.where(np.isfinite(least), least, np.where(np.isfinite(most), most, 0.0))


def _standard(values: FloatArray) -> FloatArray:
    """Deviations from the mean, all of a block together of size one."""
    deviation = values - values.mean(axis=0)
    return np.asarray(deviation / (float(np.linalg.norm(deviation)) or 1.0), dtype=float)
