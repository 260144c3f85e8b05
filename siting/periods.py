"""From 8,760 hours to a few weighted periods, each a real day (or some days, such as a week) of the year."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from siting.errors import Sentence, UsageError
from siting.problem.derived import capacity_factor, profiles, pue
from siting.problem.problem import Calendar, FloatArray, IntArray, Problem, whole_year
from siting.problem.system import dispatched, fleet, need_mw

DAY_H = 24

CLOSE_ENOUGH = 1e-3
"""Relative error of the year's sums below which no days are exchanged any more."""

_PEAK, _CALM = "peak load", "calm and dark"


def choose(problem: Problem, count: int | None = None, hours: int | None = None) -> Problem:
    """The same problem seen through typical periods.

    Clustering by tsam picks real days (medoids of k-means); the day of the highest load and the calmest and darkest
    day are always among them. Then days are exchanged for others of their cluster, and the weights moved as little as
    possible, so that the year's wind, sun, price and load are kept.

    Parameters
    ----------
    problem : Problem
        Any calendar; the year's series are used.
    count : int, optional
        Number of periods; by default the instance's. As many as the year has (365): the exact calendar, in the blocks
        of :func:`whole_year`.
    hours : int, optional
        Whole days: 24, 168, or up to the year; by default the instance's. The year has 52 weeks and a day: 52 periods
        of 168 h are its whole weeks in calendar order, each of which counts for a little more, and 53 the exact year.

    Returns
    -------
    Problem
        With its calendar set.

    Raises
    ------
    UsageError
        If a period is not of whole days, or the year has fewer periods than ``count``.
    """
    settings = problem.settings.periods
    count = settings.count if count is None else count
    hours = settings.hours if hours is None else hours
    if hours < DAY_H or hours % DAY_H or hours > problem.hours:
        raise UsageError(
            Sentence(
                "--periods {count}x{hours}: a period has whole days: {day_h} h, a multiple of it such as "
                "168 (a week), and at most the {hours2} h of the year.",
                count=count,
                hours=hours,
                day_h=DAY_H,
                hours2=problem.hours,
            )
        )
    most = -(-problem.hours // hours)
    if not 1 <= count <= most:
        raise UsageError(
            Sentence(
                "--periods {count}: the year has {most} periods of {hours} h; choose 1 to that many.",
                count=count,
                most=most,
                hours=hours,
            )
        )
    if count == most:
        return problem.replace(calendar=whole_year(problem.hours, hours))
    whole = problem.hours // hours
    every = Calendar(
        hour=np.arange(whole * hours).reshape(whole, hours), weight=np.full(whole, problem.hours / hours / whole)
    )
    if count == whole and every.in_order:
        return problem.replace(calendar=every)
    series = _features(problem)
    sums = _sums(series, hours)
    if count == whole:
        starts, cluster, weight = np.arange(whole), np.arange(whole), np.ones(whole)
    else:
        starts, cluster, weight = _cluster(series.iloc[: whole * hours], count, hours)
    weight *= problem.hours / hours / whole
    starts = _exchange(sums, starts, cluster, weight, keep=_extremes(series, hours))
    fitted, _ = _fit(sums[:, starts], weight)
    hour = starts[:, None] * hours + np.arange(hours)[None, :]
    return problem.replace(calendar=Calendar(hour=hour, weight=fitted))


def aggregation_error(problem: Problem) -> pd.DataFrame:
    """What the periods make of the year.

    Returns
    -------
    DataFrame
        Index: quantity; columns ``year``, ``periods`` and ``error_percent``. Means are over all regions, for load
        and price weighted by demand; the peaks are of the summed load of work that runs when it arrives.
    """
    series = _features(problem)
    calendar = problem.calendar
    weight = np.repeat(calendar.weight, calendar.hours)
    modelled = series.iloc[calendar.hour.ravel()]
    totals = _totals(series)
    seen = totals.iloc[calendar.hour.ravel()]
    rows = {name: (totals[name].mean(), float(np.average(seen[name], weights=weight))) for name in totals.columns}
    rows[_PEAK] = (series[_PEAK].max(), modelled[_PEAK].max())
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["year", "periods"])
    table["error_percent"] = 100 * (table["periods"] - table["year"]) / table["year"].abs().replace(0, np.nan)
    table["error_percent"] = table["error_percent"].fillna(0.0)
    table.index.name = "quantity"
    return table


