"""The hourly series of an instance, declared like its tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """An hourly series ``hourly/<name>``: one column per region, site or profile, 8,760 or 8,784 rows."""

    name: str
    columns: str
    description: str
    least: float
    most: float
    required: bool


SERIES: tuple[Series, ...] = (
    Series("price_per_mwh", "region", "Price of grid power.", -1e12, 1e12, True),
    Series("temperature_c", "site or region", "Outdoor dry-bulb temperature; a site's own column wins.", -70, 60, True),
    Series(
        "profile",
        "profile",
        "Shape of a workload in the local time of those who send it (regions.clock_shift_h); scaled to a mean of one "
        "over the year.",
        0,
        1e6,
        False,
    ),
    Series("grid_factor_t_per_mwh", "region", "CO2 of grid power by hour.", -5, 5, False),
    Series("marginal_factor_t_per_mwh", "region", "CO2 of one more MWh of grid power by hour.", -5, 5, False),
    Series("system_load_mw", "region", "Load of the region without the data centers planned.", 0, 1e7, False),
    Series("net_import_mw", "region", "Power that the system receives less what it sends; fixed.", -1e7, 1e7, False),
    Series(
        "capacity_factor_*",
        "region",
        "Output of one MW; one series per technology of supply, named capacity_factor_<technology>, or per name in "
        "fleet.capacity_factor.",
        0,
        1,
        False,
    ),
)
