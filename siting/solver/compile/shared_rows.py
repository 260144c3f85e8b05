"""Rows of the model itself, summed from the pieces in which they were built.

What a model with the periods S says in such a row is f(S) = f(∅) + Σ_{d in S} g(d): what does not depend on the
periods, and what each adds (its columns, but also numbers on first-stage columns, as the energy that placed work needs
in a period). A model without periods tells f(∅); so do two periods apart and together, f({a}) + f({b}) − f({a, b}).
With it the whole is f(∅) + Σ_C (f(C) − f(∅)) over the pieces C. A row that is not such a sum, because it looks at its
neighbour or divides by the number of periods, is another one where periods are together, and is refused by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array, hstack

from siting.solver.compile.chunk import Shared
from siting.solver.compile.two_stage import name_of

TOLERANCE, ROUNDING = 1e-9, 1e-12
"""Relative: what counts as equal, and what is left of equal numbers that cancel."""


class NotInChunksError(ValueError):
    """The model is not the sum of its chunks; it has to be built at once."""


class SharedRows:
    """Shared rows of the whole: first-stage part, both sides, and the part over each block's columns."""

    def __init__(
        self, pairs: Sequence[Sequence[Shared]], parts: Sequence[Shared], without: Shared | None = None
    ) -> None:
        bare = () if without is None else (without,)
        every = [*parts, *(shared for pair in pairs for shared in pair), *bare]
        self.labels = tuple(dict.fromkeys(label for shared in every for label in shared.rows.labels))
        self.row = {label: i for i, label in enumerate(self.labels)}
        unlimited = self._unlimited(every)
        for shared in bare:
            self._complete(shared, parts)
        common = [*(self._common(*pair) for pair in pairs), *map(self._lift, bare)]
        total = common[0] if common else self._lift(parts[0])
        for other in common[1:]:
            self._zero(other - common[0], TOLERANCE * (abs(other) + abs(common[0])))
        for shared in parts if common else ():
            total = total + (self._lift(shared) - common[0])
        sides = total[:, -2:].toarray().T
        self.first = csr_array(total[:, :-2])
        self.first.eliminate_zeros()
        self.least = np.where(unlimited[0], -np.inf, sides[0])
        self.most = np.where(unlimited[1], np.inf, sides[1])
        self.blocks = {name: self._place(shared) @ x for shared in parts for name, x in shared.blocks.items()}

    def _at(self, shared: Shared) -> Any:
        return np.array([self.row[label] for label in shared.rows.labels], dtype=np.int32)

    def _place(self, shared: Shared) -> csr_array:
        """Puts the rows of a piece where they are among those of the whole."""
        at = self._at(shared)
        return csr_array(
            (np.ones(len(at)), (at, np.arange(len(at), dtype=np.int32))), shape=(len(self.labels), len(at))
        )

    def _lift(self, shared: Shared) -> csr_array:
        """First-stage part of a piece and its two sides, over the rows of the whole."""
        sides = np.nan_to_num((shared.rows.least, shared.rows.most), posinf=0.0, neginf=0.0).T
        return csr_array(self._place(shared) @ hstack([shared.first, csr_array(sides)], format="csr"))

    def _unlimited(self, every: Sequence[Shared]) -> Any:
        """Which sides are infinite: in all pieces that have the row, or in none."""
        count, present = np.zeros((2, len(self.labels))), np.zeros(len(self.labels))
        for shared in every:
            at = self._at(shared)
            present[at] += 1
            count[:, at] += np.isinf((shared.rows.least, shared.rows.most))
        self._refuse(((count > 0) & (count < present)).any(axis=0))
        return count > 0

    def _complete(self, bare: Shared, parts: Sequence[Shared]) -> None:
        """A row of several pieces would count several times, did the model without periods not have it."""
        count = np.zeros(len(self.labels))
        for shared in parts:
            count[self._at(shared)] += 1
        count[self._at(bare)] = 0
        self._refuse(count > 1)

    def _common(self, one: Shared, other: Shared, both: Shared) -> csr_array:
        """What does not depend on the periods."""
        for alone in (one, other):
            for name, x in alone.blocks.items():
                together = self._place(both) @ both.blocks[name]
                self._zero(self._place(alone) @ x - together, TOLERANCE * abs(together))
        a, b, ab = map(self._lift, (one, other, both))
        # What is left of numbers that cancel is rounding.
        rest, size = a + b - ab, abs(a) + abs(b) + abs(ab)
        return csr_array(rest.multiply(abs(rest) > ROUNDING * size))

    def _zero(self, difference: csr_array, tolerance: csr_array) -> None:
        self._refuse(np.asarray((abs(difference) > tolerance).sum(axis=1)).ravel() > 0)

    def _refuse(self, wrong: Any) -> None:
        if wrong.any():
            label = name_of(self.labels[int(np.argmax(wrong))])
            raise NotInChunksError(f"{label} is not the sum of what the periods say one by one")
