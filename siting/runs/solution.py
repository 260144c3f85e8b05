"""From a run folder to the solution in memory that it was written from."""

from __future__ import annotations

from pathlib import Path

from siting.runs.folder import read_run
from siting.solver.highs.engine import Limits
from siting.solver.outcome import Outcome
from siting.solving.solution import Solution


def load_run(folder: str | Path, stage: int | None = None) -> Solution:
    """The solution that a run folder holds, with its problem.

    Parameters
    ----------
    folder : str or Path
        Run folder, for example of ``siting solve --out``.
    stage : int, optional
        First year of the stage of a pathway, as a plan of one year.

    Returns
    -------
    Solution
        As of :func:`siting.solve`; ``solution.problem`` is the instance as solved.

    Raises
    ------
    UsageError
        As of :func:`siting.runs.folder.read_run`.
    """
    problem, tables, result = read_run(folder, stage)
    asked, solver, size, seconds = (result[key] for key in ("options", "solver", "size", "seconds"))
    outcome = Outcome(
        status=result["status"],
        objective=result["objective"],
        bound=result["bound"],
        has_plan=True,
        interrupted=bool(result["interrupted"]),
        reason=result["reason"],
        version=solver["version"],
        limits=Limits(asked["gap"], asked["time_limit_s"], asked["seed"], asked["threads"], asked["highs"]),
        strategy=solver["strategy"],
        seconds_handover=seconds.get("handover", 0.0),
        seconds_solve=seconds.get("solve", 0.0),
        rows=size["rows"],
        columns=size["columns"],
        integers=size["integers"],
        proof=solver["bound_proven_by"] or "",
    )
    return Solution(result["status"], result["objective"], result["bound"], outcome.gap, tables, outcome, {}, problem)
