"""Sizes of sites that no plan could keep: a site that must be open has equipment, and a least size can be reached."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.errors import Fault, Sentence
from siting.instance.folder import FILE
from siting.instance.rows import Rows
from siting.problem import Problem
from siting.problem.derived import rule_sites, site_compute
from siting.problem.problem import FloatArray
from siting.problem.tiers import module_mw, site_most_mw

_MOST_SUMS = 100_000


def site_row_faults(rows: Mapping[str, Rows]) -> list[Fault]:
    """Least sizes above the most.

    Parameters
    ----------
    rows : mapping of str to Rows
        Valid rows of each table.
    """
    if "sites" not in rows or not {"least_mw", "most_mw"} <= set(rows["sites"].data.columns):
        return []
    data = rows["sites"].data[["least_mw", "most_mw"]].astype(float)
    faults = []
    for line, (least, most) in zip(rows["sites"].lines, data.itertuples(index=False, name=None), strict=True):
        if least > most:
            rule, remedy = (
                Sentence("The least size exceeds the most, {most:g} MW.", most=most),
                "Raise most_mw or lower least_mw.",
            )
            faults.append(Fault("sites.csv", rule, remedy, line, "least_mw", f"{least:g}"))
    return faults


def size_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Sites that must be open without room for a module, least sizes and numbers of sites that cannot be reached.

    Parameters
    ----------
    p : Problem
        Tables without faults; its hourly series are not used.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    largest, smallest = largest_mw(p), module_mw(p).min(axis=1)
    columns = p.sites[["decision", "least_mw", "most_mw"]]
    faults = []
    for line, (site, decision, least, most) in zip(lines["sites"], columns.itertuples(name=None), strict=True):
        reach = float(largest[site])
        if decision == "open" and reach <= 0:
            rule = Sentence(
                "The site must be open, and an open site has equipment, but it has no room for one "
                "module: the smallest is {site:g} MW.",
                site=smallest[site],
            )
            remedy = "Raise most_mw (here, in capacity.csv or tiers.csv), lower module_mw, or write free or closed."
            faults.append(Fault("sites.csv", rule, remedy, line, "most_mw", f"{most:g}"))
        elif decision != "closed" and reach < least * (1 - 1e-9):
            rule = Sentence(
                "Whole modules within its most_mw come to {reach:g} MW, so that it never has this least size.",
                reach=reach,
            )
            remedy = "Lower least_mw, raise most_mw, or write closed in decision."
            faults.append(Fault("sites.csv", rule, remedy, line, "least_mw", f"{least:g}"))
    return faults or _count_faults(p, largest)


def _count_faults(p: Problem, largest: pd.Series) -> list[Fault]:
    """More sites must be open than can have equipment."""
    faults = []
    for number, count in enumerate(p.settings.policy.site_counts, start=1):
        able = int((largest[rule_sites(p, count)] > 0).sum())
        if count.least > able:
            rule = Sentence(
                "Only {able} sites that meet the conditions of this rule have room for a module.", able=able
            )
            column = f"policy.site_counts.{number}.least"
            faults.append(Fault(FILE, rule, "Lower least, or raise most_mw.", column=column, value=str(count.least)))
    return faults


def largest_mw(p: Problem) -> pd.Series:
    """Most IT power that each site can have: what exists and whole modules of all its types, within its limits, MW."""
    table, limit = site_compute(p), site_most_mw(p)
    largest = dict.fromkeys(p.sites.index, 0.0)
    for site in dict.fromkeys(table.index.get_level_values("site")):
        rows = table.loc[[site]]
        # A rounding error must not cost a module, hence the small terms.
        room = float(limit[site]) * (1 + 1e-9)
        sums: FloatArray = np.array([float(rows["existing_mw"].sum())])
        for existing, most, module in rows[["existing_mw", "most_mw", "module_mw"]].itertuples(index=False, name=None):
            new = module * np.arange(int((most - existing) / module + 1e-9) + 1)
            every = np.add.outer(sums, new).ravel() if len(sums) * len(new) < _MOST_SUMS else np.array([room])
            sums = np.unique(np.round(every[every <= room], 9))
        # What is renewed fills up what whole modules leave.
        largest[site] = float(min(sums.max(initial=0.0) + rows["ended_mw"].sum(), limit[site]))
    return pd.Series(largest)
