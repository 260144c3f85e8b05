"""Where work may be and by what it is backed up: what cannot be kept, whatever is built."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from siting.errors import Fault, Sentence
from siting.physics.network import gbps_per_mw
from siting.problem import Problem
from siting.problem.backups import backup_pairs
from siting.problem.derived import arcs, profiles


def zone_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Regions without a zone that have work whose data must stay in the zone.

    Parameters
    ----------
    p : Problem
        Tables without faults; its hourly series are not used.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    stays = set(p.workloads.index[p.workloads["stays_in"] == "zone"])
    demand = p.demand[(p.demand["mean_mw"] > 0).to_numpy()].reset_index()
    asked = set(demand.loc[demand["workload"].isin(stays), "region"])
    rule = "Work of this region must stay in its zone, and it has none."
    remedy = "Name its zone, or write region in stays_in of the workload."
    return [
        Fault("regions.csv", rule, remedy, line, "zone", "")
        for line, (region, row) in zip(lines["regions"], p.regions.iterrows(), strict=True)
        if region in asked and not row["zone"]
    ]


def run_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Work whose uninterrupted run is longer than it may take from its arrival to its end.

    Parameters
    ----------
    p : Problem
        Tables without faults; its hourly series are not used.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    faults = []
    for line, (_, row) in zip(lines["workloads"], p.workloads.iterrows(), strict=True):
        longest = int(row["max_delay_h"]) + 1
        if row["run_h"] > longest:
            rule = Sentence(
                "With max_delay_h {longest} work has {most} h from its arrival to its end, and runs longer.",
                longest=longest - 1,
                most=longest,
            )
            remedy = "Raise max_delay_h, lower run_h, or leave run_h blank for work that may be interrupted."
            faults.append(Fault("workloads.csv", rule, remedy, line, "run_h", str(row["run_h"])))
    return faults


_NO_SECOND = {
    "replicas": "Wherever {name} of {region} runs, no second site {km:g} km away that it reaches can hold its replica.",
    "survives_loss": "Wherever {name} of {region} runs, no second site that it reaches can take it over.",
}
"""What is wrong where no second site is left, by the column that asks for one."""


def backup_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Work that no second site can back up, and work that may wait and asks to be backed up.

    Parameters
    ----------
    p : Problem
        Tables without faults in which all demand reaches a site; its hourly series are not used.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    faults = []
    for line, (_, row) in zip(lines["workloads"], p.workloads.iterrows(), strict=True):
        asked = [column for column in ("replicas", "survives_loss") if row[column] > (column == "replicas")]
        for column in asked if row["max_delay_h"] > 0 else ():
            rule = "Work that may wait is not backed up: when a site is lost, it waits or runs elsewhere."
            remedy = "Clear this cell, or write 0 in max_delay_h."
            faults.append(Fault("workloads.csv", rule, remedy, line, column, str(row[column]).lower()))
    if faults:
        return faults
    reach = arcs(p)
    for column, what in _NO_SECOND.items():
        pairs = backup_pairs(p, column)
        able = set(pairs[["workload", "site"]].itertuples(index=False, name=None))
        wanted = p.workloads["replicas"] > 1 if column == "replicas" else p.workloads["survives_loss"]
        mine = list(reach[reach["workload"].map(wanted)].itertuples(index=False, name=None))
        short = {(n, w) for w, n, _ in mine} - {(n, w) for w, n, s in mine if (w, s) in able}
        for line, (region, name) in zip(lines["demand"], p.demand.index, strict=True):
            if (region, name) in short:
                known = {"name": name, "region": region, "km": p.workloads["replica_km"][name]}
                rule = Sentence(what, **known)
                remedy = Sentence(
                    "Raise latency_ms of the workload, add a site, or change {column} of the workload.", column=column
                )
                faults.append(Fault("demand.csv", rule, remedy, line, "workload", name))
    return faults


def bandwidth_faults(p: Problem, lines: Mapping[str, list[int]]) -> list[Fault]:
    """Regions whose work that cannot wait moves more data than the bandwidth to all sites that it may use.

    Only work of which every admissible site has a row in ``bandwidth.csv`` counts.

    Parameters
    ----------
    p : Problem
        Complete and without faults.
    lines : mapping of str to list of int
        Line of each row of each table.
    """
    if p.bandwidth.empty:
        return []
    table = arcs(p)
    rigid = (p.workloads["max_delay_h"] == 0) & (p.workloads["data_gb_per_mwh"] > 0)
    table = table[table["workload"].map(rigid)]
    pairs = pd.MultiIndex.from_frame(table[["region", "site"]])
    table = table.assign(most=p.bandwidth["most_gbps"].reindex(pairs).to_numpy(dtype=float))
    limited = table["most"].notna().groupby([table["region"], table["workload"]], sort=False).all()
    rate = gbps_per_mw(p.workloads["data_gb_per_mwh"])
    faults = []
    for region in dict.fromkeys(table["region"]):
        names = [w for w, all_limited in limited[region].items() if all_limited]
        used = table[(table["region"] == region) & table["workload"].isin(names)].drop_duplicates("site")
        size = p.demand["mean_mw"].reindex([(region, w) for w in names]).to_numpy(dtype=float)
        gbps = profiles(p)[names].to_numpy() @ (size * rate[names].to_numpy(dtype=float))
        hour, room = int(gbps.argmax()), float(used["most"].sum())
        if gbps[hour] > room * (1 + 1e-6):
            rule = Sentence(
                "In hour {hour} of the year {names} of {region} move {gbps:,.6g} Gbit/s, and the "
                "bandwidth to all sites that they may use is {room:,.6g} Gbit/s.",
                hour=hour,
                names=", ".join(names),
                region=region,
                gbps=gbps[hour],
                room=room,
            )
            remedy = "Raise most_gbps of the region, or lower data_gb_per_mwh or mean_mw."
            first = list(p.bandwidth.index).index((region, used["site"].iloc[0]))
            line, value = lines["bandwidth"][first], f"{used['most'].iloc[0]:g}"
            faults.append(Fault("bandwidth.csv", rule, remedy, line, "most_gbps", value))
    return faults
