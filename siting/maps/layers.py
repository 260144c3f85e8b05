"""GeoJSON layers of a plan: regions, sites, workload flows, power flows, supply (RFC 7946)."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from siting.auditor.accounts import carbon_accounts, location_factor_t_per_mwh
from siting.errors import Sentence, UsageError
from siting.instance.configuration import base_map_path
from siting.maps.base import load_base
from siting.maps.geometry import great_circle_line, point
from siting.maps.properties import PROPERTIES
from siting.maps.sums import Tables, available_mwh, table, weighted, work
from siting.problem import Problem
from siting.problem.derived import distance_km, latency_ms, pue
from siting.problem.designs import as_chosen
from siting.problem.in_use import sites_in_use


def layers(problem: Problem, tables: Tables, base: gpd.GeoDataFrame | None = None) -> dict[str, gpd.GeoDataFrame]:
    """The layers of a plan, from the problem and its solution tables.

    Parameters
    ----------
    problem : Problem
        The instance as solved.
    tables : mapping of str to DataFrame
        The tidy tables of the solution.
    base : GeoDataFrame, optional
        Polygons by region, from :func:`siting.maps.load_base`; without it, the instance's own base map. A region
        without a polygon is a point.

    Returns
    -------
    dict of str to GeoDataFrame
        By the names of :data:`siting.maps.PROPERTIES`, WGS84.
    """
    chosen = own_base(problem) if base is None else base
    flows = work(problem, tables)
    sites = _sites(problem, tables, flows)
    return {
        "regions": _regions(problem, tables, flows, sites, chosen),
        "sites": sites,
        "workload_flows": _workload_flows(problem, flows),
        "power_flows": _power_flows(problem, tables),
        "supply": _supply(problem, tables),
    }


def site_points(problem: Problem, tables: Tables) -> gpd.GeoDataFrame:
    """The layer of the sites alone; see :func:`layers`.

    Parameters
    ----------
    problem : Problem
        The instance as solved.
    tables : mapping of str to DataFrame
        The tidy tables of the solution.
    """
    return _sites(problem, tables, work(problem, tables))


def own_base(problem: Problem) -> gpd.GeoDataFrame | None:
    """The bundled base map that the instance names, or None; one in the folder of the instance is given to us.

    Raises
    ------
    UsageError
        If there is no such bundled map: a name in an instance opens no file of the working directory.
    """
    name = problem.settings.instance.base_map
    if not name:
        return None
    path = base_map_path(name, None)
    if path is None:
        raise UsageError(
            Sentence(
                "Base map {name!r} is in the folder of the instance: read it with load_base and give it here.",
                name=name,
            )
        )
    return load_base(path)


def _sites(p: Problem, tables: Tables, flows: pd.DataFrame) -> gpd.GeoDataFrame:
    compute = table(tables, "site_compute", "site", "compute", "modules", "capacity_mw")
    capacity = compute.pivot_table(index="site", columns="compute", values="capacity_mw", aggfunc="sum")
    capacity = capacity.reindex(index=p.sites.index, columns=p.compute_types.index).fillna(0.0).astype(float)
    load = flows.pivot_table(index="site", columns="workload", values="mean_mw", aggfunc="sum")
    load = load.reindex(index=p.sites.index, columns=p.workloads.index).fillna(0.0).astype(float)
    energy = _by(table(tables, "site", "site", "energy_mwh"), "site", "energy_mwh", p.sites.index)
    region = p.sites["region"]
    of_region = region.map(energy.groupby(region).sum())
    carbon = region.map(_by(table(tables, "carbon", "region", "carbon_t"), "region", "carbon_t", p.regions.index))
    data = p.sites[["region", "name_en", "name_zh", "tier", "hub"]].assign(
        open=sites_in_use(p, tables),
        existing_mw=p.capacity["existing_mw"].groupby(level="site").sum().reindex(p.sites.index).fillna(0.0),
        capacity_mw=capacity.sum(axis=1),
        most_mw=p.sites["most_mw"],
        modules=_by(compute, "site", "modules", p.sites.index).round().astype(int),
        **{f"capacity_mw_{name}": capacity[name] for name in capacity},
        load_mw=load.sum(axis=1),
        **{f"load_mw_{name}": load[name] for name in load},
        energy_gwh=energy / 1e3,
        pue_mean=pue(as_chosen(p, tables)).mean(),
        carbon_t=(carbon * energy / of_region.where(of_region > 0)).fillna(0.0),
        racks=(capacity * 1e3 / p.compute_types["rack_kw"]).sum(axis=1),
        eflops=(capacity * p.compute_types["eflops_per_mw"]).sum(axis=1),
    )
    shapes = [point(x, y) for x, y in zip(p.sites["longitude_deg"], p.sites["latitude_deg"], strict=True)]
    return gpd.GeoDataFrame(data.reset_index(), geometry=shapes, crs="EPSG:4326")


def _regions(
    p: Problem, tables: Tables, flows: pd.DataFrame, sites: gpd.GeoDataFrame, base: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    keys = p.regions.index
    at_sites = sites.groupby("region")[["load_mw", "capacity_mw", "energy_gwh"]].sum().reindex(keys).fillna(0.0)
    grid = weighted(p, tables, "region_hour", ["region"], "grid_mw").reindex(keys).fillna(0.0) / 1e3
    generation = weighted(p, tables, "supply_hour", ["region", "technology"], "generation_mw") / 1e3
    technologies = p.supply.index.unique("technology")
    by_technology = generation.unstack() if len(generation) else pd.DataFrame()
    by_technology = by_technology.reindex(index=keys, columns=technologies).fillna(0.0).astype(float)
    account = carbon_accounts(p, tables).loc[keys]
    data = p.regions[["name_en", "name_zh", "zone"]].assign(
        demand_mw=p.demand["mean_mw"].groupby(level="region").sum().reindex(keys).fillna(0.0),
        it_load_mw=at_sites["load_mw"],
        capacity_mw=at_sites["capacity_mw"],
        energy_gwh=at_sites["energy_gwh"],
        grid_gwh=grid,
        grid_factor_t_per_mwh=location_factor_t_per_mwh(p, tables),
        **{f"generation_gwh_{name}": by_technology[name] for name in technologies},
        matched_share=account["matched_mwh"] / account["used_mwh"].where(account["used_mwh"] > 0),
        carbon_t=_by(table(tables, "carbon", "region", "carbon_t"), "region", "carbon_t", keys),
        cost_million=_by(table(tables, "cost", "region", "cost_million"), "region", "cost_million", keys),
    )
    polygons = {} if base is None else dict(zip(base["region"], base.geometry, strict=True))
    places = _places(p)
    shapes = [polygons[key] if key in polygons else point(*places[key]) for key in keys]
    return gpd.GeoDataFrame(data.reset_index(), geometry=shapes, crs="EPSG:4326")


def _workload_flows(p: Problem, flows: pd.DataFrame) -> gpd.GeoDataFrame:
    users, sites = _places(p), _places(p, "sites")
    pairs = pd.MultiIndex.from_frame(flows[["region", "site"]])
    names = {
        language: flows["workload"].map(p.workloads[language])
        + ": "
        + flows["region"].map(p.regions[language])
        + " → "
        + flows["site"].map(p.sites[language])
        for language in ("name_en", "name_zh")
    }
    data = flows.assign(
        **names,
        max_delay_h=flows["workload"].map(p.workloads["max_delay_h"]),
        latency_ms=latency_ms(p).stack().reindex(pairs).to_numpy(),
        latency_bound_ms=flows["workload"].map(p.workloads["latency_ms"]),
        distance_km=distance_km(p).stack().reindex(pairs).to_numpy(),
    )
    shapes = [great_circle_line(users[n], sites[s]) for n, s in pairs]
    return gpd.GeoDataFrame(data[list(PROPERTIES["workload_flows"])], geometry=shapes, crs="EPSG:4326")


def _power_flows(p: Problem, tables: Tables) -> gpd.GeoDataFrame:
    forward, backward = (
        weighted(p, tables, "corridor_hour", ["corridor"], f"{way}_mw").reindex(p.corridors.index).fillna(0.0) / 1e3
        for way in ("forward", "backward")
    )
    built = table(tables, "corridor", "corridor", "corridor_mw")
    data = p.corridors[["from_region", "to_region"]].assign(
        capacity_mw=_by(built, "corridor", "corridor_mw", p.corridors.index),
        existing_mw=p.corridors["existing_mw"],
        forward_gwh=forward,
        backward_gwh=backward,
        net_gwh=forward - backward,
        loss_gwh=(forward + backward) * p.corridors["loss_share"],
    )
    places = _places(p)
    ends = zip(data["from_region"], data["to_region"], strict=True)
    shapes = [great_circle_line(places[a], places[b]) for a, b in ends]
    return gpd.GeoDataFrame(data.reset_index(), geometry=shapes, crs="EPSG:4326")


def _supply(p: Problem, tables: Tables) -> gpd.GeoDataFrame:
    keys = ["region", "technology"]
    supply = table(tables, "supply", *keys, "supply_mw").set_index(keys)["supply_mw"].astype(float)
    generated = weighted(p, tables, "supply_hour", keys, "generation_mw").reindex(supply.index).fillna(0.0)
    exported = weighted(p, tables, "export_hour", keys, "exported_mw").reindex(supply.index).fillna(0.0)
    available = available_mwh(p, tables).reindex(supply.index)
    sources = pd.DataFrame(
        {
            "kind": "supply",
            "existing_mw": p.supply["existing_mw"].reindex(supply.index),
            "capacity_mw": supply,
            "capacity_mwh": np.nan,
            "generation_gwh": generated / 1e3,
            "exported_gwh": exported / 1e3,
            "charged_gwh": np.nan,
            "curtailed_share": (1 - (generated + exported) / available.where(available > 0)).clip(0, 1),
            "green": p.supply["green"].reindex(supply.index).astype(object),
        }
    ).reset_index()
    keys = ["region", "storage"]
    storage = table(tables, "storage", *keys, "storage_mw", "storage_mwh").set_index(keys).astype(float)
    stores = pd.DataFrame(
        {
            "kind": "storage",
            "existing_mw": p.storage["existing_mw"].reindex(storage.index),
            "capacity_mw": storage["storage_mw"],
            "capacity_mwh": storage["storage_mwh"],
            "generation_gwh": weighted(p, tables, "storage_hour", keys, "discharge_mw").reindex(storage.index) / 1e3,
            "exported_gwh": np.nan,
            "charged_gwh": weighted(p, tables, "storage_hour", keys, "charge_mw").reindex(storage.index) / 1e3,
            "curtailed_share": np.nan,
            "green": None,
        },
        index=storage.index,
    ).reset_index(names=["region", "technology"])
    parts = [part for part in (sources, stores) if len(part)] or [sources]
    data = pd.concat(parts, ignore_index=True)[list(PROPERTIES["supply"])]
    places = _places(p)
    return gpd.GeoDataFrame(data, geometry=[point(*places[key]) for key in data["region"]], crs="EPSG:4326")


def _places(p: Problem, name: str = "regions") -> dict[str, tuple[float, float]]:
    """Longitude and latitude by key."""
    rows = getattr(p, name)
    return dict(zip(rows.index, zip(rows["longitude_deg"], rows["latitude_deg"], strict=True), strict=True))


def _by(rows: pd.DataFrame, key: str, value: str, index: pd.Index) -> pd.Series:
    return rows.groupby(key)[value].sum().reindex(index).fillna(0.0).astype(float)
