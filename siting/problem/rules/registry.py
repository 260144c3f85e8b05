"""The registry of rules: one line for each kind, in the order of the rule-book.

What exists or can be built at a place, and what things cost on a market, are no rules. Nor are limits of the fleet:
off, they would change the dispatch without data centers as well, against which a plan is counted, and could make it
dearer.
"""

from __future__ import annotations

import math
from functools import partial

from siting.problem.derived import floor_sites, site_compute
from siting.problem.designs import choices
from siting.problem.direct import direct_supply
from siting.problem.problem import Problem
from siting.problem.rules.kinds import Kind, always, column, entries, rows, setting
from siting.problem.rules.lifted import (
    decisions,
    enough_bandwidth,
    enough_grid,
    farthest,
    filled,
    near_replicas,
    whole_period,
)
from siting.problem.system import dispatched


def _carbon_counts(p: Problem) -> bool:
    """Whether tonnes decide anything."""
    return p.settings.carbon.price > 0 or p.settings.carbon.cap_t is not None


def _certificates_count(p: Problem) -> bool:
    """Whether a site may buy certificates."""
    return p.settings.green.certificate_price is not None and any(share > 0 and s for share, s in floor_sites(p))


def _direct(p: Problem) -> bool:
    """Whether a source is connected directly."""
    return len(direct_supply(p)) > 0


