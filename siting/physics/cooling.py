"""Power usage effectiveness (PUE) by outdoor temperature and cooling design.

Sources
-------
Air-side and water-side economiser: points computed with the model of Lei and Masanet, "Statistical analysis for
predicting location-specific data center PUE and its improvement potential", Energy 201:117556, 2020,
doi:10.1016/j.energy.2020.117556, for the authors' two example designs at full IT load and a relative humidity of
60 %. They are single good designs; a real fleet is worse, which ``pue_shift`` of a site expresses.

Air-cooled chiller: compressor power per IT watt of 0.22 at 10 °C to 0.34 at 40 °C from the EnergyPlus electric
chiller curves at 60 % load (ChillerElectric example, rated COP 3.0), on the 0.073 of fans, UPS and distribution that
the air-side design of the same paper has without any chiller.

Liquid cooling (direct to chip) with dry coolers: 1.115 at every temperature, the middle of an annual 1.08 to 1.15
that is recalled, not published in these sources: an assumption.

Valid range -20 to 40 °C; outside it the nearest value is held.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_AIRSIDE = ([-20, 10, 19, 25, 37, 40], [1.0739, 1.0731, 1.0745, 1.0755, 1.0778, 1.4169])
_WATERSIDE = (
    [-20, 19, 22, 25, 28, 31, 34, 37, 40],
    [1.0875, 1.0887, 1.1417, 1.2127, 1.2980, 1.3268, 1.3558, 1.3817, 1.4006],
)
_CHILLER = ([10, 20, 25, 30, 35, 40], [1.293, 1.313, 1.333, 1.353, 1.383, 1.413])
_LIQUID = ([-20, 40], [1.115, 1.115])

PUE_CURVES: dict[str, tuple[list[int], list[float]]] = {
    "airside_adiabatic": _AIRSIDE,
    "waterside_economizer": _WATERSIDE,
    "air_cooled_chiller": _CHILLER,
    "liquid_dry_cooler": _LIQUID,
}
"""Design to (dry-bulb temperatures in °C, PUE)."""


def pue(temperature_c: npt.ArrayLike, cooling: str, shift: float = 0.0) -> npt.NDArray[np.float64]:
    """PUE of a cooling design, linear between the published points.

    Parameters
    ----------
    temperature_c : array_like
        Outdoor dry-bulb temperature.
    cooling : str
        A key of :data:`PUE_CURVES`.
    shift : float
        Added to the design's PUE; the result is at least 1.

    Returns
    -------
    ndarray of float
        Facility energy per IT energy.

    Raises
    ------
    KeyError
        If there is no such design.
    """
    temperatures, values = PUE_CURVES[cooling]
    return np.asarray(np.maximum(np.interp(np.asarray(temperature_c, dtype=float), temperatures, values) + shift, 1.0))
