"""What was measured, as Markdown, and kept beside it as JSON so that subjects may be measured one by one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

COMMAND = "python -m tests.bench --report FILE --guide"
BEGIN, END = "<!-- performance: begin -->", "<!-- performance: end -->"

Cell = str | float | int | None


@dataclass(frozen=True)
class Table:
    """Rows of a table of the report, and what is said of them before."""

    words: str
    columns: tuple[str, ...]
    rows: list[list[Cell]]


@dataclass(frozen=True)
class Section:
    """What one subject found, with the machine that found it."""

    title: str
    tables: list[Table]
    machine: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    quick: bool = False


def read(path: Path) -> dict[str, Section]:
    """Sections of an earlier report, by subject."""
    if not path.exists():
        return {}
    document = json.loads(path.read_text(encoding="utf-8"))
    found = {}
    for name, section in document.items():
        tables = [Table(t["words"], tuple(t["columns"]), t["rows"]) for t in section.pop("tables")]
        found[name] = Section(tables=tables, **section)
    return found


def write(sections: Mapping[str, Section], report: Path) -> None:
    """The report as Markdown, and its figures as JSON beside it."""
    document = {name: asdict(section) for name, section in sections.items()}
    report.with_suffix(".json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    report.write_text(f"# Performance of siting\n\n{markdown(sections)}\n", encoding="utf-8")


def into_page(sections: Mapping[str, Section], page: Path) -> None:
    """Replace what a page says of these subjects between its marks; others stay.

    Raises
    ------
    ValueError
        If the marks are not there.
    """
    text = page.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(BEGIN)}\n(.*?){re.escape(END)}", flags=re.DOTALL)
    between = pattern.search(text)
    if not between:
        raise ValueError(f"{page} lacks {BEGIN} … {END}")
    heading = "## "
    told = [heading + part.strip() for part in re.split(f"^{heading}", between[1], flags=re.MULTILINE)[1:]]
    parts = {part.splitlines()[0]: part for part in told}
    parts |= {heading + section.title: _part(section) for section in sections.values()}
    new = BEGIN + "\n" + "\n\n".join(parts.values()) + "\n" + END
    page.write_text(pattern.sub(lambda _: new, text), encoding="utf-8")


def markdown(sections: Mapping[str, Section]) -> str:
    """All sections."""
    return "\n\n".join(_part(section) for section in sections.values())


def _part(section: Section) -> str:
    load = section.machine.get("load average at the start", "unknown")
    small = " Small sizes only, to try the benchmark." if section.quick else ""
    lines = [
        f"## {section.title}",
        "; ".join(f"{key} {value}" for key, value in section.machine.items() if not key.startswith("load")) + ".",
        f"Measured in {section.seconds:,.0f} s by `{COMMAND}`; load average at the start {load}.{small}",
    ]
    for table in section.tables:
        lines += [table.words, _table(table)]
    return "\n\n".join(lines)


def _table(table: Table) -> str:
    lines = [table.columns, ["---"] * len(table.columns), *([shown(cell) for cell in row] for row in table.rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(cell: Cell) -> str:
    """A cell with three significant digits, thousands apart."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, int):
        return f"{cell:,}"
    if not math.isfinite(cell):
        return ""
    if abs(cell) >= 100 or cell == 0:
        return f"{cell:,.0f}"
    return f"{cell:.{2 - math.floor(math.log10(abs(cell)))}f}"


def exact(amount: float | None) -> str:
    """An amount to be compared, four decimals."""
    return "" if amount is None else f"{amount:,.4f}"


def percent(share: float | None) -> str:
    """A share in percent, two digits."""
    return "" if share is None else f"{100 * share:.2f} %"


def ratio(of: Sequence[float], to: Sequence[float]) -> str:
    """How many times as long: of the least and of the median times."""
    middle = sorted(of)[len(of) // 2] / sorted(to)[len(to) // 2]
    return f"{min(of) / min(to):.2f} ({middle:.2f})"
