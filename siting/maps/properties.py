"""Names, units and meanings of the properties of every map layer; the documentation is made from them."""

from __future__ import annotations

from siting.problem import Problem

_REGION = ("-", "Key of the region.")
_SITE = ("-", "Key of the site.")
_NAME_EN = ("-", "Name in English.")
_NAME_ZH = ("-", "Name in Chinese.")

PROPERTIES: dict[str, dict[str, tuple[str, str]]] = {
    "regions": {
        "region": _REGION,
        "name_en": _NAME_EN,
        "name_zh": _NAME_ZH,
        "zone": ("-", "Macro-region."),
        "demand_mw": ("MW", "Mean IT load that the users of the region ask for."),
        "it_load_mw": ("MW", "Mean IT load served at the sites of the region."),
        "capacity_mw": ("MW", "IT capacity of the sites of the region."),
        "energy_gwh": ("GWh/year", "Electricity used by the sites of the region."),
        "grid_gwh": ("GWh/year", "Electricity bought from the grid of the region."),
        "grid_factor_t_per_mwh": ("t/MWh", "CO2 of the power bought, location-based; of the year where none is."),
        "generation_gwh_<technology>": ("GWh/year", "Electricity taken from the technology in the region."),
        "matched_share": ("share", "Part of the electricity of its sites that is green in its hour; null without any."),
        "carbon_t": ("t/year", "CO2 booked in the region: grid, generation and what is embodied."),
        "cost_million": ("million/year", "Yearly cost booked in the region, in the currency of the instance."),
    },
    "sites": {
        "site": _SITE,
        "region": ("-", "Region whose grid supplies the site."),
        "name_en": _NAME_EN,
        "name_zh": _NAME_ZH,
        "tier": ("-", "hub, city or edge."),
        "hub": ("-", "National hub that it belongs to; blank: none."),
        "open": ("-", "Whether the plan uses the site."),
        "existing_mw": ("MW", "IT capacity that exists."),
        "capacity_mw": ("MW", "IT capacity in the plan, existing included."),
        "most_mw": ("MW", "Most IT capacity."),
        "modules": ("count", "New modules built, all compute types."),
        "capacity_mw_<compute>": ("MW", "IT capacity of the compute type in the plan."),
        "load_mw": ("MW", "Mean IT load, all workloads."),
        "load_mw_<workload>": ("MW", "Mean IT load of the workload."),
        "energy_gwh": ("GWh/year", "Electricity used, cooling and power supply included."),
        "pue_mean": ("ratio", "Mean PUE over the hours of the year."),
        "carbon_t": ("t/year", "Share of its region's CO2 by its share of the region's data-center electricity."),
        "racks": ("count", "Standard racks that the capacity fills."),
        "eflops": ("EFLOPS", "Computing power of the capacity."),
    },
    "workload_flows": {
        "workload": ("-", "Key of the workload."),
        "region": ("-", "Region of the users."),
        "site": ("-", "Site that does the work."),
        "name_en": ("-", "Workload, region and site in English."),
        "name_zh": ("-", "Workload, region and site in Chinese."),
        "max_delay_h": ("h", "Longest time that the work may wait; 0: it runs when it arrives."),
        "mean_mw": ("MW", "Mean IT load over the year."),
        "latency_ms": ("ms", "One-way latency between region and site."),
        "latency_bound_ms": ("ms", "Longest latency that the workload allows."),
        "distance_km": ("km", "Great-circle distance on the sphere."),
    },
    "power_flows": {
        "corridor": ("-", "Key of the corridor."),
        "from_region": ("-", "Region where the forward direction starts."),
        "to_region": ("-", "Region where the forward direction ends."),
        "capacity_mw": ("MW", "Capacity in the plan, existing included."),
        "existing_mw": ("MW", "Capacity that data centers may use today."),
        "forward_gwh": ("GWh/year", "Electricity sent from from_region to to_region, at the sending end."),
        "backward_gwh": ("GWh/year", "Electricity sent from to_region to from_region, at the sending end."),
        "net_gwh": ("GWh/year", "forward_gwh less backward_gwh."),
        "loss_gwh": ("GWh/year", "Electricity lost on the way, both directions."),
    },
    "supply": {
        "region": _REGION,
        "kind": ("-", "supply or storage."),
        "technology": ("-", "Technology of supply, or kind of storage."),
        "existing_mw": ("MW", "Power that exists."),
        "capacity_mw": ("MW", "Power in the plan, existing included."),
        "capacity_mwh": ("MWh", "Energy capacity of storage in the plan; null for supply."),
        "generation_gwh": ("GWh/year", "Electricity generated and used; for storage, discharged."),
        "exported_gwh": ("GWh/year", "Electricity of a direct connection sold to the grid; null for storage."),
        "charged_gwh": ("GWh/year", "Electricity charged; null for supply."),
        "curtailed_share": (
            "share",
            "Part of the possible output neither used nor sold; null for storage and without capacity.",
        ),
        "green": ("-", "Whether its energy counts as green; null for storage."),
    },
}
"""Layer, then property, then unit and description. A name with ``<technology>``, ``<compute>`` or ``<workload>`` stands
for one property per technology of supply, compute type or workload of the instance."""


def columns(problem: Problem, layer: str) -> list[str]:
    """The properties of a layer for an instance, in order, with the placeholders filled in.

    Parameters
    ----------
    problem : Problem
        Names its technologies, compute types and workloads.
    layer : str
        A key of :data:`PROPERTIES`.

    Raises
    ------
    KeyError
        If there is no such layer.
    """
    names = {
        "<technology>": problem.supply.index.unique("technology"),
        "<compute>": problem.compute_types.index,
        "<workload>": problem.workloads.index,
    }
    result = []
    for name in PROPERTIES[layer]:
        mark = next((mark for mark in names if mark in name), None)
        result.extend([name] if mark is None else [name.replace(mark, str(key)) for key in names[mark]])
    return result
