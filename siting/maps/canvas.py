"""From degrees to paper: projection, extent and page, computed from what is to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from shapely import union_all
from shapely.geometry import box

from siting.maps.geometry import turned_by

FloatArray = npt.NDArray[np.float64]

MAP_IN = 10.4
"""Width of the map on paper, inches."""
_MARGIN = 0.035
_NARROWEST, _WIDEST = 0.85, 1.55
_LEAST_M = 2e5
_SEAM = 1e-3
"""Half the width of what is cut out at the rim, degrees."""


@dataclass(frozen=True)
class Canvas:
    """A map projection and the part of it that is shown.

    Parameters
    ----------
    crs : CRS
        Equal-area projection, metres.
    middle : float
        Its central meridian, degrees.
    extent : tuple of float
        West, east, south, north in metres.
    """

    crs: CRS
    middle: float
    extent: tuple[float, float, float, float]

    @property
    def width(self) -> float:
        """Metres from west to east."""
        return self.extent[1] - self.extent[0]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        west, east, south, north = self.extent
        return west, south, east, north

    @property
    def height_in(self) -> float:
        """Height of the map on paper, inches."""
        return MAP_IN * (self.extent[3] - self.extent[2]) / self.width

    @property
    def metres_per_in(self) -> float:
        """Metres of the projection on an inch of paper."""
        return self.width / MAP_IN

    def project(self, degrees: FloatArray) -> FloatArray:
        """Longitudes and latitudes, shape (n, 2), as metres of the projection, shape (n, 2)."""
        return np.column_stack(self._to_metres.transform(degrees[:, 0], degrees[:, 1]))

    @cached_property
    def _to_metres(self) -> Transformer:
        return Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)

    def areas(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Polygons in the projection, in one piece across the antimeridian, cut at the rim opposite the middle."""
        rim = (self.middle + 360) % 360 - 180
        west, _, east, _ = frame.total_bounds
        shapes = frame.geometry
        if west <= -180 + _SEAM and east >= 180 - _SEAM and rim < 180 - _SEAM:
            shapes = shapes.map(lambda shape: union_all([turned_by(shape, turn, rim) for turn in (0, 1)]))
        for edge in (rim, rim + 360):
            shapes = shapes.difference(box(edge - _SEAM, -90, edge + _SEAM, 90))
        cut = frame.assign(geometry=shapes)
        return cut[~cut.geometry.is_empty].to_crs(self.crs)


def canvas_of(degrees: FloatArray) -> Canvas:
    """A canvas that shows all these points with a margin.

    Parameters
    ----------
    degrees : ndarray of float, shape (n, 2)
        Longitude and latitude of the corners of what is shown.

    Returns
    -------
    Canvas
        Albers equal-area with standard parallels a sixth of the range from its ends (Snyder, Map Projections: A
        Working Manual, USGS Professional Paper 1395, 1987, p. 99); Equal Earth where that would degenerate.
    """
    west, span = _longitudes(degrees[:, 0])
    south, north = float(degrees[:, 1].min()), float(degrees[:, 1].max())
    middle = (west + span / 2 + 180) % 360 - 180
    low, high = south + (north - south) / 6, north - (north - south) / 6
    if span > 150 or abs(low + high) < 10:
        crs = CRS.from_proj4(f"+proj=eqearth +lon_0={middle:.6f} +datum=WGS84 +units=m")
    else:
        crs = CRS.from_proj4(
            f"+proj=aea +lon_0={middle:.6f} +lat_0={(south + north) / 2:.6f} +lat_1={low:.6f} +lat_2={high:.6f} "
            "+datum=WGS84 +units=m"
        )
    flat = Canvas(crs, middle, (0, 1, 0, 1)).project(degrees)
    return Canvas(crs, middle, _page(flat))


def _longitudes(values: FloatArray) -> tuple[float, float]:
    """West end and width of the narrowest range that holds all longitudes: it leaves out their widest gap."""
    ordered = np.unique(np.mod(values, 360))
    gaps = np.diff([*ordered, ordered[0] + 360])
    widest = int(np.argmax(gaps))
    return float(ordered[(widest + 1) % len(ordered)]), float(360 - gaps[widest])


def _page(points: FloatArray) -> tuple[float, float, float, float]:
    """Extent of the points with a margin, neither narrow nor flat."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum(high - low, _LEAST_M) * (1 + 2 * _MARGIN)
    width = max(size[0], _NARROWEST * size[1])
    height = max(size[1], width / _WIDEST)
    x, y = (low + high) / 2
    return float(x - width / 2), float(x + width / 2), float(y - height / 2), float(y + height / 2)
