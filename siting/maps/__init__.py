"""Maps of a plan: GeoJSON layers, replaceable base maps and a static picture, from saved tables alone."""

from siting.maps.base import bundled_base, load_base
from siting.maps.dispatch import draw_dispatch
from siting.maps.fonts import FontWarning
from siting.maps.geojson import write_layers
from siting.maps.layers import layers, site_points
from siting.maps.picture import draw
from siting.maps.properties import PROPERTIES, columns

__all__ = [
    "PROPERTIES", "FontWarning", "bundled_base", "columns", "draw", "draw_dispatch", "layers", "load_base",
    "site_points", "write_layers",
]  # fmt: skip
