"""When work that may wait arrives."""

from __future__ import annotations

from siting.problem.derived import batches, profiles
from siting.problem.problem import FloatArray, Problem


def arriving_mw(p: Problem, period: int) -> dict[tuple[str, int], FloatArray]:
    """Deferrable work that arrives in each hour of a period, by workload and group, MW."""
    demand = p.demand["mean_mw"].to_dict()
    shape = profiles(p).iloc[p.calendar.hour[period]]
    mean: dict[tuple[str, int], float] = {}
    for w, g, n in batches(p).itertuples(index=False, name=None):
        mean[w, g] = mean.get((w, g), 0.0) + demand[n, w]
    return {(w, g): shape[w].to_numpy(dtype=float) * mw for (w, g), mw in mean.items()}


def recent_mwh(arrivals: FloatArray, hours: int) -> list[float]:
    """What arrived in the last ``hours`` hours up to each hour of a period that wraps round, MWh."""
    count = len(arrivals)
    return [float(sum(arrivals[(t - i) % count] for i in range(min(hours, count)))) for t in range(count)]
