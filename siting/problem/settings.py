"""``instance.toml``: titles, finance, network, periods and policy switches."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, model_validator

from siting.problem.columns import CURRENCY_PATTERN, SHORT_NAME_PATTERN, Amount, Share
from siting.problem.presets import APPLIED, PresetName, expand


class Section(BaseModel):
    """A section of ``instance.toml``; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Instance(Section):
    """What the instance is called and which year it describes."""

    name: Annotated[str, Field(pattern=SHORT_NAME_PATTERN)] = Field(description="Short name.")
    title_en: str = Field(description="Title in English.")
    title_zh: str = Field(description="Title in Chinese.")
    start: dt.date = Field(
        description="First day of the hourly series, whose hour 0 begins at midnight by the clock of the instance: one "
        "for all regions, without summer time. The year goes to the same day of the next."
    )
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)] | None = Field(
        None,
        description="Hours that this clock is ahead of UTC; needed where hourly series have times with a zone, which "
        "are converted to it.",
    )
    currency: Annotated[str, Field(pattern=CURRENCY_PATTERN)] = Field(description="ISO code of the currency.")
    base_map: str = Field("", description="Bundled base map, or a file in the instance folder; blank: none.")
    hourly: Literal["folder", "rts-gmlc"] = Field(
        "folder", description="Where hourly series are: the folder hourly/, or the package of RTS-GMLC."
    )

    @property
    def hours(self) -> int:
        """Hours of the year that begins with ``start``."""
        leaps = (self.start.month, self.start.day) == (2, 29)
        end = dt.date(self.start.year + 1, 3, 1) if leaps else self.start.replace(year=self.start.year + 1)
        return 24 * (end - self.start).days


class Periods(Section):
    """How the year is represented when the command line does not say."""

    count: Annotated[int, Field(ge=1, le=366)] = Field(
        12,
        description="Number of typical periods; as many as the year has, such as 365 days: the year in calendar order.",
    )
    hours: Annotated[int, Field(ge=24, le=8784, multiple_of=24)] = Field(
        24, description="Hours of a period, whole days: 24, a week of 168, or up to the whole year."
    )


class Finance(Section):
    """Capital is annualised with one rate and the life of each thing."""

    discount_rate: Annotated[float, Field(ge=0, lt=1)] = Field(description="Real discount rate per year.")


class Network(Section):
    """Latency and cost of moving data where no link is given."""

    fibre_us_per_km: Amount = Field(4.897, description="One-way delay of a kilometre of fibre.")
    route_factor: Annotated[float, Field(ge=1)] = Field(
        1.8, description="Fibre length (and equipment) per great-circle km."
    )
    equipment_ms: Amount = Field(0.0, description="One-way delay of equipment at both ends.")
    cost_per_gb_1000km: Amount = Field(0.0, description="Cost of moving a gigabyte over 1,000 km.")
    missing_links: Literal["priced", "computed", "forbidden"] = Field(
        "priced",
        description="Pairs of a region and a site without a row, where links.csv has rows: priced: computed from the "
        "distance unless they would be free while other rows cost something (cost_per_gb_1000km is 0 and a row has "
        "cost_per_mwh), and then forbidden; computed: always computed; forbidden: no work goes there.",
    )


class Carbon(Section):
    """Carbon price and cap."""

    price: Amount = Field(0.0, description="Price of a tonne of CO2.")
    cap_t: Amount | None = Field(None, description="Most CO2 in a year, tonnes; absent: no cap.")
    embodied: bool = Field(True, description="Whether CO2 embodied in what is built counts (spread over its life).")


class GreenFloor(Section):
    """Least green share of the electricity of some sites (all given conditions must hold)."""

    share: Share = Field(description="Least share over the year.")
    tier: Literal["hub", "city", "edge"] | None = Field(None, description="Only sites of this tier.")
    hub: str | None = Field(None, description="Only sites of this hub.")
    region: str | None = Field(None, description="Only sites of this region.")
    site: str | None = Field(None, description="Only this site.")
    beyond_grid_mix: bool = Field(
        False,
        description="The share comes on top of the green share that grid power has anyway (regions.grid_green_share).",
    )


class HourlyFloor(Section):
    """Least share of the electricity of some regions that is green in the hour of its use (24/7 matching)."""

    share: Share = Field(description="Least share over the year.")
    tier: Literal["hub", "city", "edge"] | None = Field(None, description="Only regions with a site of this tier.")
    hub: str | None = Field(None, description="Only regions with a site of this hub.")
    region: str | None = Field(None, description="Only this region.")
    site: str | None = Field(None, description="Only the region of this site.")


class Green(Section):
    """Floors on the yearly share of green power, on the hourly matched share, and certificates."""

    floors: tuple[GreenFloor, ...] = Field(
        (), description="Floors; each green MWh is claimed by one site only, and delivered to its region."
    )
    certificate_price: Amount | None = Field(
        None, description="Price of a certificate, per MWh; sites under a floor may buy them. Absent: none are sold."
    )
    certificate_most_mwh: Amount | None = Field(None, description="Most certificates in a year; absent: no limit.")
    hourly_floors: tuple[HourlyFloor, ...] = Field((), description="Floors on the share that is matched hour by hour.")


