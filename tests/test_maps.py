"""Maps: layers equal to the tables, RFC 7946, base maps with clear faults, and a picture in two languages."""

from __future__ import annotations

import json
import re
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.transforms import Bbox
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from siting.auditor import audit
from siting.auditor.accounts import carbon_accounts, green_share
from siting.errors import UsageError
from siting.maps import PROPERTIES, FontWarning, columns, draw, fonts, layers, load_base, write_layers
from siting.maps.canvas import canvas_of
from siting.maps.geometry import GEOD, area, great_circle_line
from siting.maps.labels import Label, place
from siting.maps.legend import round_sizes
from siting.maps.plan import plan_of, subtitle
from siting.maps.scene import shown
from siting.maps.shapes import taper
from siting.maps.words import WORDS, money, number, tonnes
from siting.problem import Calendar, Problem, make

HOURS = 8760
TOKYO, ANGELES = (139.7, 35.7), (-118.2, 34.1)


def problem(base_map: str = "") -> Problem:
    """Two regions on either side of the Pacific, three sites, a rigid and a delay-tolerant workload."""
    both = {"jp": 1.0, "us": 1.0}

    def hourly(values):
        return pd.DataFrame({key: np.full(HOURS, value) for key, value in values.items()})

    p = make(
        {
            "instance": {"name": "pacific", "title_en": "Pacific", "title_zh": "太平洋", "start": "2023-01-01",
                         "currency": "USD", "base_map": base_map},
            "finance": {"discount_rate": 0.05},
        },
        {
            "price_per_mwh": hourly(both),
            "temperature_c": hourly({"jp": 15.0, "us": 15.0}),
            "capacity_factor_wind": hourly({"jp": 0.5, "us": 0.25}),
            "capacity_factor_gas": hourly(both),
        },
        regions=pd.DataFrame(
            [("jp", "Japan", "日本", *TOKYO[::-1], 900.0, 0.5), ("us", "US", "美国", *ANGELES[::-1], 900.0, 0.4)],
            columns=["region", "name_en", "name_zh", "latitude_deg", "longitude_deg", "grid_mw",
                     "grid_factor_t_per_mwh"],
        ),
        sites=pd.DataFrame(
            [("tokyo", "jp", "Tokyo", "东京", "city", *TOKYO[::-1], 50.0),
             ("mojave", "us", "Mojave", "莫哈韦", "hub", 35.0, -118.0, 300.0),
             ("blythe", "us", "Blythe", "布莱斯", "edge", 33.6, -114.6, 10.0)],
            columns=["site", "region", "name_en", "name_zh", "tier", "latitude_deg", "longitude_deg", "most_mw"],
        ),
        compute_types=pd.DataFrame(
            [("general", "General", "通用", 5.0, 0.01, 2.5), ("ai", "AI", "智算", 10.0, 0.5, 20.0)],
            columns=["compute", "name_en", "name_zh", "module_mw", "eflops_per_mw", "rack_kw"],
        ),
        workloads=pd.DataFrame(
            [("web", "Web", "在线", "general", 100.0, 0), ("training", "Training", "训练", "ai", 200.0, 24)],
            columns=["workload", "name_en", "name_zh", "compute", "latency_ms", "max_delay_h"],
        ),
        demand=pd.DataFrame(
            [("jp", "web", 20.0), ("jp", "training", 30.0), ("us", "web", 40.0)],
            columns=["region", "workload", "mean_mw"],
        ),
        supply=pd.DataFrame(
            [("us", "wind", 10.0, 200.0, True, 0.0), ("us", "gas", 0.0, 50.0, False, 0.6)],
            columns=["region", "technology", "existing_mw", "most_mw", "green", "factor_t_per_mwh"],
        ),
        storage=pd.DataFrame([("jp", "battery", 5.0, 20.0)], columns=["region", "storage", "most_mw", "most_mwh"]),
        corridors=pd.DataFrame(
            [("cable", "jp", "us", 5.0, 10.0, 0.1)],
            columns=["corridor", "from_region", "to_region", "existing_mw", "most_mw", "loss_share"],
        ),
        provenance=pd.DataFrame(
            [("hourly", "temperature_c", "synthetic", "s", "2023", "ours")],
            columns=["table", "column", "status", "source", "year", "licence"],
        ),
    )  # fmt: skip
    # Two periods of two hours: the first stands for 3,280 of them, the second for 1,100; together 8,760 h.
    return p.replace(calendar=Calendar(hour=np.array([[0, 1], [100, 101]]), weight=np.array([3280.0, 1100.0])))


