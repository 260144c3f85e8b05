"""Rules of ``[policy]`` against the tables: hubs, regions, sites and zones that do not exist, and counts that clash."""

from __future__ import annotations

from collections.abc import Mapping

from siting.errors import Fault, Sentence
from siting.instance.files import RawTable
from siting.instance.folder import FILE
from siting.instance.suggest import did_you_mean
from siting.problem.settings import Settings, SiteCount, UtilisationFloor


def policy_faults(settings: Settings, raw: Mapping[str, RawTable]) -> list[Fault]:
    """What the rules of policy name and the tables do not have.

    Parameters
    ----------
    settings : Settings
        Valid settings, presets included.
    raw : mapping of str to RawTable
        Tables as read.
    """
    policy, faults = settings.policy, []
    if "sites" in raw:
        for number, rule in enumerate(policy.site_counts, start=1):
            faults += _count_faults(f"policy.site_counts.{number}", rule, raw["sites"])
        for number, floor in enumerate(policy.utilisation_floors, start=1):
            faults += _scope_faults(f"policy.utilisation_floors.{number}", floor, raw["sites"])
        tiers = raw["sites"].keys("tier")
        if policy.hub_share_min > 0 and tiers is not None and "hub" not in tiers and not raw["sites"].keys("hub"):
            rule_text = "No site of sites.csv has tier hub or names its hub, so nothing new could be built."
            remedy = "Drop the share, or give a site its hub."
            value = f"{policy.hub_share_min:g}"
            faults.append(Fault(FILE, rule_text, remedy, column="policy.hub_share_min", value=value))
    zones = raw["regions"].keys("zone") if "regions" in raw else None
    for number, move in enumerate(policy.relocation, start=1):
        for name, value in (("from_zone", move.from_zone), ("to_zone", move.to_zone)):
            if value not in (zones or set()):
                column = f"policy.relocation.{number}.{name}"
                rule_text, remedy = "No region of regions.csv has this zone.", did_you_mean(value, sorted(zones or ()))
                faults.append(Fault(FILE, rule_text, remedy, column=column, value=value))
    return faults


def _conditions(rule: SiteCount | UtilisationFloor) -> dict[str, str]:
    given = {name: getattr(rule, name, None) for name in ("tier", "hub", "region", "site")}
    return {name: value for name, value in given.items() if value is not None}


def _scope_faults(where: str, rule: SiteCount | UtilisationFloor, sites: RawTable) -> list[Fault]:
    """A hub, region or site that no site has, or conditions that none meets together."""
    faults, wanted = [], _conditions(rule)
    known = {name: sites.keys(name) for name in wanted}
    for name, value in wanted.items():
        names = known[name]
        if names is not None and value not in names and name != "tier":
            remedy = did_you_mean(value, sorted(names))
            faults.append(
                Fault(
                    FILE,
                    Sentence("No site of sites.csv has this {name}.", name=name),
                    remedy,
                    column=f"{where}.{name}",
                    value=value,
                )
            )
    if not faults and all(known.values()) and not _matching(wanted, sites):
        rule_text, remedy = "No site meets all conditions of this rule.", "Drop a condition or the rule."
        faults.append(Fault(FILE, rule_text, remedy, column=where, value=str(wanted)))
    return faults


def _count_faults(where: str, rule: SiteCount, sites: RawTable) -> list[Fault]:
    faults = _scope_faults(where, rule, sites)
    if faults or sites.keys("tier") is None:
        return faults
    if rule.most is not None and rule.least > rule.most:
        rule_text = Sentence("The least number of sites exceeds the most, {most}.", most=rule.most)
        return [Fault(FILE, rule_text, "Raise most or lower least.", column=f"{where}.least", value=str(rule.least))]
    able = [cells for cells in _matching(_conditions(rule), sites) if cells.get("decision") != "closed"]
    if rule.least > len(able):
        rule_text = Sentence("Only {able} sites that are not closed meet the conditions of this rule.", able=len(able))
        return [Fault(FILE, rule_text, "Lower least.", column=f"{where}.least", value=str(rule.least))]
    must = sum(cells.get("decision") == "open" for cells in able)
    if rule.most is not None and must > rule.most:
        rule_text = Sentence(
            "{must} sites that meet the conditions of this rule must be open by their decision.", must=must
        )
        return [Fault(FILE, rule_text, "Raise most.", column=f"{where}.most", value=str(rule.most))]
    return []


def _matching(wanted: Mapping[str, str], sites: RawTable) -> list[Mapping[str, str]]:
    return [cells for cells in sites.cells if all(cells.get(name) == value for name, value in wanted.items())]
