"""Water usage effectiveness (WUE) by outdoor temperature and cooling design, litres per kWh of IT energy.

Sources
-------
Formula: evaporated water = heat / latent heat, latent heat = -0.0013 T² - 2.3097 T + 2500.5 kJ/kg, as in the model of
Lei and Masanet, Energy 201:117556, 2020, doi:10.1016/j.energy.2020.117556. Levels: 5th to 95th percentile of annual
WUE by cooling system and ASHRAE climate zone, Lei and Masanet, Resources, Conservation and Recycling 182:106323, 2022,
doi:10.1016/j.resconrec.2022.106323.

Water-side economiser: all heat (PUE times the IT energy) leaves through the tower, whose make-up water exceeds the
evaporated water by cycles / (cycles - 1). Four cycles of concentration are an assumption; they give 2.1 to 2.3 a year,
inside the published 1.72 to 2.63 of every zone.

Air-side economiser with adiabatic cooling: 0.1 L/kWh for every K above 10 °C, at most what a tower would take. This
line is our fit to the middle of the published range of the humid zones 1A to 7A, whose definition by cooling
degree-days above 10 °C (5,000 to 6,000 in zone 1A, 3,500 to 5,000 in 2A, 2,500 to 3,500 in 3A) makes the annual value
0.1 times degree-days / 365. In dry zones (4B, 5B, 6B) the published middle is about 0.4 of it (in 6B 0.15), which
``wue_factor`` of a site expresses.

Air-cooled chiller: the middle of the published 0.024 to 0.098, which is the same in all zones. Liquid cooling with dry
coolers: none, an assumption (recalled, not published in these sources).

Valid range -20 to 40 °C, as for PUE; the latent heat is taken at the outdoor temperature, held within 0 to 40 °C.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

KJ_PER_KWH = 3600.0
CYCLES_OF_CONCENTRATION = 4.0
AIRSIDE_LITRES_PER_KWH_K = 0.1
AIRSIDE_FROM_C = 10.0
AIR_COOLED_LITRES_PER_KWH = 0.061


def latent_heat_kj_per_kg(temperature_c: npt.ArrayLike) -> FloatArray:
    """Heat that a kilogram (a litre) of water takes when it evaporates, kJ/kg.

    Parameters
    ----------
    temperature_c : array_like
        Temperature of the water; held within 0 to 40 °C.
    """
    t = np.clip(np.asarray(temperature_c, dtype=float), 0.0, 40.0)
    return np.asarray(-0.0013 * t**2 - 2.3097 * t + 2500.5)


def tower_wue(temperature_c: npt.ArrayLike, pue: npt.ArrayLike) -> FloatArray:
    """Make-up water of a tower that takes all heat, litres per kWh of IT energy."""
    evaporated = KJ_PER_KWH * np.asarray(pue, dtype=float) / latent_heat_kj_per_kg(temperature_c)
    return np.asarray(evaporated * CYCLES_OF_CONCENTRATION / (CYCLES_OF_CONCENTRATION - 1))


def _airside(temperature_c: FloatArray, pue: FloatArray) -> FloatArray:
    line = AIRSIDE_LITRES_PER_KWH_K * np.maximum(temperature_c - AIRSIDE_FROM_C, 0.0)
    return np.minimum(line, tower_wue(temperature_c, pue))


def _air_cooled(temperature_c: FloatArray, pue: FloatArray) -> FloatArray:
    return np.full(np.broadcast_shapes(temperature_c.shape, pue.shape), AIR_COOLED_LITRES_PER_KWH)


def _dry(temperature_c: FloatArray, pue: FloatArray) -> FloatArray:
    return np.zeros(np.broadcast_shapes(temperature_c.shape, pue.shape))


WUE_RULES: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "airside_adiabatic": _airside,
    "waterside_economizer": tower_wue,
    "air_cooled_chiller": _air_cooled,
    "liquid_dry_cooler": _dry,
}
"""Design to WUE by outdoor temperature in °C and PUE."""


def wue(temperature_c: npt.ArrayLike, cooling: str, pue: npt.ArrayLike, factor: float = 1.0) -> FloatArray:
    """WUE of a cooling design.

    Parameters
    ----------
    temperature_c : array_like
        Outdoor dry-bulb temperature.
    cooling : str
        A key of :data:`WUE_RULES`.
    pue : array_like
        PUE at the same temperatures: what is lost on the way to the equipment becomes heat as well.
    factor : float
        Multiplies the WUE of the design.

    Returns
    -------
    ndarray of float
        Litres of water taken per kWh of IT energy, which is m³ per MWh.

    Raises
    ------
    KeyError
        If there is no such design.
    """
    rule = WUE_RULES[cooling]
    return factor * rule(np.asarray(temperature_c, dtype=float), np.asarray(pue, dtype=float))