def tables() -> dict[str, pd.DataFrame]:
    """A plan by hand. Energy a year: tokyo 175.2 GWh, mojave 700.8 GWh."""
    hours = [(d, t) for d in (0, 1) for t in (0, 1)]
    by_hour = {
        "region_hour": [(d, n, t, mw) for d, t in hours for n, mw in (("jp", 20.0), ("us", 40.0))],
        "supply_hour": [(d, "us", k, t, mw) for d, t in hours for k, mw in (("wind", 20.0), ("gas", 20.0))],
        "corridor_hour": [(d, "cable", t, 2.0 * (d == 0), 3.0 * (d == 1)) for d, t in hours],
        "storage_hour": [(d, "jp", "battery", t, 1.0 * (t == 0), 0.9 * (t == 1), 0.0) for d, t in hours],
    }
    columns_of = {
        "region_hour": ["period", "region", "hour", "grid_mw"],
        "supply_hour": ["period", "region", "technology", "hour", "generation_mw"],
        "corridor_hour": ["period", "corridor", "hour", "forward_mw", "backward_mw"],
        "storage_hour": ["period", "region", "storage", "hour", "charge_mw", "discharge_mw", "stored_mwh"],
    }
    frames = {name: pd.DataFrame(rows, columns=columns_of[name]) for name, rows in by_hour.items()}
    return frames | {
        "period": pd.DataFrame({"period": [0, 1], "weight": [3280.0, 1100.0]}),
        "site": pd.DataFrame(
            {"site": ["tokyo", "mojave", "blythe"], "open": [1.0, 1.0, 0.0], "energy_mwh": [175200.0, 700800.0, 0.0]}
        ),
        "site_compute": pd.DataFrame(
            [("tokyo", "general", 4.0, 20.0), ("mojave", "general", 10.0, 50.0), ("mojave", "ai", 5.0, 50.0)],
            columns=["site", "compute", "modules", "capacity_mw"],
        ),
        "arc": pd.DataFrame(
            [("web", "jp", "tokyo", 15.0), ("web", "jp", "mojave", 5.0), ("web", "us", "mojave", 40.0),
             ("web", "us", "blythe", 1e-9)],
            columns=["workload", "region", "site", "assigned_mw"],
        ),
        # (3,280 x 20 + 1,100 x 60) / 4,380 = 30.0456... MW
        "batch_arc": pd.DataFrame(
            [(0, "training", "jp", "mojave", 20.0), (1, "training", "jp", "mojave", 60.0)],
            columns=["period", "workload", "region", "site", "moved_mw"],
        ),
        "supply": pd.DataFrame(
            [("us", "wind", 100.0), ("us", "gas", 20.0)], columns=["region", "technology", "supply_mw"]
        ),
        "storage": pd.DataFrame([("jp", "battery", 1.0, 4.0)],
                                columns=["region", "storage", "storage_mw", "storage_mwh"]),
        "corridor": pd.DataFrame({"corridor": ["cable"], "corridor_mw": [6.0]}),
        "cost": pd.DataFrame(
            [("grid", "jp", 10.0), ("grid", "us", 20.0), ("compute", "us", 1200.0)],
            columns=["term", "region", "cost_million"],
        ),
        "carbon": pd.DataFrame([("grid", "jp", 87600.0), ("grid", "us", 140160.0), ("generation", "us", 105120.0)],
                               columns=["term", "region", "carbon_t"]),
    }  # fmt: skip


MOVED_MW = (3280 * 20 + 1100 * 60) / 4380


@pytest.fixture(scope="module")
def made() -> dict[str, gpd.GeoDataFrame]:
    return layers(problem(), tables())


def geojson(path, features, **more):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}), encoding="utf-8")
    return path


def feature(properties, rings, kind="Polygon"):
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": rings}}


CLOCKWISE = [[[130, 30], [130, 45], [145, 45], [145, 30], [130, 30]], [[133, 33], [135, 33], [135, 35], [133, 33]]]


# --- layers


