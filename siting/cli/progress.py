"""What is seen while a solve runs: a live line in a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from siting.cli.common import warn
from siting.locale import Text
from siting.runs.journal import Event, Journal, PhaseBegan, Saving, Solving, Told

_PRESSES_TO_GIVE_UP = 3


class Reporter:
    """Tells on stderr what is going on, and takes Ctrl-C meanwhile.

    Parameters
    ----------
    say : Text
        The language.
    """

    def __init__(self, say: Text) -> None:
        self.say = say
        self.journal = Journal(say.lang, self.show)
        self.interrupts = 0
        self.saving = False
        self._live: Any = None

    def show(self, event: Event) -> None:
        """Tell of an event."""
        if isinstance(event, Told):
            self.tell(event.message.text(self.say.lang))
        elif isinstance(event, Saving):
            self.saving = True
        elif isinstance(event, PhaseBegan):
            if self._live is not None:
                self._live.update(event.words)
            elif not sys.stderr.isatty():
                warn(f"{event.words} ...")
        elif isinstance(event, Solving):
            if self._live is not None:
                self._live.update(event.line)
            elif event.logged:
                self.tell(event.line)

    def tell(self, line: str) -> None:
        """A line on stderr."""
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            warn(line)

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
