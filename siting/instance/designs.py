"""Caps and tariffs on PUE and cooling options that name what does not exist, or forbid what the tables demand."""

from __future__ import annotations

from collections.abc import Mapping

from siting.errors import Fault, Sentence
from siting.instance.files import RawTable
from siting.instance.folder import FILE
from siting.instance.suggest import did_you_mean
from siting.problem import Problem, Settings
from siting.problem.derived import arcs
from siting.problem.designs import sites_over_pue_cap
from siting.problem.tables import Site


def cap_faults(settings: Settings, raw: Mapping[str, RawTable]) -> list[Fault]:
    """Caps on PUE without any site, and tariffs of regions that do not exist.

    Parameters
    ----------
    settings : Settings
        As read.
    raw : mapping of str to RawTable
        Tables as read.
    """
    faults = []
    for number, cap in enumerate(settings.policy.pue_caps, start=1):
        wanted = {name: getattr(cap, name) for name in ("tier", "hub", "region", "site")}
        faults += _scope(f"policy.pue_caps.{number}", {n: v for n, v in wanted.items() if v is not None}, raw)
    regions = raw["regions"].keys("region") if "regions" in raw else None
    for number, tariff in enumerate(settings.policy.pue_tariffs, start=1):
        if regions is not None and tariff.region not in regions:
            remedy = did_you_mean(tariff.region, sorted(regions))
            column = f"policy.pue_tariffs.{number}.region"
            faults.append(Fault(FILE, "regions.csv has no such region.", remedy, column=column, value=tariff.region))
    return faults


def open_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Sites that must be open although their PUE breaks a cap.

    Parameters
    ----------
    p : Problem
        Tables and series without faults.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    over = set(sites_over_pue_cap(p)) if p.settings.policy.pue_caps else set()
    rule = "The site must be open, but its annual PUE is above a cap of policy.pue_caps."
    remedy = "Write free, choose a better cooling design, or raise the cap."
    return [
        Fault("sites.csv", rule, remedy, line, "decision", "open")
        for line, (site, row) in zip(lines["sites"], p.sites.iterrows(), strict=True)
        if row["decision"] == "open" and site in over
    ]


def cap_reach_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Demand of which every site that it could use breaks a cap on PUE.

    Parameters
    ----------
    p : Problem
        Tables and series without faults.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    over = sites_over_pue_cap(p) if p.settings.policy.pue_caps else []
    if not over:
        return []
    names = arcs(p)
    every = set(names[["region", "workload"]].itertuples(index=False, name=None))
    left = names[~names["site"].isin(over)]
    lost = every - set(left[["region", "workload"]].itertuples(index=False, name=None))
    rule = "Every site that could do this work of {region} is above a cap on PUE of policy.pue_caps (presets included)."
    remedy = "Offer a better design in cooling_options.csv, or raise the cap."
    return [
        Fault("demand.csv", Sentence(rule, region=place[0]), remedy, line, "workload", place[1])
        for line, place in zip(lines["demand"], p.demand.index, strict=True)
        if place in lost
    ]


def _scope(place: str, wanted: Mapping[str, str], raw: Mapping[str, RawTable]) -> list[Fault]:
    """Conditions on sites that name what no site has, or that no site meets together."""
    if "sites" not in raw or any(raw["sites"].keys(name) is None for name in wanted):
        return []
    sites = raw["sites"]
    faults = []
    for name, value in wanted.items():
        known = sites.keys(name) or set()
        if value not in known and name != "tier":
            missing = Sentence("No site of sites.csv has this {name}.", name=name)
            faults.append(
                Fault(FILE, missing, did_you_mean(value, sorted(known)), column=f"{place}.{name}", value=value)
            )
    if not faults and not any(all(cells[n] == v for n, v in wanted.items()) for cells in sites.cells):
        rule, remedy = "No site meets all conditions of this rule.", "Drop a condition or the rule."
        faults.append(Fault(FILE, rule, remedy, column=place, value=str(dict(wanted))))
    return faults


def option_faults(raw: Mapping[str, RawTable]) -> list[Fault]:
    """Cooling options that are the site's own design, which has its place in sites.csv.

    Parameters
    ----------
    raw : mapping of str to RawTable
        Tables as read.
    """
    if "sites" not in raw or "cooling_options" not in raw:
        return []
    default = str(Site.model_fields["cooling"].default)
    own = {cells.get("site", ""): cells.get("cooling", "") or default for cells in raw["sites"].cells}
    options = raw["cooling_options"]
    rule = "This is the site's own design in sites.csv already."
    remedy = "Delete the row, or name another design."
    return [
        Fault(options.file, rule, remedy, line, "cooling", cells["cooling"])
        for line, cells in zip(options.lines, options.cells, strict=True)
        if cells.get("cooling") and own.get(cells.get("site", "")) == cells["cooling"]
    ]
