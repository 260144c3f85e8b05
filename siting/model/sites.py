"""Sites and the computing equipment in them.

In      p.sites, p.compute_types, p.capacity      costs, bounds, existing capacity and its age
        p.tiers                                   modules and most sizes by tier
Decide  open[s]            whether the site is used                         0 or 1
        modules[s,k]       new modules of a compute type                    integer
        renewed_mw[s,k]    of what exists and whose life has ended          MW
Tells   capacity_mw[s,k]   existing and new IT power                        MW
Ports   cost + site opening, building, compute     carbon + building, compute (embodied, spread over the life)
        capital + site opening (where nothing exists), building, compute
Rules   modules <= most new modules · open            sum of capacity <= most of the site · open
        renewed <= ended · open                       new and renewed <= most of the type
        open <= Σ modules + Σ renewed / least of module and ended, where nothing exists that lives: no site is open and
        empty, whoever decided that it opens          capacity >= least of the site · open
        existing capacity that lives and sites with decision "open" are open, "closed" ones are not
Note    The life of what exists has ended if that of the equipment or of its building has; what is renewed pays for what
        has ended of the two. Opening is sunk where equipment exists. A closed site has nothing, whatever exists.
Proof   open-sites
          modules_only_where_open   capacity_of_site  test_an_open_site_has_its_cost_whatever_may_wait
          open_only_with_equipment  open_sites        test_no_site_is_open_and_empty
        renewal
          renewed_only_where_open   renewed           test_model_ages.py::test_what_has_ended_is_renewed_or_gone
          bounds of renewed_mw      renewed           test_model_ages.py::test_what_has_ended_is_renewed_or_gone
        site-room
          capacity_within_site      capacity_of_site  test_types_share_the_site
          capacity_within_type      capacity_of_type  test_model_ages.py::test_the_room_of_what_is_gone_is_free
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
from siting.problem.ages import ended
from siting.problem.derived import exists, site_compute
from siting.problem.problem import Problem
from siting.problem.tiers import site_most_mw


def add(m: Any, p: Problem) -> None:
    """Add the first-stage decisions of sites."""
    table = site_compute(p)
    existing, gone = table["existing_mw"].to_dict(), table["ended_mw"][table["ended_mw"] > 0].to_dict()
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
    if gone:
        m.RENEWABLE = pyo.Set(initialize=list(gone), dimen=2, doc="site, compute")
        m.renewed_mw = pyo.Var(
            m.RENEWABLE, bounds=lambda m, *sk: (0, gone[sk]), doc="IT power whose life has ended and is renewed, MW"
        )

    def capacity(m: Any, s: str, k: str) -> Any:
        own = existing[s, k] + module[s, k] * m.modules[s, k]
        return own + m.renewed_mw[s, k] if (s, k) in gone else own

    m.capacity_mw = pyo.Expression(m.SITE_COMPUTE, rule=capacity, doc="Existing and new IT power, MW")

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
        own = types.get(s, ())
        old = sum(m.renewed_mw[s, k] / min(module[s, k], gone[s, k]) for k in own if (s, k) in gone)
        return m.open[s] <= sum(m.modules[s, k] for k in own) + old

    @m.Constraint(list(shared), doc="All types together fit into the site")
    def capacity_within_site(m: Any, s: str) -> Any:
        # As a share of the site, which keeps the coefficients near those of the other rows.
        return sum(m.capacity_mw[s, k] for k in types[s]) / shared[s] <= m.open[s]

    _renewed(m, gone, most)
    _least(m, p, types)
    _cost(m, p)


def _renewed(m: Any, gone: dict[Any, float], most: dict[Any, float]) -> None:
    if not gone:
        return

    @m.Constraint(m.RENEWABLE, doc="A closed site renews nothing")
    def renewed_only_where_open(m: Any, s: str, k: str) -> Any:
        return m.renewed_mw[s, k] <= gone[s, k] * m.open[s]

    @m.Constraint(m.RENEWABLE, doc="Renewed and new equipment within the most of the type")
    def capacity_within_type(m: Any, s: str, k: str) -> Any:
        return m.capacity_mw[s, k] <= most[s, k]


def _least(m: Any, p: Problem, types: dict[str, list[str]]) -> None:
    least = p.sites["least_mw"][p.sites["least_mw"] > 0].to_dict()
    if least:

        @m.Constraint(list(least), doc="An open site has its least size")
        def least_of_site(m: Any, s: str) -> Any:
            return least[s] * m.open[s] <= sum(m.capacity_mw[s, k] for k in types.get(s, ()))


def _cost(m: Any, p: Problem) -> None:
    """Yearly cost, what is embodied, and the capital of all that is bought."""
    rate, site, kind = p.settings.finance.discount_rate, p.sites, p.compute_types
    region_of = site["region"].to_dict()

    def place(index: Any) -> str:
        return str(region_of[index[0] if isinstance(index, tuple) else index])

    # Opening is sunk where equipment exists, be it old.
    opening = (site["opening_capex"].mask(exists(p), 0.0) / MILLION).to_dict()
    shell, servers = (rows["capex_per_kw"] * 1000 / MILLION for rows in (site, kind))
    shell_life, servers_life = (annuity(rate, rows["lifetime_years"]) for rows in (site, kind))
    upkeep, fixed = kind["fixed_om_per_kw_year"] * 1000 / MILLION, site["fixed_cost_per_year"] / MILLION
    shell_mw, servers_mw = _bought_mw(m, p)

    opened = {s: float(shell_life[s] * opening[s] + fixed[s]) * m.open[s] for s in m.SITE}
    m.cost.add("site opening", by_region(opened, place), COST)
    built = {(s, k): float(shell_life[s] * shell[s]) * mw for (s, k), mw in shell_mw.items()}
    m.cost.add("building", by_region(built, place), COST)
    run = {
        (s, k): float(servers_life[k] * servers[k]) * mw + float(upkeep[k]) * m.capacity_mw[s, k]
        for (s, k), mw in servers_mw.items()
    }
    m.cost.add("compute", by_region(run, place), COST)
    paid = {s: opening[s] * m.open[s] for s in m.SITE if not exists(p)[s]}
    m.capital.add("site opening", by_region(paid, place), CAPITAL)
    m.capital.add("building", by_region({sk: float(shell[sk[0]]) * mw for sk, mw in shell_mw.items()}, place), CAPITAL)
    bought = {sk: float(servers[sk[1]]) * mw for sk, mw in servers_mw.items()}
    m.capital.add("compute", by_region(bought, place), CAPITAL)
    if p.settings.carbon.embodied:
        for part, amounts, at, rows in (("building", shell_mw, 0, site), ("compute", servers_mw, 1, kind)):
            yearly_t = rows["embodied_t_per_mw"] / rows["lifetime_years"]
            embodied = {sk: float(yearly_t[sk[at]]) * mw for sk, mw in amounts.items()}
            m.carbon.add(part, by_region(embodied, place), CARBON)


def _bought_mw(m: Any, p: Problem) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """IT power whose building, and whose equipment, is bought: modules, and of what is renewed what has ended."""
    module = site_compute(p)["module_mw"].to_dict()
    new_mw = {sk: module[sk] * m.modules[sk] for sk in m.SITE_COMPUTE}
    shell_mw, servers_mw = dict(new_mw), dict(new_mw)
    shells, servers = ended(p, "sites"), ended(p, "capacity")
    for s, k in getattr(m, "RENEWABLE", ()):
        if shells[s]:
            shell_mw[s, k] += m.renewed_mw[s, k]
        if servers[s, k]:
            servers_mw[s, k] += m.renewed_mw[s, k]
    return shell_mw, servers_mw
