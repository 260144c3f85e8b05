"""What commands that solve many times share: their folder, their files and the head of their document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.cli.common import about
from siting.errors import UsageError
from siting.locale import Text

if TYPE_CHECKING:
    import pandas as pd

    from siting.options import SolveOptions
    from siting.problem import Problem
    from siting.runs.journal import Journal


def folder_for(folder: str, files: Sequence[str], say: Text) -> Path:
    """The place to write the files of a study to.

    Raises
    ------
    UsageError
        If something else is there, or nothing can be written.
    """
    from siting.runs.folder import target_of

    target = Path(folder).resolve()
    if target.is_dir() and {path.name for path in target.iterdir()} == set(files):
        return target
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise UsageError(say("error.not_study", folder=folder, files=", ".join(files)))
    return target_of(folder)


def save(target: Path, files: tuple[str, str], document: bytes, table: pd.DataFrame) -> None:
    """Write the document and the table of a study; both appear at once."""
    from siting.files.atomic import replaced

    with replaced(target) as draft:
        (draft / files[0]).write_bytes(document)
        table.to_csv(draft / files[1], index=False, lineterminator="\n", encoding="utf-8")


def head(
    problem: Problem, schema: str, version: int, sha256: str, options: SolveOptions, journal: Journal, **more: Any
) -> dict[str, Any]:
    """How the document of a study begins: the instance, units, periods, options (``more`` of its own) and seconds."""
    asked = {name: value for name, value in options.as_dict().items() if name not in ("edit", "base")}
    return {
        **about(problem, schema, version, sha256),
        "unit": f"million {problem.settings.instance.currency} per year",
        "periods": problem.calendar.as_dict(),
        "options": {**asked, **more},
        "seconds": round(journal.elapsed_s, 3),
    }
