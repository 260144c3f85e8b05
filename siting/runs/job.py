"""What a run is asked to do, by a user or by a run that was not finished; all is checked first."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from siting.errors import Sentence, UsageError
from siting.instance import find, load
from siting.options import SolveOptions
from siting.periods import aggregation_error, choose
from siting.problem import Problem
from siting.runs.edits import read_edit
from siting.runs.folder import target_of
from siting.runs.journal import Journal
from siting.runs.messages import of_data
from siting.runs.pictures import base_of, own_base
from siting.solver.highs.options import check_options
from siting.version import __version__

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


def prepare(instance: str | Path, options: SolveOptions, out: str | Path | None, journal: Journal) -> Job:
    """Everything that a user can have wrong is found here, before the solver spends an hour."""
    check_options(options.highs)
    edits = tuple(read_edit(path) for path in options.edits)
    if out is not None:
        target_of(out)
    with journal.phase("load"):
        source = find(instance)
        problem = load(instance, options.settings, pathway=options.pathway)
        if options.pathway and problem.stages.empty:
            name = problem.settings.instance.name
            raise UsageError(Sentence("--pathway: {name} has no stages. Add stages.csv with their years.", name=name))
        for message in of_data(problem, journal.say):
            journal.tell(message)
        target = target_of(default_target(problem.settings.instance.name) if out is None else out)
    with journal.phase("maps", "base_map"):
        base = base_of(problem, source, options.base)
    with journal.phase("periods"):
        problem = choose(problem, options.periods, options.hours)
        aggregation = aggregation_error(problem)
    journal.note(f"siting {__version__}, {problem.settings.instance.name}, {options.as_dict()}")
    for quantity, row in aggregation.iterrows():
        journal.note(f"{quantity}: {row['year']:.6g} -> {row['periods']:.6g} ({row['error_percent']:+.2f} %)")
    return Job(problem, source, edits, base, target, aggregation)


def default_target(name: str) -> Path:
    """The run folder where none is named.

    Raises
    ------
    UsageError
        If it is a link: no one has asked to write where it leads.
    """
    folder = Path(f"run-{name}")
    if folder.is_symlink():
        raise UsageError(Sentence("{folder!r} is a link. Name the run folder: --out {folder!r}.", folder=str(folder)))
    return folder


OUTSIDE = ("edits", "cluster", "base")
"""Options that make us run, reach or read what is outside the folders: no folder says them, and :func:`given` does."""


def as_asked(options: SolveOptions) -> dict[str, Any]:
    """Options in types that JSON knows, but for what is outside; a bundled base map is said by its name."""
    asked = {**dataclasses.asdict(options), "settings": dict(options.settings), "highs": dict(options.highs)}
    kept = {name: value for name, value in asked.items() if name not in OUTSIDE}
    base = None if own_base(options.base) else options.base
    return {**kept, "bundled_base": base, "on_cluster": bool(options.cluster)}


def given(edits: Sequence[Path], base: str | None) -> dict[str, list[Path]]:
    """Files outside the folders by their options, which must be given again when a run goes on."""
    own = own_base(base)
    return {"--edit": list(edits), "--base": [] if own is None else [own]}


def options_of(
    asked: Mapping[str, Any], edits: Sequence[Path], base: str | None, changes: Mapping[str, Any]
) -> SolveOptions:
    """The options again, some of them changed; what is outside the folders comes from the command line alone.

    Raises
    ------
    UsageError
        If they are not those of this version.
    """
    known = {name: value for name, value in asked.items() if name not in ("bundled_base", "on_cluster")}
    bundled = asked.get("bundled_base")
    if bundled is not None and (not isinstance(bundled, str) or own_base(bundled) is not None):
        raise UsageError(
            Sentence(
                "The run asks for the base map {bundled!r}, which is not a bundled one. Solve again.", bundled=bundled
            )
        )
    wrong = sorted({*known} ^ {one.name for one in dataclasses.fields(SolveOptions) if one.name not in OUTSIDE})
    try:
        asked_again = TypeAdapter(SolveOptions).validate_json(json.dumps({**known, "base": bundled}), strict=True)
    except ValidationError as error:
        wrong += [".".join(map(str, one["loc"])) for one in error.errors()]
    if wrong:
        raise UsageError(
            Sentence("The run was begun by another version of siting ({wrong}). Solve again.", wrong=", ".join(wrong))
        )
    if not all(math.isfinite(number) and number >= 0 for number in (asked_again.gap, asked_again.time_limit_s)):
        raise UsageError("The run asks for a gap or a time limit that cannot be. Solve again.")
    few = os.cpu_count() or 1
    # Whoever wrote the folder does not know how many cores there are here.
    mine = {"workers": min(asked_again.workers, few), "threads": min(asked_again.threads, few)}
    more = {"edits": tuple(edits), **({} if base is None else {"base": base})}
    return dataclasses.replace(asked_again, **{**mine, **more, **changes})
