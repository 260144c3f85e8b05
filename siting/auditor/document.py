"""What ``result.json`` says, held against the audit of its plan: how it ended, its figures, and the year."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from siting.auditor.report import Check

_RELATIVE = 1e-9
"""Relative distance of two sums of the same numbers."""


def outcome_check(
    *,
    status: str,
    objective: float | None,
    bound: float | None,
    gap: float | None,
    asked: float,
    ok: bool,
    totals: Mapping[str, Any],
) -> Check:
    """That a plan costs no less than its bound, the gap is their distance, and optimal is within what is asked.

    Parameters
    ----------
    status : str
        Of the run: ``optimal``, ``feasible``, or ``error`` for a plan that failed its audit.
    objective, bound, gap : float or None
        As reported.
    asked : float
        Relative gap that the user asked for.
    ok : bool
        Whether the plan passed its audit.
    totals : mapping
        Of the audit. Next to nothing of all that is paid is rounding, also where the cost itself is near zero.
    """
    paid = math.fsum(abs(value) for value in totals["cost_million"].values())
    found = "; ".join(_ending(status, objective, bound, gap, asked, ok, paid))
    return Check("outcome", not found, float(bool(found)), found or "whole plan", "faults", 0.0)


def _ending(
    status: str, objective: float | None, bound: float | None, gap: float | None, asked: float, ok: bool, paid: float
) -> Iterator[str]:
    if objective is None or not math.isfinite(objective):
        yield "a plan without an objective"
        return
    if bound is not None and bound - objective > 1e-6 * max(paid, abs(objective)):
        yield f"the bound {bound:.9g} is above the objective {objective:.9g}"
    left = None if bound is None else max(objective - bound, 0.0)
    distance = None if left is None else left / (abs(objective) or abs(bound or 0.0) or 1.0)
    if gap is None and left == 0:
        distance = None  # a bound above the cost, if only by rounding, has no gap
    if not _alike(gap, distance, _RELATIVE):
        yield f"the gap is {distance} and not {gap}"
    if status not in ("optimal", "feasible", "error") or (status == "error") == ok:
        yield f"the status is {status!r}, and the audit of the plan {'passed' if ok else 'failed'}"
    if status == "optimal" and (left is None or left > max((asked + 1e-6) * abs(objective), 1e-6 * paid)):
        yield f"the status is optimal at a gap of {gap}, where {asked} was asked for"


def figures_check(told: Mapping[str, Any], mine: Mapping[str, Any]) -> Check:
    """That every figure and name that is told is the one that follows from the plan.

    Parameters
    ----------
    told : mapping
        ``result.json``.
    mine : mapping
        Entries of it as they should be; the others are not looked at.
    """
    found = list(_differences({key: told.get(key) for key in mine}, mine, ""))
    return Check("figures", not found, float(len(found)), found[0] if found else "all of them", "faults", 0.0)


def year_check(year: Mapping[str, Any] | None, promised: Mapping[str, Any]) -> Check:
    """That what is told of the whole year fits together, and begins with what the plan promised.

    Parameters
    ----------
    year : mapping or None
        The section ``year_check`` of ``result.json``.
    promised : mapping
        Totals of the audit of the plan.
    """
    found = [] if year is None or year.get("status") == "stopped" else list(_of_year(year, promised))
    return Check("year", not found, float(len(found)), found[0] if found else "all of it", "faults", 0.0)


def _of_year(year: Mapping[str, Any], promised: Mapping[str, Any]) -> Iterator[str]:
    unserved, rows = year["unserved"], year["errors"]
    missed = bool(unserved["days"]) or bool(year["broken"])
    if year["status"] != ("missed" if missed else "kept"):
        yield f"the year is {year['status']!r}, and {'something' if missed else 'nothing'} is missed"
    for name in ("energy_mwh", "work_mwh"):
        yield from _differences(unserved[name], math.fsum(day[name] for day in unserved["days"]), f"unserved.{name}")
    known = {(row["quantity"], row["term"]): row for row in rows}
    used = known.get(("energy_mwh", "used"), {"year": 0.0})["year"]
    yield from _differences(unserved["energy_share"], _part(unserved["energy_mwh"], used), "unserved.energy_share")
    for quantity, key in (("cost_million", "cost_million"), ("carbon_t", "carbon_t"), ("green_share", "green_share")):
        if (quantity, "") in known:
            yield from _differences(year[key], known[quantity, ""]["year"], key)
    for (quantity, term), row in known.items():
        where = f"errors.{quantity}.{term}"
        yield from _differences(row["promised"], _promise(promised, quantity, term), f"{where}.promised")
        error = 100 * (row["year"] - row["promised"]) / abs(row["promised"]) if row["promised"] else None
        yield from _differences(row["error_percent"], error, f"{where}.error_percent")
    for quantity in ("cost_million", "carbon_t"):
        terms = math.fsum(row["year"] for (name, term), row in known.items() if name == quantity and term)
        yield from _differences(year[quantity], terms, f"{quantity} of the terms", size=_size(rows, quantity))


def _promise(totals: Mapping[str, Any], quantity: str, term: str) -> Any:
    if quantity == "cost_million" and not term:
        return totals["objective_million"]
    amount = totals[quantity]
    return amount.get(term or "total", 0.0) if isinstance(amount, Mapping) else amount


def _part(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _size(rows: Sequence[Mapping[str, Any]], quantity: str) -> float:
    return math.fsum(abs(row["year"]) for row in rows if row["quantity"] == quantity)


def _differences(told: Any, mine: Any, where: str, size: float = 0.0) -> Iterator[str]:
    """Where two documents differ; numbers that are sums may differ by rounding, on the scale of those beside them."""
    if isinstance(mine, Mapping) and isinstance(told, Mapping):
        beside = max((abs(x) for x in mine.values() if isinstance(x, float) and math.isfinite(x)), default=0.0)
        for key in dict.fromkeys([*mine, *told]):
            path = f"{where}.{key}" if where else str(key)
            if key not in told or key not in mine:
                yield f"{path} is {'missing' if key not in told else 'not known'}"
            else:
                yield from _differences(told[key], mine[key], path, beside)
    elif isinstance(mine, list) and isinstance(told, list) and len(mine) == len(told):
        for number, (one, other) in enumerate(zip(told, mine, strict=True)):
            yield from _differences(one, other, f"{where}[{number}]")
    elif not _alike(told, mine, _RELATIVE, 1e-12 * size):
        yield f"{where} is {told!r}, but should be {mine!r}"


def _alike(told: Any, mine: Any, relative: float, absolute: float = 0.0) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (told, mine))
    if numbers:
        return math.isclose(told, mine, rel_tol=relative, abs_tol=max(absolute, 1e-12))
    return type(told) is type(mine) and bool(told == mine)
