"""Writing layers as GeoJSON files by RFC 7946."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely.geometry import mapping

from siting.files.atomic import write_file
from siting.maps.geometry import DECIMALS


def write_layers(layers: Mapping[str, gpd.GeoDataFrame], folder: str | Path) -> list[Path]:
    """Write each layer as ``<layer>.geojson``; a file is replaced in one step, never half-written.

    Parameters
    ----------
    layers : mapping of str to GeoDataFrame
        As :func:`layers` gives them.
    folder : str or Path
        Made if it does not exist.

    Returns
    -------
    list of Path
        The files written.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, frame in layers.items():
        path = target / f"{name}.geojson"
        text = json.dumps(_collection(frame), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        write_file(path, f"{text}\n".encode())
        written.append(path)
    return written


def _collection(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """A FeatureCollection without a crs member, which RFC 7946 section 4 forbids."""
    names = [name for name in frame.columns if name != frame.geometry.name]
    rows = zip(*(frame[name].tolist() for name in names), strict=True)
    features = [
        {
            "type": "Feature",
            "properties": {name: _plain(value) for name, value in zip(names, row, strict=True)},
            "geometry": _rounded(mapping(shape)),
        }
        for row, shape in zip(rows, frame.geometry, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _plain(value: Any) -> Any:
    """A value that JSON knows; what is missing is null."""
    return None if value is None or (isinstance(value, float) and not math.isfinite(value)) else value


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(inner) for inner in value]
    return round(value, DECIMALS) if isinstance(value, float) else value
