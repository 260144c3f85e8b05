"""The Chinese instances: regenerated from the facts, complete in their sources, true to published sums."""

import dataclasses
import gzip
import json
import re
import tomllib

import pandas as pd
import pytest

from siting.files.bundled import instances_folder, maps_folder
from siting.instance import load
from siting.problem.derived import arcs, batches, distance_km, pue
from siting.problem.tables import TABLES
from siting.synthetic import facts as fact_files
from siting.synthetic.__main__ import main, write
from siting.synthetic.china import INSTANCES, new_load_mw, provincial_load_mw, pue_shift, tables, with_demand_charges
from siting.synthetic.pathway import it_growth, pathway
from siting.synthetic.series import hourly
from siting.synthetic.sources import provenance, sources_md

FACTS = instances_folder() / "facts"
NAMES = sorted(INSTANCES)


@pytest.fixture(scope="module")
def facts():
    return fact_files.read(FACTS)


@pytest.fixture(scope="module")
def committed():
    """Tables and series of the bundled instances, as they are in the repository."""
    result = {}
    for name in NAMES:
        folder = instances_folder() / name
        result[name] = (
            {t.name: pd.read_csv(folder / f"{t.name}.csv") for t in TABLES if (folder / f"{t.name}.csv").exists()},
            {
                path.name.removesuffix(".csv.gz"): pd.read_csv(path, index_col=0)
                for path in sorted((folder / "hourly").iterdir())
            },
        )
    return result


@pytest.fixture(scope="module")
def problems():
    return {name: load(name) for name in NAMES}


def test_the_new_load_follows_from_the_published_energy():
    values = {
        "energy_2023_twh": 8.76,
        "pue_2023": 1.25,
        "growth_per_year": 0.1,
        "growth_per_year_after_horizon": 0.05,
        "horizon_first_year": 2024,
        "horizon_last_year": 2025,
    }
    # 8.76 TWh are 1,000 MW of power and 800 MW of IT; it grows from 880 to 968 MW.
    assert new_load_mw(values) == pytest.approx(88.0)


def test_work_grows_by_one_share_until_the_horizon_and_by_another_after_it(facts):
    """Load 1 in 2023, 1.15^2 in 2025, 1.15^7 in 2030 and 1.07^2.5 times that in the middle of 2032."""
    assert it_growth(facts.parameters, 2025) == pytest.approx(0)
    assert it_growth(facts.parameters, 2030) == pytest.approx(1.15**7 - 1.15**2)
    assert it_growth(facts.parameters, 2032.5) == pytest.approx(1.15**7 * 1.07**2.5 - 1.15**2)
    made = pathway("jing-jin-ji-meng", facts)
    assert made["stages"]["year"].tolist() == [2025, 2030, 2035]
    factors = made["stage_factors"].set_index(["year", "table", "column", "key"])["factor"]
    assert factors[2025, "demand", "mean_mw", ""] == pytest.approx(0.4135)
    assert factors[2030, "storage", "capex_per_kwh", ""] == pytest.approx((310 / 650) ** 0.5, abs=3e-4)
    assert pathway("china", facts) == {}


def test_provinces_share_the_new_load_by_output_and_population(facts):
    two = facts.provinces.iloc[:2].copy()
    two["gdp_2024_100m_yuan"] = [1.0, 3.0]
    two["population_2022_10k"] = [3.0, 1.0]
    load_mw = provincial_load_mw(dataclasses.replace(facts, provinces=two))
    assert load_mw.tolist() == pytest.approx([new_load_mw(facts.parameters) / 2] * 2)


def test_the_shift_reaches_the_target_from_below():
    # At 25 degrees the water-side design is at 1.2127, and at 19 at 1.0887: 1.1507 in the mean.
    assert pue_shift(pd.Series([25.0, 19.0]), "waterside_economizer", 1.25005) == pytest.approx(0.0993)


