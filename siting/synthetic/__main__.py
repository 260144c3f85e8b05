"""``python -m siting.synthetic``: regenerate the bundled Chinese instances, byte for byte, from the folder of facts."""

from __future__ import annotations

import argparse
import gzip
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from siting.files.bundled import instances_folder
from siting.synthetic import facts as fact_files
from siting.synthetic.china import INSTANCES, tables, with_demand_charges
from siting.synthetic.pathway import stage_sources
from siting.synthetic.series import hourly
from siting.synthetic.sources import provenance, sources_md

_OFFERED = ("capacity_factor_surplus", "capacity_factor_offshore")
"""Series of technologies that not every region has."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the instances that the command line names, or all."""
    parser = argparse.ArgumentParser(prog="python -m siting.synthetic", description=__doc__)
    parser.add_argument("instance", nargs="*", help=f"instances to write (default: {', '.join(INSTANCES)})")
    parser.add_argument("--out", type=Path, default=instances_folder(), help="folder for the instance folders")
    parser.add_argument(
        "--demand-charges",
        action="store_true",
        help="with the charge for the highest grid power: published where known, elsewhere the median (an assumption)",
    )
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.instance) - set(INSTANCES))
    if unknown:
        parser.error(f"no instance {', '.join(unknown)}; there are {', '.join(INSTANCES)}")
    source = instances_folder() / "facts"
    facts = fact_files.read(source)
    series, surplus_mw = hourly(facts)
    for name in options.instance or INSTANCES:
        content = tables(name, facts, series, surplus_mw)
        if options.demand_charges:
            content["regions"] = with_demand_charges(content["regions"], facts)
        write(name, options.out / name, source, facts, content, series)
        print(f"{options.out / name}")


def write(
    name: str,
    folder: Path,
    source: Path,
    facts: fact_files.Facts,
    content: dict[str, pd.DataFrame],
    series: dict[str, pd.DataFrame],
) -> None:
    """Write one instance folder.

    Parameters
    ----------
    name : str
        Name of the instance.
    folder : Path
        Where to write; made if it does not exist.
    source : Path
        Folder of facts, which holds ``<name>.toml`` and ``<name>.md``.
    facts : Facts
        For the provenance rows.
    content : dict of str to DataFrame
        Tables of the instance.
    series : dict of str to DataFrame
        Series of all places; only those of the instance are written.
    """
    (folder / "hourly").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / f"{name}.toml", folder / "instance.toml")
    rows = provenance(name, pd.concat([facts.provenance, stage_sources(facts)], ignore_index=True), content)
    for table, frame in {**content, "provenance": rows}.items():
        (folder / f"{table}.csv").write_bytes(_csv(frame, index=False))
    mine = _of_instance(series, content)
    for key, frame in mine.items():
        packed = gzip.compress(_csv(frame.rename_axis("hour"), index=True), compresslevel=9, mtime=0)
        (folder / "hourly" / f"{key}.csv.gz").write_bytes(packed)
    with (source / f"{name}.toml").open("rb") as file:
        titles = tomllib.load(file)["instance"]
    prose = (source / f"{name}.md").read_text(encoding="utf-8")
    text = sources_md(
        f"{titles['title_en']} · {titles['title_zh']}", prose, rows, totals(content, mine["capacity_factor_surplus"])
    )
    (folder / "SOURCES.md").write_text(text, encoding="utf-8", newline="\n")


def _of_instance(series: dict[str, pd.DataFrame], content: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Series of the places of an instance; surplus and offshore wind only where they are offered."""
    places = [*content["regions"]["region"], *content["sites"]["site"]]
    regions = content["supply"].groupby("technology")["region"].agg(set)
    mine = {}
    for key, frame in series.items():
        offered = regions.get(key.removeprefix("capacity_factor_"), set()) if key in _OFFERED else set(places)
        kept = [place for place in places if place in offered and place in frame]
        mine[key] = frame if key == "profile" else frame[kept]
    return {key: frame for key, frame in mine.items() if len(frame.columns)}


def totals(content: dict[str, pd.DataFrame], surplus: pd.DataFrame) -> list[tuple[str, str]]:
    """Sum the tables of an instance, for its reader."""
    supply = content["supply"]
    most = supply.set_index(["technology", "region"])["most_mw"]
    sums = supply.groupby("technology")["most_mw"].sum()
    return [
        ("regions", f"{len(content['regions'])}"),
        ("sites", f"{len(content['sites'])}"),
        ("mean IT load to be placed", f"{content['demand']['mean_mw'].sum():,.0f} MW"),
        ("most IT power of the sites", f"{content['sites']['most_mw'].sum():,.0f} MW"),
        ("existing unused IT power", f"{content['capacity']['existing_mw'].sum():,.0f} MW"),
        ("grid headroom", f"{content['regions']['grid_mw'].sum():,.0f} MW"),
        ("new wind, at most", f"{sums['wind']:,.0f} MW"),
        ("new solar, at most", f"{sums['solar']:,.0f} MW"),
        *([("new offshore wind, at most", f"{sums['offshore']:,.0f} MW")] if "offshore" in sums else []),
        ("energy curtailed today", f"{(surplus.sum() * most['surplus']).sum() / 1e6:,.1f} TWh"),
    ]


def _csv(frame: pd.DataFrame, index: bool) -> bytes:
    """Write a table as UTF-8 text with Unix line ends and no needless digits."""
    return frame.to_csv(index=index, lineterminator="\n", float_format="%.10g").encode()


if __name__ == "__main__":
    main()
