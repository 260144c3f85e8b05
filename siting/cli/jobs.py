"""What a solve is asked to do, from the command line or from a run that was not finished; all is checked first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import siting
from siting.cli.edits import read_edit
from siting.cli.faults import doubt_lines
from siting.cli.maps import base_of
from siting.cli.progress import Reporter
from siting.errors import UsageError
from siting.instance import find, load
from siting.periods import aggregation_error, choose
from siting.problem import Problem
from siting.result import Options
from siting.run import target_of
from siting.solver.highs_options import check_options

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from siting.model.build import Component


@dataclass(frozen=True)
class Job:
    """An instance ready to be solved: the problem with its periods, where it came from, rules, base map, target."""

    problem: Problem
    source: Path
    edits: tuple[Component, ...]
    base: GeoDataFrame | None
    target: Path
    aggregation: pd.DataFrame


def prepare(instance: str, options: Options, out: str | None, reporter: Reporter) -> Job:
    """Everything that a user can have wrong is found here, before the solver spends an hour."""
    check_options(options.highs)
    edits = tuple(read_edit(path, reporter.say) for path in options.edits)
    if out is not None:
        target_of(out)
    with reporter.phase("load"):
        source = find(instance)
        problem = load(instance, options.settings, pathway=options.pathway)
        if options.pathway and problem.stages.empty:
            raise UsageError(reporter.say("error.no_stages", name=problem.settings.instance.name))
        for line in doubt_lines(problem, reporter.say):
            reporter.tell(line)
        target = target_of(f"run-{problem.settings.instance.name}" if out is None else out)
    with reporter.phase("maps", "base_map"):
        base = base_of(problem, source, options.base)
    with reporter.phase("periods"):
        problem = choose(problem, options.periods, options.hours)
        aggregation = aggregation_error(problem)
    reporter.note(f"siting {siting.__version__}, {problem.settings.instance.name}, {options.as_dict()}")
    for quantity, row in aggregation.iterrows():
        reporter.note(f"{quantity}: {row['year']:.6g} -> {row['periods']:.6g} ({row['error_percent']:+.2f} %)")
    return Job(problem, source, edits, base, target, aggregation)


def as_asked(options: Options) -> dict[str, Any]:
    """Options in types that JSON knows; files by their full names."""
    base = options.base
    return {
        **dataclasses.asdict(options),
        "settings": dict(options.settings),
        "highs": dict(options.highs),
        "edits": [str(path.resolve()) for path in options.edits],
        "base": str(Path(base).resolve()) if base is not None and Path(base).exists() else base,
    }


def options_of(asked: Mapping[str, Any], changes: Mapping[str, Any]) -> Options:
    """The options again, some of them changed.

    Raises
    ------
    UsageError
        If they are not those of this version.
    """
    try:
        return Options(**{**asked, "edits": tuple(map(Path, asked["edits"])), **changes})
    except (KeyError, TypeError) as error:
        raise UsageError(f"The run was begun by another version of siting ({error}). Solve again.") from error
