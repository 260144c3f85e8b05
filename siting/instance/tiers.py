"""Tiers of sites whose rules contradict one another or what the sites have."""

from __future__ import annotations

from collections.abc import Mapping

from siting.errors import Fault, Sentence
from siting.instance.feasible import whole_modules_mw
from siting.instance.rows import Rows
from siting.instance.sites import largest_mw
from siting.problem import Problem
from siting.problem.derived import site_compute
from siting.problem.tiers import least_mw, site_most_mw


def tier_row_faults(rows: Mapping[str, Rows]) -> list[Fault]:
    """Modules of no compute type, and least sizes above the most.

    Parameters
    ----------
    rows : mapping of str to Rows
        Valid rows of each table.
    """
    if "tiers" not in rows:
        return []
    faults = []
    columns = rows["tiers"].data.reindex(columns=["compute", "module_mw", "least_mw", "most_mw"])
    for line, (compute, module, least, most) in zip(
        rows["tiers"].lines, columns.itertuples(index=False, name=None), strict=True
    ):
        if not compute and module == module and module is not None:
            rule, remedy = "A module is of one compute type.", "Name it in compute, or leave module_mw blank."
            faults.append(Fault("tiers.csv", rule, remedy, line, "module_mw", f"{module:g}"))
        if most is not None and least is not None and least > most:
            rule, remedy = (
                Sentence("The least size exceeds the most, {most:g} MW.", most=most),
                "Raise most_mw or lower least_mw.",
            )
            faults.append(Fault("tiers.csv", rule, remedy, line, "least_mw", f"{least:g}"))
    return faults


def tier_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Sites that cannot have the least size of their tier, and sites that have more than its most already.

    Parameters
    ----------
    p : Problem
        Tables without faults; its hourly series are not used.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    if p.tiers.empty:
        return []
    place = dict(zip(p.sites.index, lines["sites"], strict=True))
    table, limit = site_compute(p), site_most_mw(p)
    reach, largest = whole_modules_mw(p), largest_mw(p)
    faults = []
    for (site, compute), least in least_mw(p).items():
        most = float(reach.get((site, compute), 0.0)) if compute else float(largest[site])
        if p.sites.at[site, "decision"] != "closed" and most < least * (1 - 1e-9):
            what = compute or Sentence("all types together")
            rule = Sentence(
                "Its tier asks for at least {least:g} MW of {what} at an open site, and it can have {most:g} MW.",
                least=least,
                what=what,
                most=most,
            )
            remedy = "Raise most_mw, lower least_mw of the tier in tiers.csv, or write closed in decision."
            value = f"{float(p.sites['most_mw'][site]):g}"
            faults.append(Fault("sites.csv", rule, remedy, place[site], "most_mw", value))
    for site in dict.fromkeys(table.index.get_level_values("site")):
        mine = table[table.index.get_level_values("site") == site]
        over = bool((mine["existing_mw"] > mine["most_mw"] * (1 + 1e-9)).any())
        has = float(mine["existing_mw"].sum())
        if over or has > limit[site] * (1 + 1e-9):
            rule = Sentence("It has {has:g} MW already, more than its tier may have by tiers.csv.", has=has)
            remedy = "Raise most_mw of the tier, or give the site another tier."
            faults.append(Fault("sites.csv", rule, remedy, place[site], "tier", str(p.sites.at[site, "tier"])))
    return faults
