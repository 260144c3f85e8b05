"""Is it right to move work from one region to another? Every account, its price, and what both depend on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from siting.problem import Problem
from siting.problem.derived import data_cost_per_mwh, marginal_factor_t_per_mwh
from siting.problem.system import dispatched
from siting.study.marginal import year_of_one_more
from siting.study.move import End, Move, alone, ends
from siting.study.move_accounts import Account, accounts, mixed, worst_mix
from siting.study.move_inputs import Input, inputs

_MILLION = 1e6


@dataclass(frozen=True)
class Money:
    """Cost of a year at one end, million: power (NaN: none has a price), and moving the data to the users and back."""

    power_million: float
    data_million: float


@dataclass(frozen=True)
class Judgement:
    """A move, its ends, and what follows.

    Parameters
    ----------
    move : Move
        What moves.
    origin, target : End
        The work at home and where it may go.
    accounts : tuple of Account
        Carbon by each account.
    origin_money, target_money : Money
        Cost by end.
    origin_embodied_t, target_embodied_t : float
        CO2 embodied in the buildings, spread over their life; the equipment is the same.
    inputs : tuple of Input
        Numbers that the result rests on.
    """

    move: Move
    origin: End
    target: End
    accounts: tuple[Account, ...]
    origin_money: Money
    target_money: Money
    origin_embodied_t: float
    target_embodied_t: float
    inputs: tuple[Input, ...]

    def as_dict(self) -> dict[str, Any]:
        """In types that JSON knows."""
        worst = worst_mix(self.accounts)
        return {
            "move": vars(self.move),
            "ends": {
                "origin": _end(self.origin, self.origin_money, self.origin_embodied_t),
                "target": _end(self.target, self.target_money, self.target_embodied_t),
            },
            "accounts": [account.as_dict() for account in self.accounts],
            "mixed": [vars(mix) for mix in mixed(self.accounts)],
            "worst_mix": None if worst is None else vars(worst),
            "inputs": [vars(item) for item in self.inputs],
        }


def judge(p: Problem, what: Move) -> Judgement:
    """Judge a move by the whole year, hour by hour.

    Parameters
    ----------
    p : Problem
        The problem; its calendar and the rest of its work do not matter.
    what : Move
        As :func:`siting.study.move.move` made it.

    Raises
    ------
    UsageError
        If the work cannot be done at one of the ends.
    """
    origin, target = ends(p, what)
    p, price = with_marginal(p, (what.origin, what.target))
    data = data_cost_per_mwh(alone(p, what)).droplevel(["workload", "region"])
    mwh = what.mw * p.hours

    def money(end: End) -> Money:
        power = float(end.power_mw @ price[end.region].to_numpy(dtype=np.float64))
        moved = sum(share * float(data[site]) for site, share in end.share.items()) * mwh
        return Money(power / _MILLION, moved / _MILLION)

    return Judgement(
        move=what,
        origin=origin,
        target=target,
        accounts=accounts(p, origin, target),
        origin_money=money(origin),
        target_money=money(target),
        origin_embodied_t=_embodied_t(p, origin),
        target_embodied_t=_embodied_t(p, target),
        inputs=inputs(p, what, origin, target),
    )


def with_marginal(p: Problem, regions: Sequence[str]) -> tuple[Problem, pd.DataFrame]:
    """The problem that knows what one more MWh emits where there is a fleet, and the price of power by hour.

    Parameters
    ----------
    p : Problem
        The problem.
    regions : sequence of str
        Where it is to be known.

    Returns
    -------
    Problem
        Its marginal factors are those of the dispatch, whatever was given before; elsewhere they stay.
    DataFrame
        What data centers pay per MWh, hours of the year x regions: the tariff; where the instance has its fleets
        dispatched, the cost of one more MWh and the network charge.
    """
    found = year_of_one_more(p, regions)
    factor, price = marginal_factor_t_per_mwh(p).copy(), p.hourly["price_per_mwh"].astype(float)
    for n, rows in found.groupby("region", sort=False):
        factor[n] = rows["factor_t_per_mwh"].to_numpy(dtype=np.float64)
        if n in dispatched(p):
            price[n] = rows["cost_per_mwh"].to_numpy(dtype=np.float64) + p.settings.system.network_charge_per_mwh
    return p.replace(hourly={**p.hourly, "marginal_factor_t_per_mwh": factor}), price


def _embodied_t(p: Problem, end: End) -> float:
    if not p.settings.carbon.embodied:
        return 0.0
    yearly = p.sites["embodied_t_per_mw"] / p.sites["lifetime_years"]
    return end.installed_mw * sum(share * float(yearly[site]) for site, share in end.share.items())


def _end(end: End, money: Money, embodied_t: float) -> dict[str, Any]:
    return {
        "region": end.region,
        "sites": end.share,
        "installed_mw": end.installed_mw,
        "pue": end.pue,
        "energy_mwh": end.energy_mwh,
        "peak_power_mw": float(end.power_mw.max()),
        "claimed_share": end.claimed,
        "embodied_t": embodied_t,
        "power_million": money.power_million if np.isfinite(money.power_million) else None,
        "data_million": money.data_million,
    }
