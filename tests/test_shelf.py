"""Packed things come back as they were, and what they have in common is one object."""

from __future__ import annotations

import pickle

import numpy as np

from siting.solver.compressed import CompressedList, View

LABELS = tuple(("power_mw", (site, t)) for site in "ab" for t in range(20))


def test_items_come_back_and_labels_stay_one_object():
    shelf = CompressedList((LABELS, np.arange(1000.0) * i, ("short", i)) for i in range(5))
    assert len(shelf) == 5
    for i, (labels, numbers, short) in enumerate(shelf):
        assert labels is LABELS
        assert (numbers == np.arange(1000.0) * i).all()
        assert short == ("short", i)


def test_some_of_it_goes_to_another_process_smaller_than_it_was():
    shelf = CompressedList((LABELS, np.zeros(100_000)) for _ in range(4)).some([1, 3])
    sent = pickle.dumps(shelf)
    assert len(sent) < 100_000
    (one, zeros), (other, _) = pickle.loads(sent)
    assert one == LABELS
    assert one is other
    assert not zeros.any()


def test_a_view_changes_an_item_when_it_is_asked_for():
    asked = []
    view = View(CompressedList([1, 2, 3]), lambda item: asked.append(item) or 10 * item)
    assert (len(view), view[1], asked) == (3, 20, [2])
    assert list(view) == [10, 20, 30]