# fmt: off
REGISTRY: tuple[Kind, ...] = (
    setting("carbon-price", "carbon price {value:g} {currency}/t", "碳价 {value:g} {currency}/吨",
            "carbon.price", "¤/t", 0.0),
    setting("carbon-cap", "CO2 cap {value:,.0f} t", "碳排放上限 {value:,.0f} 吨", "carbon.cap_t", "t", None),
    setting("embodied", "embodied CO2 counted", "计入隐含碳", "carbon.embodied", "", False, _carbon_counts),
    entries("green-floor", "{scope} green share ≥ {share_percent:.3g} %", "{scope}绿电比例 ≥ {share_percent:.3g} %",
            "green.floors.share", "share", lambda floor: bool(floor.share > 0)),
    entries("beyond-grid-mix", "{scope} green share on top of the grid's own", "{scope}绿电比例在电网自身绿电之外计算",
            "green.floors.beyond_grid_mix", "", lambda floor: bool(floor.share > 0 and floor.beyond_grid_mix),
            lambda floor: {"beyond_grid_mix": False}),
    setting("certificates-limit", "certificates ≤ {value:,.0f} MWh", "绿证 ≤ {value:,.0f} MWh",
            "green.certificate_most_mwh", "MWh/year", None, _certificates_count),
    entries("hourly-floor", "{scope} green share hour by hour ≥ {share_percent:.3g} %",
            "{scope}逐小时绿电比例 ≥ {share_percent:.3g} %",
            "green.hourly_floors.share", "share", lambda floor: bool(floor.share > 0)),
    rows("latency", "{row}: latency ≤ {value:g} ms", "{row}：时延 ≤ {value:g} 毫秒",
         "workloads.latency_ms", "ms", farthest),
    rows("deadline", "{row}: waits ≤ {value} h", "{row}：等待 ≤ {value} 小时",
         "workloads.max_delay_h", "h", whole_period),
    rows("run-length", "{row}: runs {value} h without a break", "{row}：连续运行 {value} 小时不中断",
         "workloads.run_h", "h", filled("workloads", 1)),
    rows("stays-in", "{row}: data stay in the {value} of the users", "{row}：数据不出用户所在{value}",
         "workloads.stays_in", "", filled("workloads", ""), {"region": "地区", "zone": "大区"}),
    rows("replicas", "{row}: held ready at {value} sites", "{row}：在 {value} 个站点备份",
         "workloads.replicas", "count", filled("workloads", 1)),
    rows("replica-distance", "{row}: replicas ≥ {value:g} km apart", "{row}：备份相距 ≥ {value:g} 公里",
         "workloads.replica_km", "km", near_replicas),
    rows("survival", "{row}: survives the loss of any site", "{row}：任一站点失效仍可承接",
         "workloads.survives_loss", "", filled("workloads", False)),
    column("bandwidth-limit", "bandwidth limits, pairs: {count}", "带宽上限，线路数：{count}",
           "bandwidth.most_gbps", "Gbit/s", enough_bandwidth),
    column("bandwidth-cost", "bandwidth to be paid, pairs: {count}", "带宽收费，线路数：{count}",
           "bandwidth.cost_per_gbps_year", "¤/Gbit/s/year", filled("bandwidth", 0.0)),
    column("locked-in", "locked-in sites: {count}", "必建站点：{count}",
           "sites.decision", "", partial(decisions, given="open")),
    column("forbidden", "forbidden sites: {count}", "禁建站点：{count}",
           "sites.decision", "", partial(decisions, given="closed")),
    column("connection-limit", "connection limits, sites: {count}", "接入容量上限，站点数：{count}",
           "sites.connection_mw", "MW", filled("sites", math.nan)),
    column("connection-cost", "connection to be paid, sites: {count}", "接入收费，站点数：{count}",
           "sites.connection_cost_per_mw_year", "¤/MW/year", filled("sites", 0.0)),
    column("grid-headroom", "grid headroom, regions: {count}", "电网容量，地区数：{count}",
           "regions.grid_mw", "MW", enough_grid),
    column("demand-charge", "demand charge, regions: {count}", "需量电费，地区数：{count}",
           "regions.demand_charge_per_mw_month", "¤/MW/month", filled("regions", 0.0)),
    column("corridor-steps", "corridors by whole circuits: {count}", "按整回线路扩建的通道数：{count}",
           "corridors.step_mw", "MW", filled("corridors", math.nan)),
    column("corridor-direction", "corridors of one direction: {count}", "单向通道数：{count}",
           "corridors.direction", "", filled("corridors", "both")),
    column("corridor-reverse", "corridors with a lower rating of the way back: {count}",
           "反向容量较低的通道数：{count}", "corridors.reverse_share", "share", filled("corridors", 1.0)),
    column("storage-duration", "storage of fixed duration: {count}", "固定时长储能数：{count}",
           "storage.duration_h", "h", filled("storage", math.nan)),
    setting("direct-self-used", "direct power used ≥ {percent:.3g} % of available",
            "直连绿电自发自用占可用发电量 ≥ {percent:.3g} %", "direct.self_used_share_min", "share", 0.0, _direct),
    setting("direct-supplied", "direct power ≥ {percent:.3g} % of use", "直连绿电自发自用占用电量 ≥ {percent:.3g} %",
            "direct.supplied_share_min", "share", 0.0, _direct),
    setting("direct-exported", "direct power exported ≤ {percent:.3g} % of available",
            "直连绿电上网占可用发电量 ≤ {percent:.3g} %", "direct.exported_share_max", "share", 1.0, _direct),
    setting("network-charge", "network charge {value:g} {currency}/MWh", "输配电价 {value:g} {currency}/MWh",
            "system.network_charge_per_mwh", "¤/MWh", 0.0, lambda p: bool(dispatched(p))),
    column("own-network-charge", "network charge of own generation, regions: {count}",
           "自有电源输配电价，地区数：{count}", "regions.own_network_charge_per_mwh", "¤/MWh", filled("regions", 0.0)),
    setting("grid-stays", "grid power is not sent to other regions", "电网购电不跨区转送",
            "grid.sent_on", "", True, lambda p: len(p.corridors) > 0),
    column("wheeling", "wheeling charge, corridors: {count}", "过网费，通道数：{count}",
           "corridors.wheeling_cost_per_mwh", "¤/MWh", filled("corridors", 0.0)),
    column("energy-quota", "energy quota, regions: {count}", "用能指标，地区数：{count}",
           "regions.energy_quota_mwh", "MWh/year", filled("regions", math.nan)),
    column("water-price", "price of water, regions: {count}", "水价，地区数：{count}",
           "regions.water_price_per_m3", "¤/m³", filled("regions", 0.0)),
    column("water-cap", "cap on water, regions: {count}", "用水上限，地区数：{count}",
           "regions.water_cap_m3", "m³/year", filled("regions", math.nan)),
    column("site-least", "least sizes of open sites: {count}", "启用站点的最小规模：{count}",
           "sites.least_mw", "MW", filled("sites", 0.0)),
    column("tier-least", "least sizes of open sites by tier: {count}", "按层级的启用站点最小规模：{count}",
           "tiers.least_mw", "MW", filled("tiers", 0.0)),
    column("tier-most", "most sizes of sites by tier: {count}", "按层级的站点最大规模：{count}",
           "tiers.most_mw", "MW", filled("tiers", math.nan)),
    entries("least-sites", "{scope} open sites ≥ {least}", "{scope}启用站点 ≥ {least}",
            "policy.site_counts.least", "count", lambda rule: rule.least > 0, lambda rule: {"least": 0}),
    entries("most-sites", "{scope} open sites ≤ {most}", "{scope}启用站点 ≤ {most}",
            "policy.site_counts.most", "count", lambda rule: rule.most is not None, lambda rule: {"most": None}),
    entries("utilisation-floor", "{scope} use of equipment ≥ {share_percent:.3g} %",
            "{scope}上架率 ≥ {share_percent:.3g} %",
            "policy.utilisation_floors.share", "share", lambda floor: bool(floor.share > 0)),
    setting("hub-share", "new IT power in hubs ≥ {percent:.3g} %", "新增 IT 容量在枢纽 ≥ {percent:.3g} %",
            "policy.hub_share_min", "share", 0.0, lambda p: len(site_compute(p)) > 0),
    entries("relocation", "work from → to another zone: {scope} ≥ {share_percent:.3g} %",
            "跨区承接的业务：{scope} ≥ {share_percent:.3g} %",
            "policy.relocation.share", "share", lambda rule: bool(rule.share > 0)),
    setting("capital-budget", "capital ≤ {value:,.0f} {currency}", "投资 ≤ {value:,.0f} {currency}",
            "policy.capital_budget", "¤", None),
    entries("pue-cap", "{scope} PUE of new sites of {least_mw:g} MW or more ≤ {most:g}",
            "{scope} {least_mw:g} MW 以上新建站点 PUE ≤ {most:g}", "policy.pue_caps.most", "1"),
    entries("pue-tariff", "{scope} surcharge {surcharge_per_mwh:g} {currency}/MWh above PUE {above_pue:g}",
            "{scope} PUE 高于 {above_pue:g} 加价 {surcharge_per_mwh:g} {currency}/MWh",
            "policy.pue_tariffs.surcharge_per_mwh", "¤/MWh", lambda tier: bool(tier.surcharge_per_mwh > 0),
            lambda tier: {"surcharge_per_mwh": 0.0}),
    always("all-work", "all work is done", "所有业务都得到处理", "MW"),
    always("work-order", "work runs neither before it arrives nor is it lost", "业务不提前执行，也不丢失", "MWh"),
    always("peak-room", "the load fits into the equipment in every hour", "任一小时负荷不超过设备容量", "MW"),
    always("open-sites", "equipment and work are at open sites, and open sites have equipment",
           "设备和业务只在启用的站点，启用的站点有设备", ""),
    always("renewal", "what has reached the end of its life is renewed at a price, or gone",
           "寿命到期的存量设备付费更新，否则退出", "MW", lambda p: bool((site_compute(p)["ended_mw"] > 0).any())),
    always("site-room", "all equipment fits into its site", "设备不超过站点容量", "MW"),
    always("whole-modules", "demand needs whole modules", "需求按整模块建设", "count"),
    always("power-balance", "power in equals power out in every region and hour", "各地区每小时电力收支平衡", "MW"),
    always("output", "a source gives no more than its hour allows", "电源出力不超过当时可用容量", "MW",
           lambda p: len(p.supply) > 0),
    always("storage", "storage gives back what was put in, within its size", "储能充放平衡且不超过容量", "MWh",
           lambda p: len(p.storage) > 0),
    always("storage-one-way", "a battery does not charge and discharge in the same hour",
           "储能同一小时不同时充放电", "MW", lambda p: len(p.storage) > 0),
    always("direct-connection", "direct power is used, stored or sold, and not sent to other regions",
           "直连绿电就地使用、储存或上网，不跨区输送", "MW", _direct),
    always("direct-one-way", "a direct project does not sell to the grid and buy from it in the same hour",
           "直连项目同一小时不同时上网和下网", "MW", _direct),
    always("corridor-room", "a corridor carries no more than its headroom", "通道输送不超过容量", "MW",
           lambda p: len(p.corridors) > 0),
    always("corridors-one-way", "what corridors carry in an hour does not go round in a circle, as to and fro",
           "通道同一小时不往返也不环流输送", "MW", lambda p: len(p.corridors) > 0),
    always("one-cooling-design", "an open site has one cooling design, for all its equipment",
           "启用站点只用一种制冷方式", "", lambda p: bool(choices(p))),
    always("fleet", "the fleet serves its load and the data centers within its limits",
           "系统机组在其限额内满足本地负荷和数据中心", "MW", lambda p: bool(dispatched(p))),
)
# fmt: on
"""Every kind of rule; a new one is one line."""
