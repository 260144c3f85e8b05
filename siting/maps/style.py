"""Colours and sizes of the picture, shared by the map and its legend."""

from __future__ import annotations

from matplotlib.colors import LinearSegmentedColormap

INK = "#1f2328"
QUIET = "#6b7280"
LATENCY_BOUND = "#2166ac"
TOLERANT = "#e08214"
POWER = "#1b7837"
OUTSIDE = "#e9eaec"
SEA = "#f6f9fb"
BORDER = "#ffffff"
REGION = "#868c95"
OTHER_RIM = "#8a919b"
SHADE = LinearSegmentedColormap.from_list("shade", ["#e6f2df", "#f4f0e1", "#e3d8c8", "#cbbdac"])
"""Clean grids are pale green, dirty ones taupe: pale enough for the flows to stand out."""

FLOW_ALPHA = 0.55
POWER_ALPHA = 0.5
FLOW_IN = 0.2
"""Width of the largest flow, inches."""
POWER_IN = 0.12
THINNEST_IN = 0.006
SITE_IN = 0.27
"""Radius of the largest site, inches."""
SITE_LEAST_IN = 0.04
SQUARE_PT = 11
"""Side of a region without a polygon, points."""
BOW = 0.10
DRAWN_SHARE = 0.01
"""Flows below this share of the largest are left out (and the picture says so)."""
