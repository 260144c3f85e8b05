"""Work that could move: so many MW from the sites of one region to those of another, and what it draws at both ends.

The work takes its equipment along: what its peak needs draws idle power at both ends alike. It is shared out among the
sites of a region that may do it, by their size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from siting.errors import Sentence, UsageError
from siting.instance.suggest import did_you_mean
from siting.problem import Problem
from siting.problem.derived import arcs, floor_credit, floor_sites, latency_ms, profiles, pue, site_compute, within
from siting.problem.problem import FloatArray


@dataclass(frozen=True)
class Move:
    """What moves, of whose users, and where to.

    Parameters
    ----------
    origin, target : str
        Regions; the users stay in the origin.
    workload : str
        Class of work.
    mw : float
        Mean IT load over the year.
    """

    origin: str
    target: str
    workload: str
    mw: float


@dataclass(frozen=True)
class End:
    """The work at one end of the move.

    Parameters
    ----------
    region : str
        Region of the sites.
    share : dict of str to float
        Share of the work by site.
    installed_mw : float
        Equipment that the peak of the work needs.
    it_mw, power_mw : ndarray of float
        IT power and power from the grid, (hours of the year,).
    claimed : float
        Share of the energy that green floors make its sites claim, from own sources or by certificates.
    """

    region: str
    share: dict[str, float]
    installed_mw: float
    it_mw: FloatArray
    power_mw: FloatArray
    claimed: float

    @property
    def energy_mwh(self) -> float:
        """Electricity of the year."""
        return float(self.power_mw.sum())

    @property
    def pue(self) -> float:
        """Electricity per IT energy over the year."""
        return self.energy_mwh / float(self.it_mw.sum())


def move(p: Problem, origin: str, target: str, mw: float, workload: str | None = None) -> Move:
    """A move that the instance knows.

    Parameters
    ----------
    p : Problem
        The problem.
    origin, target : str
        Regions.
    mw : float
        Mean IT load.
    workload : str, optional
        By default the work that may wait longest.

    Raises
    ------
    UsageError
        Each name that is not known, one region twice, or no load; all faults at once.
    """
    faults = []
    for name in dict.fromkeys((origin, target)):
        if name not in p.regions.index:
            faults.append(f"The instance has no region {name!r}. {did_you_mean(name, p.regions.index)}")
    if origin == target:
        faults.append(f"The move begins and ends in {origin!r}. Name two regions.")
    if workload is not None and workload not in p.workloads.index:
        faults.append(f"The instance has no workload {workload!r}. {did_you_mean(workload, p.workloads.index)}")
    if not (np.isfinite(mw) and mw > 0):
        faults.append(f"--mw {mw:g}: the load that moves must be above 0.")
    if faults:
        raise UsageError(" ".join(faults))
    return Move(origin, target, str(p.workloads["max_delay_h"].idxmax()) if workload is None else workload, mw)


def alone(p: Problem, what: Move) -> Problem:
    """The problem with no other work than what moves."""
    index = pd.MultiIndex.from_tuples([(what.origin, what.workload)], names=p.demand.index.names)
    return p.replace(demand=pd.DataFrame({"mean_mw": [what.mw]}, index=index))


def ends(p: Problem, what: Move) -> tuple[End, End]:
    """The work at home and where it may move to.

    Raises
    ------
    UsageError
        If no site of a region may do the work, or its sites are too small.
    """
    only = alone(p, what)
    return _end(only, what, what.origin), _end(only, what, what.target)


def _end(p: Problem, what: Move, region: str) -> End:
    reach = arcs(p)
    sites = [s for s in reach["site"] if p.sites.at[s, "region"] == region]
    kind = str(p.workloads["compute"].to_dict()[what.workload])
    shape = profiles(p)[what.workload].to_numpy(dtype=np.float64)
    # The model wants the peak of work that may wait, too, to fit.
    needed = what.mw * float(shape.max()) / float(p.compute_types["usable_share"].to_dict()[kind])
    room = site_compute(p)["most_mw"].xs(kind, level="compute").reindex(sites)
    if not sites:
        raise UsageError(_why_none(p, what, region))
    if room.sum() < needed * (1 - 1e-9):
        raise UsageError(
            Sentence(
                "The sites of {region} hold {sum:,.6g} MW of {kind} at most, and the peak of {mw:g} MW "
                "of {workload} needs {needed:,.6g} MW. Move less (--mw).",
                region=region,
                sum=room.sum(),
                kind=kind,
                mw=what.mw,
                workload=what.workload,
                needed=needed,
            )
        )
    share = room / room.sum()
    use = pue(p)[sites].to_numpy(dtype=np.float64)
    idle = float(p.compute_types["idle_share"].to_dict()[kind])
    it_mw = idle * needed + (1 - idle) * what.mw * shape
    by_site = it_mw[:, None] * use * share.to_numpy(dtype=np.float64)
    claimed = sum(claims(p).get(s, 0.0) * float(by_site[:, i].sum()) for i, s in enumerate(sites))
    return End(
        region=region,
        share={str(s): float(value) for s, value in share.items()},
        installed_mw=needed,
        it_mw=it_mw,
        power_mw=by_site.sum(axis=1),
        claimed=claimed / float(by_site.sum()),
    )


def claims(p: Problem) -> dict[str, float]:
    """Share of its energy that the strictest green floor of a site makes it claim."""
    wanted: dict[str, float] = {}
    for (share, sites), credit in zip(floor_sites(p), floor_credit(p), strict=True):
        for site in sites:
            asked = share / credit[site] if credit[site] > 0 else 1.0
            wanted[site] = max(wanted.get(site, 0.0), min(1.0, asked))
    return wanted


def _why_none(p: Problem, what: Move, region: str) -> Sentence:
    """The first reason why no site of a region may do the work."""
    rows = p.workloads.astype({"latency_ms": float})
    kind, bound, stays_in = (rows[name].to_dict()[what.workload] for name in ("compute", "latency_ms", "stays_in"))
    hosts = site_compute(p).index
    there = [s for s in p.sites.index[p.sites["region"] == region] if (s, kind) in hosts]
    names = {"region": region, "kind": kind, "workload": what.workload, "origin": what.origin}
    if not there:
        return Sentence("{region} has no site for {kind}. Choose another region, or open one in sites.csv.", **names)
    nearest = min(latency_ms(p)[s].to_dict()[what.origin] for s in there)
    if nearest > bound + 1e-9:
        return Sentence(
            "{workload} must be within {bound:g} ms of its users in {origin}, and the nearest site of {region} is "
            "{nearest:.3g} ms away. Choose work that bears more (--workload).",
            bound=bound,
            nearest=nearest,
            **names,
        )
    if not within(p, stays_in).loc[what.origin, there].any():
        return Sentence(
            "The data of {workload} must stay in the {stays_in} of its users (workloads.stays_in), so that it cannot "
            "go from {origin} to {region}. Choose other work (--workload).",
            stays_in=stays_in,
            **names,
        )
    return Sentence(
        "links.csv has no row from {origin} to a site of {region} that is near enough, and network.missing_links "
        "forbids what has none. Add the row.",
        **names,
    )
