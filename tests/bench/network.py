"""The power half of a plan as a network of PyPSA: what is built for sites whose load is given.

Rows are those of the tables of an instance. A region has the bus ``site <region>``. Capital of what exists is sunk in
our model, and PyPSA pays for all that stands, so that each function returns the yearly payments to be subtracted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

Rows = Iterable[Mapping[str, Any]]
Row = Mapping[str, Any]


def yearly_payment(row: Row, column: str, rate: float) -> float:
    """Capital of a kW (or kWh) as an annuity, per MW (or MWh)."""
    return 1000 * row[column] * rate / (1 - (1 + rate) ** -row["lifetime_years"])


def add_supply(n: Any, rows: Rows, factors: Mapping[str, Any], rate: float) -> float:
    """Wind, sun and the like; ``factors`` are capacity factors by technology and region."""
    sunk = 0.0
    for row in rows:
        payment, upkeep = yearly_payment(row, "capex_per_kw", rate), 1000 * row["fixed_om_per_kw_year"]
        sunk += payment * row["existing_mw"]
        n.add(
            "Generator",
            f"new {row['region']} {row['technology']}",
            bus=f"site {row['region']}",
            p_nom_extendable=True,
            p_nom_min=row["existing_mw"],
            p_nom_max=row["most_mw"],
            p_max_pu=factors[row["technology"]][row["region"]],
            capital_cost=payment + upkeep,
            marginal_cost=row["variable_cost_per_mwh"],
        )
    return sunk


def add_corridors(n: Any, rows: Rows, rate: float) -> float:
    """Two links, there and back, for each corridor; :func:`tie` makes them one line."""
    sunk = 0.0
    for row in rows:
        first, second = f"site {row['from_region']}", f"site {row['to_region']}"
        per_mw = yearly_payment(row, "capex_per_kw", rate) + 1000 * row["fixed_om_per_kw_year"]
        sunk += per_mw * row["existing_mw"]
        for way, bus0, bus1, paid in (("there", first, second, per_mw), ("back", second, first, 0.0)):
            n.add(
                "Link",
                f"{row['corridor']} {way}",
                bus0=bus0,
                bus1=bus1,
                efficiency=1 - row["loss_share"],
                p_nom_extendable=True,
                p_nom_min=row["existing_mw"],
                p_nom_max=row["most_mw"],
                capital_cost=paid,
                marginal_cost=row["wheeling_cost_per_mwh"],
            )
    return sunk


def add_batteries(n: Any, rows: Rows, rate: float) -> float:
    """Stores between two links, one battery in a region; :func:`tie` makes the links one inverter."""
    sunk = 0.0
    for row in rows:
        region, one_way = row["region"], np.sqrt(row["round_trip_efficiency"])
        per_mw, per_mwh = (yearly_payment(row, column, rate) for column in ("capex_per_kw", "capex_per_kwh"))
        sunk += per_mw * row["existing_mw"] + per_mwh * row["existing_mwh"]
        n.add("Bus", f"battery {region}", carrier="AC")
        n.add(
            "Store",
            f"battery {region}",
            bus=f"battery {region}",
            e_cyclic=True,
            e_nom_extendable=True,
            e_nom_min=row["existing_mwh"],
            e_nom_max=row["most_mwh"],
            capital_cost=per_mwh,
        )
        n.add(
            "Link",
            f"charge {region}",
            bus0=f"site {region}",
            bus1=f"battery {region}",
            efficiency=one_way,
            p_nom_extendable=True,
            p_nom_min=row["existing_mw"],
            p_nom_max=row["most_mw"],
            capital_cost=per_mw + 1000 * row["fixed_om_per_kw_year"],
        )
        n.add(
            "Link",
            f"discharge {region}",
            bus0=f"battery {region}",
            bus1=f"site {region}",
            efficiency=one_way,
            p_nom_extendable=True,
        )
    return sunk


def tie(corridors: Rows, storage: Rows, hours: int | None = None) -> Callable[[Any, Any], None]:
    """What makes two links one line or one inverter, and batteries wrap within periods; ``extra_functionality``.

    Both directions of a corridor, and of an inverter, share one power, where it leaves or enters the region.

    Parameters
    ----------
    corridors, storage : rows
        Those that were added.
    hours : int, optional
        Hours of a period; all snapshots are one if it is not given.
    """
    lines = [row["corridor"] for row in corridors]
    batteries = {row["region"]: np.sqrt(row["round_trip_efficiency"]) for row in storage}

    def add(n: Any, snapshots: Any) -> None:
        if lines:
            there, back = _named(n, lines, "{} there"), _named(n, lines, "{} back")
            n.model.add_constraints(there["p_nom"] - back["p_nom"] == 0, name="built there and back")
            n.model.add_constraints(there["p"] + back["p"] - there["p_nom"] <= 0, name="shared there and back")
        if batteries:
            charge, discharge = _named(n, batteries, "charge {}"), _named(n, batteries, "discharge {}")
            given = discharge["p"] * discharge["p"].coords["name"].copy(data=list(batteries.values()))
            n.model.add_constraints(charge["p"] + given - charge["p_nom"] <= 0, name="shared by the inverter")
            if hours is not None and hours < len(snapshots):
                _wrap(n, len(snapshots), hours)

    return add


def _named(n: Any, keys: Iterable[str], form: str) -> dict[str, Any]:
    """Power and capacity of links, under the keys that make their names."""
    keys = list(keys)
    chosen = [form.format(key) for key in keys]
    return {what: n.model[f"Link-{what}"].sel(name=chosen).assign_coords(name=keys) for what in ("p", "p_nom")}


def _wrap(n: Any, count: int, hours: int) -> None:
    """The first hour of a period follows its last; PyPSA itself ties the first hour of all to the last of all."""
    hour = np.arange(count)
    before = hour // hours * hours + (hour - 1) % hours
    stored, given = n.model["Store-e"], n.model["Store-p"]
    earlier = stored.isel(snapshot=before).assign_coords(snapshot=stored.coords["snapshot"])
    n.model.remove_constraints("Store-energy_balance")
    n.model.add_constraints(stored - earlier + given == 0, name="Store-energy_balance")
