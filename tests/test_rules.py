"""The registry of rules: which a problem has, what they are called, and that each can be switched off."""

import pandas as pd
from small import problem
from tiny import tiny_problem

from siting.problem.rules import rules
from siting.problem.tables import TABLES

STEADY = {"wind": {"a": 1.0}}


def named(p):
    return {rule.name: rule for rule in rules(p)}


def test_a_problem_without_rules_has_none():
    assert rules(problem()) == ()


def test_rules_are_named_after_their_numbers_and_places():
    p = problem(
        regions=[{"grid_mw": 4.0}],
        sites=[{"decision": "open"}, {"site": "t", "decision": "closed"}, {"site": "u", "hub": "H"}],
        workloads=[{"latency_ms": 5.0}, {"workload": "batch", "max_delay_h": 2}],
        demand=[{}, {"workload": "batch"}],
        supply=[{}],
        cf=STEADY,
        links=[{"site": "u", "latency_ms": 6.0}],
        settings={
            "carbon": {"price": 30.0, "cap_t": 2500.0},
            "green": {
                "floors": [
                    {"share": 0.8, "tier": "hub"},
                    {"share": 0.125, "site": "s"},
                    {"share": 0.1},
                    {"share": 0.0, "region": "a"},
                    {"share": 0.2, "hub": "H", "tier": "hub"},
                    {"share": 0.3, "site": "s"},
                ]
            },
        },
    )
    titles = {name: (rule.title("en"), rule.title("zh")) for name, rule in named(p).items()}
    assert titles == {
        "carbon-price": ("carbon price 30 CNY/t", "碳价 30 CNY/吨"),
        "carbon-cap": ("CO2 cap 2,500 t", "碳排放上限 2,500 吨"),
        "embodied": ("embodied CO2 counted", "计入隐含碳"),
        "green-floor-hub": ("hub green share ≥ 80 %", "枢纽绿电比例 ≥ 80 %"),
        "green-floor-s": ("s green share ≥ 12.5 %", "s绿电比例 ≥ 12.5 %"),
        "green-floor": ("overall green share ≥ 10 %", "全部绿电比例 ≥ 10 %"),
        "green-floor-hub-H": ("hub, H green share ≥ 20 %", "枢纽, H绿电比例 ≥ 20 %"),
        "green-floor-s-2": ("s green share ≥ 30 %", "s绿电比例 ≥ 30 %"),
        "latency-web": ("web: latency ≤ 5 ms", "web：时延 ≤ 5 毫秒"),
        "deadline-batch": ("batch: waits ≤ 2 h", "batch：等待 ≤ 2 小时"),
        "locked-in": ("locked-in sites: 1", "必建站点：1"),
        "forbidden": ("forbidden sites: 1", "禁建站点：1"),
        "grid-headroom": ("grid headroom, regions: 1", "电网容量，地区数：1"),
    }
    for name, rule in named(p).items():
        left = set(named(rule.without(p)))
        # Of two floors of one site, the one that is left has the plain name.
        assert name not in left or name == "green-floor-s", name
        assert len(left) == len(titles) - 1, name


def test_what_asks_for_nothing_is_no_rule():
    """No tonne counts; every site is near enough; the whole period to wait; what exists is locked in by itself."""
    p = problem(
        sites=[{"decision": "open"}, {"site": "t", "decision": "closed"}],
        capacity=[{"existing_mw": 20.0}, {"site": "t", "existing_mw": 1.0}],
        workloads=[{"latency_ms": 1e-6, "max_delay_h": 4}],
    )
    assert rules(p) == ()


def test_only_one_rule_changes():
    p = tiny_problem()
    for rule in rules(p):
        other = rule.without(p)
        changed = [table.name for table in TABLES if not getattr(p, table.name).equals(getattr(other, table.name))]
        assert len(changed) + (other.settings != p.settings) == 1, rule.name
        assert all(getattr(p, name).dtypes.equals(getattr(other, name).dtypes) for name in ("sites", "workloads"))
        assert other.cache is not p.cache


def test_the_source_is_that_of_the_provenance():
    rows = pd.DataFrame(
        {
            "table": ["instance", "workloads", "workloads", "sites"],
            "column": ["carbon.price", "latency_ms", "latency_ms", "*"],
            "key": ["", "", "web", ""],
            "status": "measured",
            "source": ["Ministry", "Column", "Row", "Table"],
            "year": "2025",
            "licence": "facts",
        }
    ).set_index(["table", "column", "key"])
    p = problem(
        sites=[{"decision": "closed"}, {"site": "u"}],
        workloads=[{"latency_ms": 5.0}, {"workload": "other", "latency_ms": 5.0}],
        demand=[{}, {"workload": "other"}],
        links=[{"latency_ms": 9.0}],
        settings={"carbon": {"price": 1.0}},
    ).replace(provenance=rows)
    sources = {name: rule.source for name, rule in named(p).items()}
    assert sources == {
        "carbon-price": "Ministry (2025)",
        "embodied": "",
        "latency-web": "Row (2025)",
        "latency-other": "Column (2025)",
        "forbidden": "Table (2025)",
    }
