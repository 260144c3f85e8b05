"""Distance, annuity and PUE against values known by hand or printed in the sources."""

import math

import numpy as np
import pandas as pd
import pytest

from siting.physics.cooling import PUE_CURVES, pue
from siting.physics.distance import EARTH_RADIUS_KM, great_circle_km
from siting.physics.finance import annuity
from siting.physics.water import WUE_RULES, latent_heat_kj_per_kg, wue


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        ((0, 0), (90, 0), math.pi / 2 * EARTH_RADIUS_KM),
        ((0, 0), (0, 180), math.pi * EARTH_RADIUS_KM),
        ((45, 179), (45, -179), 2 * EARTH_RADIUS_KM * math.asin(math.cos(math.pi / 4) * math.sin(math.radians(1)))),
        ((12.3, 45.6), (12.3, 45.6), 0.0),
    ],
)
def test_great_circle_by_hand(a, b, km):
    assert great_circle_km(*a, *b) == pytest.approx(km, abs=1e-6)
    assert great_circle_km(*b, *a) == pytest.approx(km, abs=1e-6)


def test_beijing_to_shanghai_is_as_on_the_map():
    assert great_circle_km(39.9042, 116.4074, 31.2304, 121.4737) == pytest.approx(1067, rel=0.003)


def test_distance_broadcasts():
    km = great_circle_km(np.array([0.0, 10.0])[:, None], 0.0, np.array([0.0, 10.0, 20.0])[None, :], 0.0)
    degree = math.pi / 180 * EARTH_RADIUS_KM
    assert km == pytest.approx(degree * np.array([[0, 10, 20], [10, 0, 10]]), abs=1e-9)


@pytest.mark.parametrize(
    ("rate", "years", "payment"), [(0, 20, 0.05), (0.06, 20, 0.0871845570), (0.1, 1, 1.1), (1e-9, 25, 0.04)]
)
def test_annuity(rate, years, payment):
    assert annuity(rate, years) == pytest.approx(payment, rel=1e-6)


def test_annuity_pays_the_capital_back():
    rate, years = 0.07, 15
    present = sum(annuity(rate, years) / (1 + rate) ** year for year in range(1, years + 1))
    assert present == pytest.approx(1.0)


@pytest.mark.parametrize("rate", [1e-7, 1e-12, 1e-16, 1e-300, 5e-324])
def test_annuity_of_a_rate_that_is_nearly_nothing(rate):
    assert annuity(rate, 25.0) == pytest.approx(1 / 25 + rate * 26 / 50, rel=1e-12)


def test_annuity_of_a_column():
    lives = pd.Series({"a": 1.0, "b": 2.0})
    assert annuity(0.0, lives).to_dict() == {"a": 1.0, "b": 0.5}
    assert annuity(0.1, lives).to_dict() == pytest.approx({"a": 1.1, "b": 1.21 / 2.1})


@pytest.mark.parametrize(
    ("cooling", "temperature", "value"),
    [
        ("airside_adiabatic", 19, 1.0745),  # printed in the paper as 1.07469
        ("airside_adiabatic", 40, 1.4169),
        ("waterside_economizer", 19, 1.0887),  # printed in the paper as 1.08872
        ("waterside_economizer", 40, 1.4006),
        ("air_cooled_chiller", 10, 1 + 0.22 + 0.073),
        ("air_cooled_chiller", 40, 1 + 0.34 + 0.073),
    ],
)
def test_pue_of_the_sources(cooling, temperature, value):
    assert pue(temperature, cooling) == pytest.approx(value, abs=5e-5)


def test_pue_is_linear_between_points():
    assert pue([22, 23.5, 25], "waterside_economizer") == pytest.approx([1.1417, (1.1417 + 1.2127) / 2, 1.2127])


@pytest.mark.parametrize("cooling", PUE_CURVES)
def test_pue_is_held_outside_its_range(cooling):
    assert pue([-60, 60], cooling) == pytest.approx(pue([-20, 40], cooling))


@pytest.mark.parametrize("cooling", PUE_CURVES)
def test_curves_are_physical(cooling):
    temperatures, values = PUE_CURVES[cooling]
    assert temperatures == sorted(set(temperatures))
    assert len(temperatures) == len(values)
    assert 1 < min(values) <= max(values) < 2


def test_shift_is_added_and_pue_stays_at_least_one():
    assert pue(19, "waterside_economizer", 0.2) == pytest.approx(1.2887)
    assert pue(19, "waterside_economizer", -0.5) == 1.0


def test_unknown_design():
    with pytest.raises(KeyError, match="magic"):
        pue(20, "magic")


def test_latent_heat_by_hand():
    assert latent_heat_kj_per_kg([20, 0]) == pytest.approx([2500.5 - 2.3097 * 20 - 0.0013 * 400, 2500.5])
    assert latent_heat_kj_per_kg([-30, 60]) == pytest.approx(latent_heat_kj_per_kg([0, 40]))


# Published 5th to 95th percentile of annual WUE: zone, cooling degree-days above 10 °C of the zone, air-side, tower.
ZONES = [
    ("1A", 5000, 6000, (0.773, 2.361), (1.761, 2.629)),
    ("2A", 3500, 5000, (0.799, 1.803), (1.755, 2.623)),
    ("3A", 2500, 3500, (0.408, 1.147), (1.748, 2.616)),
]


@pytest.mark.parametrize(("zone", "least", "most", "airside", "tower"), ZONES)
def test_annual_wue_is_within_the_published_range(zone, least, most, airside, tower):
    for degree_days in (least, most):
        mean_c = 10 + degree_days / 365
        year_c = mean_c + 4 * np.sin(np.linspace(0, 2 * np.pi, 8760, endpoint=False))
        got = wue(year_c, "airside_adiabatic", pue(year_c, "airside_adiabatic")).mean()
        assert got == pytest.approx(0.1 * degree_days / 365, rel=0.01), zone
        assert airside[0] <= got <= airside[1]
        water = wue(year_c, "waterside_economizer", pue(year_c, "waterside_economizer")).mean()
        assert tower[0] <= water <= tower[1]


def test_wue_of_the_designs():
    assert wue([5.0, 10.0, 20.0], "airside_adiabatic", 1.07) == pytest.approx([0, 0, 1])
    # Never more than a tower that takes all heat.
    assert wue(40.0, "airside_adiabatic", 1.4) == pytest.approx(wue(40.0, "waterside_economizer", 1.4))
    assert wue([-10, 35], "air_cooled_chiller", 1.3) == pytest.approx([0.061, 0.061])
    assert wue([-10, 35], "liquid_dry_cooler", 1.1) == pytest.approx([0, 0])
    assert wue(20.0, "airside_adiabatic", 1.07, 0.4) == pytest.approx(0.4)
    assert set(WUE_RULES) == set(PUE_CURVES)
    with pytest.raises(KeyError, match="magic"):
        wue(20, "magic", 1.1)