@pytest.mark.parametrize("layer", PROPERTIES)
def test_every_property_is_documented_and_every_documented_one_is_there(made, layer):
    assert list(made[layer].columns) == [*columns(problem(), layer), "geometry"]
    assert all(unit and text.endswith(".") for unit, text in PROPERTIES[layer].values())


def test_placeholders_stand_for_the_names_of_the_instance():
    assert "generation_gwh_gas" in columns(problem(), "regions")
    assert {"load_mw_training", "capacity_mw_ai"} <= set(columns(problem(), "sites"))
    with pytest.raises(KeyError):
        columns(problem(), "roads")


def test_sites_by_hand(made):
    site = made["sites"].set_index("site")
    assert site["open"].tolist() == [True, True, False]
    assert site["capacity_mw"].tolist() == [20.0, 100.0, 0.0]
    assert site["modules"].tolist() == [4, 15, 0]
    assert site.loc["mojave", "load_mw_web"] == pytest.approx(45.0)
    assert site.loc["mojave", "load_mw"] == pytest.approx(45.0 + MOVED_MW)
    assert site.loc["mojave", "racks"] == pytest.approx(50e3 / 2.5 + 50e3 / 20)
    assert site.loc["mojave", "eflops"] == pytest.approx(0.5 + 25.0)
    assert site.loc["mojave", "carbon_t"] == pytest.approx(245280.0)
    assert site.loc["blythe", "carbon_t"] == 0.0
    assert site["pue_mean"].between(1.0, 1.5).all()
    assert (site.geometry["tokyo"].x, site.geometry["tokyo"].y) == TOKYO


def test_regions_by_hand(made):
    region = made["regions"].set_index("region")
    assert region["demand_mw"].tolist() == [50.0, 40.0]
    assert region["grid_gwh"].tolist() == pytest.approx([175.2, 350.4])
    assert region.loc["us", "generation_gwh_wind"] == pytest.approx(175.2)
    account = carbon_accounts(problem(), tables()).loc["us"]
    assert region.loc["us", "matched_share"] == pytest.approx(account["matched_mwh"] / account["used_mwh"])
    # 20 MW of wind among 80 MW, and 1.8 MW more that arrive in the first period.
    assert 20 / 81.8 < region.loc["us", "matched_share"] < 20 / 80
    assert region["cost_million"].tolist() == [10.0, 1220.0]
    assert region["energy_gwh"].sum() == pytest.approx(876.0)
    assert region["it_load_mw"].sum() == pytest.approx(made["workload_flows"]["mean_mw"].sum())
    assert region["carbon_t"].sum() == pytest.approx(tables()["carbon"]["carbon_t"].sum())


def test_flows_by_hand_without_the_rounding_of_the_solver(made):
    flow = made["workload_flows"].set_index(["workload", "region", "site"])
    assert flow["mean_mw"].to_dict() == pytest.approx(
        {("web", "jp", "tokyo"): 15.0, ("web", "jp", "mojave"): 5.0, ("web", "us", "mojave"): 40.0,
         ("training", "jp", "mojave"): MOVED_MW}
    )  # fmt: skip
    assert flow.loc[("web", "jp", "mojave"), "name_zh"] == "在线: 日本 → 莫哈韦"
    assert flow.loc[("training", "jp", "mojave"), ["max_delay_h", "latency_bound_ms"]].tolist() == [24, 200.0]
    far = flow.loc[("web", "jp", "mojave")]
    assert far["latency_ms"] == pytest.approx(far["distance_km"] * 1.8 * 4.897 / 1000)


def test_power_flows_by_hand(made):
    cable = made["power_flows"].iloc[0]
    assert (cable["forward_gwh"], cable["backward_gwh"]) == pytest.approx((3280 * 2 * 2 / 1e3, 1100 * 2 * 3 / 1e3))
    assert cable["net_gwh"] == pytest.approx(13.12 - 6.6)
    assert cable["loss_gwh"] == pytest.approx(1.972)
    assert (cable["capacity_mw"], cable["existing_mw"]) == (6.0, 5.0)


