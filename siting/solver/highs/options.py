"""Which HiGHS, and which of its options: checked before anything is solved."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import highspy
import numpy as np

from siting.errors import Sentence, SolverError, UsageError

OLDEST_HIGHS = (1, 15, 1)
"""HiGHS 1.14 returned wrong optima for binaries with big-M rows (HiGHS issue 2975)."""

HIPO, IPX = "hipo", "ipx"

_SWITCH = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}

RESERVED = {"time_limit": "time limit", "mip_rel_gap": "gap", "random_seed": "seed", "threads": "threads"}
"""Options of HiGHS that have a word of their own here."""

_SCALED_HERE = "every program is scaled by its own cost before it is handed over"
_CUTS_OFF = "it ends the search at a cost, so that what is proven holds for a part of the plans alone"
_DROPS = "it changes which numbers of the program count, and with them the program"
REFUSED = {
    "user_objective_scale": _SCALED_HERE,
    "user_bound_scale": _SCALED_HERE,
    "user_cost_scale": _SCALED_HERE,
    "objective_bound": _CUTS_OFF,
    "objective_target": _CUTS_OFF,
    "infinite_cost": _DROPS,
    "infinite_bound": _DROPS,
    "small_matrix_value": _DROPS,
    "large_matrix_value": _DROPS,
    "solve_relaxation": "a plan with parts of modules is no plan",
    "mip_root_presolve_only": "it ends before anything is proven",
}
"""Options that change what a cost or a bound means, and why they are not for the user."""


def require_highs() -> str:
    """The version of HiGHS.

    Raises
    ------
    UsageError
        If it is one that is known to return wrong optima.
    """
    version = str(highspy.Highs().version())
    if tuple(int(x) for x in version.split(".")[:3]) < OLDEST_HIGHS:
        raise UsageError(
            Sentence(
                "HiGHS {version} is installed; versions before 1.15.1 can return wrong optima (HiGHS "
                'issue 2975). Install a newer one: pip install "highspy>=1.15.1".',
                version=version,
            )
        )
    return version


def touches_files(option: str) -> bool:
    """Whether an option of HiGHS names a file that it reads or writes, or has it written."""
    return option.startswith(("read_", "write_")) or option.endswith("_file")


@cache
def interior_point() -> str:
    """The interior-point solver by its name in HiGHS: HiPO, in half the time of IPX, where it really runs.

    It comes with ``highspy-extras``, of exactly the version of ``highspy``: with another one HiGHS refuses the option,
    and a program that does not look at the answer is solved by the dual simplex method. So it is tried.
    """
    engine = highspy.Highs()
    engine.silent()
    for name, value in (("presolve", "off"), ("run_crossover", "off")):
        set_option(engine, name, value)
    if engine.setOptionValue("solver", HIPO) != highspy.HighsStatus.kOk:
        return IPX
    row = np.arange(2, dtype=np.int32)
    for cost in (1.0, 2.0):
        engine.addVariable(0.0, 9.0, cost)
    engine.addRow(1.0, 5.0, len(row), row, np.ones(2))
    engine.run()
    return HIPO if engine.getInfo().ipm_iteration_count > 0 else IPX


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse what HiGHS would refuse, what would change the meaning of a result, and files, before a model is built.

    Raises
    ------
    UsageError
        If HiGHS has no such option, refuses the value, or the option is not for the user.
    """
    engine = highspy.Highs()
    engine.silent()
    for name, value in options.items():
        if name in RESERVED:
            raise UsageError(
                Sentence("HiGHS option {name}: set the {name2} of the solve instead.", name=name, name2=RESERVED[name])
            )
        if touches_files(name):
            # Each of many programs would write the same file, and a run folder would name any file it likes.
            raise UsageError(
                Sentence("HiGHS option {name} cannot be set: HiGHS reads and writes no files here.", name=name)
            )
        if name in REFUSED:
            raise UsageError(Sentence("HiGHS option {name} cannot be set: {name2}.", name=name, name2=REFUSED[name]))
        set_user_option(engine, name, value)


def set_option(engine: highspy.Highs, name: str, value: Any) -> None:
    """Set an option that this program chose.

    Raises
    ------
    SolverError
        If HiGHS refuses it.
    """
    accepted(engine.setOptionValue(name, value), f"the option {name} = {value!r}")


def set_user_option(engine: highspy.Highs, name: str, value: Any) -> None:
    """Set an option that a user asked for.

    Raises
    ------
    UsageError
        If HiGHS has no such option or refuses the value.
    """
    status, current = engine.getOptionValue(name)
    if status != highspy.HighsStatus.kOk:
        raise UsageError(Sentence("HiGHS has no option {name!r}; its documentation lists them.", name=name))
    try:
        typed = _SWITCH[str(value).lower()] if isinstance(current, bool) else type(current)(value)
    except (KeyError, TypeError, ValueError):
        typed = None
    if typed is None or engine.setOptionValue(name, typed) != highspy.HighsStatus.kOk:
        raise UsageError(
            Sentence(
                "HiGHS option {name}: the value {value!r} is refused (now {current!r}).",
                name=name,
                value=value,
                current=current,
            )
        )


def accepted(status: highspy.HighsStatus, what: str) -> None:
    """Whether HiGHS did what it was told.

    Raises
    ------
    SolverError
        If it did not; the message names what.
    """
    if status == highspy.HighsStatus.kError:
        raise SolverError(f"HiGHS refused {what}")
