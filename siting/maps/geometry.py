"""Shapes as RFC 7946 wants them: great circles cut at the antimeridian, polygons by the right-hand rule."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod
from shapely.affinity import translate
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

DECIMALS = 6
"""Decimals of a coordinate: about 0.1 m, as RFC 7946 section 11.2 advises."""

GEOD = Geod(ellps="WGS84")
_STEP_KM = 100.0


def great_circle(start: tuple[float, float], end: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Points of the geodesic from start to end, about every 100 km, ends included.

    Parameters
    ----------
    start, end : tuple of float
        Longitude and latitude, degrees.

    Returns
    -------
    ndarray of float, shape (points, 2)
        Longitude and latitude, degrees; longitudes run on beyond 180 where the line crosses the antimeridian.
    """
    metres = GEOD.inv(*start, *end)[2]
    between = GEOD.npts(*start, *end, max(1, int(metres / 1000 / _STEP_KM)))
    line = np.array([start, *between, end], dtype=float)
    line[:, 0] = np.unwrap(line[:, 0], period=360)
    return line


def great_circle_line(start: tuple[float, float], end: tuple[float, float]) -> BaseGeometry:
    """The geodesic as a LineString, cut into a MultiLineString at the antimeridian (RFC 7946 section 3.1.9).

    Where both ends are the same place there is no line: the result is that Point.
    """
    line = great_circle(start, end)
    pieces = [np.round(piece, DECIMALS) for piece in _cut(line)]
    pieces = [piece for piece in pieces if np.ptp(piece, axis=0).any()]
    if not pieces:
        return point(*start)
    return LineString(pieces[0]) if len(pieces) == 1 else MultiLineString(pieces)


def _cut(line: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Pieces of a line of continuous longitudes, each brought back into -180 to 180."""
    pieces, current = [], [line[0]]
    for a, b in pairwise(line):
        if _sheet(a[0]) != _sheet(b[0]):
            edge = 360.0 * max(_sheet(a[0]), _sheet(b[0])) - 180.0
            latitude = a[1] + (b[1] - a[1]) * (edge - a[0]) / (b[0] - a[0])
            crossing = np.array([edge, latitude])
            pieces.append(np.array([*current, crossing]))
            current = [crossing]
        current.append(b)
    pieces.append(np.array(current))
    return [piece - [360.0 * _sheet(float(piece[:, 0].mean())), 0.0] for piece in pieces]


def _sheet(longitude: float) -> int:
    return int(np.floor((longitude + 180.0) / 360.0))


def point(longitude: float, latitude: float) -> Point:
    """A point with rounded coordinates."""
    return Point(round(float(longitude), DECIMALS), round(float(latitude), DECIMALS))


def area(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape, valid, rounded, within ±180° and counter-clockwise (RFC 7946 section 3.1.6).

    Parameters
    ----------
    shape : shapely geometry
        Longitudes from -540 to 540, so that a country beyond the antimeridian may be in one piece.

    Returns
    -------
    shapely geometry
        Polygon or MultiPolygon; empty where the shape holds no area.
    """
    valid = shape if shape.is_valid else shapely.make_valid(shape)
    if valid.bounds and (valid.bounds[0] < -180 or valid.bounds[2] > 180):
        valid = shapely.union_all([turned_by(valid, turn) for turn in (-1, 0, 1)])
    rounded = shapely.set_precision(valid, 10.0**-DECIMALS)
    flat = [part for part in _parts(rounded) if isinstance(part, Polygon) and not part.is_empty]
    turned = shapely.orient_polygons(np.array(flat, dtype=object)).tolist() if flat else []
    return turned[0] if len(turned) == 1 else MultiPolygon(turned)


def turned_by(shape: BaseGeometry, turns: int, west: float = -180.0) -> BaseGeometry:
    """What of a shape lies from ``west`` to ``west + 360`` after so many turns around the Earth, brought there."""
    start = west - 360 * turns
    return translate(shape.intersection(box(start, -90, start + 360, 90)), xoff=360 * turns)


def _parts(shape: BaseGeometry) -> list[BaseGeometry]:
    inner = getattr(shape, "geoms", None)
    return [shape] if inner is None else [leaf for part in inner for leaf in _parts(part)]