@pytest.mark.parametrize("name", NAMES)
def test_tables_are_what_the_facts_give(name, facts, committed):
    given = committed["china"][0]
    temperature = _all_temperatures(committed)
    supply = given["supply"].query("technology == 'surplus'").set_index("region")["most_mw"]
    surplus = supply.reindex(facts.provinces.index, fill_value=0.0)
    made = tables(name, facts, {"temperature_c": temperature}, surplus)
    for table, frame in made.items():
        pd.testing.assert_frame_equal(
            frame.reset_index(drop=True),
            committed[name][0][table].replace({"key": {float("nan"): ""}}),
            check_dtype=False,
            obj=f"{name}/{table}.csv",
        )


def _all_temperatures(committed):
    parts = [series["temperature_c"] for _, series in committed.values()]
    joined = pd.concat(parts, axis=1)
    return joined.loc[:, ~joined.columns.duplicated()]


def test_series_are_what_the_facts_give(facts, committed):
    chosen = ["CN-NX"]
    areas = facts.provinces.loc[chosen, "tariff_area"]
    part = dataclasses.replace(
        facts,
        provinces=facts.provinces.loc[chosen],
        climate=facts.climate.loc[[*chosen, "zhongwei"]],
        windows=facts.windows[facts.windows["tariff_area"].isin(areas)],
    )
    series, surplus_mw = hourly(part)
    for name, frame in series.items():
        there = committed["china"][1][name][list(frame.columns)]
        pd.testing.assert_frame_equal(frame, there, check_names=False, check_dtype=False)
    most = committed["china"][0]["supply"].set_index(["region", "technology"])["most_mw"]
    assert most["CN-NX", "surplus"] == pytest.approx(surplus_mw["CN-NX"], abs=0.05)


def test_folders_share_rows_and_series(committed):
    _, national = committed["china"]
    for name in NAMES:
        given, series = committed[name]
        for key, frame in series.items():
            if key not in national:
                continue
            shared = [c for c in frame.columns if c in national[key].columns]
            assert set(given["regions"]["region"]) & set(frame.columns) <= set(shared)
            pd.testing.assert_frame_equal(frame[shared], national[key][shared])


def test_writing_twice_gives_the_same_bytes(tmp_path, facts, committed):
    content = {t: frame for t, frame in committed["yangtze-west"][0].items() if t != "provenance"}
    series = committed["yangtze-west"][1]
    for folder in ("one", "two"):
        write("yangtze-west", tmp_path / folder, FACTS, facts, content, series)
    one, two = (
        {p.relative_to(tmp_path / f): p.read_bytes() for p in (tmp_path / f).rglob("*") if p.is_file()}
        for f in ("one", "two")
    )
    assert one == two
    bundled = instances_folder() / "yangtze-west"
    for path, data in one.items():
        kept = (bundled / path).read_bytes()
        assert _plain(path, data) == _plain(path, kept), path


def _plain(path, data):
    return gzip.decompress(data) if path.suffix == ".gz" else data


