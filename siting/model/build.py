"""The list of concepts, and the model made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from siting.errors import Sentence, UsageError
from siting.model import (
    balance,
    bandwidth,
    budget,
    capacity,
    carbon,
    connection,
    cooling,
    cooling_choice,
    corridors,
    covers,
    deferral,
    demand_charge,
    direct,
    green,
    grid,
    hub_share,
    matching,
    network,
    own_power,
    pathway,
    pue_cap,
    pue_tariff,
    quota,
    relocation,
    replication,
    runs,
    site_count,
    sites,
    storage,
    structure,
    supply,
    survival,
    system,
    tiers,
    utilisation,
    water,
    workloads,
)
from siting.problem.ages import alive
from siting.problem.problem import Problem
from siting.problem.stages import stage_problem, stages

Component = Callable[[Any, Problem], None]

COMPONENTS: tuple[Component, ...] = (
    structure.add,
    sites.add,
    tiers.add,
    workloads.add,
    deferral.add,
    runs.add,
    covers.add,
    capacity.add,
    network.add,
    cooling_choice.add,
    cooling.add,
    supply.add,
    storage.add,
    corridors.add,
    direct.add,
    own_power.add,
    grid.add,
    system.add,
    carbon.add,
    matching.add,
    green.add,
    demand_charge.add,
    connection.add,
    site_count.add,
    utilisation.add,
    hub_share.add,
    relocation.add,
    quota.add,
    budget.add,
    bandwidth.add,
    replication.add,
    survival.add,
    water.add,
    pue_cap.add,
    pue_tariff.add,
    balance.add,
)
"""Every concept, in building order; a user's own comes after them."""


def build(
    p: Problem, components: Sequence[Component] | None = None, periods: Sequence[int] | None = None
) -> pyo.ConcreteModel:
    """A plain Pyomo model of a problem.

    Parameters
    ----------
    p : Problem
        The problem; its calendar says which hours the model sees.
    components : sequence of callable, optional
        Functions ``(m, p) -> None`` that add to the model; all concepts by default. Append your own:
        ``build(p, [*COMPONENTS, mine])``.
    periods : sequence of int, optional
        The periods that the model holds, all by default. A model of some is a piece of the whole: the first stage is
        there in full, weights are those of the whole year, and a yearly sum is that of its own periods.

    Returns
    -------
    ConcreteModel
        First-stage decisions on the model, hourly ones in ``m.period[d]``; edit it as any Pyomo model.
    """
    m = pyo.ConcreteModel(name=p.settings.instance.name)
    if periods is not None:
        m.built = tuple(periods)
    # The collector would walk millions of objects again and again, none of them garbage.
    with PauseGC():
        for add in COMPONENTS if components is None else components:
            add(m, alive(p))
    return m


def build_pathway(p: Problem, components: Sequence[Component] | None = None) -> pyo.ConcreteModel:
    """One Pyomo model of all stages of a problem.

    Parameters
    ----------
    p : Problem
        With stages; all see the hours of its calendar.
    components : sequence of callable, optional
        As of :func:`build`; each is called for every stage with the block and the problem of the stage.

    Returns
    -------
    ConcreteModel
        ``m.stage[year]`` is what :func:`build` makes of the stage, as a block; the rows between stages and the
        objective are on the model.

    Raises
    ------
    UsageError
        If the problem has no stages.
    """
    if p.stages.empty:
        raise UsageError(
            Sentence("{name} has no pathway: give its stages in stages.csv.", name=p.settings.instance.name)
        )
    m = pyo.ConcreteModel(name=p.settings.instance.name)
    m.STAGE = pyo.Set(initialize=[stage.year for stage in stages(p)], doc="stage")
    m.stage = pyo.Block(m.STAGE)
    for year in m.STAGE:
        own = alive(stage_problem(p, year))
        for add in COMPONENTS if components is None else components:
            add(m.stage[year], own)
    pathway.add(m, p)
    return m
