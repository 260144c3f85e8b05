"""The signs of the picture: tapered curves for flows, small pies for sites."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon, Wedge

FloatArray = npt.NDArray[np.float64]


def taper(line: FloatArray, width: float, bow: float = 0.0, tail: float = 0.25) -> FloatArray:
    """Outline of a flow: thin where it starts, wide where it ends.

    Parameters
    ----------
    line : ndarray of float, shape (n, 2)
        Points on the way.
    width : float
        Width at the end, in the unit of the points.
    bow : float
        Sideways deviation in the middle as a share of the length, so that a flow and its reverse part.
    tail : float
        Width at the start as a share of the width at the end.

    Returns
    -------
    ndarray of float, shape (2 n, 2)
        Corners of the outline.
    """
    chord = line[-1] - line[0]
    share = np.linspace(0, 1, len(line))
    normal = np.array([-chord[1], chord[0]])
    curve = line + (4 * bow * share * (1 - share))[:, None] * normal
    step = np.gradient(curve, axis=0)
    side = np.column_stack([-step[:, 1], step[:, 0]])
    side /= np.maximum(np.linalg.norm(side, axis=1), 1e-12)[:, None]
    half = (width / 2 * (tail + (1 - tail) * share))[:, None] * side
    return np.vstack([curve + half, (curve - half)[::-1]])


def flow(ax: Axes, outline: FloatArray, colour: str, alpha: float, zorder: float) -> None:
    """Fill an outline."""
    ax.add_patch(Polygon(outline, closed=True, facecolor=colour, edgecolor="none", alpha=alpha, zorder=zorder))


def pie(
    ax: Axes,
    centre: tuple[float, float],
    radius: float,
    parts: Sequence[tuple[float, str]],
    rim: tuple[str, float],
    zorder: float,
) -> None:
    """A circle with parts by share, clockwise from the top.

    Parameters
    ----------
    ax : Axes
        Where it is drawn.
    centre, radius : tuple of float, float
        In data units.
    parts : sequence of (share, colour)
        Shares sum to at most one; the rest stays white.
    rim : tuple of str and float
        Colour and line width (points) of the edge.
    zorder : float
        Drawing order.
    """
    ax.add_patch(Circle(centre, radius, facecolor="white", edgecolor="none", zorder=zorder))
    angle = 90.0
    for share, colour in parts:
        turn = 360 * min(max(share, 0.0), 1.0)
        if turn > 0:
            ax.add_patch(
                Wedge(centre, radius, angle - turn, angle, facecolor=colour, edgecolor="none", zorder=zorder + 0.01)
            )
        angle -= turn
    ax.add_patch(Circle(centre, radius, fill=False, edgecolor=rim[0], linewidth=rim[1], zorder=zorder + 0.02))