class Direct(Section):
    """Shares of direct projects (绿电直连): the directly connected sources of a region and all its sites."""

    self_used_share_min: Share = Field(
        0.0,
        description="Least share of what direct sources could generate in the year, curtailed included, that is used "
        "or stored in the region; 0: no rule.",
    )
    supplied_share_min: Share = Field(
        0.0,
        description="Least share of the electricity of a region's sites that comes from its direct sources, if it "
        "has any; 0: no rule.",
    )
    exported_share_max: Share = Field(
        1.0,
        description="Most share of what direct sources could generate that is exported to the grid; 1: no rule.",
    )


class SiteCount(Section):
    """Least and most open sites among some sites (all given conditions must hold)."""

    least: Annotated[int, Field(ge=0)] = Field(0, description="Least number of open sites.")
    most: Annotated[int, Field(ge=0)] | None = Field(None, description="Most open sites; absent: no limit.")
    tier: Literal["hub", "city", "edge"] | None = Field(None, description="Only sites of this tier.")
    hub: str | None = Field(None, description="Only sites of this hub.")
    region: str | None = Field(None, description="Only sites of this region.")


class UtilisationFloor(Section):
    """Least use of the equipment of each of some sites (all given conditions must hold)."""

    share: Share = Field(
        description="Least mean IT load of the year as a share of the installed IT power, site by site."
    )
    tier: Literal["hub", "city", "edge"] | None = Field(None, description="Only sites of this tier.")
    hub: str | None = Field(None, description="Only sites of this hub.")
    region: str | None = Field(None, description="Only sites of this region.")
    site: str | None = Field(None, description="Only this site.")


class Relocation(Section):
    """Least share of the work of one zone that is done in another."""

    from_zone: str = Field(description="Zone of the regions that ask for the work.")
    to_zone: str = Field(description="Zone of the regions of the sites that do it.")
    share: Share = Field(description="Least share of the mean IT load asked for.")


class PueCap(Section):
    """Cap on the annual mean PUE of new large sites (all given conditions must hold)."""

    most: Annotated[float, Field(ge=1)] = Field(description="Highest PUE, mean over the hours of the year.")
    least_mw: Amount = Field(0.0, description="A site is large if its most_mw is at least this.")
    tier: Literal["hub", "city", "edge"] | None = Field(None, description="Only sites of this tier.")
    hub: str | None = Field(None, description="Only sites of this hub.")
    region: str | None = Field(None, description="Only sites of this region.")
    site: str | None = Field(None, description="Only this site.")


class PueTariff(Section):
    """A tier of a region's electricity price for sites with a high PUE; the highest tier exceeded counts."""

    region: str = Field(description="Region.")
    above_pue: Annotated[float, Field(ge=1)] = Field(description="The tier applies to an annual mean PUE above this.")
    surcharge_per_mwh: Amount = Field(description="Added to the price of the site's electricity.")
    excess_only: bool = Field(
        False, description="Whether only the share of the electricity beyond above_pue pays (1 - above_pue / PUE)."
    )


class Policy(Section):
    """Rules of industrial policy; all are off by default."""

    presets: tuple[PresetName, ...] = Field(
        (), description="Published sets of rules to add when the instance is loaded; rules given here or elsewhere win."
    )
    site_counts: tuple[SiteCount, ...] = Field((), description="Least and most open sites.")
    utilisation_floors: tuple[UtilisationFloor, ...] = Field((), description="Least use of the equipment.")
    hub_share_min: Share = Field(
        0.0,
        description="Least share of new IT power that stands in the areas of national hubs: at sites of tier hub, and "
        "at all sites that name their hub (sites.hub); 0: no rule.",
    )
    relocation: tuple[Relocation, ...] = Field((), description="Least shares of work that moves between zones.")
    capital_budget: Amount | None = Field(
        None,
        description="Most capital for all that is bought, paid once, in the currency, renewals of what has reached its "
        "life included; absent: no limit.",
    )
    pue_caps: tuple[PueCap, ...] = Field((), description="Caps on the PUE of new large sites.")
    pue_tariffs: tuple[PueTariff, ...] = Field((), description="Surcharges on electricity for sites with a high PUE.")
    cooling_choice: Literal["free", "where_capped"] = Field(
        "free",
        description="Which sites may choose a design of cooling_options.csv: all of them, or only those whose own "
        "design breaks a cap on PUE when the instance is loaded.",
    )


class Grid(Section):
    """What may be done with power that is bought from the grid."""

    sent_on: bool = Field(
        False,
        description="Whether grid power may be sent to other regions over corridors, at once or by way of storage; "
        "otherwise corridors carry own power alone: what sources of supply generate and what arrives of it.",
    )


class System(Section):
    """Whether the rest of the power system is dispatched too, instead of a price-taker's tariff."""

    dispatch: bool = Field(
        False,
        description="Whether regions with a row in fleet.csv buy at the cost and CO2 of their own power plants: the "
        "fleet serves system_load_mw and the data centers, and the tariff does not count.",
    )
    network_charge_per_mwh: Amount = Field(
        0.0, description="What stays of the tariff per MWh bought where the fleet is dispatched."
    )


class Settings(Section):
    """All sections of ``instance.toml``."""

    instance: Instance
    finance: Finance
    periods: Periods = Periods()
    network: Network = Network()
    carbon: Carbon = Carbon()
    green: Green = Green()
    direct: Direct = Direct()
    grid: Grid = Grid()
    system: System = System()
    policy: Policy = Policy()

    @model_validator(mode="before")
    @classmethod
    def _with_presets(cls, document: Any, info: ValidationInfo) -> Any:
        return document if info.context == APPLIED else expand(document)
