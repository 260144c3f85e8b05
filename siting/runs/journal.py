"""What happens in a run: its phases and their seconds, its log, and events for whoever watches.

The same goes to ``logging.getLogger("siting")``: phases and messages as INFO, the solver's progress as DEBUG.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from siting.locale import Text

if TYPE_CHECKING:
    from siting.solver.highs.engine import Progress

_LOGGER = logging.getLogger("siting")

_EVERY_S = 10.0
"""So often the progress of the solver is written into the log."""


@dataclass(frozen=True)
class Message:
    """Something that a reader must know: a stable code, and its values.

    Parameters
    ----------
    code : str
        As in ``result.json``.
    values : mapping
        Numbers and names in it.
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The sentence in a language."""
        return Text(language)(f"note.{self.code}", **self.values)

    def __str__(self) -> str:
        return self.text()

    def as_dict(self, language: str = "en") -> dict[str, Any]:
        """In types that JSON knows."""
        return {"code": self.code, "text": self.text(language), "values": dict(self.values)}


@dataclass(frozen=True)
class PhaseBegan:
    """A phase has begun: its name, as in the ``seconds`` of ``result.json``, and what it does, in a few words."""

    name: str
    words: str


@dataclass(frozen=True)
class PhaseEnded:
    """A phase has ended, well or not, after so many seconds."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Told:
    """A reader should know this at once; the messages of the result come at the end and are not told twice."""

    message: Message


@dataclass(frozen=True)
class Solving:
    """How far the solver is, about twice a second; ``line`` is the line of the log, ``logged`` whether it got one."""

    progress: Progress
    line: str
    logged: bool


@dataclass(frozen=True)
class Saving:
    """The solve has ended, and its plan is about to be written: an interruption would now cost the plan."""


Event = PhaseBegan | PhaseEnded | Told | Solving | Saving


class Journal:
    """Measures the phases of a run, keeps its log, and tells of both.

    Parameters
    ----------
    language : str
        ``en`` or ``zh``: of the log, of the sentences in ``result.json`` and of the picture.
    on_event : callable, optional
        Gets every :data:`Event`.
    """

    def __init__(self, language: str = "en", on_event: Callable[[Event], None] | None = None) -> None:
        self.say = Text(language)
        self.seconds: dict[str, float] = {}
        self._on_event = on_event
        self._begun = time.monotonic()
        self._logged_s = -_EVERY_S
        self._has_plan = False
        self._lines: list[str] = []

    @property
    def language(self) -> str:
        """Of everything that is written."""
        return self.say.lang

    @property
    def log(self) -> str:
        """The log so far."""
        return "\n".join([*self._lines, ""])

    @property
    def elapsed_s(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    def note(self, line: str) -> None:
        """A line in the log."""
        _LOGGER.info("%s", line)
        self._write(line)

    def tell(self, message: Message) -> None:
        """A line in the log that is also told at once."""
        self.note(message.text(self.language))
        self._send(Told(message))

    def saving(self) -> None:
        """From here an interruption would cost the plan."""
        self._send(Saving())

    @contextmanager
    def phase(self, name: str, words: str | None = None) -> Iterator[None]:
        """Measure a phase under a name, and say that it has begun.

        Parameters
        ----------
        name : str
            In ``seconds``.
        words : str, optional
            Name of the words that say it, where they are not those of ``name``.
        """
        begun = time.monotonic()
        line = self.say(f"phase.{words or name}")
        self.note(line)
        self._send(PhaseBegan(name, line))
        try:
            yield
        finally:
            spent = time.monotonic() - begun
            self.seconds[name] = self.seconds.get(name, 0.0) + spent
            self._send(PhaseEnded(name, spent))

    def progress(self, now: Progress) -> None:
        """How far the solver is; in the log now and then, and when there is a first plan."""
        line = progress_line(now, self.say)
        first_plan = now.incumbent is not None and not self._has_plan
        logged = first_plan or self.elapsed_s - self._logged_s >= _EVERY_S
        if logged:
            self._logged_s, self._has_plan = self.elapsed_s, now.incumbent is not None
            self._write(line)
        _LOGGER.debug("%s", line)
        self._send(Solving(now, line, logged))

    def _write(self, line: str) -> None:
        self._lines.append(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {self.elapsed_s:9.2f} s  {line}")

    def _send(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)


def progress_line(now: Progress, say: Text) -> str:
    """How far the solver is, as a line."""
    unknown = say("value.unknown")
    line = say(
        "phase.progress",
        phase=say.name("phase", now.phase),
        seconds=now.seconds,
        incumbent=unknown if now.incumbent is None else f"{now.incumbent:,.2f}",
        bound=unknown if now.bound is None else f"{now.bound:,.2f}",
        gap=unknown if now.gap is None else f"{100 * now.gap:.2f} %",
    )
    if now.workers:
        line += say("phase.progress_passes", passes=now.passes, workers=now.workers, left_s=now.left_s)
    return line