def test_supply_and_storage_by_hand(made):
    row = made["supply"].set_index("technology")
    assert row["kind"].to_dict() == {"wind": "supply", "gas": "supply", "battery": "storage"}
    assert row.loc["wind", "curtailed_share"] == pytest.approx(1 - 20 / (100 * 0.25))
    assert row.loc["gas", "curtailed_share"] == pytest.approx(0.0)
    assert row.loc["battery", ["generation_gwh", "charged_gwh"]].tolist() == pytest.approx([3.942, 4.38])
    assert row.loc["battery", "capacity_mwh"] == 4.0
    assert row["capacity_mwh"].isna().tolist() == [True, True, False]


def test_a_plan_without_power_tables_has_empty_or_zero_layers():
    bare = {name: table for name, table in tables().items() if name not in ("supply", "supply_hour", "storage",
            "storage_hour", "corridor", "corridor_hour", "batch_arc")}  # fmt: skip
    made = layers(problem(), bare)
    assert len(made["supply"]) == 0
    assert made["power_flows"]["forward_gwh"].tolist() == [0.0]
    assert made["workload_flows"]["workload"].unique().tolist() == ["web"]


# --- files


def test_files_read_back_valid_and_equal(made, tmp_path):
    files = write_layers(made, tmp_path / "maps")
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == sorted(f"{name}.geojson" for name in made)
    for path in files:
        back, layer = gpd.read_file(path), made[path.stem]
        assert len(back) == len(layer)
        assert back.geometry.is_valid.all()
        assert back.crs == "EPSG:4326"
        assert back.total_bounds[0] >= -180
        assert back.total_bounds[2] <= 180
        for name in layer.select_dtypes("number"):
            assert back[name].astype(float).sum() == pytest.approx(layer[name].sum()), name


def test_files_keep_the_letter_of_rfc_7946(made, tmp_path):
    write_layers(made, tmp_path)
    for path in tmp_path.iterdir():
        text = path.read_text(encoding="utf-8")
        document = json.loads(text)
        assert set(document) == {"type", "features"}
        assert "NaN" not in text
        coordinates = text.split('"coordinates":')[1:]
        assert coordinates
        assert all(not re.search(r"\d\.\d{7}", part.split("}")[0]) for part in coordinates)


def test_a_file_is_replaced_whole_or_not_at_all(made, tmp_path):
    write_layers(made, tmp_path)
    before = (tmp_path / "sites.geojson").read_bytes()
    with pytest.raises(TypeError):
        write_layers({"sites": made["sites"].assign(hub=object())}, tmp_path)
    assert (tmp_path / "sites.geojson").read_bytes() == before
    assert {path.suffix for path in tmp_path.iterdir()} == {".geojson"}


# --- geometry


@pytest.mark.parametrize(("start", "end"), [(TOKYO, ANGELES), (ANGELES, TOKYO)])
def test_a_flow_over_the_pacific_is_cut_at_the_antimeridian(start, end):
    line = great_circle_line(start, end)
    assert line.geom_type == "MultiLineString"
    first, second = line.geoms
    assert (first.coords[0], second.coords[-1]) == (start, end)
    assert (abs(first.coords[-1][0]), abs(second.coords[0][0])) == (180.0, 180.0)
    assert first.coords[-1][0] == -second.coords[0][0]
    assert first.coords[-1][1] == second.coords[0][1]
    for piece in line.geoms:
        assert np.abs(np.diff(np.asarray(piece.coords)[:, 0])).max() < 10
    assert GEOD.geometry_length(line) == pytest.approx(GEOD.inv(*start, *end)[2], rel=1e-4)


def test_a_flow_elsewhere_is_one_curved_line():
    line = great_circle_line((87.6, 43.8), (121.5, 31.2))
    assert line.geom_type == "LineString"
    straight = LineString([line.coords[0], line.coords[-1]])
    assert line.hausdorff_distance(straight) > 0.5


def test_a_line_from_the_antimeridian_itself_is_not_cut():
    assert great_circle_line((180.0, 10.0), (170.0, 20.0)).geom_type == "LineString"
    assert great_circle_line((-180.0, 10.0), (170.0, 20.0)).geom_type == "LineString"


def test_work_done_where_it_comes_from_is_a_point(made):
    assert great_circle_line(TOKYO, TOKYO).geom_type == "Point"
    flow = made["workload_flows"].set_index(["workload", "region", "site"])
    assert flow.geometry["web", "jp", "tokyo"].geom_type == "Point"


