"""A pathway: every stage audited like a plan of one year, and what ties the stages together.

What is built stays; what earlier stages pay on (the term ``vintages`` of cost and CO2), the budget of each stage and
the discounted sum of all stages are recomputed year by year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.auditor import judged
from siting.auditor.compute import bought_mw, built_mw, capacity_bounds
from siting.auditor.report import Audit, Check, Ledger
from siting.auditor.sums import floats
from siting.auditor.tables import Plan, Reader, read, what_can_exist
from siting.physics.finance import annuity
from siting.problem import Problem, ages, derived, designs
from siting.problem.problem import FloatArray
from siting.problem.stages import Stage, stage_problem, stages

Tables = Mapping[str, pd.DataFrame]
_NAME = "vintages"


@dataclass(frozen=True)
class PathwayAudit:
    """The verdict on a pathway.

    Parameters
    ----------
    stages : dict of int to Audit
        Each stage by itself, against its own problem.
    links : Audit
        What ties the stages together; its totals are the cost and CO2 of the whole pathway.
    """

    stages: dict[int, Audit]
    links: Audit

    @property
    def checks(self) -> tuple[Check, ...]:
        """All checks, those between stages first."""
        return (*self.links.checks, *(check for each in self.stages.values() for check in each.checks))

    @property
    def ok(self) -> bool:
        """Whether every check holds."""
        return all(check.ok for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.ok)

    def as_dict(self) -> dict[str, Any]:
        """The audit between stages in types that JSON knows; ``ok`` is that of the whole pathway."""
        return {**self.links.as_dict(), "ok": self.ok}


@dataclass(frozen=True)
class _Bought:
    """One kind of thing that is bought, for all stages: arrays (stages, items), or (items,) where nothing changes.

    ``amount`` is what the pathway has bought; ``old`` is what exists and lives as a stage begins, with ``left`` years.
    """

    label: str
    items: Sequence[Any]
    amount: FloatArray
    price: FloatArray
    embodied_t: FloatArray
    life: FloatArray
    ends: tuple[npt.NDArray[np.object_], ...]
    unit: str = "MW"
    budgeted: bool = True
    old: FloatArray | None = None
    left: FloatArray | None = None
    lasts: FloatArray | None = None


def audit_pathway(
    problem: Problem,
    tables: Mapping[int, Tables],
    objective_million: float | None = None,
    tolerance: float = 1e-6,
    *,
    own_rules: bool = False,
) -> PathwayAudit:
    """Recompute a pathway from the problem and the tables of its stages, and check every rule.

    Parameters
    ----------
    problem : Problem
        With stages, and the calendar that was used.
    tables : mapping of int to mapping of str to DataFrame
        Tables of each stage by its year.
    objective_million : float, optional
        Objective that the solver reported; without it the check ``discounted_cost`` is left out.
    tolerance : float
        Relative part of the tolerance of a row.
    own_rules : bool
        As of :func:`siting.audit`.

    Returns
    -------
    PathwayAudit
    """
    ledger = Ledger(problem, tolerance)
    own = stages(problem)
    problems = [stage_problem(problem, stage.year) for stage in own]
    given = [tables.get(stage.year, {}) for stage in own]
    budget = [p.settings.policy.capital_budget for p in problems]
    # A plan of one year counts all that is new; here the budget is for what the stage adds.
    alone = [
        p if p.settings.policy.capital_budget is None else p.replace(policy__capital_budget=None) for p in problems
    ]
    bought = _all_bought(problems, given, ledger)
    paid = [_paid_before_million(problem, bought, s) for s in range(len(own))]
    single = {
        stage.year: judged(p, rows, None, tolerance, own_rules, before)
        for stage, p, rows, before in zip(own, alone, given, paid, strict=True)
    }
    _check_stays(bought, own, ledger)
    _check_vintages(problem, bought, own, given, ledger)
    _check_budget(bought, own, budget, ledger)
    totals = _totals(own, single)
    if objective_million is not None:
        size = sum(stage.weight * _size(rows) for stage, rows in zip(own, given, strict=True))
        ledger.equal("discounted_cost", objective_million, totals["objective_million"], [], "million", scale=size)
    return PathwayAudit(single, Audit(ledger.checks, totals))


def _totals(own: Sequence[Stage], single: Mapping[int, Audit]) -> dict[str, Any]:
    """Discounted cost by term, and CO2 by source over all years."""
    cost: dict[str, float] = {}
    carbon: dict[str, float] = {}
    for stage in own:
        totals = single[stage.year].totals
        for term, value in totals["cost_million"].items():
            cost[term] = cost.get(term, 0.0) + stage.weight * value
        for source, value in totals["carbon_t"].items():
            carbon[source] = carbon.get(source, 0.0) + stage.years * value
    return {"objective_million": sum(cost.values()), "cost_million": cost, "carbon_t": carbon}


def _size(tables: Tables) -> float:
    frame = tables.get("cost", pd.DataFrame())
    return float(frame["cost_million"].abs().sum()) if "cost_million" in frame.columns else 0.0


def _all_bought(problems: Sequence[Problem], tables: Sequence[Tables], ledger: Ledger) -> list[_Bought]:
    """Every kind of thing, with its amounts and prices by stage."""
    last = tables[-1]
    found = []
    for p, rows in zip(problems, tables, strict=True):
        kept = what_can_exist(p)
        plan = read(kept, rows, ledger)
        # The design of a site stays, so that the last stage says which of its prices counts in all.
        found.append([*_in_sites(designs.as_chosen(kept, last), plan), *_in_regions(kept, plan)])
    result = []
    for kinds in zip(*found, strict=True):
        none = np.zeros(len(kinds[0].items))
        changing = {
            name: np.stack([getattr(kind, name) for kind in kinds]) for name in ("amount", "price", "embodied_t")
        }
        for name in ("old", "left", "lasts"):
            changing[name] = np.stack([none if (own := getattr(kind, name)) is None else own for kind in kinds])
        result.append(replace(kinds[0], **changing))
    return result


def _in_sites(p: Problem, plan: Plan) -> list[_Bought]:
    """What is bought at sites; ``lasts`` is whether something lives there from before, so that the site stays open."""
    sites, types = p.sites, p.compute_types
    place, life = sites["region"].to_numpy(), floats(sites, "lifetime_years")
    embodied = float(p.settings.carbon.embodied)
    nothing, names = np.zeros(len(sites)), list(sites.index)
    own = pd.MultiIndex.from_arrays([sites.index, sites["cooling"]])
    extra = p.cooling_options["extra_capex_per_kw"].reindex(own).fillna(0.0).to_numpy(dtype=float)
    pairs = pd.MultiIndex.from_product([names, types.index])
    server = [np.tile(floats(types, c), len(sites)) for c in ("capex_per_kw", "embodied_t_per_mw", "lifetime_years")]
    building = (1000 * floats(sites, "capex_per_kw"), embodied * floats(sites, "embodied_t_per_mw"))
    opening = np.where(derived.exists(p).to_numpy(dtype=bool), 0.0, floats(sites, "opening_capex"))
    there = capacity_bounds(p)[0]
    lasts, shells, servers = there.sum(axis=1), *bought_mw(p, plan)
    # What stands in a building or as equipment whose own life has not ended.
    old = there + plan.renewed_mw
    left = ages.left_years(p, "sites").to_numpy(dtype=float)
    left_servers = ages.left_years(p, "capacity").reindex(pairs, fill_value=0.0).to_numpy(dtype=float)
    total = built_mw(p, plan).sum(axis=1)
    priced = (1000 * server[0], embodied * server[1], server[2], (np.repeat(place, len(types)),))
    return [
        _Bought("open", names, plan.open, opening, nothing, life, (place,), "1", lasts=lasts),
        _Bought(
            "building",
            names,
            shells.sum(axis=1),
            *building,
            life,
            (place,),
            old=old.sum(axis=1) * (left > 0),
            left=left,
        ),
        _Bought(
            "compute", list(pairs), servers.ravel(), *priced, old=old.ravel() * (left_servers > 0), left=left_servers
        ),
        _Bought("design", names, total, 1000 * extra, nothing, life, (place,), budgeted=False, lasts=lasts),
        _Bought("connected_mw", names, plan.connected_mw, nothing, nothing, life, (place,), lasts=lasts),
    ]


def _in_regions(p: Problem, plan: Plan) -> list[_Bought]:
    found = []
    embodied = float(p.settings.carbon.embodied)
    for label, name, amount, unit, price, burden in (
        ("supply_mw", "supply", plan.supply_mw, "mw", "capex_per_kw", "embodied_t_per_mw"),
        ("storage_mw", "storage", plan.storage_mw, "mw", "capex_per_kw", None),
        ("storage_mwh", "storage", plan.storage_mwh, "mwh", "capex_per_kwh", "embodied_t_per_mwh"),
        ("corridor_mw", "corridors", plan.corridor_mw, "mw", "capex_per_kw", None),
    ):
        rows = getattr(p, name)
        there = floats(rows, f"existing_{unit}")
        ends = ("from_region", "to_region") if label == "corridor_mw" else ("region",)
        flat = rows.reset_index()
        found.append(
            _Bought(
                label,
                list(rows.index),
                amount - there,
                1000 * floats(rows, price),
                np.zeros(len(rows)) if burden is None else embodied * floats(rows, burden),
                floats(rows, "lifetime_years"),
                tuple(flat[end].to_numpy() for end in ends),
                {"mw": "MW", "mwh": "MWh"}[unit],
                old=there,
                left=ages.left_years(p, name).to_numpy(dtype=float),
            )
        )
    return found


def _paid_before_million(p: Problem, bought: Sequence[_Bought], s: int) -> FloatArray:
    """Capital of what is there before stage ``s`` and was built, at the prices of this stage, (regions,), million."""
    total = np.zeros(len(p.regions))
    for kind in bought if s else ():
        if kind.budgeted:
            spent = kind.amount[s - 1] * kind.price[s] / len(kind.ends) / 1e6
            for end in kind.ends:
                np.add.at(total, p.regions.index.get_indexer(pd.Index(end)), spent)
    return total


def _check_stays(bought: Sequence[_Bought], own: Sequence[Stage], ledger: Ledger) -> None:
    years = [stage.year for stage in own]
    for kind in bought:
        axes = [("stage", years[1:]), (kind.label, kind.items)]
        # A site is free again when the life of all that existed there has ended.
        gone = (_array(kind.lasts)[:-1] > 0) & (_array(kind.lasts)[1:] <= 0)
        before = np.where(gone, 0.0, kind.amount[:-1])
        ledger.at_most("built_stays", before, kind.amount[1:], axes, kind.unit)


def _array(values: FloatArray | None) -> FloatArray:
    return np.zeros((0, 0)) if values is None else values


def _check_vintages(
    p: Problem, bought: Sequence[_Bought], own: Sequence[Stage], tables: Sequence[Tables], ledger: Ledger
) -> None:
    """Reported vintages of every stage, recomputed year by year."""
    rate = p.settings.finance.discount_rate
    cost, carbon = np.zeros((2, len(own), len(p.regions)))
    for kind in bought:
        payment = annuity(rate, pd.Series(kind.life)).to_numpy(dtype=float)
        for s in range(len(own)):
            renewed = _renewed_share(kind, own, s, rate)
            dearer = (_mean_price(kind, kind.price, own, s, rate) + renewed * kind.price[s]) * payment / 1e6
            dirtier = (_mean_price(kind, kind.embodied_t, own, s, rate) + renewed * kind.embodied_t[s]) / kind.life
            for end in kind.ends:
                place = p.regions.index.get_indexer(pd.Index(end))
                np.add.at(cost[s], place, dearer / len(kind.ends))
                np.add.at(carbon[s], place, dirtier / len(kind.ends))
    for s, stage in enumerate(own):
        for table, column, mine, unit in (
            ("cost", "cost_million", cost[s], "million"),
            ("carbon", "carbon_t", carbon[s], "t"),
        ):
            frame = tables[s].get(table, pd.DataFrame())
            rows = frame[frame["term"] == _NAME] if "term" in frame.columns else frame
            if not s and rows.empty and not mine.any():
                continue
            reported = Reader({table: rows}, ledger).array(table, column, ("term", [_NAME]), ledger.region)[0]
            ledger.equal("vintages", reported, mine, [ledger.region], unit, what=f"{table} of {stage.year}")


def _mean_price(kind: _Bought, price: FloatArray, own: Sequence[Stage], s: int, rate: float) -> FloatArray:
    """What the items in use cost more than at the price of stage ``s``, as a mean of its years, by item."""
    new = np.diff(np.vstack([np.zeros(len(kind.items)), kind.amount[: s + 1]]), axis=0)
    starts = np.array([stage.year for stage in own])
    total, weight = np.zeros(len(kind.items)), 0.0
    for year in range(own[s].year, own[s].year + own[s].years):
        value = (1 + rate) ** (own[s].year - year)
        weight += value
        for v in range(s):
            bought = starts[v] + np.floor((year - starts[v]) / kind.life + 1e-9) * kind.life
            stage = (bought[:, None] + 1e-9 >= starts[None, :]).sum(axis=1) - 1
            total += value * new[v] * (price[stage, np.arange(len(kind.items))] - price[s])
    mean: FloatArray = total / weight
    return mean


def _renewed_share(kind: _Bought, own: Sequence[Stage], s: int, rate: float) -> FloatArray:
    """What existed as stage ``s`` began, times the share of its years that follow the end of its life, by item."""
    old, left = _array(kind.old)[s], _array(kind.left)[s]
    total, weight = np.zeros(len(kind.items)), 0.0
    for passed in range(own[s].years):
        value = (1 + rate) ** -passed
        weight += value
        total += value * old * ((left > 0) & (passed + 1e-9 >= left))
    share: FloatArray = total / weight
    return share


def _check_budget(
    bought: Sequence[_Bought], own: Sequence[Stage], budget: Sequence[float | None], ledger: Ledger
) -> None:
    """Capital of what each stage adds, at its own prices."""
    for s, limit in enumerate(budget):
        if limit is None:
            continue
        spent = 0.0
        for kind in bought:
            before = kind.amount[s - 1] if s else 0.0
            spent += float((kind.amount[s] - before) @ kind.price[s]) if kind.budgeted else 0.0
        ledger.at_most("capital_budget", spent / 1e6, limit / 1e6, [], "million", what=str(own[s].year))
