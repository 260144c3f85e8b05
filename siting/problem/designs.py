"""Cooling designs: what each site may have, their power and water use, and what caps and tariffs on PUE make of them.

The model, the audit and the maps all start from these; each is computed once per problem.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from siting.physics.cooling import pue as pue_of
from siting.physics.water import wue as wue_of
from siting.problem.derived import exists, rule_sites, site_compute
from siting.problem.once import once
from siting.problem.problem import Problem


@once
def designs(p: Problem) -> pd.DataFrame:
    """Cooling designs that each site offers, its own first, index (site, cooling).

    Columns are pue_shift, wue_factor and extra_capex_per_kw.
    """
    own = p.sites[["cooling", "pue_shift", "wue_factor"]].assign(extra_capex_per_kw=0.0)
    own = own.rename_axis("site").set_index("cooling", append=True)
    both = pd.concat([own, p.cooling_options]) if len(p.cooling_options) else own
    return both[~both.index.duplicated()]


def _pairs(p: Problem) -> list[tuple[str, str]]:
    return [(str(site), str(cooling)) for site, cooling in designs(p).index.to_list()]


@once
def choices(p: Problem) -> dict[str, list[str]]:
    """Designs to choose from, by site; sites with one design, or that can hold nothing, are left out."""
    hosts = set(site_compute(p).index.get_level_values("site"))
    offered: dict[str, list[str]] = {}
    for site, cooling in _pairs(p):
        offered.setdefault(site, []).append(cooling)
    return {site: offered[site] for site in p.sites.index if len(offered[site]) > 1 and site in hosts}


@once
def open_choices(p: Problem) -> dict[str, list[str]]:
    """The choices that the caps on PUE leave: designs that break one are out, and so are sites that have no other."""
    over = set(designs_over_pue_cap(p))
    kept = {site: [c for c in names if (site, c) not in over] for site, names in choices(p).items()}
    return {site: names for site, names in kept.items() if names}


@once
def design_pue(p: Problem) -> pd.DataFrame:
    """PUE, hours of the year x (site, cooling)."""
    series, region = p.hourly["temperature_c"], p.sites["region"]
    columns = {
        (site, cooling): pue_of(series[site if site in series.columns else region[site]].to_numpy(), cooling, shift)
        for (site, cooling), shift in zip(_pairs(p), designs(p)["pue_shift"], strict=True)
    }
    return pd.DataFrame(columns, index=series.index)


@once
def most_power_mw(p: Problem) -> pd.Series:
    """Most power that each site can draw: all its equipment at full load in the worst hour of its worst design, MW."""
    return p.sites["most_mw"] * design_pue(p).max().groupby(level=0).max()


@once
def design_wue(p: Problem) -> pd.DataFrame:
    """Litres of water per kWh of IT energy (m³ per MWh), hours of the year x (site, cooling)."""
    series, region, effectiveness = p.hourly["temperature_c"], p.sites["region"], design_pue(p)
    columns = {
        (site, cooling): wue_of(
            series[site if site in series.columns else region[site]].to_numpy(),
            cooling,
            effectiveness[site, cooling].to_numpy(),
            factor,
        )
        for (site, cooling), factor in zip(_pairs(p), designs(p)["wue_factor"], strict=True)
    }
    return pd.DataFrame(columns, index=series.index)


@once
def wue(p: Problem) -> pd.DataFrame:
    """Litres of water per kWh of IT energy (m³ per MWh) of each site's own design, hours of the year x sites."""
    own = list(p.sites["cooling"].items())
    return design_wue(p)[own].set_axis(p.sites.index, axis=1)


def water_counts(p: Problem) -> bool:
    """Whether water has a price or a cap in some region."""
    return bool((p.regions["water_price_per_m3"] > 0).any() or p.regions["water_cap_m3"].notna().any())


@once
def designs_over_pue_cap(p: Problem) -> list[tuple[str, str]]:
    """Designs (site, cooling) of new large sites whose mean PUE over the year exceeds a cap that the site is under."""
    if not p.settings.policy.pue_caps:
        return []
    mean = design_pue(p).mean()
    new = ~exists(p).to_numpy(dtype=bool)
    most = pd.Series(np.inf, index=p.sites.index)
    for cap in p.settings.policy.pue_caps:
        mine = new & (p.sites["most_mw"] >= cap.least_mw) & p.sites.index.isin(rule_sites(p, cap))
        most[mine] = np.minimum(most[mine], cap.most)
    return [(site, cooling) for site, cooling in _pairs(p) if mean[site, cooling] > most[site] + 1e-9]


def sites_over_pue_cap(p: Problem) -> list[str]:
    """New large sites none of whose designs keeps the caps on PUE."""
    over = set(designs_over_pue_cap(p))
    kept = {site for site, cooling in _pairs(p) if (site, cooling) not in over}
    return [site for site in p.sites.index if site not in kept]


def as_offered(p: Problem) -> Problem:
    """The problem with the options that its sites may choose: of ``where_capped``, those of sites that break a cap.

    A cap that is lifted later leaves the options that it brought, so that without it no plan is lost.
    """
    if p.settings.policy.cooling_choice == "free" or not len(p.cooling_options):
        return p
    over = {site for site, cooling in designs_over_pue_cap(p) if cooling == p.sites.at[site, "cooling"]}
    return p.replace(cooling_options=p.cooling_options[p.cooling_options.index.get_level_values("site").isin(over)])


@once
def pue_surcharge_per_mwh(p: Problem) -> pd.Series:
    """Surcharge on the electricity that a site draws, index (site, cooling)."""
    rate = pd.Series(0.0, index=pd.MultiIndex.from_tuples(_pairs(p)))
    if not p.settings.policy.pue_tariffs:
        return rate
    mean = design_pue(p).mean()
    region = mean.index.get_level_values(0).map(p.sites["region"].to_dict())
    # The highest tier comes last and so overrides the others.
    for tier in sorted(p.settings.policy.pue_tariffs, key=lambda tier: tier.above_pue):
        mine = (region == tier.region) & (mean > tier.above_pue + 1e-9)
        share = 1 - tier.above_pue / mean[mine] if tier.excess_only else 1.0
        rate[mine] = tier.surcharge_per_mwh * share
    return rate


def as_chosen(p: Problem, tables: Mapping[str, pd.DataFrame]) -> Problem:
    """The problem in which each site's own design is the one that a plan chose; the options kept are those chosen.

    Parameters
    ----------
    p : Problem
        What was solved.
    tables : mapping of str to DataFrame
        Tables of the plan; ``design`` says what was chosen where there was a choice.
    """
    frame = tables.get("design")
    if not choices(p) or frame is None or not {"site", "cooling", "chosen"} <= set(frame.columns):
        return p
    known = set(_pairs(p))
    picked = frame.loc[pd.to_numeric(frame["chosen"], errors="coerce") > 0.5, ["site", "cooling"]]
    chosen = [pair for pair in zip(picked["site"], picked["cooling"], strict=True) if pair in known]
    key = f"{__name__}.as_chosen {chosen!r}"
    if key not in p.cache:
        p.cache[key] = _with_designs(p, chosen)
    kept: Problem = p.cache[key]
    return kept


def _with_designs(p: Problem, chosen: list[tuple[str, str]]) -> Problem:
    sites, offered = p.sites.copy(), designs(p)
    for site, cooling in chosen:
        sites.loc[site, "cooling"] = cooling
        for name in ("pue_shift", "wue_factor"):
            sites.loc[site, name] = offered[name][site, cooling]
    kept = p.cooling_options[p.cooling_options.index.isin(chosen)]
    return p.replace(sites=sites, cooling_options=kept)
