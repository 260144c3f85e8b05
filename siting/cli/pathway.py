"""A pathway as tables in the terminal: what it comes to, and its stages side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.text import Text


def pathway_tables(result: Mapping[str, Any], say: Text) -> list[Any]:
    """Summary and stages, of the result alone."""
    import pandas as pd

    from siting.cli.tables import as_table, facts

    unknown, first = say("value.unknown"), result["stages"][0]["year"]

    def money(value: float | None) -> str:
        return (
            unknown if value is None else say("value.discounted", value=value, currency=result["currency"], year=first)
        )

    rows = {
        "status": say(f"status.{result['status']}"),
        "pathway_cost": money(result["objective"]),
        "bound": money(result["bound"]),
        "gap": unknown if result["gap"] is None else say("value.percent", value=100 * result["gap"]),
        "carbon_sum": say("value.tonnes_sum", value=result["totals"]["carbon_t"]["total"]),
        "audit": say("value.good" if result["audit"]["ok"] else "value.bad"),
        "periods": say("value.periods", **result["periods"]),
        "solver": f"HiGHS {result['solver']['version']} ({result['solver']['strategy']})",
        "seconds": say("value.seconds", value=result["seconds"]["total"]),
    }
    stages = [_stage(entry) for entry in result["stages"]]
    return [
        facts(rows, "pathway", say, name=result["instance"]["name"]),
        as_table(pd.DataFrame(stages), "stages", say),
    ]


def _stage(entry: Mapping[str, Any]) -> dict[str, Any]:
    totals, built = entry["totals"], entry["built"]
    last = entry["year"] + entry["years"] - 1
    return {
        "stage": f"{entry['year']}-{last}",
        "sites": f"{totals['sites_in_use']}/{totals['sites_to_choose_from']}",
        "it_mw": float(built["it_mw"]),
        "new_supply_mw": float(built["new_supply_mw"]),
        "new_storage_mwh": float(built["new_storage_mwh"]),
        "energy_gwh": totals["energy_mwh"]["used"] / 1e3,
        "green_percent": 100 * totals["green_share"],
        "carbon_t": float(totals["carbon_t"]["total"]),
        "cost_million": float(entry["objective"]),
        "discounted_million": entry["weight"] * entry["objective"],
    }
