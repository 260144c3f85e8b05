"""The plan as tidy tables, one per index set, a user's variables beside ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from siting.errors import Sentence, UsageError, sentences
from siting.model.build import Component
from siting.options import SolveOptions, SolverChanges, of_solver
from siting.problem.notebook import as_html
from siting.problem.problem import Problem
from siting.solver.compile.matrix import FloatArray
from siting.solver.highs.engine import Progress, Status
from siting.solver.outcome import Outcome
from siting.solver.strategy import optimize, optimize_program
from siting.solver.warm_start import Start
from siting.solving.compiled import Compiled, compile_problem
from siting.solving.tables import pages, tables

if TYPE_CHECKING:
    import geopandas as gpd

    from siting.maps.dispatch import Drawing


@dataclass(frozen=True, repr=False)
class Solution:
    """What a solve gave; a notebook shows it as a small table.

    Parameters
    ----------
    status : str
        ``optimal`` (proven to the gap), ``feasible`` (a plan, not proven), ``infeasible``, ``unbounded``,
        ``stopped`` (a limit came first) or ``error``.
    objective, bound : float or None
        Million per year; the bound is proven.
    gap : float or None
        Relative.
    tables : dict of str to DataFrame
        Empty without a plan; of a pathway see ``stages``.
    stages : dict of int to dict of str to DataFrame
        The tables of each stage of a pathway.
    outcome : Outcome
        Seconds, solver, version, options and the reason for stopping.
    problem : Problem or None
        What was solved; None where a Pyomo model was: ``dataclasses.replace(solution, problem=problem)`` adds it.
    """

    status: Status
    objective: float | None
    bound: float | None
    gap: float | None
    tables: dict[str, pd.DataFrame]
    outcome: Outcome
    stages: dict[int, dict[str, pd.DataFrame]] = field(default_factory=dict)
    problem: Problem | None = None

    @property
    def sites(self) -> gpd.GeoDataFrame:
        """Every site as a point, with its key as index and what the plan makes of it (see the layers of the map).

        Raises
        ------
        UsageError
            If there is no plan of one year, or the problem is not known.
        """
        from siting.maps import site_points

        return site_points(self._solved(), self.tables).set_index("site")

    def plot_dispatch(self, site: str, periods: Sequence[int] | None = None) -> Drawing:
        """Draw the hours of a site and of its region; see :func:`siting.maps.draw_dispatch`.

        Parameters
        ----------
        site : str
            Key of the site.
        periods : sequence of int, optional
            Which periods, side by side; by default the first 14 at most.

        Returns
        -------
        Drawing
            A matplotlib figure.

        Raises
        ------
        UsageError
            If there is no plan of one year, no such site or period, or the problem is not known.
        """
        from siting.maps import draw_dispatch

        return draw_dispatch(self._solved(), self.tables, site, periods)

    def __repr__(self) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in self._facts().items() if name != "status")
        return f"<Solution: {', '.join(filter(None, [self.status, facts]))}>"

    def _repr_html_(self) -> str:
        name = "" if self.problem is None else f" of {self.problem.settings.instance.name}"
        return as_html(f"Solution{name}", self._facts(), self._table())

    def _facts(self) -> dict[str, str]:
        currency = "" if self.problem is None else f" {self.problem.settings.instance.currency}"
        yearly = "" if self.stages else " a year"
        told: dict[str, str] = {"status": self.status}
        if self.objective is not None:
            told["cost"] = f"{self.objective:,.1f} million{currency}{yearly}"
        if self.bound is not None:
            told["bound"] = f"{self.bound:,.1f}"
        if self.gap is not None:
            told["gap"] = f"{100 * self.gap:.2f} %"
        if "carbon" in self.tables:
            told["CO2"] = f"{float(self.tables['carbon']['carbon_t'].sum()):,.0f} t a year"
        if "site" in self.tables:
            told["sites in use"] = f"{int((self.tables['site']['open'] > 0.5).sum())} of {len(self.tables['site'])}"
        if self.stages:
            told["stages"] = ", ".join(map(str, self.stages))
        return told

    def _table(self) -> pd.DataFrame | None:
        """IT power by type of equipment at the sites in use."""
        if "site_compute" not in self.tables:
            return None
        capacity = self.tables["site_compute"].pivot_table(index="site", columns="compute", values="capacity_mw")
        used = self.tables["site"].set_index("site")["open"] > 0.5
        return capacity[used.reindex(capacity.index, fill_value=False)].add_suffix(" MW")

    def _solved(self) -> Problem:
        if self.problem is None:
            raise UsageError(
                sentences(
                    "This solution does not know its problem, because a Pyomo model was solved.",
                    "Add it with dataclasses.replace(solution, problem=problem).",
                )
            )
        if not self.tables:
            raise UsageError(Sentence("There is no plan of one year (status {status!r}).", status=self.status))
        return self.problem


def solve(
    problem: Problem | Compiled | pyo.ConcreteModel,
    options: SolveOptions | None = None,
    *,
    components: Sequence[Component] | None = None,
    checkpoint: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: Start | None = None,
    keep_start: bool = False,
    **changes: Unpack[SolverChanges],
) -> Solution:
    """Solve a problem.

    Parameters
    ----------
    problem : Problem, Compiled or ConcreteModel
        A problem, as it is or from :func:`siting.solving.compiled.compile_problem`, is never held as one model in
        memory. A model goes to :func:`solve_model`.
    options : SolveOptions, optional
        Gap, time limit, strategy and the rest of what the solver obeys.
    components : sequence of callable, optional
        Of a problem, as of :func:`siting.build`.
    checkpoint : str or Path, optional
        File where a solve period by period keeps what it needs to go on. If it is there, the solve goes on from it;
        once the gap is proven, it is removed.
    progress : callable, optional
        Gets a :class:`siting.solver.highs.engine.Progress` about twice a second.
    start : Start, optional
        ``outcome.start`` of the solve of a similar problem.
    keep_start : bool
        Whether ``outcome.start`` is wanted.
    **changes
        Options as keywords: ``solve(problem, gap=0.01, time_limit=60)``; they come before those of ``options``.

    Returns
    -------
    Solution

    Raises
    ------
    UsageError
        If an option is refused, HiGHS is too old, a model that was to be decomposed cannot be, or the checkpoint is
        damaged or of another problem.
    WorkerError
        If the cluster is out of reach or has no workers, or workers are lost again and again.
    """
    asked = of_solver(options, changes)
    if not isinstance(problem, Problem | Compiled):
        return solve_model(problem, asked, checkpoint=checkpoint, progress=progress, start=start, keep_start=keep_start)
    limits = asked.limits(None if checkpoint is None else Path(checkpoint))
    if isinstance(problem, Problem):
        problem = compile_problem(problem, components, limits.workers, limits.cluster)
    outcome, plan = optimize_program(
        problem.program, limits, problem.seconds, progress, start=start, keep_start=keep_start
    )
    return replace(_solution(outcome, {} if plan is None else problem.tables(plan)), problem=problem.problem)


def solve_model(
    model: pyo.ConcreteModel,
    options: SolveOptions | None = None,
    *,
    checkpoint: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: Start | None = None,
    keep_start: bool = False,
    **changes: Unpack[SolverChanges],
) -> Solution:
    """Solve a model of :func:`siting.build` or :func:`siting.build_pathway`, that you may have edited.

    Parameters
    ----------
    model : ConcreteModel
        Its variables get the values of the plan.
    options, checkpoint, progress, start, keep_start, **changes
        As of :func:`solve`.

    Returns
    -------
    Solution
        Of a pathway with the tables of each stage.
    """
    limits = of_solver(options, changes).limits(None if checkpoint is None else Path(checkpoint))
    outcome = optimize(model, limits, progress, start=start, keep_start=keep_start)
    if not outcome.has_plan:
        return _solution(outcome, {})
    stages = {year: read_tables(model.stage[year]) for year in model.STAGE} if hasattr(model, "stage") else {}
    return _solution(outcome, read_tables(model), stages)


def _solution(
    outcome: Outcome, told: dict[str, pd.DataFrame], stages: dict[int, dict[str, pd.DataFrame]] | None = None
) -> Solution:
    return Solution(outcome.status, outcome.objective, outcome.bound, outcome.gap, told, outcome, stages or {})


def read_tables(m: Any) -> dict[str, pd.DataFrame]:
    """Every variable and expression of a solved model (see :class:`siting.solving.tables.Pages`).

    Parameters
    ----------
    m : ConcreteModel
        With values in its variables.
    """
    told = pages(m)
    blocks = {"": m, **{name: m.period[d] for d, (name, _) in told.periods.items()}}
    calendar = {d: {"weight": m.period[d].weight, "first_hour": m.period[d].first_hour} for d in told.periods}
    of_port = {f"{port}_parts": port for port in told.parts}

    def values(block: str, name: str, indices: tuple[Any, ...]) -> FloatArray:
        if name in of_port:
            parts = getattr(m, of_port[name]).parts
            every = [parts[part][where] for part, where in indices]
        else:
            component = blocks[block].component(name)
            every = [component[index] for index in indices]
        # What has no value is None, and becomes NaN.
        return np.array([pyo.value(data, exception=False) for data in every], dtype=float)

    return tables(told, values, calendar)
