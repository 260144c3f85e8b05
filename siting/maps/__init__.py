"""Maps of a plan: GeoJSON layers, replaceable base maps and a static picture, from saved tables alone."""

from siting.maps.base import bundled_base, load_base
from siting.maps.fonts import FontWarning
from siting.maps.geojson import write_layers
from siting.maps.layers import layers
from siting.maps.picture import draw
from siting.maps.properties import PROPERTIES, columns

__all__ = ["PROPERTIES", "FontWarning", "bundled_base", "columns", "draw", "layers", "load_base", "write_layers"]
