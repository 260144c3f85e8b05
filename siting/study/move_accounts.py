"""The sign of a move: its carbon at both ends under each account, and the values at which the sign turns.

location         average factor of the grid
marginal         what the grid emits for one more MWh: the dispatch of its fleet, or a factor that is given
market           the residual mix: factor / (1 − green share of the grid), all of which others claim
market_claims    the same for what is left when sites claim what their green floors ask for

All leave out what is built for the move. An account is compared with itself only: the factor of one end by one account
and of the other end by another is the mistake that :func:`mixed` shows.

Sources: GHG Protocol, "Scope 2 Guidance" (World Resources Institute, 2015); marginal: :mod:`siting.study.marginal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from siting.problem import Problem
from siting.problem.derived import grid_factor_t_per_mwh, marginal_factor_t_per_mwh
from siting.problem.problem import FloatArray
from siting.study.move import End

Name = Literal["location", "marginal", "market", "market_claims"]
Verdict = Literal["raises", "lowers", "level", "unknown"]

LEVEL_PERCENT = 1.0
"""A smaller change has no sign: PUE and factors are not known better."""


@dataclass(frozen=True)
class Side:
    """One end under one account.

    Parameters
    ----------
    carbon_t : float
        CO2 of the year; NaN: unknown.
    at_pue_one_t : float
        The same if cooling and power supply took nothing.
    factor_t_per_mwh : float
        CO2 per MWh that no claim covers.
    covered : float
        Share of the energy that a claim covers.
    pue : float
        Electricity per IT energy.
    """

    carbon_t: float
    at_pue_one_t: float
    factor_t_per_mwh: float
    covered: float
    pue: float


@dataclass(frozen=True)
class BreakEven:
    """A quantity, its value, and the value at which the sign of an account turns, all else equal; None: never."""

    quantity: str
    now: float
    at: float | None


@dataclass(frozen=True)
class Account:
    """A move under one account; ``residual`` holds the green shares of both grids where others claim them."""

    name: Name
    origin: Side
    target: Side
    residual: tuple[float, float] | None = None

    @property
    def known(self) -> bool:
        """Whether both ends have a factor in every hour."""
        return bool(np.isfinite(self.origin.carbon_t) and np.isfinite(self.target.carbon_t))

    @property
    def change_t(self) -> float | None:
        """What the move adds, tonnes a year."""
        return self.target.carbon_t - self.origin.carbon_t if self.known else None

    @property
    def change_percent(self) -> float | None:
        """The same in percent of the origin; None of nothing."""
        return _percent(self.origin.carbon_t, self.target.carbon_t)

    @property
    def verdict(self) -> Verdict:
        """The sign."""
        percent, change = self.change_percent, self.change_t
        if change is None:
            return "unknown"
        if change == 0 or (percent is not None and abs(percent) < LEVEL_PERCENT):
            return "level"
        return "raises" if change > 0 else "lowers"

    @property
    def break_evens(self) -> tuple[BreakEven, ...]:
        """Where the sign turns.

        The overhead (PUE − 1) of every hour, or the factor, is scaled by one number; a share of the energy is covered
        by power that emits nothing (in the market-based account: by certificates).
        """
        if not self.known:
            return ()
        home, away = self.origin, self.target
        rows = [
            BreakEven("pue_target", away.pue, _pue(away, home.carbon_t)),
            BreakEven("factor_target", away.factor_t_per_mwh, _scaled(away, home.carbon_t)),
            BreakEven("factor_origin", home.factor_t_per_mwh, _scaled(home, away.carbon_t)),
            BreakEven("covered_target", away.covered, _covered(away, home.carbon_t)),
            BreakEven("covered_origin", home.covered, _covered(home, away.carbon_t)),
        ]
        if self.residual is not None:
            rows.append(BreakEven("claimed_by_others", 1.0, self._claimed_by_others(*self.residual)))
        return tuple(rows)

    def _claimed_by_others(self, home: float, away: float) -> float | None:
        """The part of each grid's green share that others claim, at which both ends are level.

        With a and b the carbon if nobody claimed anything: a / (1 − part · home) = b / (1 − part · away).
        """
        if max(home, away) >= 1:
            return None
        a, b = self.origin.carbon_t * (1 - home), self.target.carbon_t * (1 - away)
        slope = b * home - a * away
        part = (b - a) / slope if slope else np.nan
        return float(part) if 0 <= part <= 1 else None

    def as_dict(self) -> dict[str, Any]:
        """In types that JSON knows."""
        return {
            "name": self.name,
            "verdict": self.verdict,
            "origin_t": _number(self.origin.carbon_t),
            "target_t": _number(self.target.carbon_t),
            "change_t": self.change_t,
            "change_percent": self.change_percent,
            "origin_factor_t_per_mwh": _number(self.origin.factor_t_per_mwh),
            "target_factor_t_per_mwh": _number(self.target.factor_t_per_mwh),
            "break_evens": [{"quantity": b.quantity, "now": b.now, "at": b.at} for b in self.break_evens],
        }


def accounts(p: Problem, origin: End, target: End) -> tuple[Account, ...]:
    """A move under each account.

    Parameters
    ----------
    p : Problem
        ``hourly/marginal_factor_t_per_mwh`` has what the dispatch found, see
        :func:`siting.study.judge_move.with_marginal`.
    origin, target : End
        The work at both ends.
    """
    average, marginal = grid_factor_t_per_mwh(p), marginal_factor_t_per_mwh(p)
    green = {n: float(share) for n, share in p.regions["grid_green_share"].items()}

    def side(end: End, factor: FloatArray, covered: float = 0.0) -> Side:
        carbon, it = float(end.power_mw @ factor), float(end.it_mw @ factor)
        return Side((1 - covered) * carbon, (1 - covered) * it, carbon / end.energy_mwh, covered, end.pue)

    def both(name: Name, factor: Mapping[str, FloatArray], claims: bool = False) -> Account:
        home, away = (side(end, factor[end.region], end.claimed if claims else 0.0) for end in (origin, target))
        shares = (green[origin.region], green[target.region]) if name.startswith("market") else None
        return Account(name, home, away, shares)

    regions = (origin.region, target.region)
    of_grid = {n: average[n].to_numpy(dtype=np.float64) for n in regions}
    # Of a grid that is all green nothing is left.
    residual = {n: of_grid[n] / (1 - green[n]) if green[n] < 1 else 0 * of_grid[n] for n in regions}
    found = [
        both("location", of_grid),
        both("marginal", {n: marginal[n].to_numpy(dtype=np.float64) for n in regions}),
        both("market", residual),
    ]
    if origin.claimed or target.claimed:
        found.append(both("market_claims", residual, claims=True))
    return tuple(found)


@dataclass(frozen=True)
class Mix:
    """The change that appears when the origin is counted by one account and the target by another, in percent.

    ``honest`` are the changes when both ends are counted by the first, and by the second.
    """

    origin: Name
    target: Name
    change_percent: float
    honest: tuple[float, float]

    @property
    def overstated(self) -> float:
        """By how many points it claims more than the account that claims more; not above zero: it does not."""
        return min(self.honest) - self.change_percent

    @property
    def differ(self) -> bool:
        """Whether the two are different accounts, and not one with and without claims."""
        return self.origin.split("_")[0] != self.target.split("_")[0]


def mixed(found: tuple[Account, ...]) -> tuple[Mix, ...]:
    """Every pair of accounts that are known, the honest ones (an account with itself) included."""
    known = [account for account in found if account.known and account.origin.carbon_t]
    own = {account.name: _percent(account.origin.carbon_t, account.target.carbon_t) or 0.0 for account in known}
    return tuple(
        Mix(
            one.name,
            other.name,
            _percent(one.origin.carbon_t, other.target.carbon_t) or 0.0,
            (own[one.name], own[other.name]),
        )
        for one in known
        for other in known
    )


def worst_mix(found: tuple[Account, ...]) -> Mix | None:
    """The mix of accounts that claims most beyond what either of them claims; None if none claims a saving too many."""
    wrong = [mix for mix in mixed(found) if mix.change_percent < 0 and mix.overstated > 0 and mix.differ]
    return max(wrong, key=lambda mix: mix.overstated, default=None)


def _pue(side: Side, wanted_t: float) -> float | None:
    """PUE at which an end emits what is wanted; None if even a PUE of one is too much."""
    overhead = side.carbon_t - side.at_pue_one_t
    if overhead <= 0 or wanted_t < side.at_pue_one_t:
        return None
    return 1 + (side.pue - 1) * (wanted_t - side.at_pue_one_t) / overhead


def _scaled(side: Side, wanted_t: float) -> float | None:
    return side.factor_t_per_mwh * wanted_t / side.carbon_t if side.carbon_t else None


def _covered(side: Side, wanted_t: float) -> float | None:
    """Share of the energy that a claim must cover for an end to emit what is wanted."""
    if not side.carbon_t:
        return None
    share = 1 - (1 - side.covered) * wanted_t / side.carbon_t
    return share if 0 <= share <= 1 else None


def _percent(base: float, value: float) -> float | None:
    return 100 * (value / base - 1) if base and np.isfinite(base) and np.isfinite(value) else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
