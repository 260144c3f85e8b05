"""A solve that was ended in the middle goes on from its checkpoint, and from no other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cases import random_days
from test_decomposed import GAP, GREEN, program_of

from siting.errors import UsageError
from siting.solver.benders import solve as benders
from siting.solver.benders.checkpoint import fingerprint
from siting.solver.benders.parameters import Parameters
from siting.solver.highs.engine import Limits


class KilledError(Exception):
    """Stands for the end of a process."""


def solve_decomposed(program, limits, progress=None):
    """With a checkpoint after every iteration."""
    return benders.solve_decomposed(program, limits, progress, Parameters(checkpoint_spare=0.0))


def killed(program, path, after, gap=GAP):
    """What is told until a solve ends without a word."""
    told = []

    def tell(progress):
        told.append(progress)
        if after(progress):
            raise KilledError

    with pytest.raises(KilledError):
        solve_decomposed(program, Limits(gap=gap, checkpoint=path), tell)
    assert path.exists()
    return told


@pytest.mark.parametrize("share", [0.2, 0.8])
def test_killed_and_gone_on_with(tmp_path, share):
    """After some passes, in the relaxation or with whole numbers; what was proven before is known at once."""
    program, path = program_of(random_days(1, 4, settings=GREEN)), tmp_path / "progress.npz"
    through = []
    whole = solve_decomposed(program, Limits(gap=GAP), through.append)
    passes = through[-1].passes
    before = killed(program, path, lambda now: now.passes >= share * passes)[-1]
    after = []
    found = solve_decomposed(program, Limits(gap=GAP, checkpoint=path), after.append)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(whole.objective, rel=2 * GAP)
    assert found.bound <= whole.objective
    # Integers of the master may be looked for before the next pass.
    assert before.passes <= after[0].passes <= before.passes + 1
    assert after[0].bound >= before.bound
    assert after[0].phase == before.phase or share > 0.5
    assert after[-1].passes < before.passes + passes
    assert not path.exists()


def test_killed_where_nothing_is_whole_and_with_means(tmp_path):
    program, path = program_of(random_days(0, 20, regions=1, sites=2)), tmp_path / "progress.npz"
    first = replace(program.first, integer=np.zeros_like(program.first.integer))
    program = replace(program, first=first)
    told = killed(program, path, lambda now: now.phase == "relaxation", gap=1e-5)
    assert {"means", "relaxation"} == {progress.phase for progress in told}
    phases = []
    found = solve_decomposed(program, Limits(gap=1e-5, checkpoint=path), lambda now: phases.append(now.phase))
    assert found.status == "optimal"
    assert set(phases) == {"relaxation"}
    assert found.objective == pytest.approx(solve_decomposed(program, Limits(gap=1e-5)).objective, rel=2e-5)


def test_a_limit_leaves_the_checkpoint(tmp_path):
    program, path = program_of(random_days(0, 3)), tmp_path / "progress.npz"

    def stop(progress):
        if progress.passes == 4:
            raise KeyboardInterrupt

    assert solve_decomposed(program, Limits(checkpoint=path), stop).interrupted
    assert path.exists()


def test_no_other_checkpoint_is_taken(tmp_path):
    program, path = program_of(random_days(0, 3)), tmp_path / "progress.npz"
    killed(program, path, lambda now: now.passes == 2)
    content = path.read_bytes()
    dearer = replace(program, first=replace(program.first, cost=program.first.cost * 1.001))
    with pytest.raises(UsageError, match="of another problem"):
        solve_decomposed(dearer, Limits(checkpoint=path))
    for broken in (content[:-100], b"", b"not a checkpoint", content.replace(b"fingerprint", b"fingerprints")):
        path.write_bytes(broken)
        with pytest.raises(UsageError, match="is damaged"):
            solve_decomposed(program, Limits(checkpoint=path))
        assert path.read_bytes() == broken


def test_the_fingerprint_tells_programs_apart():
    program = program_of(random_days(0, 3))
    period = program.periods[1]
    noise = replace(period, W=period.W * (1 + 1e-15))
    other = replace(period, W=period.W * (1 + 1e-5))
    named = replace(period, columns=replace(period.columns, labels=(*period.columns.labels[:-1], ("new", 0))))
    one, same, *others = (
        fingerprint(replace(program, periods=(program.periods[0], changed, program.periods[2])))
        for changed in (period, noise, other, named)
    )
    assert one == same
    assert len({one, *others}) == 3
