"""The rest of the system: a fleet that is switched on and missing, or cannot serve its own load."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.errors import Fault, Sentence
from siting.instance.files import RawTable
from siting.instance.folder import FILE
from siting.problem import Problem, Settings
from siting.problem.problem import FloatArray
from siting.problem.system import available_mw, dispatched, fleet, need_mw

_SLACK = 1e-6
"""Relative rounding that is no fault."""


def switch_faults(settings: Settings, raw: Mapping[str, RawTable]) -> list[Fault]:
    """A dispatch without any fleet.

    Parameters
    ----------
    settings : Settings
        As read.
    raw : mapping of str to RawTable
        Tables as read.
    """
    if not settings.system.dispatch or ("fleet" in raw and raw["fleet"].cells):
        return []
    rule, remedy = "There is no fleet to dispatch.", "Add fleet.csv with a row, or switch the dispatch off."
    return [Fault(FILE, rule, remedy, column="system.dispatch", value="true")]


def fleet_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Fleets that cannot serve their own load, in power or in energy, or whose must-run exceeds it.

    Parameters
    ----------
    p : Problem
        Complete and without faults; all hours of the year are looked at, without data centers.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    regions = dispatched(p)
    if not regions:
        return []
    rows, need = fleet(p), need_mw(p)
    place = dict(zip(p.fleet.index, lines["fleet"], strict=True))
    most = available_mw(p, rows)
    faults = []
    for region in regions:
        mine = rows[rows.index.get_level_values("region") == region]
        # The largest plant stands for the fleet.
        line = place[mine["existing_mw"].idxmax()]
        faults += _fleet(region, mine, most[list(mine.index)], need[region].to_numpy(dtype=float), line)
        for key, row in mine.iterrows():
            least = float(most[key].sum() * row["least_share"])
            if least > row["most_mwh"] * (1 + _SLACK):
                rule = Sentence(
                    "Its least output comes to {least:,.6g} MWh a year, more than most_mwh, {most_mwh:g}.",
                    least=least,
                    most_mwh=row["most_mwh"],
                )
                remedy, value = "Lower least_share or raise most_mwh.", f"{row['least_share']:g}"
                faults.append(Fault("fleet.csv", rule, remedy, place[key], "least_share", value))
    return faults


def _fleet(region: str, rows: pd.DataFrame, most: pd.DataFrame, need: FloatArray, line: int) -> list[Fault]:
    """The first reason why the fleet of a region cannot serve it."""
    value = f"{rows['existing_mw'].max():g}"
    given = most.to_numpy(dtype=float)
    short = need - given.sum(axis=1)
    hour = int(short.argmax())
    if short[hour] > _SLACK * max(1.0, abs(need[hour])):
        rule = Sentence(
            "In hour {hour} of the year the load of {region} less its net import is {load:,.6g} MW, "
            "and its fleet has {available:,.6g} MW available.",
            hour=hour,
            region=region,
            load=need[hour],
            available=given[hour].sum(),
        )
        remedy = "Raise the capacity or what is available, or correct system_load_mw or net_import_mw."
        return [Fault("fleet.csv", rule, remedy, line, "existing_mw", value)]
    least = given @ rows["least_share"].to_numpy(dtype=float)
    hour = int((least - need).argmax())
    if least[hour] - need[hour] > _SLACK * max(1.0, least[hour]):
        rule = Sentence(
            "In hour {hour} of the year the least output of the fleet of {region} is {load:,.6g} "
            "MW, and its load less its net import {need:,.6g} MW.",
            hour=hour,
            region=region,
            load=least[hour],
            need=need[hour],
        )
        remedy = "Lower least_share, or correct system_load_mw or net_import_mw."
        return [Fault("fleet.csv", rule, remedy, line, "least_share", value)]
    limited = rows["most_mwh"].notna().to_numpy()
    lacking = float(np.maximum(need - given[:, ~limited].sum(axis=1), 0.0).sum())
    energy = float(rows["most_mwh"].sum())
    if lacking > energy * (1 + _SLACK) + _SLACK:
        rule = Sentence(
            "Plants with an energy limit have to give {lacking:,.6g} MWh a year in {region}, because "
            "the others are too small, and may give {energy:,.6g} MWh.",
            lacking=lacking,
            region=region,
            energy=energy,
        )
        return [Fault("fleet.csv", rule, "Raise most_mwh or the capacity of the others.", line, "existing_mw", value)]
    return []
