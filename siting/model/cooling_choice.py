"""Which cooling design a site gets where several are offered.

In      p.cooling_options beside the site's own design, PUE of every design and hour, p.settings.policy.pue_caps
Decide  chosen[s,c]                    whether the site gets the design               0 or 1
        design_capacity_mw[s,k,c]      IT power under the design                      MW
        period.design_load_mw[s,c,t]   power of the load under the design, idle equipment aside, before cooling   MW
Tells   period.design_power_mw[s,c,t]  power drawn under the design                   MW
Ports   reads period.it_load     cost + cooling design
Rules   Σ_c chosen = open              Σ_c design capacity = capacity       design capacity <= most of the type · chosen
        Σ_c design load = Σ_k (1 − idle share) · load
        design load <= Σ_k (1 − idle share) · usable share · design capacity
        design power = pue · (Σ_k idle share · design capacity + design load)
Note    Capacity and load are split by design, so that power is linear without any constant that the data do not give.
        The load is split once for all types: no rule asks for more, and the model is half the size. Designs that break
        a cap on PUE are not offered at all; where one is left, nothing is split. Where every site has one design
        nothing is added.
Proof   one-cooling-design
          one_design                  one_design  test_a_better_design_is_chosen_while_it_pays
          capacity_has_a_design       site_power  test_existing_equipment_is_converted_at_a_price
          capacity_only_where_chosen  site_power  test_a_better_design_is_chosen_while_it_pays
          load_has_a_design           site_power  test_idle_equipment_and_work_that_may_wait_are_under_the_design
          load_within_design          site_power  test_one_design_for_the_whole_year
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import COST, MILLION, by_hour, by_region
from siting.physics.finance import annuity
from siting.problem.derived import site_compute
from siting.problem.designs import design_pue, designs, open_choices
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add the choice of a design."""
    offered = open_choices(p)
    if not offered:
        return
    m.DESIGN = pyo.Set(initialize=[(s, c) for s, names in offered.items() for c in names], dimen=2, doc="site, cooling")
    m.DESIGN_CHOICE = pyo.Set(
        initialize=[(s, c) for s, c in m.DESIGN if len(offered[s]) > 1], dimen=2, doc="site, cooling"
    )
    triples = [(s, k, c) for s, k in m.SITE_COMPUTE if s in offered for c in offered[s]]
    m.DESIGN_COMPUTE = pyo.Set(initialize=triples, dimen=3, doc="site, compute, cooling")
    most = site_compute(p)["most_mw"].to_dict()
    m.chosen = pyo.Var(m.DESIGN, domain=pyo.Binary, doc="Whether a site gets the cooling design")
    m.design_capacity_mw = pyo.Var(
        m.DESIGN_COMPUTE, bounds=lambda m, s, k, c: (0, most[s, k]), doc="IT power under a cooling design, MW"
    )

    @m.Constraint(list(offered), doc="An open site has one cooling design")
    def one_design(m: Any, s: str) -> Any:
        return sum(m.chosen[s, c] for c in offered[s]) == m.open[s]

    types: dict[str, list[str]] = {}
    for s, k in dict.fromkeys((s, k) for s, k, _ in triples):
        types.setdefault(s, []).append(k)

    @m.Constraint([(s, k) for s in types for k in types[s]], doc="All IT power is under some design")
    def capacity_has_a_design(m: Any, s: str, k: str) -> Any:
        return sum(m.design_capacity_mw[s, k, c] for c in offered[s]) == m.capacity_mw[s, k]

    @m.Constraint(m.DESIGN_COMPUTE, doc="IT power only under the chosen design")
    def capacity_only_where_chosen(m: Any, s: str, k: str, c: str) -> Any:
        return m.design_capacity_mw[s, k, c] <= most[s, k] * m.chosen[s, c]

    for d in m.PERIOD:
        _period(m, p, d, offered, types)
    _cost(m, p)


def _period(m: Any, p: Problem, d: int, offered: dict[str, list[str]], types: dict[str, list[str]]) -> None:
    block = m.period[d]
    usable, idle = p.compute_types["usable_share"].to_dict(), p.compute_types["idle_share"].to_dict()
    busy = {k: 1 - idle[k] for k in idle}
    site_mw = p.sites["most_mw"].to_dict()
    factor = by_hour(design_pue(p), p.calendar.hour[d])
    block.design_load_mw = pyo.Var(
        m.DESIGN_CHOICE,
        m.HOUR,
        bounds=lambda block, s, c, t: (0, max(busy[k] * usable[k] for k in types[s]) * site_mw[s]),
        doc="Power of the load under a cooling design, idle equipment aside, before cooling, MW",
    )

    def load(s: str, t: int) -> Any:
        return sum(busy[k] * block.it_load_total[s, k, t] for k in types[s])

    @block.Constraint(list(dict.fromkeys(s for s, _ in m.DESIGN_CHOICE)), m.HOUR, doc="All load is under some design")
    def load_has_a_design(block: Any, s: str, t: int) -> Any:
        return sum(block.design_load_mw[s, c, t] for c in offered[s]) == load(s, t)

    @block.Constraint(m.DESIGN_CHOICE, m.HOUR, doc="Load only under the chosen design")
    def load_within_design(block: Any, s: str, c: str, t: int) -> Any:
        return block.design_load_mw[s, c, t] <= sum(
            busy[k] * usable[k] * m.design_capacity_mw[s, k, c] for k in types[s]
        )

    def power(block: Any, s: str, c: str, t: int) -> Any:
        standing = sum(idle[k] * m.design_capacity_mw[s, k, c] for k in types[s])
        moving = block.design_load_mw[s, c, t] if len(offered[s]) > 1 else load(s, t)
        return factor[s, c][t] * (standing + moving)

    block.design_power_mw = pyo.Expression(m.DESIGN, m.HOUR, rule=power, doc="Power drawn under a design, MW")


def _cost(m: Any, p: Problem) -> None:
    extra = designs(p)["extra_capex_per_kw"].to_dict()
    yearly_share = annuity(p.settings.finance.discount_rate, p.sites["lifetime_years"]).to_dict()
    region = p.sites["region"].to_dict()
    cost = {
        (s, k, c): yearly_share[s] * extra[s, c] * 1000 / MILLION * m.design_capacity_mw[s, k, c]
        for s, k, c in m.DESIGN_COMPUTE
        if extra[s, c]
    }
    m.cost.add("cooling design", by_region(cost, lambda skc: region[skc[0]]), COST)
