"""``china`` with its provinces cut into synthetic prefectures: instances of any number of regions and sites.

Numbers of a province (demand, headroom, most of wind, sun and batteries) are shared out by seeded weights; places are
drawn inside the province; wind and sun come from the generator of the bundled instances at those places. Nothing of it
describes a real prefecture, and the provenance says so.
``python -m tests.bench.prefectures FOLDER 340 400`` writes one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import Delaunay
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

import siting
from siting.maps.base import load_base
from siting.physics.distance import great_circle_km
from siting.problem import Problem, make
from siting.synthetic.weather import solar_capacity_factors, wind_capacity_factors

SEED = 7
HOUR_SPREAD = 0.03
"""Full-load hours of a prefecture differ by up to this share from the province's."""
COOLER_PER_DEGREE_C = 0.7
"""Assumption: a degree of latitude to the north is this much colder."""
ROOM = 1.6
"""Most IT power of a new city site over the mean demand of its prefecture."""


def prefectures(regions: int, sites: int, seed: int = SEED) -> Problem:
    """An instance of some regions and sites.

    Parameters
    ----------
    regions : int
        31 or more; a province gets as many as its demand is of the nation's, at least one.
    sites : int
        As many as there are regions and hubs (``china`` has 11), or more.
    seed : int
        The same seed gives the same instance.

    Raises
    ------
    ValueError
        If there are fewer regions than provinces, or too few sites.
    """
    china = siting.load("china")
    hubs = china.sites[china.sites["tier"] == "hub"]
    if regions < len(china.regions) or sites < regions + len(hubs):
        raise ValueError(f"at least {len(china.regions)} regions, and as many sites as regions and {len(hubs)} hubs")
    rng = np.random.default_rng(seed)
    places = _places(china, regions, rng)
    table = _sites(china, places, hubs, sites - len(hubs), rng)
    chosen = {name: getattr(china, name).reset_index() for name in ("compute_types", "workloads")}
    of_hubs = china.capacity[china.capacity.index.get_level_values("site").isin(hubs.index)]
    settings = china.settings.model_copy(update={"instance": _instance(china, regions, sites)})
    problem = make(
        settings,
        _hourly(china, places, rng),
        regions=_regions(china, places),
        sites=table.reset_index(),
        demand=_shared(china.demand, places, ("mean_mw",)),
        supply=_shared(china.supply, places, ("existing_mw", "most_mw")),
        storage=_shared(china.storage, places, ("existing_mw", "existing_mwh", "most_mw", "most_mwh")),
        corridors=_corridors(china, places),
        capacity=of_hubs.reset_index(),
        **chosen,
    )
    return problem.replace(provenance=_provenance(problem, seed))


def _instance(china: Problem, regions: int, sites: int) -> object:
    title = {"title_en": f"{regions} synthetic prefectures, {sites} sites", "title_zh": f"{regions} 个合成地市"}
    return china.settings.instance.model_copy(
        update={"name": f"prefectures-{regions}-{sites}", "base_map": "", **title}
    )