def confined(problem: Problem) -> pd.Series:
    """Deadlines of work that could wait longer than a typical period lasts, h; it waits within its period."""
    delay, calendar = problem.workloads["max_delay_h"], problem.calendar
    return delay[delay > (calendar.hour.size if calendar.in_order else calendar.hours)]


def _features(p: Problem) -> pd.DataFrame:
    """Hourly columns to cluster by: capacity factors and price by region, load shapes, the two extremes."""
    parts = {}
    for technology in p.supply.index.get_level_values("technology").unique():
        regions = p.supply.xs(technology, level="technology").index
        for region in regions:
            parts[f"{technology}|{region}"] = capacity_factor(p, technology)[region].to_numpy()
    for region in p.regions.index:
        parts[f"price|{region}"] = p.hourly["price_per_mwh"][region].to_numpy()
    rows = fleet(p)
    for region, name in zip(rows.index.get_level_values("region"), rows["capacity_factor"], strict=True):
        if name:
            parts.setdefault(f"{name}|{region}", capacity_factor(p, name)[region].to_numpy())
    if dispatched(p):
        parts |= {f"system|{region}": need.to_numpy() for region, need in need_mw(p).items()}
    shape = profiles(p)
    mean = p.demand.groupby("workload")["mean_mw"].sum().reindex(shape.columns, fill_value=0.0)
    load = (shape * mean).sum(axis=1)
    effectiveness = pue(p).mean(axis=1)
    frame = pd.DataFrame(parts)
    green = [c for c in frame.columns if not c.startswith(("price|", "surplus|"))]
    for name in shape.columns:
        frame[f"load|{name}"] = shape[name].to_numpy()
    frame["pue"] = effectiveness.to_numpy()
    frame[_PEAK] = (load * effectiveness).to_numpy()
    frame[_CALM] = frame[green].mean(axis=1) if green else 0.0
    return frame


def _totals(series: pd.DataFrame) -> pd.DataFrame:
    """Mean over the regions of each kind of series; the quantities whose yearly sums are kept."""
    kinds = pd.Series({c: c.split("|")[0] for c in series.columns if c != _CALM})
    return pd.DataFrame({kind: series[list(group.index)].mean(axis=1) for kind, group in kinds.groupby(kinds)})


