"""The facts that the Chinese instances are made of: published figures and marked assumptions, one CSV file each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Facts:
    """The tables of the folder ``facts``; units are in the names of the columns.

    Parameters
    ----------
    provinces, sites, workloads, compute_types, corridors : DataFrame
        Indexed by their key, the first column of the file; ``instances`` names those that a row is for (of workloads
        and compute types blank: all).
    tariffs : DataFrame
        Prices of the bands by tariff area.
    windows : DataFrame
        Windows of the day by tariff area and month.
    climate : DataFrame
        Monthly mean temperature ``m01`` to ``m12`` by place (a region or a site).
    profiles : DataFrame
        Shape of a day by hour, one column per profile and kind of day.
    system : DataFrame
        Consumption, capacity and generation of the published year and statistics of the load, by province.
    stages, stage_trends : DataFrame
        Years of the stages of a pathway; what changes by which share a year, with its source.
    parameters : dict of str to float
        Single numbers by name.
    tiers : DataFrame
        What tiers may have, and in which instances.
    demand_charges : Series
        Published charge for the highest power of a month by region, yuan per kW.
    technologies : DataFrame
        Offshore wind and pumped storage: the provinces that offer them, and in which instances.
    provenance : DataFrame
        Rows of ``provenance.csv`` and, in ``instances``, the instances that they are for (blank: all).
    """

    provinces: pd.DataFrame
    sites: pd.DataFrame
    workloads: pd.DataFrame
    compute_types: pd.DataFrame
    corridors: pd.DataFrame
    tariffs: pd.DataFrame
    windows: pd.DataFrame
    climate: pd.DataFrame
    profiles: pd.DataFrame
    system: pd.DataFrame
    tiers: pd.DataFrame
    demand_charges: pd.Series
    technologies: pd.DataFrame
    stages: pd.DataFrame
    stage_trends: pd.DataFrame
    parameters: dict[str, float]
    provenance: pd.DataFrame


def read(folder: Path) -> Facts:
    """Facts from their folder.

    Parameters
    ----------
    folder : Path
        Folder with the files ``provinces.csv``, ``sites.csv`` and so on.
    """

    def keyed(name: str) -> pd.DataFrame:
        return pd.read_csv(folder / f"{name}.csv", index_col=0)

    return Facts(
        provinces=keyed("provinces"),
        sites=keyed("sites"),
        workloads=keyed("workloads").fillna({"instances": ""}),
        compute_types=keyed("compute_types").fillna({"instances": ""}),
        corridors=keyed("corridors"),
        tariffs=keyed("tariffs"),
        windows=pd.read_csv(folder / "tariff_windows.csv"),
        climate=keyed("climate"),
        profiles=keyed("profiles"),
        system=keyed("system"),
        stages=pd.read_csv(folder / "stages.csv"),
        stage_trends=pd.read_csv(folder / "stage_trends.csv", dtype={"year": str}, keep_default_na=False),
        parameters={str(name): float(value) for name, value in keyed("parameters")["value"].items()},
        tiers=pd.read_csv(folder / "tiers.csv"),
        demand_charges=keyed("demand_charges")["yuan_per_kw_month"],
        technologies=pd.read_csv(folder / "technologies.csv"),
        provenance=pd.read_csv(folder / "provenance.csv", dtype=str, keep_default_na=False),
    )
