"""The stages of a run folder: where each is, and its result as if it were a run of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from siting.errors import Sentence, UsageError, sentences
from siting.files.reading import is_within

YEAR_CHECK = "year_check"
"""Section of ``result.json``: the plan, held against the whole year."""

STAGES = "stages"
Result = dict[str, Any]


def plan_folder(folder: str | Path, stage: int | None) -> Path:
    """Where the tables and maps of a plan are: in the folder of the run, or of a stage of it."""
    return Path(folder) if stage is None else own_place(Path(folder), STAGES, str(stage))


def own_place(folder: Path, *parts: str) -> Path:
    """A place in a run folder, to which no link leads out of it.

    Raises
    ------
    UsageError
        If one does: a run folder is data, and nothing in it makes us read or write elsewhere.
    """
    path = folder.joinpath(*parts)
    if not is_within(folder, path):
        raise UsageError(
            Sentence(
                "The run folder {folder!r} is damaged: {parts} leads out of it. Solve again.",
                folder=str(folder),
                parts="/".join(parts),
            )
        )
    return path


def stage_years(result: Result) -> list[int]:
    """First years of the stages of a pathway that has a plan; none of another run."""
    return [int(entry["year"]) for entry in result.get(STAGES, ())]


def stage_result(folder: str | Path, result: Result, stage: int | None) -> Result:
    """The result of one stage, as if it were a run of its own; without stages the result itself.

    Raises
    ------
    UsageError
        If the run is a pathway and no stage is named, or has no such stage.
    """
    years = stage_years(result)
    if stage is None and not years:
        return result
    if stage not in years:
        first = Sentence("The run in {folder!r} has no stage {stage}.", folder=str(folder), stage=stage)
        if stage is None:
            first = Sentence("The run in {folder!r} is a pathway; name one stage.", folder=str(folder))
        known = Sentence("Its stages: {years}.", years=", ".join(map(str, years)))
        raise UsageError(sentences(first, known if years else "It is a plan of one year, without stages."))
    return {**result, "bound": None, **result[STAGES][years.index(stage)]}
