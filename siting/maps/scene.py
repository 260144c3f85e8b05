"""What is inside the frame of the map: regions, flows, sites and their labels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.transforms import Bbox

from siting.errors import shortened
from siting.maps import style
from siting.maps.canvas import Canvas, FloatArray
from siting.maps.fonts import covers
from siting.maps.geometry import great_circle
from siting.maps.labels import Label, Sign, place
from siting.maps.plan import Plan
from siting.maps.shapes import flow, pie, taper
from siting.maps.words import number
from siting.problem import Problem

_LABELS = 30
_LONGEST_NAME = 40
_CLOSE, _AROUND = 0.4, 0.25


@dataclass(frozen=True)
class Names:
    """The name in the language of the picture, unless the fonts cannot write it.

    Parameters
    ----------
    lang : str
        ``en`` or ``zh``.
    fonts : list of str
        Families.
    """

    lang: str
    fonts: list[str]

    def text(self, line: str) -> str:
        """A line as the fonts can write it: not all have the small 2 of CO₂."""
        return line if covers(self.fonts, line) else line.replace("₂", "2")

    def of(self, english: str, chinese: str, key: str) -> str:
        """The first of the names that can be written, in one line."""
        wanted = (chinese, english, key) if self.lang == "zh" else (english, key)
        return " ".join(next((name for name in wanted if name and covers(self.fonts, name)), key).split())


@dataclass(frozen=True)
class Scene:
    """The map and everything that its parts need.

    Parameters
    ----------
    ax : Axes
        Metres of the projection.
    canvas : Canvas
        Projection and extent.
    problem, plan, base, names
        What is drawn.
    factor : Series
        Emission factor of each region, t/MWh.
    norm : Normalize
        Emission factors to 0..1.
    """

    ax: Axes
    canvas: Canvas
    problem: Problem
    plan: Plan
    base: gpd.GeoDataFrame | None
    names: Names
    factor: pd.Series
    norm: Normalize

    def draw(self, agg: FigureCanvasAgg) -> None:
        """All of it; the labels last, measured by ``agg``."""
        self._areas()
        self.ax.set(xlim=self.canvas.extent[:2], ylim=self.canvas.extent[2:], aspect="auto", xlabel="", ylabel="")
        self._power()
        self._work()
        self._sites()
        self._labels(agg)

    def radius(self, capacity_mw: float) -> float:
        """Radius of a site, metres of the projection; its area follows the capacity."""
        share = capacity_mw / max(float(self.plan.sites["capacity_mw"].max()), 1e-9)
        return max(style.SITE_IN * math.sqrt(share), style.SITE_LEAST_IN) * self.canvas.metres_per_in

    def _areas(self) -> None:
        factor = self.factor
        if self.base is not None:
            areas = self.canvas.areas(self.base)
            known = areas["region"].isin(factor.index)
            if not known.all():
                areas[~known].plot(ax=self.ax, color=style.OUTSIDE, edgecolor=style.BORDER, linewidth=0.7, zorder=1)
            if known.any():
                colours = style.SHADE(self.norm(areas.loc[known, "region"].map(factor).to_numpy(dtype=float)))
                areas[known].plot(ax=self.ax, color=colours, edgecolor=style.BORDER, linewidth=0.7, zorder=1)
        for key, spot in self._squares().items():
            self.ax.plot(
                *spot,
                marker="s",
                markersize=style.SQUARE_PT,
                color=style.SHADE(self.norm(float(factor[key]))),
                markeredgecolor=style.QUIET,
                markeredgewidth=0.8,
                zorder=2,
            )

    def _power(self) -> None:
        places = _degrees(self.problem.regions)
        for start, end, gwh in self.plan.power.itertuples(index=False):
            width = style.POWER_IN * gwh / self.plan.power_most_gwh
            self._flow(places[start], places[end], width, style.POWER, (style.POWER_ALPHA, 3), -style.BOW / 2)

    def _work(self) -> None:
        users, sites = _degrees(self.problem.regions), _degrees(self.problem.sites)
        for region, site, tolerant, mw in self.plan.flows.itertuples(index=False):
            colour = style.TOLERANT if tolerant else style.LATENCY_BOUND
            width = style.FLOW_IN * mw / self.plan.flow_most_mw
            bow = style.BOW * (1.5 if tolerant else 1.0)
            self._flow(users[region], sites[site], width, colour, (style.FLOW_ALPHA, 4), bow)

    def _flow(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        width_in: float,
        colour: str,
        look: tuple[float, float],
        bow: float,
    ) -> None:
        if start == end:
            return
        line = self.canvas.project(great_circle(start, end))
        share = np.linspace(0, 1, 40)
        known = np.linspace(0, 1, len(line))
        fine = np.column_stack([np.interp(share, known, line[:, 0]), np.interp(share, known, line[:, 1])])
        width = max(width_in, style.THINNEST_IN) * self.canvas.metres_per_in
        flow(self.ax, taper(fine, width, bow), colour, *look)

    def _sites(self) -> None:
        points = self._points(self.problem.sites)
        tiers = self.problem.sites["tier"]
        sites = self.plan.sites.sort_values("capacity_mw", ascending=False)
        loads = sites[["capacity_mw", "bound_mw", "tolerant_mw"]].to_numpy(dtype=float).tolist()
        for site, (capacity, bound, tolerant) in zip(sites.index, loads, strict=True):
            if not self.plan.sites.at[site, "chosen"] or capacity <= 0:
                self.ax.plot(
                    *points[site], marker="x", markersize=4, color=style.OTHER_RIM, markeredgewidth=0.9, zorder=5
                )
                continue
            parts = [(bound / capacity, style.LATENCY_BOUND), (tolerant / capacity, style.TOLERANT)]
            rim = (style.INK, 1.8) if tiers[site] == "hub" else (style.OTHER_RIM, 0.8)
            pie(self.ax, points[site], self.radius(capacity), parts, rim, 6)

    def _labels(self, agg: FigureCanvasAgg) -> None:
        points = self._points(self.problem.sites)
        chosen = self.plan.sites[self.plan.sites["chosen"]].sort_values("capacity_mw", ascending=False)
        scale = self.ax.get_window_extent().width / self.canvas.width
        half = style.SQUARE_PT / 72 * scale * self.canvas.metres_per_in / 2
        signs: list[Sign] = [(*self._pixels(spot), half) for spot in self._squares().values()]
        taken: list[Bbox] = []
        labels = []
        named = self.problem.sites[["name_en", "name_zh"]].to_dict("index")
        for rank, (key, mw) in enumerate(chosen["capacity_mw"].items()):
            site, radius = str(key), self.radius(mw) * scale
            signs.append((*self._pixels(points[site]), radius))
            if rank < _LABELS:
                text = self.names.of(named[site]["name_en"], named[site]["name_zh"], site)
                size = 9.5 if rank < 10 else 8.5
                labels.append(Label(f"{text}\n{number(mw)} MW", *points[site], radius, size, lead=rank < 12))
        place(self.ax, agg, labels, signs, taken)
        place(self.ax, agg, self._region_labels(half), signs, taken)

    def _region_labels(self, half: float) -> list[Label]:
        """Names of the regions, the largest first: inside them, or beside their square (half its side, pixels)."""
        areas = {}
        if self.base is not None:
            known = self.base[self.base["region"].isin(self.problem.regions.index)]
            flat = self.canvas.areas(known)
            cut = flat.clip_by_rect(*self.canvas.bounds)
            areas = {key: shape for key, shape in zip(flat["region"], cut, strict=True) if not shape.is_empty}
        points = self._points(self.problem.regions)
        labels = []
        for key, named in self.problem.regions[["name_en", "name_zh"]].to_dict("index").items():
            region = str(key)
            text = shortened(self.names.of(named["name_en"], named["name_zh"], region), _LONGEST_NAME)
            if region in areas:
                spot = shapely.maximum_inscribed_circle(max(shapely.get_parts(areas[region]), key=lambda a: a.area))
                x, y = shapely.get_coordinates(spot)[0]
                labels.append((areas[region].area, Label(text, float(x), float(y), 0, 8, style.REGION)))
            else:
                labels.append((math.inf, Label(text, *points[region], half, 9, style.INK, "bold")))
        return [label for _, label in sorted(labels, key=lambda pair: -pair[0])]

    def _squares(self) -> dict[str, tuple[float, float]]:
        """Regions without a polygon, which are drawn as squares."""
        drawn = set() if self.base is None else set(self.base["region"])
        regions = self.problem.regions
        return self._points(regions[~regions.index.isin(drawn)])

    def _pixels(self, spot: tuple[float, float]) -> tuple[float, float]:
        x, y = self.ax.transData.transform(spot)
        return float(x), float(y)

    def _points(self, places: pd.DataFrame) -> dict[str, tuple[float, float]]:
        """Metres of the projection by key."""
        if places.empty:
            return {}
        flat = self.canvas.project(places[["longitude_deg", "latitude_deg"]].to_numpy(dtype=float))
        return {key: (float(x), float(y)) for key, (x, y) in zip(places.index, flat, strict=True)}


def shown(p: Problem, base: gpd.GeoDataFrame | None) -> FloatArray:
    """Longitudes and latitudes that must be inside the frame.

    The regions of the instance, whole; but where all its places lie close together in a small part of them, only the
    surroundings of the places, which could not be told apart otherwise.

    Parameters
    ----------
    p : Problem
        The instance.
    base : GeoDataFrame or None
        Polygons; those of other regions do not count.

    Returns
    -------
    ndarray of float, shape (n, 2)
    """
    names = ["longitude_deg", "latitude_deg"]
    places = np.vstack([p.regions[names].to_numpy(dtype=float), p.sites[names].to_numpy(dtype=float)])
    if base is None or np.ptp(places[:, 0]) > 180:
        return places
    corners = shapely.get_coordinates(base[base["region"].isin(p.regions.index)].geometry.to_numpy())
    if len(corners) and (np.ptp(places, axis=0) >= _CLOSE * np.ptp(corners, axis=0)).any():
        return np.vstack([places, corners])
    low, high = places.min(axis=0), places.max(axis=0)
    around = np.array([low - _AROUND * (high - low), high + _AROUND * (high - low)])
    return np.vstack([places, np.clip(around, [-np.inf, -85], [np.inf, 85])])


def _degrees(places: pd.DataFrame) -> dict[str, tuple[float, float]]:
    pairs = zip(places["longitude_deg"], places["latitude_deg"], strict=True)
    return dict(zip(places.index, pairs, strict=True))