def test_polygons_turn_by_the_right_hand_rule():
    shape = area(Polygon(CLOCKWISE[0], [CLOCKWISE[1]]))
    assert shape.exterior.is_ccw
    assert not shape.interiors[0].is_ccw
    assert isinstance(area(Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])), MultiPolygon)


def test_an_area_beyond_180_degrees_is_brought_back():
    shape = area(box(170, -20, 190, -10))
    assert shape.bounds == (-180.0, -20.0, 180.0, -10.0)
    assert shape.area == pytest.approx(200)


@pytest.mark.parametrize("west", [170, -190])
def test_an_area_in_one_piece_across_the_antimeridian(west):
    """However its longitudes are written, it is two pieces in the file and one on paper."""
    shape = area(box(west, 50, west + 20, 60))
    assert [part.bounds for part in sorted(shape.geoms, key=lambda part: part.bounds)] == [
        (-180.0, 50.0, -170.0, 60.0),
        (170.0, 50.0, 180.0, 60.0),
    ]
    frame = gpd.GeoDataFrame({"region": ["x"]}, geometry=[shape], crs="EPSG:4326")
    flat = canvas_of(np.array([[175.0, 50.0], [-160.0, 65.0]])).areas(frame)
    assert flat.geometry.iloc[0].geom_type == "Polygon"


# --- base maps


def test_whole_numbers_are_keys_also_where_one_is_missing(tmp_path):
    features = [feature(own, CLOCKWISE) for own in ({"region": 110000}, {"region": 310000}, {"name": "note"})]
    base = load_base(geojson(tmp_path / "my.geojson", features), ["110000", "310000"])
    assert list(base["region"]) == ["110000", "310000"]


def test_longitudes_below_minus_180_are_degrees(tmp_path):
    ring = [[[-190, 50], [-140, 50], [-140, 70], [-190, 70], [-190, 50]]]
    base = load_base(geojson(tmp_path / "my.geojson", [feature({"region": "us"}, ring)]), ["us"])
    assert base.total_bounds.tolist() == [-180.0, 50.0, 180.0, 70.0]


def test_a_base_map_of_ones_own(tmp_path):
    path = geojson(tmp_path / "my.geojson", [feature({"region": "jp"}, CLOCKWISE)])
    base = load_base(path, ["jp", "us"])
    made = layers(problem(), tables(), base)
    shapes = made["regions"].set_index("region").geometry
    assert shapes["jp"].exterior.is_ccw
    assert shapes["us"].geom_type == "Point"


@pytest.mark.parametrize("key", ["iso", "id"])
def test_other_properties_may_hold_the_key(tmp_path, key):
    path = geojson(tmp_path / "my.geojson", [feature({key: "jp", "other": 1}, CLOCKWISE)])
    assert load_base(path)["region"].tolist() == ["jp"]


def test_features_of_one_region_are_merged(tmp_path):
    parts = [feature({"region": "jp"}, [[[x, 0], [x + 1, 0], [x + 1, 1], [x, 1], [x, 0]]]) for x in (0, 1)]
    base = load_base(geojson(tmp_path / "my.geojson", parts))
    assert [shape.area for shape in base.geometry] == pytest.approx([2.0])


def test_another_coordinate_system_is_converted(tmp_path):
    metres = [[[0, 0], [111319.49, 0], [111319.49, 111325.14], [0, 111325.14], [0, 0]]]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    base = load_base(geojson(tmp_path / "my.geojson", [feature({"region": "jp"}, metres)], crs=crs))
    assert base.total_bounds == pytest.approx([0, 0, 1, 1], abs=1e-5)


