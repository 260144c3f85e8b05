"""Base maps: the bundled ones, or a GeoJSON file of the user's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from siting.errors import Sentence, UsageError
from siting.files.bundled import maps_folder
from siting.files.reading import MAP_MOST, UnsafeError, parse_json, read_bytes
from siting.maps.geometry import area

KEYS = ("region", "iso", "id")
"""Properties that may hold the key of the region, in order of preference."""


_CRS = re.compile(r"(urn:ogc:def:crs:)?(EPSG|OGC|ESRI):[\w.]*:?\w+", re.IGNORECASE)


def load_base(name_or_path: str | Path, regions: Iterable[str] | None = None) -> gpd.GeoDataFrame:
    """A base map: polygons in WGS84 with the key of their region.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a bundled base map, or a GeoJSON file. A coordinate system other than WGS84 is converted.
    regions : iterable of str, optional
        Keys of the instance. With them, a file of the user's own must hold at least one; a bundled map need not,
        and then serves as background.

    Returns
    -------
    GeoDataFrame
        Columns region, name_en, name_zh and geometry (valid, right-hand rule), one row per region.

    Raises
    ------
    UsageError
        If there is no such map, or it is not GeoJSON, or has no polygons, no key of regions or none that matches.
    """
    bundled = bundled_base(name_or_path)
    path = bundled or Path(name_or_path)
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in maps_folder().glob("*.geojson"))) or "none"
        raise UsageError(
            Sentence(
                "Base map {name!r}: no such file, nor a bundled map ({known}). Give the path of "
                "a GeoJSON file (--base my.geojson).",
                name=str(name_or_path),
                known=known,
            )
        )
    _check_geojson(path)
    frame = _in_degrees(gpd.read_file(path), path)
    base = _keyed(frame, path)
    if bundled is None and regions is not None:
        _check_match(base, list(regions), path)
    return base


def bundled_base(name: str | Path) -> Path | None:
    """The file of a bundled base map, by its name with or without its ending; None if there is none."""
    return next((file for file in maps_folder().glob("*.geojson") if str(Path(name)) in (file.stem, file.name)), None)


def _check_geojson(path: Path) -> None:
    """Refuse what is not GeoJSON before GDAL guesses at it."""
    try:
        document = parse_json(read_bytes(path, MAP_MOST).decode("utf-8-sig"))
    except UnsafeError as error:
        raise UsageError(Sentence("Base map {path}: it is not read: {error}.", path=path, error=error)) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            Sentence("Base map {path}: not UTF-8 text, so not GeoJSON. Export it as GeoJSON in UTF-8.", path=path)
        ) from error
    except json.JSONDecodeError as error:
        raise UsageError(
            Sentence(
                "Base map {path}: not GeoJSON (line {line}: {what}). Export it as GeoJSON, for example "
                "with QGIS or ogr2ogr.",
                path=path,
                line=error.lineno,
                what=error.msg,
            )
        ) from error
    except ValueError as error:
        raise UsageError(
            Sentence("Base map {path}: not GeoJSON ({error}). Export it as GeoJSON.", path=path, error=error)
        ) from error
    kind = document.get("type") if isinstance(document, dict) else None
    if kind != "FeatureCollection":
        raise UsageError(
            Sentence(
                "Base map {path}: a GeoJSON FeatureCollection is needed, this is {name!r}.",
                path=path,
                name=kind or type(document).__name__,
            )
        )
    features = document.get("features")
    if not isinstance(features, list) or not all(isinstance(f, dict) and f.get("type") == "Feature" for f in features):
        raise UsageError(Sentence("Base map {path}: 'features' must be a list of GeoJSON Features.", path=path))
    if not _is_known_crs(document.get("crs")):
        # GDAL would open the file or the address that it names.
        raise UsageError(
            Sentence(
                "Base map {path}: its 'crs' must have the name of a coordinate system, as in EPSG:4326.", path=path
            )
        )
    if not any(str((f.get("geometry") or {}).get("type")).endswith("Polygon") for f in features):
        raise UsageError(
            Sentence("Base map {path}: it has no polygons; the areas of the regions are needed.", path=path)
        )


def _is_known_crs(crs: Any) -> bool:
    """Whether the old member ``crs`` names a system by its number, and neither a file nor an address."""
    if crs is None:
        return True
    properties = crs.get("properties") if isinstance(crs, dict) and crs.get("type") == "name" else None
    name = properties.get("name") if isinstance(properties, dict) else None
    return isinstance(name, str) and bool(_CRS.fullmatch(name))


def _in_degrees(frame: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """The frame in WGS84 degrees, without features that have no geometry."""
    kept = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    degrees = kept.to_crs("EPSG:4326") if kept.crs is not None else kept.set_crs("EPSG:4326")
    west, south, east, north = degrees.total_bounds
    if west < -360 or east > 360 or south < -90 or north > 90:
        raise UsageError(
            Sentence(
                "Base map {path}: coordinates reach from ({west:.0f}, {south:.0f}) to ({east:.0f}, "
                "{north:.0f}), which are not degrees. Export it in WGS84 (EPSG:4326), or with its "
                "coordinate system in the 'crs' member.",
                path=path,
                west=west,
                south=south,
                east=east,
                north=north,
            )
        )
    return degrees


def _keyed(frame: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Columns region, names and clean polygons; features of one region are merged."""
    key = next((name for name in KEYS if name in frame.columns and frame[name].notna().any()), None)
    if key is None:
        found = ", ".join(str(name) for name in frame.columns if name != "geometry") or "none"
        raise UsageError(
            Sentence(
                "Base map {path}: its features have no property 'region' (nor 'iso' or 'id') with the "
                "key of the region. Properties found: {found}. Rename the right one to 'region'.",
                path=path,
                found=found,
            )
        )
    rows = frame[frame[key].notna()]
    # Whole numbers of which one is missing arrive as decimals.
    whole = pd.api.types.is_float_dtype(rows[key]) and (rows[key] % 1 == 0).all()
    keys = (rows[key].astype("int64") if whole else rows[key]).astype(str)
    tidy = gpd.GeoDataFrame(
        {
            "region": keys,
            "name_en": rows.get("name_en", keys),
            "name_zh": rows.get("name_zh", keys),
        },
        geometry=rows.geometry.map(area),
        crs="EPSG:4326",
    )
    tidy = tidy[~tidy.geometry.is_empty]
    merged = tidy.dissolve(by="region", sort=False).reset_index() if tidy["region"].duplicated().any() else tidy
    merged["geometry"] = merged.geometry.map(area)
    return merged[["region", "name_en", "name_zh", "geometry"]].reset_index(drop=True)


def _check_match(base: gpd.GeoDataFrame, regions: list[str], path: Path) -> None:
    if set(base["region"]).isdisjoint(regions):
        raise UsageError(
            Sentence(
                "Base map {path}: none of its regions ({region}) is a region of the instance "
                "({regions}). Its property 'region' must hold the keys of regions.csv.",
                path=path,
                region=_some(base["region"]),
                regions=_some(regions),
            )
        )


def _some(names: Iterable[str]) -> str:
    shown = list(names)
    return ", ".join(shown[:5]) + (", ..." if len(shown) > 5 else "")
