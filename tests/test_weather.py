"""Synthetic weather: exact on its targets, reproducible, and near the statistics of a reanalysis year."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from siting.errors import UsageError
from siting.synthetic.solar import clear_sky_output
from siting.synthetic.weather import (
    correlation_by_distance,
    offshore_capacity_factors,
    solar_capacity_factors,
    statistics,
    surplus_capacity_factor,
    temperatures,
    wind_capacity_factors,
)

# Every second province: a point inside it, and the full-load hours of wind and sun in ERA5, 2020 (uncorrected).
PROVINCES = {
    "CN-BJ": (40.2, 116.6, 652, 1388),
    "CN-HE": (39.3, 115.6, 1575, 1389),
    "CN-NM": (45.3, 118.4, 2618, 1482),
    "CN-JL": (43.6, 126.2, 2328, 1350),
    "CN-SH": (31.1, 121.4, 2198, 1105),
    "CN-ZJ": (29.2, 119.7, 1558, 1042),
    "CN-FJ": (26.0, 117.8, 3061, 1145),
    "CN-SD": (36.3, 118.0, 1378, 1280),
    "CN-HB": (31.2, 112.9, 799, 1043),
    "CN-GD": (22.9, 114.9, 1311, 1196),
    "CN-HI": (19.2, 109.6, 2040, 1318),
    "CN-SC": (30.2, 102.3, 530, 1300),
    "CN-YN": (25.2, 101.2, 1014, 1206),
    "CN-SN": (35.6, 109.6, 1455, 1321),
    "CN-QH": (35.4, 96.0, 886, 1628),
    "CN-XJ": (41.8, 87.1, 1169, 1572),
}
PLACES = pd.DataFrame.from_dict(
    PROVINCES, orient="index", columns=["latitude", "longitude", "wind_h", "solar_h"], dtype=float
)
COAST = PLACES.loc[["CN-FJ", "CN-HI", "CN-SD"]]
SEA_HOURS = pd.Series({"CN-FJ": 4136.0, "CN-HI": 2786.0, "CN-SD": 2368.0})
SEED = 2023


@pytest.fixture(scope="module")
def wind() -> pd.DataFrame:
    return wind_capacity_factors(PLACES, PLACES["wind_h"], SEED)


@pytest.fixture(scope="module")
def solar() -> pd.DataFrame:
    return solar_capacity_factors(PLACES, PLACES["solar_h"], SEED)


@pytest.fixture(scope="module")
def offshore() -> pd.DataFrame:
    return offshore_capacity_factors(COAST, SEA_HOURS, SEED)


def test_full_load_hours_are_the_targets(wind: pd.DataFrame, solar: pd.DataFrame, offshore: pd.DataFrame) -> None:
    # 8,760 values rounded to 4 decimals: the sum is off by a few thousandths of an hour.
    for frame, target in ((wind, PLACES["wind_h"]), (solar, PLACES["solar_h"]), (offshore, SEA_HOURS)):
        assert frame.index.name == "hour"
        assert frame.shape == (8760, len(target))
        assert frame.min().min() >= 0
        assert frame.max().max() <= 1
        np.testing.assert_allclose(frame.sum(), target, atol=0.02)
        np.testing.assert_array_equal(frame, frame.round(4))


def test_the_same_seed_gives_the_same_numbers(wind: pd.DataFrame) -> None:
    once, again, other = (wind_capacity_factors(COAST, COAST["wind_h"], seed) for seed in (SEED, SEED, SEED + 1))
    pd.testing.assert_frame_equal(once, again, check_exact=True)
    assert (other != wind[other.columns]).to_numpy().mean() > 0.9


@pytest.mark.parametrize("generator", [wind_capacity_factors, solar_capacity_factors])
def test_other_places_and_their_order_change_nothing(
    generator: Callable[..., pd.DataFrame], wind: pd.DataFrame, solar: pd.DataFrame
) -> None:
    full, hours = (wind, "wind_h") if generator is wind_capacity_factors else (solar, "solar_h")
    few = generator(COAST[::-1], COAST[hours], SEED)
    # Sums of floating-point numbers in another order may flip the last of the four decimals.
    np.testing.assert_allclose(few, full[few.columns], atol=1.01e-4)


def test_wind_is_near_the_reanalysis_year(wind: pd.DataFrame) -> None:
    median = statistics(wind).median()
    # Medians of the same provinces in ERA5, 2020, at the same full-load hours.
    assert median["autocorr_1h"] == pytest.approx(0.984, abs=0.008)
    assert median["autocorr_24h"] == pytest.approx(0.386, abs=0.07)
    assert median["daily_autocorr_1d"] == pytest.approx(0.494, abs=0.05)
    assert median["daily_cv"] == pytest.approx(0.796, abs=0.08)
    assert median["diurnal_amp"] == pytest.approx(0.381, abs=0.08)
    assert median["seasonal_ratio"] == pytest.approx(3.10, abs=0.6)
    assert median["std"] == pytest.approx(0.151, abs=0.01)


def test_solar_is_near_the_reanalysis_year(solar: pd.DataFrame) -> None:
    median = statistics(solar).median()
    assert median["autocorr_1h"] == pytest.approx(0.942, abs=0.005)
    assert median["autocorr_24h"] == pytest.approx(0.942, abs=0.02)
    assert median["daily_autocorr_1d"] == pytest.approx(0.586, abs=0.05)
    assert median["daily_cv"] == pytest.approx(0.314, abs=0.04)
    assert median["diurnal_amp"] == pytest.approx(3.452, abs=0.12)
    assert median["seasonal_ratio"] == pytest.approx(1.736, abs=0.2)
    assert median["std"] == pytest.approx(0.209, abs=0.01)


def test_offshore_is_steadier_than_onshore_and_goes_with_it(wind: pd.DataFrame, offshore: pd.DataFrame) -> None:
    together = wind[offshore.columns].corrwith(offshore)
    assert together.between(0.7, 0.95).all()
    assert offshore.max().max() <= 0.886
    land, sea = statistics(wind[offshore.columns]), statistics(offshore)
    assert (sea["autocorr_1h"] > land["autocorr_1h"]).all()
    assert (sea["diurnal_amp"] < land["diurnal_amp"]).all()


@pytest.mark.parametrize(
    ("series", "reanalysis"),
    # ERA5, 2020: mean correlation of daily means without the season.
    [("wind", [0.55, 0.41, 0.24, 0.13, 0.03]), ("solar", [0.61, 0.44, 0.24, 0.07, -0.01])],
)
def test_correlation_falls_with_distance(series: str, reanalysis: list[float], request: pytest.FixtureRequest) -> None:
    frame: pd.DataFrame = request.getfixturevalue(series)
    found = correlation_by_distance(frame, PLACES, [300, 500, 700, 1000, 1500, 5000])
    assert found.is_monotonic_decreasing
    np.testing.assert_allclose(found, reanalysis, atol=0.12)


def test_nights_are_dark_and_clouds_only_take_away(solar: pd.DataFrame) -> None:
    clear = clear_sky_output(COAST)
    assert (solar.loc[solar.index % 24 == 1] == 0).all().all()
    assert (solar[COAST.index].to_numpy() <= clear + 5e-5).all()


def test_temperature_keeps_the_monthly_means() -> None:
    north = [-6.0, -2.0, 6.0, 14.0, 20.0, 24.0, 26.0, 25.0, 20.0, 13.0, 4.0, -3.0]
    south = [18.0, 19.0, 22.0, 25.0, 27.0, 28.0, 28.5, 28.0, 27.0, 25.0, 22.0, 19.0]
    means = pd.DataFrame([north, south], index=["CN-BJ", "CN-HI"])
    places = PLACES.loc[means.index]
    frame = temperatures(places, means, SEED, diurnal_range_c=pd.Series({"CN-BJ": 12.0, "CN-HI": 6.0}))
    month = pd.date_range("2023-01-01", periods=8760, freq="h").month
    np.testing.assert_allclose(frame.groupby(month).mean().T, means, atol=0.01)
    day = frame.groupby(frame.index % 24).mean()
    np.testing.assert_allclose(day.max() - day.min(), [12.0, 6.0], atol=0.3)
    assert day["CN-BJ"].idxmax() in (14, 15)
    smooth = temperatures(places, means, SEED, diurnal_range_c=0.0, noise_c=0.0)
    assert smooth.diff().abs().max().max() == pytest.approx(0.1)
    spread = (temperatures(places, means, SEED, diurnal_range_c=0.0) - smooth).std()
    assert spread.between(2.0, 3.5).all()


def test_the_dry_north_west_has_the_larger_daily_range() -> None:
    means = pd.DataFrame(10.0, index=["CN-XJ", "CN-GD"], columns=range(1, 13))
    frame = temperatures(PLACES.loc[means.index], means, SEED)
    day = frame.groupby(frame.index % 24).mean()
    assert (day.max() - day.min())["CN-XJ"] > (day.max() - day.min())["CN-GD"] + 4


def test_surplus_by_hand() -> None:
    # Wind 4, 3, 2, 1 GW, 3 GWh curtailed: above 2 GW lie 2 + 1. Sun 0, 5, 0, 0 GW, 4 GWh: above 1 GW lies 4.
    wind = pd.Series([0.4, 0.3, 0.2, 0.1])
    solar = pd.Series([0.0, 1.0, 0.0, 0.0])
    capacity, factor = surplus_capacity_factor(wind, solar, 10.0, 5.0, 0.003, 0.004)
    assert capacity == pytest.approx(5000.0)
    np.testing.assert_allclose(factor, [0.4, 1.0, 0.0, 0.0])


def test_surplus_of_a_year_is_the_published_energy(wind: pd.DataFrame, solar: pd.DataFrame) -> None:
    capacity, factor = surplus_capacity_factor(wind["CN-HE"], solar["CN-HE"], 31.41, 54.16, 2.2, 1.6)
    assert capacity * factor.sum() == pytest.approx(3.8e6, rel=1e-12)
    assert factor.max() == 1.0
    assert factor[(wind["CN-HE"] < 0.3) & (solar["CN-HE"] < 0.3)].max() == 0.0


def test_no_curtailment_is_no_capacity() -> None:
    capacity, factor = surplus_capacity_factor(pd.Series([0.5, 0.1]), pd.Series([0.0, 0.2]), 1.0, 1.0, 0.0, 0.0)
    assert capacity == 0.0
    assert factor.tolist() == [0.0, 0.0]


def test_statistics_by_hand() -> None:
    day = np.repeat([0.2, 0.6], 12)
    frame = pd.DataFrame({"a": np.tile(day, 365)})
    row = statistics(frame).loc["a"]
    assert row["flh_h"] == pytest.approx(0.4 * 8760)
    assert row["diurnal_amp"] == pytest.approx(1.0)
    assert row["daily_cv"] == pytest.approx(0.0, abs=1e-9)
    assert row["autocorr_24h"] == pytest.approx(1.0)
    assert row["seasonal_ratio"] == pytest.approx(1.0)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(UsageError, match="full_load_hours is missing for CN-HI"):
        wind_capacity_factors(COAST, pd.Series({"CN-FJ": 2000.0, "CN-SD": 2000.0}), SEED)
    with pytest.raises(UsageError, match="CN-FJ: 5000 full-load hours lie outside"):
        solar_capacity_factors(COAST[:1], pd.Series({"CN-FJ": 5000.0}), SEED)
    with pytest.raises(UsageError, match="CN-FJ: 8700 full-load hours lie outside"):
        wind_capacity_factors(COAST[:1], pd.Series({"CN-FJ": 8700.0}), SEED)
    with pytest.raises(UsageError, match="latitude and longitude"):
        wind_capacity_factors(COAST[["latitude"]], COAST["wind_h"], SEED)
    with pytest.raises(UsageError, match="MWh curtailed"):
        surplus_capacity_factor(pd.Series([0.5]), pd.Series([0.0]), 1.0, 1.0, 1.0, 0.0)
    with pytest.raises(UsageError, match="twelve columns"):
        temperatures(COAST, pd.DataFrame([[1.0]]), SEED)
