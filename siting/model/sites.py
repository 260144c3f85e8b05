"""Sites and the computing equipment in them.

In      p.sites, p.compute_types, p.capacity      costs, bounds, existing capacity
        p.tiers                                   modules and most sizes by tier
Decide  open[s]            whether the site is used                         0 or 1
        modules[s,k]       new modules of a compute type                    integer
Tells   capacity_mw[s,k]   existing and new IT power                        MW
Ports   cost + site opening, building, compute     carbon + building, compute (embodied, spread over the life)
        capital + site opening (where nothing exists), building, compute
Rules   modules <= most new modules · open            sum of capacity <= most of the site · open
        open <= Σ modules where nothing exists: no site is open and empty, whoever decided that it opens
        capacity >= least of the site · open
        existing capacity and sites with decision "open" are open, "closed" ones are not
Proof   open-sites
          modules_only_where_open   capacity_of_site  test_an_open_site_has_its_cost_whatever_may_wait
          open_only_with_equipment  open_sites        test_no_site_is_open_and_empty
        site-room
          capacity_within_site      capacity_of_site  test_types_share_the_site
        site-least
          least_of_site             site_least        test_a_site_has_its_least_size_or_is_not_built
        locked-in
          bounds of open            open_sites        test_the_cheaper_site_opens_unless_told_otherwise
        forbidden
          bounds of open            open_sites        test_the_cheaper_site_opens_unless_told_otherwise
        embodied
          carbon + building         carbon            test_model_carbon.py::test_embodied_carbon_of_what_is_new
          carbon + compute          carbon            test_model_carbon.py::test_embodied_carbon_of_what_is_new
        tier-most
          capacity_within_site      tier_most         test_model_tiers.py::test_the_most_counts_all_types_together
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import CAPITAL, CARBON, COST, MILLION, by_region
from siting.physics.finance import annuity
from siting.problem.derived import site_compute
from siting.problem.problem import Problem
from siting.problem.tiers import site_most_mw


def add(m: Any, p: Problem) -> None:
    """Add the first-stage decisions of sites."""
    table = site_compute(p)
    existing = table["existing_mw"].to_dict()
    most = table["most_mw"].to_dict()
    module = table["module_mw"].to_dict()
    # A rounding error must not cost a module, hence the small term.
    new = {sk: int((most[sk] - existing[sk]) / module[sk] + 1e-9) for sk in m.SITE_COMPUTE}
    in_use = set(table.index[table["existing_mw"] > 0].get_level_values("site"))

    decision = p.sites["decision"].to_dict()

    def open_bounds(m: Any, s: str) -> tuple[int, int]:
        return (1 if decision[s] == "open" or s in in_use else 0, 0 if decision[s] == "closed" else 1)

    m.open = pyo.Var(m.SITE, domain=pyo.Binary, bounds=open_bounds, doc="Whether the site is used")
    m.modules = pyo.Var(
        m.SITE_COMPUTE,
        domain=pyo.NonNegativeIntegers,
        bounds=lambda m, *sk: (0, new[sk]),
        doc="New modules of a compute type",
    )
    m.capacity_mw = pyo.Expression(
        m.SITE_COMPUTE,
        rule=lambda m, s, k: existing[s, k] + module[s, k] * m.modules[s, k],
        doc="Existing and new IT power, MW",
    )

    @m.Constraint(m.SITE_COMPUTE, doc="A closed site has no equipment")
    def modules_only_where_open(m: Any, s: str, k: str) -> Any:
        return m.modules[s, k] <= new[s, k] * m.open[s]

    types: dict[str, list[str]] = {}
    for s, k in m.SITE_COMPUTE:
        types.setdefault(s, []).append(k)
    site_mw = site_most_mw(p).to_dict()
    shared = {s: site_mw[s] for s in types if sum(most[s, k] for k in types[s]) > site_mw[s]}

    @m.Constraint([s for s in m.SITE if s not in in_use], doc="A site is open only if it has equipment")
    def open_only_with_equipment(m: Any, s: str) -> Any:
        return m.open[s] <= sum(m.modules[s, k] for k in types.get(s, ()))

    @m.Constraint(list(shared), doc="All types together fit into the site")
    def capacity_within_site(m: Any, s: str) -> Any:
        # As a share of the site, which keeps the coefficients near those of the other rows.
        return sum(m.capacity_mw[s, k] for k in types[s]) / shared[s] <= m.open[s]

    _least(m, p, types)
    _cost(m, p)
    _capital(m, p, in_use)


def _least(m: Any, p: Problem, types: dict[str, list[str]]) -> None:
    least = p.sites["least_mw"][p.sites["least_mw"] > 0].to_dict()
    if least:

        @m.Constraint(list(least), doc="An open site has its least size")
        def least_of_site(m: Any, s: str) -> Any:
            return least[s] * m.open[s] <= sum(m.capacity_mw[s, k] for k in types.get(s, ()))


def _cost(m: Any, p: Problem) -> None:
    rate = p.settings.finance.discount_rate
    site, kind = p.sites, p.compute_types
    opening = (annuity(rate, site["lifetime_years"]) * site["opening_capex"] + site["fixed_cost_per_year"]) / MILLION
    building = annuity(rate, site["lifetime_years"]) * site["capex_per_kw"] * 1000 / MILLION
    equipment = annuity(rate, kind["lifetime_years"]) * kind["capex_per_kw"] * 1000 / MILLION
    upkeep = kind["fixed_om_per_kw_year"] * 1000 / MILLION
    region_of = site["region"].to_dict()

    def place(index: Any) -> str:
        return str(region_of[index[0] if isinstance(index, tuple) else index])

    module = site_compute(p)["module_mw"].to_dict()
    new_mw = {sk: module[sk] * m.modules[sk] for sk in m.SITE_COMPUTE}
    m.cost.add("site opening", by_region({s: float(opening[s]) * m.open[s] for s in m.SITE}, place), COST)
    m.cost.add("building", by_region({sk: float(building[sk[0]]) * mw for sk, mw in new_mw.items()}, place), COST)
    m.cost.add(
        "compute",
        by_region(
            {
                (s, k): float(equipment[k]) * mw + float(upkeep[k]) * m.capacity_mw[s, k]
                for (s, k), mw in new_mw.items()
            },
            place,
        ),
        COST,
    )
    if p.settings.carbon.embodied:
        shell = site["embodied_t_per_mw"] / site["lifetime_years"]
        servers = kind["embodied_t_per_mw"] / kind["lifetime_years"]
        m.carbon.add("building", by_region({sk: float(shell[sk[0]]) * mw for sk, mw in new_mw.items()}, place), CARBON)
        m.carbon.add("compute", by_region({sk: float(servers[sk[1]]) * mw for sk, mw in new_mw.items()}, place), CARBON)


def _capital(m: Any, p: Problem, in_use: set[str]) -> None:
    region, module = p.sites["region"].to_dict(), site_compute(p)["module_mw"].to_dict()
    opening = (p.sites["opening_capex"] / MILLION).to_dict()
    shell = (p.sites["capex_per_kw"] * 1000 / MILLION).to_dict()
    servers = (p.compute_types["capex_per_kw"] * 1000 / MILLION).to_dict()
    opened = {s: opening[s] * m.open[s] for s in m.SITE if s not in in_use}
    new_mw = {sk: module[sk] * m.modules[sk] for sk in m.SITE_COMPUTE}
    m.capital.add("site opening", by_region(opened, lambda s: region[s]), CAPITAL)
    built = {sk: shell[sk[0]] * mw for sk, mw in new_mw.items()}
    m.capital.add("building", by_region(built, lambda sk: region[sk[0]]), CAPITAL)
    bought = {sk: servers[sk[1]] * mw for sk, mw in new_mw.items()}
    m.capital.add("compute", by_region(bought, lambda sk: region[sk[0]]), CAPITAL)
