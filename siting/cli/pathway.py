"""A pathway as tables in the terminal: what it comes to, and its stages side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from siting.cli.common import periods_said
from siting.cli.money import amount
from siting.locale import Text


def pathway_tables(result: Mapping[str, Any], say: Text) -> list[Any]:
    """Summary and stages, of the result alone."""
    from siting.cli.tables import facts

    unknown, first = say("value.unknown"), result["stages"][0]["year"]

    def money(value: float | None) -> str:
        known = {"currency": result["currency"], "year": first}
        return unknown if value is None else say("value.discounted", value=amount(value, say), **known)

    rows = {
        "status": say(f"status.{result['status']}"),
        "pathway_cost": money(result["objective"]),
        "bound": money(result["bound"]),
        "gap": unknown if result["gap"] is None else say("value.percent", value=100 * result["gap"]),
        "carbon_sum": say("value.tonnes_sum", value=result["totals"]["carbon_t"]["total"]),
        "audit": say("value.good" if result["audit"]["ok"] else "value.bad"),
        "periods": periods_said(result["periods"], say),
        "solver": f"HiGHS {result['solver']['version']} ({result['solver']['strategy']})",
        "seconds": say("value.seconds", value=result["seconds"]["total"]),
    }
    return [facts(rows, "pathway", say, name=result["instance"]["name"]), _side_by_side(result["stages"], say)]


def _side_by_side(stages: Sequence[Mapping[str, Any]], say: Text) -> Any:
    """A column for each stage, which leaves room for several in a narrow terminal."""
    from rich import box
    from rich.table import Table

    table = Table(title=say("title.stages"), box=box.SIMPLE, title_justify="left", title_style="bold")
    table.add_column("")
    for entry in stages:
        table.add_column(f"{entry['year']}-{entry['year'] + entry['years'] - 1}", justify="right")
    columns = [_stage(entry) for entry in stages]
    for name in columns[0]:
        table.add_row(say(f"stage.{name}"), *(column[name] for column in columns))
    return table


def _stage(entry: Mapping[str, Any]) -> dict[str, str]:
    totals, built = entry["totals"], entry["built"]
    return {
        "sites": f"{totals['sites_in_use']}/{totals['sites_to_choose_from']}",
        "it_mw": f"{built['it_mw']:,.0f}",
        "new_supply_mw": f"{built['new_supply_mw']:,.0f}",
        "new_storage_mwh": f"{built['new_storage_mwh']:,.0f}",
        "new_corridor_mw": f"{built['new_corridor_mw']:,.0f}",
        "energy_gwh": f"{totals['energy_mwh']['used'] / 1e3:,.0f}",
        "green_percent": f"{100 * totals['green_share']:.1f}",
        "carbon_t": f"{totals['carbon_t']['total']:,.0f}",
        "cost_million": f"{entry['objective']:,.1f}",
        "discounted_million": f"{entry['weight'] * entry['objective']:,.1f}",
    }
