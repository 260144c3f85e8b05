"""Labels that neither cover one another nor the signs: the most important first, each where it still fits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox

_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (0.75, 0.75), (0.75, -0.75), (-0.75, 0.75), (-0.75, -0.75))
_FAR_PX = (0.0, 28.0, 60.0, 95.0)
_GAP_PX = 3


@dataclass(frozen=True)
class Label:
    """A text beside a sign.

    Parameters
    ----------
    text : str
        May have several lines.
    x, y : float
        Middle of the sign, data units.
    radius : float
        Of the sign, pixels; 0 for a text that may lie on the place itself.
    size : float
        Points.
    colour, weight : str
        Of the text.
    lead : bool
        Whether it may be further away, with a line to its sign.
    """

    text: str
    x: float
    y: float
    radius: float
    size: float
    colour: str = "#1f2328"
    weight: str = "normal"
    lead: bool = False


Sign = tuple[float, float, float]
"""A round sign: its middle and radius, pixels."""


def place(
    ax: Axes, canvas: FigureCanvasAgg, labels: Sequence[Label], signs: Sequence[Sign], taken: list[Bbox]
) -> list[str]:
    """Draw the labels, in order, where they fit; leave out those that do not.

    Parameters
    ----------
    ax : Axes
        The map; its limits must be final.
    canvas : FigureCanvasAgg
        Measures the texts.
    labels : sequence of Label
        The most important first.
    signs : sequence of Sign
        Circles that stay free.
    taken : list of Bbox
        Boxes in pixels that stay free; those of the labels placed are appended.

    Returns
    -------
    list of str
        The texts that were drawn.
    """
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    frame = ax.get_window_extent(renderer)
    drawn = []
    for label in labels:
        text = ax.text(
            label.x,
            label.y,
            label.text,
            fontsize=label.size,
            color=label.colour,
            fontweight=label.weight,
            ha="center",
            va="center",
            linespacing=1.1,
            zorder=9,
            clip_on=True,
            path_effects=[withStroke(linewidth=2.2, foreground="white", alpha=0.85)],
        )
        size = text.get_window_extent(renderer)
        x, y = ax.transData.transform((label.x, label.y))
        for far, right, up in _spots(label):
            reach = label.radius + 3 + far
            dx = right * reach + math.copysign(size.width / 2, right) * (right != 0)
            dy = up * reach + math.copysign(size.height / 2, up) * (up != 0)
            spot = Bbox.from_bounds(x + dx - size.width / 2, y + dy - size.height / 2, size.width, size.height)
            free = not any(_overlap(spot, other) for other in taken) and not any(_covers(spot, sign) for sign in signs)
            end = (x + right * reach, y + up * reach)
            if free and _inside(spot, frame) and not (far and _crosses((x, y), end, label.radius, signs)):
                text.set_position(tuple(ax.transData.inverted().transform((x + dx, y + dy))))
                if far:
                    _lead(ax, (x, y), end)
                taken.append(spot)
                drawn.append(label.text)
                break
        else:
            text.remove()
    return drawn


def _spots(label: Label) -> list[tuple[float, float, float]]:
    """Where a label may be, the best first: pixels beyond its usual distance, and its direction."""
    if not label.radius:
        return [(0.0, 0.0, 0.0)]
    return [(far, right, up) for far in (_FAR_PX if label.lead else _FAR_PX[:1]) for right, up in _SIDES]


def _lead(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A hair line from a sign to its label, ends in pixels."""
    (x0, y0), (x1, y1) = ax.transData.inverted().transform([start, end])
    ax.plot([x0, x1], [y0, y1], color="#1f2328", linewidth=0.6, zorder=8)


def _crosses(start: tuple[float, float], end: tuple[float, float], radius: float, signs: Sequence[Sign]) -> bool:
    """Whether a line from a sign passes over another that does not touch the first: it would seem to belong to it."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    for x, y, other in signs:
        apart = math.hypot(x - start[0], y - start[1])
        along = min(max(((x - start[0]) * dx + (y - start[1]) * dy) / max(dx * dx + dy * dy, 1e-12), 0.0), 1.0)
        nearest = math.hypot(start[0] + along * dx - x, start[1] + along * dy - y)
        if apart > radius + other and nearest < other + _GAP_PX:
            return True
    return False


def _inside(spot: Bbox, frame: Bbox) -> bool:
    return bool(spot.x0 >= frame.x0 and spot.x1 <= frame.x1 and spot.y0 >= frame.y0 and spot.y1 <= frame.y1)


def _overlap(a: Bbox, b: Bbox) -> bool:
    return bool(a.x0 < b.x1 + _GAP_PX and b.x0 < a.x1 + _GAP_PX and a.y0 < b.y1 + _GAP_PX and b.y0 < a.y1 + _GAP_PX)


def _covers(spot: Bbox, sign: Sign) -> bool:
    x, y, radius = sign
    return math.hypot(max(spot.x0 - x, 0, x - spot.x1), max(spot.y0 - y, 0, y - spot.y1)) < radius
