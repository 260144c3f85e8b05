"""Rules between tables: references, green floors, corridors, existing against most, provenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from siting.errors import Fault, Sentence
from siting.instance.configuration import setting_names
from siting.instance.files import RawTable
from siting.instance.folder import FILE
from siting.instance.rows import Rows, numeric
from siting.instance.suggest import did_you_mean
from siting.problem.series import SERIES
from siting.problem.settings import GreenFloor, Settings
from siting.problem.tables import TABLES

REFERENCES: tuple[tuple[str, str, str, str], ...] = (
    ("sites", "region", "regions", "region"),
    ("workloads", "compute", "compute_types", "compute"),
    ("demand", "region", "regions", "region"),
    ("demand", "workload", "workloads", "workload"),
    ("capacity", "site", "sites", "site"),
    ("capacity", "compute", "compute_types", "compute"),
    ("tiers", "compute", "compute_types", "compute"),
    ("links", "region", "regions", "region"),
    ("links", "site", "sites", "site"),
    ("supply", "region", "regions", "region"),
    ("storage", "region", "regions", "region"),
    ("fleet", "region", "regions", "region"),
    ("corridors", "from_region", "regions", "region"),
    ("corridors", "to_region", "regions", "region"),
    ("bandwidth", "region", "regions", "region"),
    ("bandwidth", "site", "sites", "site"),
    ("cooling_options", "site", "sites", "site"),
    ("stage_factors", "year", "stages", "year"),
)
"""Column of a table that names a key of another: (table, column, other table, its column)."""


def reference_faults(raw: Mapping[str, RawTable]) -> list[Fault]:
    """Names that no row of the table that they refer to has."""
    faults = []
    for table, column, target, key in REFERENCES:
        known = raw[target].keys(key) if target in raw else None
        if known is None or table not in raw or column not in raw[table].columns:
            continue
        for line, cells in zip(raw[table].lines, raw[table].cells, strict=True):
            if cells[column] and cells[column] not in known:
                rule = Sentence("{target}.csv has no such {key}.", target=target, key=key)
                remedy = did_you_mean(cells[column], sorted(known))
                faults.append(Fault(raw[table].file, rule, remedy, line, column, cells[column]))
    return faults


def floor_faults(settings: Settings, raw: Mapping[str, RawTable]) -> list[Fault]:
    """Green floors that name a hub, region or site that does not exist, or bind no site together; certificates."""
    if "sites" not in raw:
        return []
    sites, green = raw["sites"], settings.green
    faults = []
    if green.certificate_most_mwh is not None and green.certificate_price is None:
        rule, remedy = ("Without a price there are no certificates.", "Add green.certificate_price, or drop the limit.")
        value = f"{green.certificate_most_mwh:g}"
        faults.append(Fault(FILE, rule, remedy, column="green.certificate_most_mwh", value=value))
    for kind, number, floor in [
        *(("floors", i, floor) for i, floor in enumerate(green.floors, start=1)),
        *(("hourly_floors", i, floor) for i, floor in enumerate(green.hourly_floors, start=1)),
    ]:
        wanted = {name: getattr(floor, name) for name in ("tier", "hub", "region", "site")}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        dangling = False
        for name, value in wanted.items():
            known = sites.keys(name)
            if known is None:
                dangling = True
            elif value not in known and name != "tier":
                dangling = True
                column = f"green.{kind}.{number}.{name}"
                rule = Sentence("No site of sites.csv has this {name}.", name=name)
                faults.append(Fault(FILE, rule, did_you_mean(value, sorted(known)), column=column, value=value))
        if not dangling and not any(all(cells[n] == v for n, v in wanted.items()) for cells in sites.cells):
            rule, remedy = ("No site meets all conditions of this floor.", "Drop a condition or the floor.")
            faults.append(Fault(FILE, rule, remedy, column=f"green.{kind}.{number}", value=str(wanted)))
        elif not dangling and isinstance(floor, GreenFloor) and floor.beyond_grid_mix:
            faults += _beyond_mix(number, floor, wanted, raw)
    return faults


def _beyond_mix(number: int, floor: GreenFloor, wanted: Mapping[str, str], raw: Mapping[str, RawTable]) -> list[Fault]:
    """A share beyond the grid mix that even claims for all power could not reach."""
    regions = raw.get("regions")
    if regions is None or "grid_green_share" not in regions.columns:
        return []
    named = {cells["region"] for cells in raw["sites"].cells if all(cells[n] == v for n, v in wanted.items())}
    mixes = {}
    for cells in regions.cells:
        if cells["region"] in named:
            try:
                mixes[cells["region"]] = float(cells["grid_green_share"] or 0.0)
            except ValueError:
                return []
    if not mixes or floor.share <= 1 - min(mixes.values()):
        return []
    region = min(mixes, key=mixes.__getitem__)
    rule = Sentence(
        "The grid of {region} is green to {share:g} already, so that no more than the rest can be added.",
        region=region,
        share=mixes[region],
    )
    remedy = "Lower share, or leave out beyond_grid_mix."
    return [Fault(FILE, rule, remedy, column=f"green.floors.{number}.share", value=f"{floor.share:g}")]


def value_faults(rows: Mapping[str, Rows]) -> list[Fault]:
    """Existing capacity above the most that there may be, and corridors from a region to itself."""
    faults = []
    pairs = {
        "capacity": (("existing_mw", "most_mw"),),
        "supply": (("existing_mw", "most_mw"),),
        "storage": (("existing_mw", "most_mw"), ("existing_mwh", "most_mwh")),
        "corridors": (("existing_mw", "most_mw"),),
        "bandwidth": (("existing_gbps", "most_gbps"),),
    }
    for table, columns in pairs.items():
        for existing, most in columns:
            if table not in rows or not {existing, most} <= set(rows[table].data.columns):
                continue
            data = rows[table].data
            for line, has, limit in zip(rows[table].lines, data[existing], data[most], strict=True):
                if limit is not None and has > limit:
                    rule = Sentence("What exists exceeds {most}, {limit:g}, which includes it.", most=most, limit=limit)
                    remedy = Sentence("Raise {most} or lower {existing}.", most=most, existing=existing)
                    faults.append(Fault(f"{table}.csv", rule, remedy, line, existing, f"{has:g}"))
    faults += _site_faults(rows)
    if "corridors" in rows and {"from_region", "to_region"} <= set(rows["corridors"].data.columns):
        data = rows["corridors"].data
        for line, one, other in zip(rows["corridors"].lines, data["from_region"], data["to_region"], strict=True):
            if one == other:
                same = "A corridor joins two regions."
                another = "Name another region, or delete the row."
                faults.append(Fault("corridors.csv", same, another, line, "to_region", str(other)))
    return faults + _circuit_faults(rows) + _duration_faults(rows)


def _duration_faults(rows: Mapping[str, Rows]) -> list[Fault]:
    """Storage whose existing power and energy capacity do not have the duration that it must have."""
    if "storage" not in rows or "duration_h" not in rows["storage"].data.columns:
        return []
    data = rows["storage"].data.reindex(columns=["duration_h", "existing_mw", "existing_mwh"]).astype(float)
    values = data.fillna({"existing_mw": 0.0, "existing_mwh": 0.0}).itertuples(index=False, name=None)
    faults = []
    for line, (hours, mw, mwh) in zip(rows["storage"].lines, values, strict=True):
        if abs(mwh - hours * mw) > 1e-6 * max(1.0, mwh):
            rule = Sentence(
                "What exists is {mw:g} MW and {mwh:g} MWh, not {hours:g} MWh per MW.", mw=mw, mwh=mwh, hours=hours
            )
            remedy = "Correct the existing capacity, or leave duration_h blank."
            faults.append(Fault("storage.csv", rule, remedy, line, "duration_h", f"{hours:g}"))
    return faults


def _circuit_faults(rows: Mapping[str, Rows]) -> list[Fault]:
    """Corridors whose expansion holds no whole circuit."""
    columns = ["step_mw", "existing_mw", "most_mw"]
    if "corridors" not in rows or not set(columns) <= set(rows["corridors"].data.columns):
        return []
    faults = []
    values = rows["corridors"].data[columns].astype(float).itertuples(index=False, name=None)
    for line, (step, existing, most) in zip(rows["corridors"].lines, values, strict=True):
        if existing < most and step > (most - existing) * (1 + 1e-9):
            rule = Sentence(
                "One circuit is larger than the whole expansion, {existing:g} MW, so that none can be built.",
                existing=most - existing,
            )
            remedy = "Raise most_mw, lower step_mw, or leave it blank for expansion by any amount."
            faults.append(Fault("corridors.csv", rule, remedy, line, "step_mw", f"{step:g}"))
    return faults


def _site_faults(rows: Mapping[str, Rows]) -> list[Fault]:
    """Existing capacity of all types together against the site."""
    if "sites" not in rows or "capacity" not in rows:
        return []
    sites, capacity = rows["sites"], rows["capacity"].data
    if not {"site", "most_mw"} <= set(sites.data.columns) or not {"site", "existing_mw"} <= set(capacity.columns):
        return []
    existing = capacity.groupby("site")["existing_mw"].sum()
    faults = []
    for line, (_, site) in zip(sites.lines, sites.data.iterrows(), strict=True):
        has = float(existing.get(site["site"], 0.0))
        if has > site["most_mw"] * (1 + 1e-9):
            rule = Sentence("capacity.csv has {has:g} MW existing at this site, more than its most_mw.", has=has)
            faults.append(
                Fault("sites.csv", rule, "Raise most_mw or lower existing_mw.", line, "most_mw", f"{site['most_mw']:g}")
            )
    return faults


def provenance_faults(raw: Mapping[str, RawTable], series: Iterable[str]) -> list[Fault]:
    """Numeric columns and series without a source, and sources of what does not exist.

    Parameters
    ----------
    raw : mapping of str to RawTable
        Tables as read.
    series : iterable of str
        Names of the hourly series of the folder.
    """
    if "provenance" not in raw or not {"table", "column"} <= set(raw["provenance"].columns):
        return []
    faults = []
    given = set()
    names = [table.name for table in TABLES if table.name != "provenance"]
    columns = {table.name: list(table.row.model_fields) for table in TABLES}
    columns |= {"instance": setting_names(), "hourly": [s.name for s in SERIES if "*" not in s.name]}
    table_keys = {name: _keys(raw[name]) for name in names if name in raw and _has_key(raw[name])}
    for line, cells in zip(raw["provenance"].lines, raw["provenance"].cells, strict=True):
        table, column, key = cells["table"], cells["column"], cells.get("key", "")
        given.add((table, column, key))
        if not table or not column:
            continue
        place: tuple[str, str, Iterable[str], str] | None = None
        if table not in (*names, "instance", "hourly"):
            place = ("table", table, [*names, "instance", "hourly"], "There is no such table.")
        elif column != "*" and column not in columns[table] and not _factor(table, column):
            place = ("column", column, columns[table], Sentence("{table} has no such column.", table=table))
        elif key and table == "instance":
            place = ("key", key, [], "instance.toml has no rows.")
        elif key and table in table_keys and key not in table_keys[table]:
            place = (
                "key",
                key,
                sorted(table_keys[table]),
                Sentence("{table}.csv has no row with this key.", table=table),
            )
        if place is not None:
            where, value, known, rule = place
            faults.append(Fault("provenance.csv", rule, did_you_mean(value, known), line, where, value))
    return faults + _unsourced(raw, given, table_keys, series)


def _factor(table: str, column: str) -> bool:
    return table == "hourly" and column.startswith("capacity_factor_")


def _has_key(raw: RawTable) -> bool:
    """Whether the file has every column of its key that cannot be left out."""
    needed = {name for name in raw.table.key if raw.table.row.model_fields[name].is_required()}
    return needed <= set(raw.columns)


def _keys(raw: RawTable) -> set[str]:
    return {"/".join(cells.get(name, "") for name in raw.table.key) for cells in raw.cells}


def _unsourced(
    raw: Mapping[str, RawTable],
    given: set[tuple[str, str, str]],
    table_keys: Mapping[str, set[str]],
    series: Iterable[str],
) -> list[Fault]:
    wanted = [(name, column) for name in table_keys for column in numeric(raw[name].table) if raw[name].keys(column)]
    wanted += [("hourly", name) for name in series]
    faults = []
    for table, column in wanted:
        if given & {(table, "*", ""), (table, column, "")}:
            continue
        keys = table_keys.get(table)
        if keys and all((table, column, key) in given for key in keys):
            continue
        rule = Sentence("No source is given for {column} of {table}.", column=column, table=table)
        remedy = Sentence(
            "Add a row with table {table} and column {column}: status, source, year and licence.",
            table=table,
            column=column,
        )
        faults.append(Fault("provenance.csv", rule, remedy, column="column", value=f"{table}.{column}"))
    return faults