METRES = [[[0, 0], [2e5, 0], [2e5, 2e5], [0, 0]]]
BROKEN = {
    "not json": ("layer,x\n1,2\n", "not GeoJSON"),
    "not utf-8": ("区域".encode("gbk"), "not UTF-8"),
    "not a collection": (json.dumps({"type": "Topology"}), "FeatureCollection is needed, this is 'Topology'"),
    "a list": ("[]", "FeatureCollection is needed, this is 'list'"),
    "features of another kind": (json.dumps({"type": "FeatureCollection", "features": [1]}), "list of GeoJSON"),
    "no polygons": (
        json.dumps({"type": "FeatureCollection", "features": [feature({"region": "jp"}, [1, 2], "Point")]}),
        "no polygons",
    ),
    "metres": (
        json.dumps({"type": "FeatureCollection", "features": [feature({"region": "jp"}, METRES)]}),
        "not degrees",
    ),
    "no key": (
        json.dumps({"type": "FeatureCollection", "features": [feature({"ADMIN": "x", "pop": 1}, CLOCKWISE)]}),
        "Properties found: ADMIN, pop",
    ),
    "no match": (
        json.dumps({"type": "FeatureCollection", "features": [feature({"region": "fr"}, CLOCKWISE)]}),
        r"none of its regions \(fr\) is a region of the instance \(jp, us\)",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_base_map_is_refused_with_the_reason(tmp_path, case):
    content, reason = BROKEN[case]
    path = tmp_path / "my.geojson"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError, match=reason):
        load_base(path, ["jp", "us"])


def test_a_missing_base_map_names_the_bundled_ones():
    with pytest.raises(UsageError, match=r"no such file.*china.*us-states"):
        load_base("atlantis")


@pytest.mark.parametrize("name", ["china", "china-echarts", "us-states"])
def test_bundled_maps_load_and_may_be_mere_background(name):
    base = load_base(name, ["area1"])
    assert base.geometry.is_valid.all()
    assert base["region"].is_unique


# --- picture


def test_the_picture_shows_something(tmp_path):
    path = draw(problem("us-states"), tables(), tmp_path / "new" / "map.png", result={"status": "optimal", "gap": 0.01})
    image = imread(path)[:, :, :3]
    assert min(image.shape[:2]) > 800
    assert (image.max(axis=2) - image.min(axis=2) > 0.2).mean() > 0.003
    assert len(np.unique((image * 255).astype(int) @ [65536, 256, 1])) > 200
    assert [file.name for file in path.parent.iterdir()] == ["map.png"]


def test_chinese_without_a_font_falls_back_and_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(fonts, "find_chinese", lambda: None)
    with pytest.warns(FontWarning, match="fonts-noto-cjk") as caught:
        path = draw(problem(), tables(), tmp_path / "map.png", "zh")
    assert len(caught) == 1
    assert path.stat().st_size > 20_000
    english = draw(problem(), tables(), tmp_path / "en.png", "en")
    assert np.array_equal(imread(path), imread(english))


def test_chinese_with_a_font_is_another_picture(tmp_path):
    if fonts.find_chinese() is None:
        pytest.skip("no font with Chinese characters on this machine")
    chinese = imread(draw(problem(), tables(), tmp_path / "zh.png", "zh"))
    english = imread(draw(problem(), tables(), tmp_path / "en.png", "en"))
    assert chinese.shape == english.shape
    assert not np.array_equal(chinese, english)


def test_an_unknown_language_is_refused(tmp_path):
    with pytest.raises(UsageError, match="choose one of en, zh"):
        draw(problem(), tables(), tmp_path / "map.png", "fr")


def test_both_languages_say_the_same_things():
    assert set(WORDS["en"]) == set(WORDS["zh"])
    for key, text in WORDS["en"].items():
        assert re.findall(r"{\w+}", text) == re.findall(r"{\w+}", WORDS["zh"][key]) or key in ("open", "hidden")


def test_the_subtitle_has_the_totals():
    p, plan = problem(), plan_of(problem(), tables())
    line = subtitle(p, tables(), plan, "en", {"status": "optimal", "gap": 0.0042})
    assert "90 MW of IT load" in line
    assert "2 of 3 sites used" in line
    assert "cost 1.23 billion USD a year" in line
    assert "333 kt CO₂" in line
    assert f"{100 * green_share(p, tables()):.0f} % green" in line
    assert line.endswith("optimal  ·  gap 0.42 %")


def test_the_map_tells_the_factor_and_the_share_of_the_accounts():
    """The hours in which a plan buys count, and not the mean of the table of regions."""
    p = problem()
    dirty = pd.DataFrame({"jp": np.where(np.arange(HOURS) < 2, 0.9, 0.1)})
    p = p.replace(hourly={**p.hourly, "grid_factor_t_per_mwh": dirty})
    region = layers(p, tables())["regions"].set_index("region")
    # 20 MW in all hours: two of 0.9 stand for 3,280 each, two of 0.1 for 1,100.
    assert region.loc["jp", "grid_factor_t_per_mwh"] == pytest.approx((0.9 * 3280 + 0.1 * 1100) / 4380)
    assert region.loc["us", "grid_factor_t_per_mwh"] == pytest.approx(0.4)
    account = carbon_accounts(p, tables()).loc["jp"]
    assert account["location_t"] / account["grid_mwh"] == pytest.approx(region.loc["jp", "grid_factor_t_per_mwh"])
    assert green_share(p, tables()) == audit(p, tables()).totals["green_share"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (number(1234.5), "1,234"),
        (number(0.01234), "0.0123"),
        (money(999, "CNY", "en"), "999 million CNY"),
        (money(12345, "CNY", "en"), "12.3 billion CNY"),
        (money(12345, "CNY", "zh"), "123 亿元"),
        (money(50, "USD", "zh"), "5,000 万 USD"),
        (tonnes(2.5e6, "en"), "2.5 Mt"),
        (tonnes(2.5e6, "zh"), "250 万吨"),
    ],
)
def test_numbers_as_readers_write_them(said, meant):
    assert said == meant


