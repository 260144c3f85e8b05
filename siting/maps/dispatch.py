"""The hours of a site: what it draws above, where the power of its region comes from below."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from siting.errors import Sentence, UsageError
from siting.maps import style
from siting.maps.sums import Tables, table
from siting.problem import Problem
from siting.problem.problem import day

FloatArray = npt.NDArray[np.float64]

_COLOURS = {"grid": "#9aa0a8", "wind": "#4393c3", "solar": "#fdae61", "storage": "#d6604d", "corridors": "#8073ac"}
_OTHERS = ("#5aae61", "#c2a5cf", "#bf812d", "#35978f", "#f1b6da")
_LEAST_MW = 1e-6
_MOST_PERIODS = 14
"""Periods that are drawn where none are named: more cannot be told apart."""


class Drawing(Figure):
    """A figure that a notebook shows, whichever backend of matplotlib is on."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png", facecolor="white")
        return content.getvalue()


def draw_dispatch(problem: Problem, tables: Tables, site: str, periods: Sequence[int] | None = None) -> Drawing:
    """Draw the hours of a site, and of the region whose grid supplies it.

    Parameters
    ----------
    problem : Problem
        As solved, with its calendar.
    tables : mapping of str to DataFrame
        The tables of the plan.
    site : str
        Key of the site.
    periods : sequence of int, optional
        Which periods, side by side; by default the first 14 at most.

    Returns
    -------
    Drawing
        A matplotlib figure: above IT load by type of equipment and the power drawn, cooling included; below
        grid, generation, storage and corridors of the region (what leaves is negative), and the price of grid power.

    Raises
    ------
    UsageError
        If there is no such site, or no such period.
    """
    if site not in problem.sites.index:
        known = ", ".join(map(str, problem.sites.index))
        raise UsageError(Sentence("There is no site {site!r}; there are {known}.", site=site, known=known))
    shown = list(range(problem.calendar.periods))[:_MOST_PERIODS] if periods is None else list(periods)
    wrong = [d for d in shown if not 0 <= d < problem.calendar.periods]
    if wrong:
        count = problem.calendar.periods
        raise UsageError(Sentence("The plan has no period {period}, but {count} from 0.", period=wrong[0], count=count))
    region = str(problem.sites.at[site, "region"])
    figure = Drawing(figsize=(9.0, 5.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True)
    _site(above, problem, tables, site, shown)
    _region(below, problem, tables, region, shown)
    _price(below, problem, region, shown)
    _calendar(below, problem, shown, above)
    above.set_title(f"{site}: IT load and power, MW", loc="left", fontsize=10)
    below.set_title(f"{region}: where power comes from, and price of the grid", loc="left", fontsize=10)
    return figure


def _hours(p: Problem, rows: pd.DataFrame, value: str, periods: Sequence[int]) -> FloatArray:
    """The values of the periods one after the other; zero where there is no row."""
    total = rows[value].astype(float).groupby([rows["period"].astype(int), rows["hour"].astype(int)]).sum()
    every = pd.MultiIndex.from_product([list(periods), range(p.calendar.hours)])
    return np.asarray(total.reindex(every).fillna(0.0), dtype=np.float64)


def _site(ax: Axes, p: Problem, tables: Tables, site: str, periods: Sequence[int]) -> None:
    loads = table(tables, "site_compute_hour", "period", "site", "compute", "hour", "it_load_total")
    own = loads[loads["site"] == site]
    kinds = own.groupby("compute", sort=False)
    _stack(ax, {str(kind): _hours(p, rows, "it_load_total", periods) for kind, rows in kinds})
    power = table(tables, "site_hour", "period", "site", "hour", "power_mw")
    mw = _hours(p, power[power["site"] == site], "power_mw", periods)
    _steps(ax, mw, color=style.INK, lw=1.4, label="power, cooling included")
    ax.set_ylim(bottom=0.0)
    ax.legend(loc="upper left", bbox_to_anchor=(1.08, 1.0), fontsize=8, frameon=False)


def _region(ax: Axes, p: Problem, tables: Tables, region: str, periods: Sequence[int]) -> None:
    _stack(ax, dict(sources_mw(p, tables, region, periods)))
    ax.axhline(0.0, color=style.QUIET, lw=0.6)
    ax.legend(loc="upper left", bbox_to_anchor=(1.08, 1.0), fontsize=8, frameon=False)


def sources_mw(p: Problem, tables: Tables, region: str, periods: Sequence[int]) -> Iterator[tuple[str, FloatArray]]:
    """What gives power to a region in each hour of some periods, one after the other; what takes it is negative.

    Parameters
    ----------
    p : Problem
        As solved, with its calendar.
    tables : mapping of str to DataFrame
        The tables of the plan.
    region : str
        Key of the region.
    periods : sequence of int
        Which periods.

    Yields
    ------
    tuple of str and ndarray
        Grid, each technology, storage, corridors; together what the sites of the region draw.
    """

    def here(name: str, *columns: str) -> pd.DataFrame:
        rows = table(tables, name, "period", "region", "hour", *columns)
        return rows[rows["region"] == region]

    yield "grid", _hours(p, here("region_hour", "grid_mw"), "grid_mw", periods)
    for technology, rows in here("supply_hour", "technology", "generation_mw").groupby("technology", sort=False):
        yield str(technology), _hours(p, rows, "generation_mw", periods)
    stored = here("storage_hour", "charge_mw", "discharge_mw")
    yield "storage", _hours(p, stored, "discharge_mw", periods) - _hours(p, stored, "charge_mw", periods)
    flows = table(tables, "corridor_hour", "period", "corridor", "hour", "forward_mw", "backward_mw")
    net: FloatArray = np.zeros(len(periods) * p.calendar.hours)
    for leaves, arrives, value in (
        ("from_region", "to_region", "forward_mw"),
        ("to_region", "from_region", "backward_mw"),
    ):
        for line in p.corridors.index[p.corridors[leaves] == region]:
            net -= _hours(p, flows[flows["corridor"] == line], value, periods)
        for line in p.corridors.index[p.corridors[arrives] == region]:
            kept = 1.0 - p.corridors["loss_share"].astype(float)[line]
            net += kept * _hours(p, flows[flows["corridor"] == line], value, periods)
    yield "corridors", net


def _stack(ax: Axes, parts: dict[str, FloatArray]) -> None:
    """Areas on one another, what is negative below zero; what is nothing in all hours is left out."""
    some = {name: mw for name, mw in parts.items() if np.abs(mw).max() > _LEAST_MW}
    for sign in (1.0, -1.0):
        base = 0.0 * next(iter(parts.values()), np.zeros(1))
        for i, (name, mw) in enumerate(some.items()):
            top = base + sign * np.maximum(sign * mw, 0.0)
            low, high = (np.append(each, each[-1]) for each in (base, top))
            colour = _COLOURS.get(name, _OTHERS[i % len(_OTHERS)])
            label = name if sign > 0 else None
            ax.fill_between(np.arange(len(mw) + 1), low, high, step="post", color=colour, lw=0, label=label)
            base = top


def _steps(ax: Axes, values: FloatArray, **how: Any) -> None:
    """A line that is level within each hour, the last one included."""
    ax.step(np.arange(len(values) + 1), np.append(values, values[-1]), where="post", **how)


def _price(ax: Axes, p: Problem, region: str, periods: Sequence[int]) -> None:
    if p.settings.system.dispatch:
        return  # The tariff does not count then.
    hours = p.calendar.hour[list(periods)].ravel()
    price = p.hourly["price_per_mwh"][region].to_numpy(dtype=float)[hours]
    beside = ax.twinx()
    _steps(beside, price, color=style.INK, lw=0.9, ls=":")
    beside.set_ylabel(f"{p.settings.instance.currency}/MWh (dotted)", fontsize=8)
    beside.set_ylim(bottom=min(0.0, float(price.min())))


def _calendar(ax: Axes, p: Problem, periods: Sequence[int], above: Axes) -> None:
    length = p.calendar.hours
    for i in range(1, len(periods)):
        for each in (ax, above):
            each.axvline(i * length, color=style.QUIET, lw=0.6)
    ax.set_xlim(0, length * len(periods))
    ax.set_xticks([i * length for i in range(len(periods))])
    first = p.calendar.hour[:, 0]
    ax.set_xticklabels([day(p, first[d]).isoformat()[5:] for d in periods], ha="left", fontsize=8)