def test_an_unknown_instance_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["atlantis"])
    assert "no instance atlantis" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_instances_load_and_every_demand_has_a_site(name, problems):
    p = problems[name]
    reached = set(map(tuple, arcs(p)[["region", "workload"]].to_numpy()))
    assert reached == set(p.demand.index[p.demand["mean_mw"] > 0])
    assert (batches(p)["group"] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_metro_work_has_a_site_in_its_own_region(name, problems):
    p = problems[name]
    metro = arcs(p).query("workload == 'metro'")
    own = metro[metro["site"].map(p.sites["region"]) == metro["region"]]
    assert set(own["region"]) == set(p.regions.index)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_source(name, committed):
    given, series = committed[name]
    rows = set(map(tuple, given["provenance"][["table", "column"]].to_numpy()))
    for table, frame in given.items():
        numeric = frame.select_dtypes("number").columns
        assert {(table, column) for column in numeric} <= rows
    assert {("hourly", key) for key in series} <= rows
    with (instances_folder() / name / "instance.toml").open("rb") as file:
        settings = tomllib.load(file)
    for section in ("finance", "periods", "network", "carbon", "green"):
        assert {("instance", f"{section}.{key}") for key in settings[section]} <= rows


def test_assumptions_and_secondary_figures_say_so(committed):
    rows = committed["china"][0]["provenance"].set_index(["table", "column", "key"])["status"]
    assert rows["regions", "grid_factor_t_per_mwh", "CN-XZ"] == "assumption"
    assert rows["hourly", "price_per_mwh", "CN-YN"] == "assumption"
    for name in NAMES:
        text = (instances_folder() / name / "SOURCES.md").read_text(encoding="utf-8")
        assert "secondary" in text
        assert not re.search(r"https?://|/work/|shared", text)


def test_published_sums_hold(facts, committed):
    _, series = committed["china"]
    wind, solar = (series[f"capacity_factor_{s}"].sum() for s in ("wind", "solar"))
    assert wind.to_numpy() == pytest.approx(facts.provinces["wind_hours_2023"].to_numpy(), abs=3)
    assert solar.to_numpy() == pytest.approx(facts.provinces["solar_hours_2023"].to_numpy(), abs=3)
    ningxia = facts.provinces.loc["CN-NX"]
    lost = sum(
        ningxia[f"{s}_2024_mw"] * ningxia[f"{s}_hours_2023"] * (100 / ningxia[f"{s}_use_2024_pct"] - 1)
        for s in ("wind", "solar")
    )
    most = committed["china"][0]["supply"].set_index(["region", "technology"])["most_mw"]
    assert series["capacity_factor_surplus"]["CN-NX"].sum() * most["CN-NX", "surplus"] == pytest.approx(lost, rel=1e-4)


def test_prices_follow_the_notices(committed):
    prices = committed["china"][1]["price_per_mwh"]
    # Ningxia: flat 495.6 at night, peak 466.3 from 7, valley 339.9 from 9 to 17.
    assert prices["CN-NX"].iloc[[0, 8, 12]].tolist() == [495.6, 466.3, 339.9]
    # Liaoning: the peak begins at 7:30.
    assert prices["CN-LN"].iloc[40 * 24 + 7] == pytest.approx((499.0 + 598.5) / 2)


@pytest.mark.parametrize("name", NAMES)
def test_sites_keep_their_pue(name, problems, facts):
    p = problems[name]
    mean = pue(p).mean()
    target = facts.sites.loc[mean.index, "pue_target"]
    assert (mean <= target + 1e-12).all()
    assert (mean > target - 2e-4).all()
    assert (mean[p.sites["region"] == "CN-SH"] <= 1.25).all()


def test_the_layout_is_the_national_one(problems):
    p = problems["china"]
    assert len(p.regions) == 31
    hubs = p.sites[p.sites["tier"] == "hub"]
    assert hubs["hub"].nunique() == 8
    assert set(p.sites["region"]) == set(p.regions.index)
    floors = problems["yangtze-west"].settings.green.floors
    assert [(f.tier, f.region, f.share) for f in floors] == [("hub", None, 0.8), (None, "CN-SH", 0.1)]
    km = distance_km(problems["jing-jin-ji-meng"]).loc["CN-BJ"]
    assert km["huailai"] < 113


def test_rows_of_absent_keys_are_left_out():
    rows = pd.DataFrame(
        {
            "instances": ["", "", "other", ""],
            "table": ["sites", "sites", "sites", "sites"],
            "column": ["most_mw", "most_mw", "most_mw", "gone_mw"],
            "key": ["here", "gone", "", ""],
        }
    )
    kept = provenance("mine", rows, {"sites": pd.DataFrame({"site": ["here"], "most_mw": [1.0]})})
    assert kept["key"].tolist() == ["here"]


def test_sources_are_grouped_by_status():
    row = {"table": "sites", "column": "most_mw", "key": "a", "status": "assumption", "source": "us", "year": "2024"}
    rows = pd.DataFrame([row | {"licence": "ours", "note_en": "why", "note_zh": ""}])
    text = sources_md("Title", "Prose.\n", rows, [("sites", "1")])
    assert text == (
        "# Title\n\nProse.\n\n| total | value |\n| --- | --- |\n| sites | 1 |\n\n## Assumptions, to be checked\n\n"
        "| what | source | year | licence | note |\n| --- | --- | --- | --- | --- |\n"
        "| `sites.most_mw` (a) | us | 2024 | ours | why |\n"
    )


@pytest.mark.parametrize("name", ["china", "china-echarts"])
def test_base_maps_have_every_province(name, facts):
    document = json.loads((maps_folder() / f"{name}.geojson").read_text(encoding="utf-8"))
    regions = {feature["properties"]["region"] for feature in document["features"]}
    assert regions == {*facts.provinces.index, "CN-HK", "CN-MO", "CN-TW"}
    assert all(feature["properties"]["name_zh"] for feature in document["features"])


def test_offshore_wind_has_the_published_hours_and_goes_with_the_wind_on_land(committed):
    given, series = committed["yangtze-west"]
    rows = given["supply"].query("technology == 'offshore'")
    sea = series["capacity_factor_offshore"]
    assert list(sea) == list(rows["region"]) == ["CN-SH", "CN-JS", "CN-ZJ"]
    # 2,500 hours of 0.012 t in each of 25 years.
    assert (rows["embodied_t_per_mw"] == 750).all()
    assert sea.sum().to_numpy() == pytest.approx(2500.0, abs=3)
    assert (sea.corrwith(series["capacity_factor_wind"][list(sea)]) > 0.5).all()
    assert "capacity_factor_offshore" not in committed["jing-jin-ji-meng"][1]


def test_pumped_storage_is_a_quarter_of_the_headroom_for_six_hours(committed):
    given, _ = committed["yangtze-west"]
    rows = given["storage"].query("storage == 'pumped'").set_index("region")
    quarter = given["regions"].set_index("region")["grid_mw"][rows.index] / 4
    assert rows["most_mw"].to_numpy() == pytest.approx(quarter.to_numpy(), abs=0.51)
    assert (rows["most_mwh"] == 6 * rows["most_mw"]).all()
    assert (rows["duration_h"] == 6).all()
    assert given["storage"].query("storage == 'battery'")["duration_h"].isna().all()


def test_simulation_on_supercomputers_is_of_one_instance(problems):
    for name, p in problems.items():
        assert ("hpc" in p.compute_types.index, "simulation" in p.workloads.index) == ((name == "yangtze-west",) * 2)
    p = problems["yangtze-west"]
    share = p.demand["mean_mw"].groupby(level="workload").sum() / p.demand["mean_mw"].sum()
    # Its 4 parts come on top of the 100 of the other classes.
    assert share["simulation"] == pytest.approx(4 / 104, abs=1e-3)
    assert share["training"] == pytest.approx(20 / 104, abs=1e-3)
    assert p.workloads["run_h"].to_dict() == {w: 6 if w == "simulation" else 1 for w in p.workloads.index}


def test_demand_charges_are_published_or_the_median(facts, committed):
    """Shanghai 44.8 and Qinghai 35.2 yuan a kW are published; Gansu has the median of all, 39.2."""
    charged = with_demand_charges(committed["china"][0]["regions"], facts).set_index("region")
    charge = charged["demand_charge_per_mw_month"]
    assert (charge["CN-SH"], charge["CN-QH"], charge["CN-GS"]) == (44800, 35200, 39200)
    assert "demand_charge_per_mw_month" not in committed["china"][0]["regions"]
    rows = provenance("china", facts.provenance, {"regions": charged.reset_index()})
    mine = rows[(rows["table"] == "regions") & (rows["column"] == "demand_charge_per_mw_month")]
    assert set(mine.loc[mine["status"] == "measured", "key"]) == set(facts.demand_charges.index)
