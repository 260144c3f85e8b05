"""Distance between places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG, R1)."""


def great_circle_km(
    latitude_a_deg: npt.ArrayLike,
    longitude_a_deg: npt.ArrayLike,
    latitude_b_deg: npt.ArrayLike,
    longitude_b_deg: npt.ArrayLike,
) -> npt.NDArray[np.float64]:
    """Great-circle distance by the haversine formula.

    Parameters
    ----------
    latitude_a_deg, longitude_a_deg, latitude_b_deg, longitude_b_deg : array_like
        Degrees; broadcast against one another.

    Returns
    -------
    ndarray of float
        Kilometres. Against the ellipsoid the error is below 0.6 %.
    """
    phi_a, phi_b = np.radians(latitude_a_deg), np.radians(latitude_b_deg)
    half_phi = (phi_b - phi_a) / 2
    half_lambda = (np.radians(longitude_b_deg) - np.radians(longitude_a_deg)) / 2
    h = np.sin(half_phi) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(half_lambda) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(h, 0, 1))), dtype=np.float64)
