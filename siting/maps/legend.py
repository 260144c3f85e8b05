"""The legend: drawn with the same signs and scales as the map."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle

from siting.maps import style
from siting.maps.plan import Plan
from siting.maps.scene import Names
from siting.maps.shapes import flow, pie, taper
from siting.maps.words import WORDS, number

_HEAD, _ROW, _GAP = 0.27, 0.25, 0.20
_TEXT_X = 0.82


class Legend:
    """Writes down a column, from the top; the axes are in inches.

    Parameters
    ----------
    ax : Axes
        Its limits are set to its size.
    width, height : float
        Inches.
    names : Names
        Language and fonts.
    """

    def __init__(self, ax: Axes, width: float, height: float, names: Names) -> None:
        self.ax, self.width, self.y = ax, width, height - 0.1
        self.words = {key: names.text(word) for key, word in WORDS[names.lang].items()}
        ax.set(xlim=(0, width), ylim=(0, height))
        ax.set_axis_off()

    def draw(self, plan: Plan, tiers: set[str], norm: Normalize, outside: bool) -> None:
        """All its parts that the map has.

        Parameters
        ----------
        plan : Plan
            What is drawn.
        tiers : set of str
            Tiers of the sites.
        norm : Normalize
            Range of the emission factors, t/MWh.
        outside : bool
            Whether there are areas outside the instance.
        """
        largest = float(plan.sites["capacity_mw"].max())
        if largest > 0:
            self._sites(plan, largest, tiers)
        if len(plan.flows):
            most = plan.flow_most_mw
            kinds = [
                (colour, self.words[name])
                for tolerant, colour, name in (
                    (False, style.LATENCY_BOUND, "latency_bound"),
                    (True, style.TOLERANT, "tolerant"),
                )
                if (plan.flows["tolerant"] == tolerant).any()
            ]
            large, small = round_sizes(most)[:2]
            rows = [(text, style.FLOW_IN * large / most, colour) for colour, text in kinds]
            rows += [(f"{number(size)} MW", style.FLOW_IN * size / most, style.QUIET) for size in (large, small)]
            self._flows("flows", rows, style.FLOW_ALPHA)
        if len(plan.power):
            most = plan.power_most_gwh
            sizes = round_sizes(most)[:2]
            rows = [(f"{number(size)} GWh", style.POWER_IN * size / most, style.POWER) for size in sizes]
            self._flows("power", rows, style.POWER_ALPHA)
        self._shade(float(norm.vmin or 0.0), float(norm.vmax or 1.0), outside)

    def _sites(self, plan: Plan, largest: float, tiers: set[str]) -> None:
        """Pies: what their parts and rims mean, and how large they are."""
        self._head(self.words["sites"])
        for name, colour in (("latency_bound", style.LATENCY_BOUND), ("tolerant", style.TOLERANT), ("unused", "white")):
            self._row()
            pie(self.ax, (0.4, self.y), 0.075, [(1.0, colour)], (style.OTHER_RIM, 0.8), 3)
            self._text(self.words[name])
        self._row()
        if "hub" in tiers:
            pie(self.ax, (0.4, self.y), 0.085, [], (style.INK, 1.8), 3)
            self._text(self.words["hub"])
            self._row()
        pie(self.ax, (0.4, self.y), 0.085, [], (style.OTHER_RIM, 0.8), 3)
        self._text(self.words["other"])
        if not plan.sites["chosen"].all():
            self._row()
            self.ax.plot([0.4], [self.y], marker="x", markersize=4, color=style.OTHER_RIM, markeredgewidth=0.9)
            self._text(self.words["unchosen"])
        self._sizes(largest)

    def _sizes(self, largest: float) -> None:
        """Circles of round capacities, one inside the other."""
        sizes = round_sizes(largest)
        radii = [max(style.SITE_IN * math.sqrt(size / largest), style.SITE_LEAST_IN) for size in sizes]
        bottom = self.y - _ROW / 2 - 2 * radii[0] - 0.1
        for place, (size, radius) in enumerate(zip(sizes, radii, strict=True)):
            pie(self.ax, (0.4, bottom + radius), radius, [], (style.QUIET, 0.8), 3)
            y = bottom + 2 * radii[0] - 0.02 - 0.19 * place
            self.ax.plot([0.4, _TEXT_X - 0.06], [bottom + 2 * radius, y], color=style.QUIET, linewidth=0.5)
            self.ax.text(_TEXT_X, y, f"{number(size)} MW", va="center", fontsize=8.5, color=style.INK)
        self.y = min(bottom, bottom + 2 * radii[0] - 0.19 * len(sizes)) - _GAP + 0.05

    def _flows(self, name: str, rows: list[tuple[str, float, str]], alpha: float) -> None:
        """Tapered flows: text, width in inches and colour of each."""
        self._head(self.words[name])
        self.ax.text(0.12, self.y - 0.12, self.words[f"{name}_note"], va="center", fontsize=8, color=style.QUIET)
        self.y -= 0.14
        for text, width, colour in rows:
            self._row()
            line = np.column_stack([np.linspace(0.12, _TEXT_X - 0.1, 20), np.full(20, self.y)])
            flow(self.ax, taper(line, width), colour, alpha, 3)
            self._text(text)
        self.y -= _GAP

    def _shade(self, low: float, high: float, outside: bool) -> None:
        """Colour bar of the regions."""
        self._head(self.words["shade"])
        self._row()
        steps = np.linspace(0, 1, 60)
        left, wide = 0.12, self.width - 0.5
        for share in steps:
            self.ax.add_patch(
                Rectangle((left + share * wide * 59 / 60, self.y), wide / 60 * 1.02, 0.14, color=style.SHADE(share))
            )
        for value, x, side in ((low, left, "left"), (high, left + wide, "right")):
            self.ax.text(x, self.y - 0.1, f"{value:.2f}", ha=side, va="center", fontsize=8.5, color=style.INK)
        self.y -= 0.12
        if outside:
            self._row()
            self.ax.add_patch(Rectangle((left, self.y - 0.07), 0.4, 0.14, facecolor=style.OUTSIDE, edgecolor="#c8ccd2"))
            self._text(self.words["outside"])

    def _head(self, text: str) -> None:
        self.y -= _HEAD / 2
        self.ax.text(0.12, self.y, text, va="center", fontsize=10, fontweight="bold", color=style.INK)
        self.y -= _HEAD / 2 - 0.06

    def _row(self) -> None:
        self.y -= _ROW

    def _text(self, text: str) -> None:
        self.ax.text(_TEXT_X, self.y, text, va="center", fontsize=8.5, color=style.INK)


def round_sizes(largest: float) -> list[float]:
    """Up to three round numbers below the largest: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(largest))
    top = max(step * power for step in (1, 2, 5) if step * power <= largest * (1 + 1e-9))
    return [top, top / 4, top / 20] if top / power != 5 else [top, top / 5, top / 25]
