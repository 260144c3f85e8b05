"""What stands in the folder of an instance: names, contents, and files that no one would read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from siting.errors import Fault, Sentence, harmless
from siting.files.bundled import instances_folder
from siting.files.reading import UnsafeError, is_within, read_bytes
from siting.instance.suggest import did_you_mean, nearest
from siting.problem.tables import TABLES

FILE, HOURLY = "instance.toml", "hourly"

_DATA = (
    ".csv", ".tsv", ".xlsx", ".xls", ".xlsm", ".ods", ".numbers", ".parquet", ".toml", ".yaml", ".yml", ".gz", ".zip",
)  # fmt: skip
"""Endings of files that hold data: a file of data that no one reads was meant to count."""

_NOTES = re.compile(
    r"(readme|sources?|licen[cs]e|notice|changelog|makefile)\b.*|"
    r".*\.(md|rst|pdf|html?|png|svg|jpe?g|geojson|py|bak|orig|log)|.*~"
)
"""What stands beside the data and is not meant to be read, by its name in lower case."""

_FORMULA = re.compile(r"[=+@\t\r]|-(?!\s|[\d.]+$)")
"""How a text begins that a spreadsheet takes for a formula."""


def names_in(folder: Path) -> list[str]:
    """Names of everything in a folder but hidden things, links that lead nowhere included; none if it is no folder."""
    try:
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []


def is_own(folder: Path, path: Path) -> bool:
    """Whether a file of an instance is in its folder, and no link out of it; what is bundled is ours."""
    return folder.parent == instances_folder() or is_within(folder, path)


def contents(folder: Path, file: str, most: int) -> bytes | Fault:
    """Bytes of a file of an instance, or why there are none.

    Parameters
    ----------
    folder : Path
        Of the instance; no link out of it is followed.
    file : str
        Its name in the folder.
    most : int
        Bytes that are read at most.
    """
    path, remedy = folder / file, "Put a readable file in its place."
    try:
        if path.is_dir() or not (path.is_file() or not path.exists()):
            what = Sentence("a folder") if path.is_dir() else Sentence("a device or a pipe")
            return Fault(file, Sentence("This is {what} and not a file.", what=what), remedy)
        if path.exists() and not is_own(folder, path):
            rule = "This is a link out of the folder of the instance, which is not followed."
            return Fault(file, rule, "Put the file itself into the folder.")
        return read_bytes(path, most)
    except UnsafeError as error:
        return Fault(file, Sentence("The file is not read: {why}.", why=error), remedy)
    except OSError as error:
        if path.is_symlink():
            what = Sentence("a link that leads nowhere")
            return Fault(file, Sentence("This is {what} and not a file.", what=what), remedy)
        why = error.strerror or type(error).__name__
        return Fault(file, Sentence("The file cannot be read: {why}.", why=why), remedy)


def stray_faults(folder: Path, base_map: str) -> tuple[list[Fault], set[str]]:
    """Files that hold data, or have the name of a table or nearly so, and would not be read.

    Parameters
    ----------
    folder : Path
        Of the instance.
    base_map : str
        Its own base map, which may have any name; blank: none.

    Returns
    -------
    tuple of list of Fault and set of str
        The tables that were meant are said, so that they are not missed too.
    """
    tables = [table.name for table in TABLES]
    present = names_in(folder)
    known = {FILE, HOURLY, *(f"{name}.csv" for name in tables), Path(base_map).parts[0] if base_map else FILE}
    faults, meant = [], set()
    for name in present:
        if name in known or name.startswith("~$"):
            continue
        stem, ending = name.partition(".")[0], name.lower()
        right = next((word for word in (*tables, "instance", HOURLY) if word == stem.lower()), None)
        data = ending.endswith(_DATA)
        if (folder / name).is_dir():
            if right == HOURLY or (right is None and nearest(name, [HOURLY], cutoff=0.8)):
                rule = "This folder is not read: hourly series are in the folder hourly."
                faults.append(Fault(name, rule, "Rename it to hourly."))
            continue
        if not data and (right is None or _NOTES.fullmatch(ending)):
            continue
        wanted = FILE if right == "instance" else f"{right}.csv"
        if right is not None and right != HOURLY:
            meant.add(right)
            remedy: str = Sentence("Save it as {wanted}, or delete it.", wanted=wanted)
        else:
            best = nearest(stem, tables, cutoff=0.7)
            if best is not None and f"{best}.csv" not in present:
                meant.add(best)
            remedy = Sentence("Delete it, or move it out of the folder.")
            if best is not None:
                remedy = did_you_mean(f"{stem}.csv", [f"{table}.csv" for table in tables])
        faults.append(Fault(name, "This is not a table of the format.", remedy))
    return faults, meant


def text_faults(file: str, row: int | None, texts: Iterable[tuple[str, str]]) -> list[Fault]:
    """Texts that a terminal would obey, or a spreadsheet would take for a formula.

    Parameters
    ----------
    file : str
        Name of the file.
    row : int or None
        Its line.
    texts : iterable of (str, str)
        Column (or section.key) and text.
    """
    faults = []
    for column, value in texts:
        if harmless(value) != value:
            rule, remedy = "The text has a control character in it.", "Write it again without the character."
            faults.append(Fault(file, rule, remedy, row, column, harmless(value)))
        elif _FORMULA.match(value):
            rule = "A spreadsheet would take this text for a formula."
            faults.append(Fault(file, rule, "Begin it with a letter or a digit.", row, column, value))
    return faults
