"""The tables of an instance, one class per CSV file; those of power are in a file of their own.

These declarations are the format: reading, validation, defaults, the schema
and the guide are made from them. A column's unit is in its name; money is in
the currency of the instance and ``per_kw`` means per kilowatt of capacity.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from siting.problem.columns import (
    COOLING,
    Age,
    Amount,
    Efficiency,
    Latitude,
    Longitude,
    Name,
    Number,
    Positive,
    Row,
    Share,
    Step,
    Years,
)
from siting.problem.power_tables import Corridor, Fleet, Storage, Supply


class Region(Row):
    """A place where users are and a node of the power system."""

    region: Name = Field(description="Key of the region, for example its ISO code.")
    name_en: str = Field(description="Name in English.")
    name_zh: str = Field(description="Name in Chinese.")
    latitude_deg: Latitude = Field(description="Latitude of its users (its main city).")
    longitude_deg: Longitude = Field(description="Longitude of its users (its main city).")
    zone: str = Field("", description="Macro-region, for example east or west.")
    clock_shift_h: Annotated[float, Field(ge=-26, le=26)] = Field(
        0.0,
        description="Hours that the clock of its users is ahead of the clock of the instance: a workload's profile is "
        "in their local time, so at hour h they send what it says of hour h + clock_shift_h.",
    )
    grid_mw: Amount = Field(description="Headroom: most power that its data centers may buy from the grid.")
    grid_factor_t_per_mwh: Number = Field(
        description="Average CO2 of grid power, which may be negative; hourly/grid_factor_t_per_mwh refines it by hour."
    )
    grid_green_share: Share = Field(0.0, description="Green share of grid power itself.")
    marginal_factor_t_per_mwh: Number | None = Field(
        None,
        description="CO2 of one more MWh of grid power, for the marginal account; hourly/marginal_factor_t_per_mwh "
        "refines it by hour; blank: unknown.",
    )
    demand_charge_per_mw_month: Amount = Field(0.0, description="Charge per month for each MW of highest grid power.")
    own_network_charge_per_mwh: Amount = Field(
        0.0,
        description="Network charge per MWh that sources of supply generate for data centers there, direct connection "
        "included; what is sold to the grid pays none.",
    )
    energy_quota_mwh: Amount | None = Field(
        None, description="Most electricity that its sites may use in a year; blank: no limit."
    )
    water_price_per_m3: Amount = Field(0.0, description="Price of the water that cooling takes.")
    water_cap_m3: Amount | None = Field(
        None, description="Most water that cooling may take in a year; blank: no limit."
    )


class Site(Row):
    """A candidate or existing data-center cluster."""

    site: Name = Field(description="Key of the site.")
    region: Name = Field(description="Region whose grid supplies it.")
    name_en: str = Field(description="Name in English.")
    name_zh: str = Field(description="Name in Chinese.")
    tier: Literal["hub", "city", "edge"] = Field(description="Place in the national layout.")
    hub: str = Field("", description="National hub that it belongs to.")
    latitude_deg: Latitude = Field(description="Latitude.")
    longitude_deg: Longitude = Field(description="Longitude.")
    most_mw: Amount = Field(description="Most IT power, existing capacity included.")
    least_mw: Amount = Field(
        0.0, description="Least IT power of the site if it is open, existing included; 0: any equipment will do."
    )
    decision: Literal["free", "open", "closed"] = Field(
        "free",
        description="Whether the site may be chosen, must be open with equipment, or is closed, whatever exists.",
    )
    fixed_cost_per_year: Amount = Field(0.0, description="Yearly cost of an open site, whatever its size.")
    opening_capex: Amount = Field(0.0, description="One-off cost of opening a site; where equipment exists it is sunk.")
    capex_per_kw: Amount = Field(0.0, description="Building, power and cooling per kW of new IT power.")
    lifetime_years: Years = Field(20.0, description="Life of the building.")
    existing_age_years: Age | None = Field(
        None,
        description="Age of the building of existing equipment in the planned year, or the first of a pathway; blank: "
        "half of its life. At the end of its life the capital of the building is paid again, or the equipment is gone.",
    )
    embodied_t_per_mw: Amount = Field(0.0, description="CO2 embodied in the building per MW of new IT power.")
    cooling: COOLING = Field("waterside_economizer", description="Cooling design, which fixes PUE by temperature.")
    pue_shift: Number = Field(
        0.0, description="Added to the PUE of the cooling design (a real fleet against a good one)."
    )
    connection_mw: Amount | None = Field(None, description="Most power that the site may draw; blank: no limit.")
    connection_cost_per_mw_year: Amount = Field(0.0, description="Yearly cost per MW of connected power.")
    wue_factor: Amount = Field(
        1.0, description="Multiplies the water use of the cooling design (air-side in a dry climate: about 0.4)."
    )


class Compute(Row):
    """A type of computing equipment."""

    compute: Name = Field(description="Key of the type, for example general or ai.")
    name_en: str = Field(description="Name in English.")
    name_zh: str = Field(description="Name in Chinese.")
    module_mw: Step = Field(description="Smallest step of building, IT power.")
    capex_per_kw: Amount = Field(0.0, description="Servers and network per kW of IT power.")
    lifetime_years: Years = Field(5.0, description="Life of the equipment.")
    fixed_om_per_kw_year: Amount = Field(0.0, description="Yearly operation and maintenance per kW installed.")
    idle_share: Share = Field(0.0, description="Power drawn at no load, as a share of full power.")
    usable_share: Efficiency = Field(1.0, description="Highest share of the installed power that work may use.")
    eflops_per_mw: Amount = Field(0.0, description="Computing power per MW of IT power.")
    rack_kw: Positive = Field(2.5, description="IT power of a standard rack.")
    embodied_t_per_mw: Amount = Field(0.0, description="CO2 embodied in the equipment per MW.")


class Capacity(Row):
    """What a site has already, or may have at most, of one compute type."""

    site: Name = Field(description="Site.")
    compute: Name = Field(description="Compute type.")
    existing_mw: Amount = Field(
        0.0,
        description="IT power that exists: until its life ends it is locked in and its capital is sunk; then it is "
        "renewed at a price or retired. At a site whose decision is closed it is gone.",
    )
    existing_age_years: Age | None = Field(
        None,
        description="Age of the equipment that exists in the planned year, or the first of a pathway; blank: half of "
        "its life.",
    )
    most_mw: Amount | None = Field(
        None, description="Most IT power of this type, existing included; blank: the site's."
    )


class Tier(Row):
    """What sites of a tier are made of: a hub of large modules and never small, an edge site of small ones."""

    tier: Literal["hub", "city", "edge"] = Field(description="Tier of sites.")
    compute: str = Field("", description="Compute type; blank: all types of a site together.")
    module_mw: Step | None = Field(
        None, description="Smallest step of building at sites of the tier, IT power; blank: the compute type's."
    )
    least_mw: Amount = Field(0.0, description="Least IT power of an open site, existing included.")
    most_mw: Amount | None = Field(
        None, description="Most IT power of a site, existing included; blank: as the site says."
    )


class Workload(Row):
    """A class of work."""

    workload: Name = Field(description="Key of the workload.")
    name_en: str = Field(description="Name in English.")
    name_zh: str = Field(description="Name in Chinese.")
    compute: Name = Field(description="Compute type that it runs on.")
    latency_ms: Positive = Field(description="Longest one-way latency between its users and its site.")
    max_delay_h: Annotated[int, Field(ge=0, le=168)] = Field(
        0, description="Longest time that the work may wait; 0: it runs when it arrives."
    )
    run_h: Annotated[int, Field(ge=1, le=168)] = Field(
        1,
        description="Hours that a piece of work runs at constant power without a break once it has started (work that "
        "is not interruptible); its delay counts until it is done. 1: it may pause after any hour.",
    )
    data_gb_per_mwh: Amount = Field(0.0, description="Data moved between users and site per MWh of IT energy.")
    profile: str = Field("", description="Column of hourly/profile that gives its shape; blank: flat.")
    stays_in: Literal["", "region", "zone"] = Field(
        "",
        description="Where its data must stay: in the region of its users or in that region's zone; blank: anywhere.",
    )
    replicas: Annotated[int, Field(ge=1, le=2)] = Field(
        1, description="Sites that hold it; 2: as much capacity again is reserved at a second site."
    )
    replica_km: Amount = Field(0.0, description="Least great-circle distance between the two sites of its replicas.")
    survives_loss: bool = Field(
        False, description="Whether the other sites must be able to take all of it when any one site is lost."
    )


class Demand(Row):
    """The work that the users of a region ask for."""

    region: Name = Field(description="Region of the users.")
    workload: Name = Field(description="Workload.")
    mean_mw: Amount = Field(description="Mean IT load over the year.")


class Link(Row):
    """A measured or agreed connection between a region and a site; overrides the computed one."""

    region: Name = Field(description="Region of the users.")
    site: Name = Field(description="Site.")
    latency_ms: Amount | None = Field(None, description="One-way latency; blank: computed from the distance.")
    cost_per_mwh: Amount | None = Field(
        None, description="Cost of moving the data of one MWh of IT energy; blank: computed from data and distance."
    )


class Bandwidth(Row):
    """Bandwidth between the users of a region and a site; pairs without a row are not limited."""

    region: Name = Field(description="Region of the users.")
    site: Name = Field(description="Site.")
    existing_gbps: Amount = Field(0.0, description="Bandwidth that exists, Gbit/s; its cost is sunk.")
    most_gbps: Amount = Field(description="Most bandwidth, existing included, Gbit/s.")
    cost_per_gbps_year: Amount = Field(0.0, description="Yearly cost per Gbit/s of new bandwidth.")


class CoolingOption(Row):
    """Another cooling design that a site may choose instead of its own; one design serves the whole site."""

    site: Name = Field(description="Site.")
    cooling: COOLING = Field(description="Cooling design, which fixes PUE and water use by temperature.")
    pue_shift: Number = Field(0.0, description="Added to the PUE of the cooling design.")
    wue_factor: Amount = Field(1.0, description="Multiplies the water use of the cooling design.")
    extra_capex_per_kw: Number = Field(
        0.0, description="Investment beyond the site's own design per kW of IT power, existing included."
    )


class Stage(Row):
    """A stage of a pathway: years that one plan stands for. siting solve --pathway plans all stages together."""

    year: Annotated[int, Field(ge=1900, le=2200)] = Field(
        description="First year of the stage; what it builds is there from then on."
    )
    years: Annotated[int, Field(ge=1, le=100)] = Field(
        description="Years that it stands for, up to the next stage; each costs the same."
    )


class StageFactor(Row):
    """What multiplies numbers in a stage; all rows that match a number multiply, one without a row stays as it is."""

    year: Annotated[int, Field(ge=1900, le=2200)] = Field(description="First year of the stage.")
    table: Name = Field(
        description="Table, for example demand; hourly for a series; instance for a number of instance.toml."
    )
    column: Name = Field(description="Column, for example mean_mw; name of the series; section.key.")
    key: str = Field(
        "",
        description="Rows: their key (columns joined by /) or any column of it, for example a workload, a region or a "
        "technology; column of a series; blank: all.",
    )
    factor: Positive = Field(description="Factor.")


class Provenance(Row):
    """Where a number comes from; each numeric column needs a row, a single value may have its own."""

    table: Name = Field(description="Table, for example regions; instance for instance.toml; hourly for a series.")
    column: Name = Field(description="Column, section.key or series; * for the whole table.")
    key: str = Field("", description="Row that it is about (key columns joined by /); blank: the whole column.")
    status: Literal["measured", "derived", "assumption", "synthetic"] = Field(
        description="measured: published; derived: computed from published figures; assumption: chosen by us, to be "
        "checked; synthetic: generated."
    )
    source: str = Field(min_length=1, description="Original publisher and document.")
    year: str = Field(min_length=1, description="Year (or years) that the figure is about.")
    licence: str = Field(min_length=1, description="Licence or terms.")
    note_en: str = Field("", description="What a reader must know, in English.")
    note_zh: str = Field("", description="The same in Chinese.")


@dataclass(frozen=True)
class Table:
    """A table of the format: its name (and file name), its rows, its key, whether it must exist."""

    name: str
    row: type[Row]
    key: tuple[str, ...]
    required: bool


TABLES: tuple[Table, ...] = (
    Table("regions", Region, ("region",), True),
    Table("sites", Site, ("site",), True),
    Table("compute_types", Compute, ("compute",), True),
    Table("tiers", Tier, ("tier", "compute"), False),
    Table("workloads", Workload, ("workload",), True),
    Table("demand", Demand, ("region", "workload"), True),
    Table("capacity", Capacity, ("site", "compute"), False),
    Table("links", Link, ("region", "site"), False),
    Table("supply", Supply, ("region", "technology"), False),
    Table("storage", Storage, ("region", "storage"), False),
    Table("fleet", Fleet, ("region", "technology"), False),
    Table("corridors", Corridor, ("corridor",), False),
    Table("bandwidth", Bandwidth, ("region", "site"), False),
    Table("cooling_options", CoolingOption, ("site", "cooling"), False),
    Table("stages", Stage, ("year",), False),
    Table("stage_factors", StageFactor, ("year", "table", "column", "key"), False),
    Table("provenance", Provenance, ("table", "column", "key"), True),
)