def _cluster(series: pd.DataFrame, count: int, hours: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Positions of ``count`` periods of the year, the cluster of each period of the year, and the clusters' sizes."""
    extremes: dict[str, list[str]] = {"max_value": [_PEAK]} if count > 1 else {}
    if count > 2:
        extremes["min_period"] = [_CALM]
    wanted = count - len(extremes)
    while True:
        centers, assigned = _aggregate(series, wanted, hours, extremes)
        starts, members = np.unique(centers, return_inverse=True)
        # An extreme day can be a medoid already; then there is room for one more cluster.
        if len(starts) >= count or wanted >= count:
            break
        wanted += count - len(starts)
    cluster = members[assigned]
    size = np.bincount(cluster, minlength=len(starts)).astype(float)
    # With one cluster more an extreme day may be no medoid, and two are too many: the lightest is left out.
    order = np.lexsort((starts, -size, ~np.isin(starts, _extremes(series, hours))))
    kept = np.sort(order[:count])
    position = np.full(len(starts), -1)
    position[kept] = np.arange(len(kept))
    return starts[kept].astype(np.int64), position[cluster], size[kept] * (size.sum() / size[kept].sum())


def _aggregate(
    series: pd.DataFrame, clusters: int, hours: int, extremes: dict[str, list[str]]
) -> tuple[IntArray, IntArray]:
    """Medoids of the clusters and the cluster of each period."""
    import tsam  # tsam and sklearn take a second to import; the exact calendar does not need them
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    stamped = series.set_axis(pd.date_range("2001-01-01", periods=len(series), freq="h"))
    varying = stamped.loc[:, (stamped.max() > stamped.min()) | stamped.columns.isin([_PEAK, _CALM])]
    # The matrices are small: threads of BLAS that wait for each other took seven times as long on a busy machine.
    with warnings.catch_warnings(), threadpool_limits(1):
        # A year with fewer different days than clusters is fine.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "Clustering produced")
        result = tsam.aggregate(
            varying,
            clusters,
            period_duration=hours,
            cluster=tsam.ClusterConfig(method=tsam.KMeans(n_init=10, random_state=0), representation="medoid"),
            extremes=tsam.ExtremeConfig(method="append", **extremes) if extremes else None,
            weights=_weights(list(varying.columns)),
            preserve_column_means=False,
            numerical_tolerance=1e-6,
        ).clustering
    return np.asarray(result.cluster_centers), np.asarray(result.cluster_assignments)


def _weights(columns: list[str]) -> dict[str, float]:
    """Each kind of series counts as much as another, however many regions it has."""
    kinds = pd.Series([column.split("|")[0] for column in columns])
    return dict(zip(columns, 1 / kinds.map(kinds.value_counts()), strict=True))


def _extremes(series: pd.DataFrame, hours: int) -> list[int]:
    """The period with the highest load and the calmest and darkest one."""
    whole = len(series) // hours
    by_period = series[[_PEAK, _CALM]].to_numpy()[: whole * hours].reshape(whole, hours, 2)
    return [int(by_period[:, :, 0].max(axis=1).argmax()), int(by_period[:, :, 1].mean(axis=1).argmin())]


def _sums(series: pd.DataFrame, hours: int) -> FloatArray:
    """Kinds of series x periods of the year: each period's share of the year's sum, and of its hours."""
    totals = _totals(series)
    totals["hours"] = 1.0
    year = totals.sum().to_numpy()
    whole = len(series) // hours
    values = totals.to_numpy()[: whole * hours].reshape(whole, hours, -1).sum(axis=1)
    return np.asarray((values / np.where(year == 0, 1.0, year)).T, dtype=np.float64)


def _exchange(sums: FloatArray, starts: IntArray, cluster: IntArray, weight: FloatArray, keep: list[int]) -> IntArray:
    """Other days of the same clusters, as long as one brings the weighted days nearer to the year's sums."""
    chosen = starts.copy()
    _, error = _fit(sums[:, chosen], weight)
    improved = True
    while improved and error > CLOSE_ENOUGH:
        improved = False
        for i in range(len(chosen)):
            if chosen[i] in keep:
                continue
            for other in np.flatnonzero(cluster == i):
                trial = chosen.copy()
                trial[i] = other
                _, new = _fit(sums[:, trial], weight)
                if new < 0.98 * error:
                    chosen, error, improved = trial, new, True
    return chosen


def _fit(shares: FloatArray, size: FloatArray) -> tuple[FloatArray, float]:
    """Weights near the cluster sizes that keep the year's sums (a quarter of each at least), and the error."""
    target = (np.abs(shares).sum(axis=1) > 0).astype(float)
    closeness = np.diag(1e-4 / np.sqrt(size))
    matrix = np.vstack([shares, closeness])
    wanted, least = np.concatenate([target, closeness @ size]), size / 4
    fitted = least + nnls(matrix, wanted - matrix @ least)[0]
    fitted *= size.sum() / fitted.sum()
    return fitted, float(np.linalg.norm(shares @ fitted - target))
