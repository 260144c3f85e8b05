"""The seeded hourly weather of the synthetic instances, under one name.

Every frame has one row per hour of the year in Beijing time (index ``hour``, 0 to 8,759; row ``h`` covers the clock
hour that begins at ``h``) and one column per place. Places are a DataFrame indexed by their key with the columns
``latitude`` and ``longitude`` in degrees. The same seed and library versions give identical frames; a place's series
depends on its own coordinates and targets only, never on which other places are asked for, or in what order.

The series are synthetic: no observed or reanalysis value enters them. What they share with the weather of China is
stated where it is used: latitude and sun, full-load hours, and a few statistics of memory, spread and distance.
"""

from siting.synthetic.comparison import correlation_by_distance, statistics
from siting.synthetic.solar import solar_capacity_factors
from siting.synthetic.surplus import surplus_capacity_factor
from siting.synthetic.temperature import temperatures
from siting.synthetic.wind import OFFSHORE, ONSHORE, WindClimate, offshore_capacity_factors, wind_capacity_factors

__all__ = [
    "OFFSHORE",
    "ONSHORE",
    "WindClimate",
    "correlation_by_distance",
    "offshore_capacity_factors",
    "solar_capacity_factors",
    "statistics",
    "surplus_capacity_factor",
    "temperatures",
    "wind_capacity_factors",
]
