"""Stages of a pathway: what changes by a share a year, and how much work there is by then."""

from __future__ import annotations

import pandas as pd

from siting.synthetic.facts import Facts


def it_growth(parameters: dict[str, float], year: float) -> float:
    """What the IT load has grown by from the first year of the horizon to a year, as a multiple of the load of 2023.

    It grows by one share a year until the last year of the horizon and by another after it.
    """
    growth, later = 1 + parameters["growth_per_year"], 1 + parameters["growth_per_year_after_horizon"]
    first, last = parameters["horizon_first_year"], parameters["horizon_last_year"]
    level = growth ** (min(year, last) - 2023) * later ** max(year - last, 0.0)
    return float(level - growth ** (first - 2023))


def pathway(name: str, facts: Facts) -> dict[str, pd.DataFrame]:
    """Tables ``stages`` and ``stage_factors`` of an instance; none if it has no pathway.

    The work of a stage is that of its middle. All else is as the instance has it in the first year.
    """
    own = facts.stages[[name in instances.split() for instances in facts.stages["instances"]]]
    if own.empty:
        return {}
    horizon = it_growth(facts.parameters, facts.parameters["horizon_last_year"])
    start, rows = int(own["year"].min()), []
    for year, years in zip(own["year"], own["years"], strict=True):
        work = it_growth(facts.parameters, year + years / 2) / horizon
        rows.append((year, "demand", "mean_mw", "", round(work, 4)))
        for _, trend in facts.stage_trends.iterrows() if year > start else ():
            factor = (1 + trend["change_per_year"]) ** (year - start)
            rows.append((year, trend["table"], trend["column"], trend["key"], round(factor, 4)))
    factors = pd.DataFrame(rows, columns=["year", "table", "column", "key", "factor"])
    return {"stages": own[["year", "years"]].reset_index(drop=True), "stage_factors": factors}


def stage_sources(facts: Facts) -> pd.DataFrame:
    """Provenance rows of every factor of every stage, columns as in the facts."""
    trends = facts.stage_trends
    parts = [
        trends.drop(columns=["table", "column", "key", "change_per_year"]).assign(
            instances=instances,
            table="stage_factors",
            column="factor",
            key=f"{year}/" + trends["table"] + "/" + trends["column"] + "/" + trends["key"],
        )
        for year, instances in zip(facts.stages["year"], facts.stages["instances"], strict=True)
    ]
    return pd.concat(parts, ignore_index=True)[list(facts.provenance.columns)]
