"""Power lines between regions.

In      p.corridors                      headroom, expansion, direction, losses, wheeling charge
Decide  corridor_mw[l]                   headroom, existing included                         MW
        circuits[l]                      new circuits, where they have a size                integer
        forward_mw, backward_mw[l,t]     power sent from the first or the second end         MW
Ports   period.power_in + corridors (what arrives)    period.power_out + corridors (what is sent)
        cost + corridors (half to each end), wheeling (to the sender)    capital + corridors (half to each end)
Rules   power sent <= headroom, both ways together                       arriving = sent · (1 − loss)
        nothing is sent against the direction                            (corridors.direction)
        power sent by the second end <= share · headroom                 (corridors.reverse_share; 1: no row)
        headroom = existing + size of a circuit · circuits               (corridors.step_mw; blank: any headroom)
        nothing goes round in a circle in an hour                        (m.one_way)
Note    To and fro on one corridor, against each other on two, or round a ring of three or more: what arrives where it
        came from has only been lost on the way, which would pay at a negative price. Lines whose flows are controlled
        could do so, but no plan does.
Proof   corridor-room
          flow_within_corridor   corridor_flow    test_a_line_is_built_and_used_while_it_pays
          bounds of corridor_mw  corridor_bounds  test_a_line_is_built_and_used_while_it_pays
        corridors-one-way
          one way of forward_mw  corridor_one_direction  test_no_line_burns_power
        corridor-direction
          bounds of forward_mw   corridor_direction  test_a_line_of_one_direction_carries_nothing_back
          bounds of backward_mw  corridor_direction  test_a_line_of_one_direction_carries_nothing_back
        corridor-reverse
          backward_within_its_share  corridor_reverse  test_the_way_back_is_a_share_of_the_headroom
        corridor-steps
          corridor_of_whole_circuits  corridor_circuits  test_a_line_is_expanded_by_whole_circuits
        wheeling
          cost + wheeling        cost             test_the_line_is_shared_by_its_ends_and_the_sender_pays_for_wheeling
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from siting.model.structure import CAPITAL, COST, MILLION, by_region, yearly
from siting.physics.finance import annuity
from siting.problem.derived import way_shares
from siting.problem.problem import Problem


def add(m: Any, p: Problem) -> None:
    """Add corridors."""
    table = p.corridors[p.corridors["most_mw"] > 0]
    if table.empty:
        return
    m.CORRIDOR = pyo.Set(initialize=list(table.index), doc="corridor")
    existing: dict[Any, float] = table["existing_mw"].to_dict()
    most: dict[Any, float] = table["most_mw"].to_dict()
    m.corridor_mw = pyo.Var(
        m.CORRIDOR, bounds=lambda m, c: (existing[c], most[c]), doc="Headroom of a corridor, existing included, MW"
    )
    _circuits(m, table)
    ends = dict(zip(table.index, zip(table["from_region"], table["to_region"], strict=True), strict=True))
    loss: dict[Any, float] = table["loss_share"].to_dict()
    shares = way_shares(p).loc[table.index]
    for d in m.PERIOD:
        _flows(m, m.period[d], most, shares)
        _exchange(m, m.period[d], ends, loss)
    m.one_way["forward_mw"] = ends
    m.one_way["backward_mw"] = {c: (second, first) for c, (first, second) in ends.items()}
    payment = (
        (annuity(p.settings.finance.discount_rate, table["lifetime_years"]) * table["capex_per_kw"])
        + table["fixed_om_per_kw_year"]
    ) * (1000 / MILLION)
    half = {(c, n): float(payment[c]) / 2 * (m.corridor_mw[c] - existing[c]) for c in m.CORRIDOR for n in ends[c]}
    m.cost.add("corridors", by_region(half, lambda cn: cn[1]), COST)
    price = table["capex_per_kw"] * (1000 / MILLION)
    capital = {(c, n): float(price[c]) / 2 * (m.corridor_mw[c] - existing[c]) for c in m.CORRIDOR for n in ends[c]}
    m.capital.add("corridors", by_region(capital, lambda cn: cn[1]), CAPITAL)
    charge = table["wheeling_cost_per_mwh"] / MILLION
    sent = {}
    for c in m.CORRIDOR:
        sent[c, ends[c][0]] = float(charge[c]) * yearly(m, lambda d, t, c=c: m.period[d].forward_mw[c, t])
        sent[c, ends[c][1]] = float(charge[c]) * yearly(m, lambda d, t, c=c: m.period[d].backward_mw[c, t])
    m.cost.add("wheeling", by_region(sent, lambda cn: cn[1]), COST)


def _circuits(m: Any, table: Any) -> None:
    stepped = table[table["step_mw"].notna()]
    if stepped.empty:
        return
    existing, size = stepped["existing_mw"].to_dict(), stepped["step_mw"].to_dict()
    # A rounding error must not cost a circuit, hence the small term.
    most = ((stepped["most_mw"] - stepped["existing_mw"]) / stepped["step_mw"] + 1e-9).astype(int).to_dict()
    m.CIRCUIT = pyo.Set(initialize=list(stepped.index), doc="corridor")
    m.circuits = pyo.Var(
        m.CIRCUIT, domain=pyo.NonNegativeIntegers, bounds=lambda m, c: (0, most[c]), doc="New circuits of a corridor"
    )

    @m.Constraint(m.CIRCUIT, doc="A corridor is expanded by whole circuits")
    def corridor_of_whole_circuits(m: Any, c: str) -> Any:
        return m.corridor_mw[c] == existing[c] + size[c] * m.circuits[c]


def _flows(m: Any, block: Any, most: dict[str, float], shares: Any) -> None:
    """What each end sends in a period, within the headroom and its way."""
    ahead, back = shares["forward"].to_dict(), shares["backward"].to_dict()
    block.forward_mw = pyo.Var(
        m.CORRIDOR,
        m.HOUR,
        bounds=lambda block, c, t: (0.0, ahead[c] * most[c]),
        doc="Power sent by the first end, MW",
    )
    block.backward_mw = pyo.Var(
        m.CORRIDOR,
        m.HOUR,
        bounds=lambda block, c, t: (0.0, back[c] * most[c]),
        doc="Power sent by the second end, MW",
    )

    # One row bounds both directions: where a price is negative, sending both ways at once would pay.
    @block.Constraint(m.CORRIDOR, m.HOUR, doc="Power sent within the headroom")
    def flow_within_corridor(block: Any, c: str, t: int) -> Any:
        return block.forward_mw[c, t] + block.backward_mw[c, t] <= m.corridor_mw[c]

    weaker = [c for c in m.CORRIDOR if 0 < back[c] < 1]
    if weaker:

        @block.Constraint(weaker, m.HOUR, doc="Power sent by the second end within its share of the headroom")
        def backward_within_its_share(block: Any, c: str, t: int) -> Any:
            return block.backward_mw[c, t] <= back[c] * m.corridor_mw[c]


def _exchange(m: Any, block: Any, ends: dict[str, tuple[str, str]], loss: dict[str, float]) -> None:
    """What leaves and enters the nodes at the ends."""
    sent: dict[tuple[str, int], list[Any]] = {}
    arriving: dict[tuple[str, int], list[Any]] = {}
    for c in m.CORRIDOR:
        first, second = ends[c]
        kept = 1.0 - loss[c]
        for t in m.HOUR:
            for sender, receiver, flow in (
                (first, second, block.forward_mw[c, t]),
                (second, first, block.backward_mw[c, t]),
            ):
                sent.setdefault((sender, t), []).append(flow)
                arriving.setdefault((receiver, t), []).append(kept * flow)
    block.power_in.add("corridors", {nt: pyo.quicksum(flows) for nt, flows in arriving.items()}, "MW")
    block.power_out.add("corridors", {nt: pyo.quicksum(flows) for nt, flows in sent.items()}, "MW")