def _places(china: Problem, count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Index: prefecture; province, share of the province, place. The first of a province stands at its capital."""
    demand = china.demand["mean_mw"].groupby("region").sum().reindex(china.regions.index)
    numbers = 1 + np.floor((count - len(demand)) * demand / demand.sum()).astype(int)
    short = count - int(numbers.sum())
    numbers[demand.sort_values(ascending=False).index[:short]] += 1
    shapes = load_base(china.settings.instance.base_map).set_index("region").geometry
    rows = []
    for province, number in numbers.items():
        shares = np.sort(rng.dirichlet(np.full(number, 2.0)))[::-1]
        capital = china.regions.loc[province, ["latitude_deg", "longitude_deg"]].to_list()
        points = [capital, *_inside(shapes[province], number - 1, rng)]
        for i, (share, (latitude, longitude)) in enumerate(zip(shares, points, strict=True)):
            rows.append((f"{province}-{i:02d}", province, share, round(latitude, 3), round(longitude, 3)))
    return pd.DataFrame(rows, columns=["region", "province", "share", "latitude", "longitude"]).set_index("region")


def _inside(shape: BaseGeometry, count: int, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Latitude and longitude of random points of a polygon."""
    west, south, east, north = shape.bounds
    found: list[tuple[float, float]] = []
    while len(found) < count:
        longitude, latitude = rng.uniform(west, east), rng.uniform(south, north)
        if shape.contains(Point(longitude, latitude)):
            found.append((latitude, longitude))
    return found


def _regions(china: Problem, places: pd.DataFrame) -> pd.DataFrame:
    table = china.regions.loc[places["province"]].reset_index(drop=True)
    number = [key.rsplit("-", 1)[1] for key in places.index]
    return table.assign(
        region=places.index,
        name_en=[f"{name} {i}" for name, i in zip(table["name_en"], number, strict=True)],
        name_zh=[f"{name}{i}" for name, i in zip(table["name_zh"], number, strict=True)],
        latitude_deg=places["latitude"].to_numpy(),
        longitude_deg=places["longitude"].to_numpy(),
        grid_mw=(table["grid_mw"] * places["share"].to_numpy()).round(2),
    )


def _shared(table: pd.DataFrame, places: pd.DataFrame, amounts: tuple[str, ...]) -> pd.DataFrame:
    """Rows of the provinces for each of their prefectures, amounts by its share."""
    joined = table.reset_index().rename(columns={"region": "province"})
    joined = places[["province", "share"]].reset_index().merge(joined, on="province")
    for name in amounts:
        joined[name] = (joined[name] * joined["share"]).round(3)
    return joined.drop(columns=["province", "share"])


def _sites(
    china: Problem, places: pd.DataFrame, hubs: pd.DataFrame, cities: int, rng: np.random.Generator
) -> pd.DataFrame:
    """The hubs in the nearest prefecture of their province, and city sites like those of ``china``: one in each
    prefecture, then more where the demand is."""
    hubs = hubs.copy()
    for site, row in hubs.iterrows():
        own = places[places["province"] == row["region"]]
        km = great_circle_km(own["latitude"], own["longitude"], row["latitude_deg"], row["longitude_deg"])
        hubs.loc[site, "region"] = own.index[int(np.argmin(km))]
    demand_mw = _shared(china.demand, places, ("mean_mw",)).groupby("region")["mean_mw"].sum().reindex(places.index)
    more = rng.choice(len(places), cities - len(places), p=demand_mw / demand_mw.sum())
    region = np.concatenate([np.arange(len(places)), np.sort(more)])
    like = china.sites[china.sites["tier"] == "city"].groupby("region").first()
    like = like.reindex(china.regions.index).fillna(like.mode().iloc[0])
    table = like.loc[places["province"].iloc[region]].reset_index(drop=True)
    away = np.where(np.arange(cities) < len(places), 0.0, 0.2)
    table = table.assign(
        region=places.index[region],
        name_en=[f"City {i}" for i in range(cities)],
        name_zh=[f"城市{i}" for i in range(cities)],
        latitude_deg=(places["latitude"].to_numpy()[region] + away * rng.uniform(-1, 1, cities)).round(3),
        longitude_deg=(places["longitude"].to_numpy()[region] + away * rng.uniform(-1, 1, cities)).round(3),
        most_mw=np.maximum(60.0, np.ceil(ROOM * demand_mw.to_numpy()[region] / 10) * 10),
    )
    return pd.concat([hubs, table.set_axis(pd.Index([f"city-{i:04d}" for i in range(cities)], name="site"))])


def _corridors(china: Problem, places: pd.DataFrame) -> pd.DataFrame:
    """The lines between provinces at their first prefectures, and lines to neighbours inside each province."""
    between = china.corridors.reset_index()
    for end in ("from_region", "to_region"):
        between[end] = between[end] + "-00"
    typical = china.corridors.median(numeric_only=True)
    rows = []
    for _, own in places.groupby("province"):
        rows += [
            (f"{first}/{second}".replace("CN-", ""), first, second, 100.0, 400.0) for first, second in _neighbours(own)
        ]
    inside = pd.DataFrame(rows, columns=["corridor", "from_region", "to_region", "existing_mw", "most_mw"])
    for column in ("capex_per_kw", "lifetime_years", "fixed_om_per_kw_year"):
        inside[column] = typical[column]
    return pd.concat([between, inside.assign(loss_share=0.01)], ignore_index=True)


def _neighbours(places: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs that share an edge of the Delaunay triangulation; all pairs of three or fewer."""
    keys, points = list(places.index), places[["longitude", "latitude"]].to_numpy()
    if len(keys) < 4:
        return [(first, second) for i, first in enumerate(keys) for second in keys[i + 1 :]]
    edges = {tuple(sorted(pair)) for t in Delaunay(points).simplices for pair in zip(t, np.roll(t, 1), strict=True)}
    return [(keys[i], keys[j]) for i, j in sorted(edges)]


def _hourly(china: Problem, places: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Own wind and sun; prices, curtailed energy and temperature of the province, the latter colder to the north."""
    year = china.settings.instance.start.year
    series = {"profile": china.hourly["profile"]}
    for name in ("price_per_mwh", "temperature_c", "capacity_factor_surplus"):
        own = [(region, province) for region, province in places["province"].items() if province in china.hourly[name]]
        series[name] = pd.DataFrame({region: china.hourly[name][province] for region, province in own})
    north = places["latitude"] - places["province"].map(china.regions["latitude_deg"])
    series["temperature_c"] = (series["temperature_c"] - COOLER_PER_DEGREE_C * north).round(1)
    for name, make_factors in (("wind", wind_capacity_factors), ("solar", solar_capacity_factors)):
        hours = places["province"].map(china.hourly[f"capacity_factor_{name}"].sum())
        hours *= 1 + rng.uniform(-HOUR_SPREAD, HOUR_SPREAD, len(hours))
        series[f"capacity_factor_{name}"] = make_factors(places, hours, SEED, year)
    return series


def _provenance(problem: Problem, seed: int) -> pd.DataFrame:
    names = ["instance", "hourly", *(n for n in ("regions", "sites", "compute_types", "workloads", "demand", "capacity",
             "supply", "storage", "corridors") if len(getattr(problem, n)))]  # fmt: skip
    row = {"status": "synthetic", "source": f"The instance china shared out at random, seed {seed}", "year": "2026",
           "licence": "MIT", "note_en": "Describes no real prefecture.", "note_zh": "不代表任何真实地市。"}  # fmt: skip
    frame = pd.DataFrame([{"table": name, "column": "*", "key": "", **row} for name in names])
    return frame.set_index(["table", "column", "key"])


def main() -> None:
    """Write an instance folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("regions", type=int)
    parser.add_argument("sites", type=int)
    asked = parser.parse_args()
    siting.write(prefectures(asked.regions, asked.sites), asked.folder)


if __name__ == "__main__":
    main()
