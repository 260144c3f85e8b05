"""Direct connections that cannot be one: not green, without a site in their region, or sold without a line."""

from __future__ import annotations

from collections.abc import Mapping

from siting.errors import Fault
from siting.instance.rows import Rows


def direct_faults(rows: Mapping[str, Rows]) -> list[Fault]:
    """Directly connected sources that are not green or have no site, and a price of export for what is not direct.

    Parameters
    ----------
    rows : mapping of str to Rows
        Valid rows of each table.
    """
    if "supply" not in rows or "direct" not in (supply := rows["supply"].data).columns:
        return _sold(rows)
    known = rows["sites"].data if "sites" in rows else None
    served = None if known is None or "region" not in known.columns else set(known["region"])
    green = supply["green"] if "green" in supply.columns else supply["direct"]
    faults = []
    for line, region, direct, clean in zip(
        rows["supply"].lines, supply["region"], supply["direct"], green, strict=True
    ):
        if direct and not clean:
            rule, remedy = "A direct connection is for green power.", "Write true in green, or false in direct."
            faults.append(Fault("supply.csv", rule, remedy, line, "direct", "true"))
        if direct and served is not None and region not in served:
            rule, remedy = "No site lies in this region, so nothing can be connected to it.", "Write false in direct."
            faults.append(Fault("supply.csv", rule, remedy, line, "direct", "true"))
    return faults + _sold(rows)


def _sold(rows: Mapping[str, Rows]) -> list[Fault]:
    if "supply" not in rows or "export_price_per_mwh" not in (supply := rows["supply"].data).columns:
        return []
    direct = supply["direct"] if "direct" in supply.columns else [False] * len(supply)
    rule = "Only what is connected directly exports to the grid."
    remedy = "Write true in direct, or leave the price blank."
    return [
        Fault("supply.csv", rule, remedy, line, "export_price_per_mwh", f"{price:g}")
        for line, own, price in zip(rows["supply"].lines, direct, supply["export_price_per_mwh"], strict=True)
        if not own and price is not None and price == price
    ]
