"""The tables of power: sources, storage, the plants of a region's own load, and lines. They are part of the format."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from siting.problem.columns import Age, Amount, Efficiency, Name, Number, Positive, Row, Share, Step, Years


class Supply(Row):
    """A source of power for data centers in a region; hourly/capacity_factor_<technology> gives its hours."""

    region: Name = Field(description="Region.")
    technology: Name = Field(description="Technology, for example wind, solar or surplus.")
    existing_mw: Amount = Field(0.0, description="Capacity that exists; its capital is sunk until its life ends.")
    most_mw: Amount = Field(description="Most capacity, existing included.")
    capex_per_kw: Amount = Field(0.0, description="Investment per kW of new capacity.")
    fixed_om_per_kw_year: Amount = Field(0.0, description="Yearly operation and maintenance per kW.")
    lifetime_years: Years = Field(25.0, description="Life.")
    existing_age_years: Age | None = Field(
        None,
        description="Age of what exists in the planned year, or the first of a pathway; blank: half of its life. At "
        "the end of its life it is bought anew or gone.",
    )
    variable_cost_per_mwh: Number = Field(
        0.0, description="Cost per MWh generated; negative where a production credit exceeds it."
    )
    green: bool = Field(True, description="Whether its energy counts as green.")
    factor_t_per_mwh: Number = Field(
        0.0, description="CO2 emitted per MWh generated; negative where it is taken out of the air."
    )
    embodied_t_per_mw: Amount = Field(0.0, description="CO2 embodied per MW of new capacity.")
    direct: bool = Field(
        False,
        description="Whether it is connected directly to the data centers of its region (绿电直连): they use it, "
        "storage takes it up, or it is exported; it is not sent to other regions.",
    )
    export_price_per_mwh: Amount | None = Field(
        None, description="What the grid pays for a MWh of direct output; blank: none is exported."
    )


class Storage(Row):
    """Batteries, pumped storage or other short storage that may serve data centers in a region."""

    region: Name = Field(description="Region.")
    storage: Name = Field(description="Kind of storage, for example battery.")
    existing_mw: Amount = Field(0.0, description="Power that exists; its capital is sunk until its life ends.")
    existing_mwh: Amount = Field(
        0.0, description="Energy capacity that exists; its capital is sunk until its life ends."
    )
    most_mw: Amount = Field(description="Most power, existing included.")
    most_mwh: Amount = Field(description="Most energy capacity, existing included.")
    duration_h: Positive | None = Field(
        None, description="Energy capacity per power, as of a pumped-storage plant; blank: both are chosen freely."
    )
    capex_per_kw: Amount = Field(0.0, description="Investment per kW of new power.")
    capex_per_kwh: Amount = Field(0.0, description="Investment per kWh of new energy capacity.")
    fixed_om_per_kw_year: Amount = Field(0.0, description="Yearly operation and maintenance per kW.")
    lifetime_years: Years = Field(15.0, description="Life.")
    existing_age_years: Age | None = Field(
        None,
        description="Age of what exists in the planned year, or the first of a pathway; blank: half of its life. At "
        "the end of its life it is bought anew or gone.",
    )
    round_trip_efficiency: Efficiency = Field(0.9, description="Energy out per energy in.")
    embodied_t_per_mwh: Amount = Field(0.0, description="CO2 embodied per MWh of new energy capacity.")


class Fleet(Row):
    """Power plants of a region that serve its own load, dispatched in the same model if system.dispatch is on."""

    region: Name = Field(description="Region.")
    technology: Name = Field(description="Technology, for example coal, gas, nuclear, hydro, wind or solar.")
    existing_mw: Amount = Field(description="Capacity.")
    variable_cost_per_mwh: Number = Field(
        0.0, description="Cost per MWh generated, fuel above all; negative where a production credit exceeds it."
    )
    factor_t_per_mwh: Number = Field(
        0.0, description="CO2 emitted per MWh generated; negative where it is taken out of the air."
    )
    green: bool = Field(False, description="Whether its energy counts as green in the report of the system.")
    available_share: Share = Field(1.0, description="Share of the capacity that is available in every hour.")
    capacity_factor: str = Field(
        "",
        description="Name <x> of the series hourly/capacity_factor_<x> that gives its hours; blank: the same in all.",
    )
    least_share: Share = Field(0.0, description="Least output (must-run) as a share of what is available in the hour.")
    most_mwh: Amount | None = Field(
        None, description="Most energy in a year, for example the inflow of hydro power; blank: no limit."
    )
    group: str = Field("", description="Name that the published year counts it under; blank: its technology.")
    published_mwh: Amount | None = Field(
        None,
        description="Generation of a published year, for comparison only; a group has the sum of its rows.",
    )


class Corridor(Row):
    """A power line between two regions, usable both ways unless its direction says otherwise."""

    corridor: Name = Field(description="Key of the corridor.")
    from_region: Name = Field(description="One end.")
    to_region: Name = Field(description="The other end.")
    direction: Literal["both", "forward", "backward"] = Field(
        "both",
        description="Which way it may carry power, as a direct-current line that is built for one way: forward is from "
        "from_region to to_region.",
    )
    existing_mw: Amount = Field(description="Headroom that data centers may use today.")
    most_mw: Amount = Field(description="Headroom after the largest expansion, existing included.")
    step_mw: Step | None = Field(
        None, description="Headroom of one circuit: it is expanded by whole circuits; blank: by any amount."
    )
    reverse_share: Share = Field(
        1.0, description="What to_region may send as a share of the headroom, which is the rating of the other way."
    )
    capex_per_kw: Amount = Field(0.0, description="Investment per kW of expansion.")
    lifetime_years: Years = Field(40.0, description="Life.")
    existing_age_years: Age | None = Field(
        None,
        description="Age of what exists in the planned year, or the first of a pathway; blank: half of its life. At "
        "the end of its life it is bought anew or gone.",
    )
    fixed_om_per_kw_year: Amount = Field(0.0, description="Yearly operation and maintenance per kW of expansion.")
    loss_share: Annotated[float, Field(ge=0, lt=1)] = Field(0.0, description="Energy lost on the way.")
    wheeling_cost_per_mwh: Amount = Field(0.0, description="Charge per MWh sent.")