@pytest.mark.parametrize(
    ("largest", "sizes"), [(1290, [1000, 250, 50]), (4000, [2000, 500, 100]), (7, [5, 1, 0.2]), (10, [10, 2.5, 0.5])]
)
def test_sizes_in_the_legend_are_round(largest, sizes):
    assert round_sizes(largest) == pytest.approx(sizes)


def test_no_province_is_cropped_and_close_places_are_seen_from_near():
    base = load_base("china")
    corners = np.vstack([np.asarray(shape.exterior.coords) for shape in base.geometry.explode()])
    canvas = canvas_of(corners)
    flat = canvas.project(corners)
    west, east, south, north = canvas.extent
    assert ((flat[:, 0] > west) & (flat[:, 0] < east) & (flat[:, 1] > south) & (flat[:, 1] < north)).all()
    near = shown(problem(), None)
    assert len(near) == 5
    assert canvas_of(near).middle == pytest.approx((139.7 + 245.4) / 2 - 360)


def test_a_canvas_on_the_equator_and_of_a_single_place():
    for corners in ([[-10, -12], [10, 12]], [[100, 30]]):
        canvas = canvas_of(np.array(corners, dtype=float))
        assert np.isfinite(canvas.extent).all()
        assert canvas.width >= 2e5


def test_labels_keep_clear_of_one_another_and_of_signs():
    figure = Figure(figsize=(4, 4), dpi=100)
    agg = FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 400), ylim=(0, 400))
    labels = [Label(f"place {i}", 200, 200, 10, 9, lead=i > 8) for i in range(12)]
    taken: list[Bbox] = []
    drawn = place(ax, agg, labels, [(200.0, 200.0, 10.0)], taken)
    assert drawn[0] == "place 0"
    assert len(drawn) == len(taken) < len(labels)
    assert "place 9" in drawn
    assert not any(a.overlaps(b) for a, b in combinations(taken, 2))
    assert all(not (spot.x0 < 200 < spot.x1 and spot.y0 < 200 < spot.y1) for spot in taken)


def test_a_line_to_a_label_does_not_cross_another_sign():
    figure = Figure(figsize=(4, 4), dpi=100)
    agg = FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 400), ylim=(0, 400))
    # Only the far right is free, behind another sign.
    taken = [Bbox([[0, 0], [270, 400]])]
    label = Label("ab", 200, 200, 5, 9, lead=True)
    assert place(ax, agg, [label], [(200.0, 200.0, 5.0)], list(taken)) == ["ab"]
    assert place(ax, agg, [label], [(200.0, 200.0, 5.0), (240.0, 200.0, 8.0), (240.0, 240.0, 20.0),
                                    (240.0, 160.0, 20.0)], taken) == []  # fmt: skip


def test_a_flow_widens_towards_its_end():
    outline = taper(np.column_stack([np.linspace(0, 100, 11), np.zeros(11)]), width=8.0, tail=0.25)
    ahead, back = outline[:11], outline[11:][::-1]
    assert np.linalg.norm(ahead - back, axis=1)[[0, -1]] == pytest.approx([2.0, 8.0])
