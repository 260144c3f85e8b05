"""What the picture says, in two languages, and how it writes numbers."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "sites": "Data centers",
        "latency_bound": "latency-bound work",
        "tolerant": "work that can wait",
        "unused": "capacity without load",
        "hub": "national hub",
        "other": "city or edge site",
        "unchosen": "candidate, not chosen",
        "flows": "Work done in another region",
        "flows_note": "thin end: its users; wide end: the site",
        "power": "Power between regions",
        "power_note": "wide end: where it goes",
        "shade": "CO₂ of grid power, t/MWh",
        "outside": "no data in this instance",
        "hidden": "Flows below {mw} MW and {gwh} GWh a year are not drawn.",
        "data": "Data: instance {name}, sources in its provenance table.",
        "synthetic": "Synthetic hourly series: {names}.",
        "borders": "Boundaries are schematic and express no opinion.",
        "cost": "cost {value} a year",
        "carbon": "{value} CO₂",
        "green": "{value} % green",
        "load": "{value} MW of IT load",
        "open": "{count} of {all} sites used",
        "gap": "gap {value} %",
        "optimal": "optimal",
        "feasible": "feasible, not proven optimal",
    },
    "zh": {
        "sites": "数据中心",
        "latency_bound": "时延敏感业务",
        "tolerant": "可延后业务",
        "unused": "未带负荷的容量",
        "hub": "国家枢纽节点",
        "other": "城市或边缘站点",
        "unchosen": "候选站点（未选）",
        "flows": "跨区业务流向",
        "flows_note": "细端为用户，宽端为站点",
        "power": "跨区输电",
        "power_note": "宽端为受端",
        "shade": "电网碳排放因子（t/MWh）",
        "outside": "本算例无数据",
        "hidden": "小于 {mw} MW 的业务流和小于 {gwh} GWh/年的电力流未画出。",
        "data": "数据：算例 {name}，来源见其 provenance 表。",
        "synthetic": "合成的逐时序列：{names}。",
        "borders": "边界仅为示意，不代表任何立场。",
        "cost": "年成本 {value}",
        "carbon": "{value} CO₂",
        "green": "绿电 {value} %",
        "load": "IT 负荷 {value} MW",
        "open": "选用站点 {count}/{all}",
        "gap": "间隙 {value} %",
        "optimal": "最优",
        "feasible": "可行解，未证最优",
    },
}


def number(value: float) -> str:
    """Three significant digits, thousands separated."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def money(million: float, currency: str, lang: str) -> str:
    """An amount given in millions, in the units that readers of the language use."""
    if lang == "zh":
        unit = "元" if currency == "CNY" else f" {currency}"
        if million < 0.01:
            return f"{number(million * 1e6)} {unit.strip()}"
        return f"{number(million / 100)} 亿{unit}" if million >= 100 else f"{number(million * 100)} 万{unit}"
    if million < 1e-3:
        return f"{number(million * 1e6)} {currency}"
    if million < 0.1:
        return f"{number(million * 1e3)} thousand {currency}"
    amount = f"{number(million / 1000)} billion" if million >= 1000 else f"{number(million)} million"
    return f"{amount} {currency}"


def tonnes(value: float, lang: str) -> str:
    """An amount of CO2."""
    if lang == "zh":
        return f"{number(value / 1e4)} 万吨" if value >= 100 else f"{number(value)} 吨"
    if value < 100:
        return f"{number(value)} t"
    return f"{number(value / 1e6)} Mt" if value >= 1e6 else f"{number(value / 1e3)} kt"
