"""What is seen while a solve runs: a live line in a terminal, a plain line now and then elsewhere, and the log."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from siting.cli.common import warn
from siting.cli.text import Text

if TYPE_CHECKING:
    from siting.solver.highs.engine import Progress

_EVERY_S = 10.0
_PRESSES_TO_GIVE_UP = 3


class Reporter:
    """Tells on stderr what is going on, measures the phases, and keeps a log of both.

    Parameters
    ----------
    say : Text
        The language.
    """

    def __init__(self, say: Text) -> None:
        self.say = say
        self.seconds: dict[str, float] = {}
        self.interrupts = 0
        self.saving = False
        self._begun = time.monotonic()
        self._told = self._logged = -_EVERY_S
        self._lines: list[str] = []
        self._live: Any = None
        self._has_plan = False

    @property
    def log(self) -> str:
        """The log so far."""
        return "\n".join([*self._lines, ""])

    @property
    def elapsed_s(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    def tell(self, line: str) -> None:
        """A line on stderr and in the log."""
        self.note(line)
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            warn(line)

    def note(self, line: str) -> None:
        """A line in the log."""
        self._lines.append(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {self.elapsed_s:9.2f} s  {line}")

    @contextmanager
    def phase(self, name: str, words: str | None = None) -> Iterator[None]:
        """Measure a phase under a name, and say that it has begun."""
        begun = time.monotonic()
        line = self.say(f"phase.{words or name}")
        self.note(line)
        if self._live is not None:
            self._live.update(line)
        elif not sys.stderr.isatty():
            warn(f"{line} ...")
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - begun

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show a live line if stderr is a terminal, and take Ctrl-C and SIGTERM meanwhile."""
        old = [(number, signal.signal(number, self._interrupted)) for number in self._signals()]
        try:
            if sys.stderr.isatty():
                from rich.console import Console

                with Console(stderr=True).status("") as self._live:
                    yield
            else:
                yield
        finally:
            self._live = None
            for number, handler in old:
                signal.signal(number, handler)

    def progress(self, now: Progress) -> None:
        """Show how far the solver is: always in a terminal; else now and then, and when there is a first plan."""
        unknown = self.say("value.unknown")
        line = self.say(
            "phase.progress",
            phase=self.say.name("phase", now.phase),
            seconds=now.seconds,
            incumbent=unknown if now.incumbent is None else f"{now.incumbent:,.2f}",
            bound=unknown if now.bound is None else f"{now.bound:,.2f}",
            gap=unknown if now.gap is None else f"{100 * now.gap:.2f} %",
        )
        if now.workers:
            line += self.say("phase.progress_passes", passes=now.passes, workers=now.workers, left_s=now.left_s)
        if self._live is not None:
            self._live.update(line)
            if self.elapsed_s - self._logged >= _EVERY_S:
                self._logged = self.elapsed_s
                self.note(line)
        elif self.elapsed_s - self._told >= _EVERY_S or (now.incumbent is not None and not self._has_plan):
            self._told, self._has_plan = self.elapsed_s, now.incumbent is not None
            self.tell(line)

    def _signals(self) -> list[signal.Signals]:
        """Signals to take; one that the parent process has had ignored stays ignored."""
        wanted = (signal.SIGINT, signal.SIGTERM)
        return [number for number in wanted if signal.getsignal(number) is not signal.SIG_IGN]

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """Stop at the first press. Impatience must not cost the plan: only one more after the warning gives it up."""
        self.interrupts += 1
        if self.interrupts >= _PRESSES_TO_GIVE_UP or (self.interrupts == 1 and not self.saving):
            raise KeyboardInterrupt
        warn(self.say("phase.saving" if self.saving else "phase.stopping"))
