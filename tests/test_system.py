"""Fleets that cannot serve their load are faults, and a plan stands beside the published year."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cases import random_rows
from small import optimum, problem

from siting.auditor import audit
from siting.errors import InputError
from siting.files.bundled import instances_folder
from siting.instance import load
from siting.instance.starter import write_starter
from siting.instance.system import fleet_faults
from siting.periods import aggregation_error
from siting.problem.system import fleet, reference
from siting.report.summary import SUMMARIES
from siting.study.published import compare
from siting.synthetic.facts import read
from siting.synthetic.system import green_share, load_shape

ON = {"system": {"dispatch": True}}
COAL = {"technology": "coal", "existing_mw": 50.0, "variable_cost_per_mwh": 200.0, "published_mwh": 200.0}
SMALL = {"technology": "coal_small", "existing_mw": 50.0, "variable_cost_per_mwh": 300.0}
HYDRO = {"technology": "hydro", "existing_mw": 30.0, "most_mwh": 20.0}


def faults(load_mw: Any, *rows: dict[str, Any], **changes: Any) -> list[tuple[int | None, str | None]]:
    p = problem(fleet=list(rows), load=load_mw, settings=ON, **changes)
    return [(fault.row, fault.column) for fault in fleet_faults(p, {"fleet": list(range(2, 2 + len(rows)))})]


@pytest.mark.parametrize(
    ("load_mw", "rows", "expected"),
    [
        (40.0, (COAL,), []),
        ([40.0, 40.0, 60.0, 40.0], (COAL,), [(2, "existing_mw")]),
        (40.0, (HYDRO, {**COAL, "available_share": 0.1}), [(3, "existing_mw")]),
        ([55.0, 60.0, 55.0, 40.0], (COAL, HYDRO), []),
        ([55.0, 60.0, 60.0, 40.0], (COAL, HYDRO), [(2, "existing_mw")]),
        (20.0, ({**COAL, "least_share": 0.5},), [(2, "least_share")]),
        (60.0, (COAL, {**HYDRO, "most_mwh": 50.0, "least_share": 0.5}), [(3, "least_share")]),
    ],
    ids=["enough", "too small", "not available", "enough water", "too little water", "must-run", "must-run of water"],
)
def test_a_fleet_that_cannot_serve_its_load_is_a_fault(
    load_mw: Any, rows: tuple[dict[str, Any], ...], expected: list[tuple[int, str]]
) -> None:
    assert faults(load_mw, *rows) == expected


def test_net_import_helps_a_fleet_that_is_too_small() -> None:
    assert faults(60.0, COAL, net_import=10.0) == []
    assert faults(60.0, COAL, net_import=5.0) == [(2, "existing_mw")]


def test_what_fleet_csv_needs(tmp_path: Path) -> None:
    folder = write_starter(tmp_path / "demo", "demo")
    with pytest.raises(InputError) as caught:
        load(folder, {"system.dispatch": True})
    assert [fault.column for fault in caught.value.faults] == ["system.dispatch"]
    rows = "region,technology,existing_mw,capacity_factor\ncoast,coal,9000,\ncoats,coal,9000,\ncoast,tide,5,tides\n"
    (folder / "fleet.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(folder)
    found = {(fault.file, fault.column) for fault in caught.value.faults}
    assert found == {
        ("fleet.csv", "region"),
        ("hourly/system_load_mw.csv", None),
        ("hourly/capacity_factor_tides.csv", None),
        ("provenance.csv", "column"),
    }


def test_a_plan_beside_the_published_year() -> None:
    rows = [{**COAL, "group": "thermal"}, {**SMALL, "group": "thermal"}, {**HYDRO, "published_mwh": 25.0}]
    p = problem(fleet=rows, load=[30.0, 45.0, 50.0, 60.0], net_import=5.0, settings=ON)
    table = compare(p, optimum(p).tables).set_index("quantity")
    # 185 MWh of load less 20 of import; hydro gives 20 in both, and the data centers take 40.
    assert table["published_mwh"].to_dict() == pytest.approx(
        {"thermal": 200, "hydro": 25, "generation": 225, "consumption": 185, "net_export": -20}
    )
    assert table["without_mwh"].to_dict() == pytest.approx(
        {"thermal": 145, "hydro": 20, "generation": 165, "consumption": 185, "net_export": -20}
    )
    assert (table["plan_mwh"] - table["without_mwh"]).to_dict() == pytest.approx(
        {"thermal": 40, "hydro": 0, "generation": 40, "consumption": 40, "net_export": 0}, abs=1e-6
    )
    assert table["plan_percent"].to_dict() == pytest.approx(
        {"thermal": -7.5, "hydro": -20, "generation": -100 * 20 / 225, "consumption": 4000 / 185, "net_export": 0},
        abs=1e-6,
    )
    shown = SUMMARIES["published"](p, optimum(p).tables, "en")
    assert shown["what"].to_list() == list(table.index)


def test_every_concept_beside_a_fleet_keeps_the_account() -> None:
    rows = random_rows(3)
    hours = len(rows["price"]["a"])
    fleets = [COAL, {**COAL, "region": "b"}, {**HYDRO, "green": True}]
    demand = {n: np.linspace(20, 40, hours) for n in ("a", "b")}
    p = problem(hours, **rows, fleet=fleets, load=demand, settings={**ON, "carbon": {"price": 40.0}})
    solution = optimum(p)
    verdict = audit(p, solution.tables, solution.objective)
    assert verdict.ok, verdict.failures
    table = compare(p, solution.tables)
    wide = table.pivot(index="region", columns="quantity", values="plan_mwh")
    assert (wide["generation"] - wide["consumption"]).to_list() == pytest.approx(wide["net_export"].to_list(), abs=1e-3)
    shown = SUMMARIES["system"](p, solution.tables, "zh")
    assert (shown["generated_gwh"] + shown["system_import_gwh"]).to_list() == pytest.approx(
        (shown["system_load_gwh"] + shown["bought_gwh"]).to_list()
    )
    assert "system" in aggregation_error(p).index


def test_nothing_is_shown_of_a_system_that_is_not_dispatched() -> None:
    p = problem()
    tables = optimum(p).tables
    assert all(SUMMARIES[name](p, tables, "en").empty for name in ("system", "published"))


def test_the_year_of_the_provinces_is_the_published_one() -> None:
    p = load("jing-jin-ji-meng", {"system.dispatch": True})
    rows = fleet(p)
    energy = pd.Series(reference(p).fleet_mw.sum(axis=(0, 2)), index=rows.index)
    by = [
        rows.index.get_level_values("region"),
        rows["group"].where(rows["group"] != "", rows.index.get_level_values(1)),
    ]
    found, published = (values.groupby(by).sum() for values in (energy, rows["published_mwh"].astype(float)))
    assert len(found) == 19
    # Wind, sun and hydro are bounded by what was published, so that thermal power is what the dispatch finds.
    assert found.to_dict() == pytest.approx(published.to_dict(), rel=3e-4)


def test_the_green_share_of_a_province_holds_what_it_receives() -> None:
    """One sends 40 of 100 TWh, half of them green; the other makes 60, none green, and receives 20 of its 80."""
    made = {f"{name}_2023_twh": [0.0, 0.0] for name in ("thermal", "hydro", "nuclear", "wind", "solar")}
    made |= {"thermal_2023_twh": [40.0, 60.0], "nuclear_2023_twh": [10.0, 0.0], "wind_2023_twh": [50.0, 0.0]}
    facts = read(instances_folder() / "facts")
    system = pd.DataFrame({**made, "consumption_2023_twh": [60.0, 80.0]}, index=["CN-NM", "CN-BJ"])
    share = green_share(dataclasses.replace(facts, system=system))
    assert share.to_dict() == {"CN-NM": pytest.approx(0.5), "CN-BJ": pytest.approx(20 * 0.5 / 80)}
    # Of the published year, all that is used is green to the share of all that is made, but for losses.
    used, whole = facts.system["consumption_2023_twh"], facts.system
    made_green = whole[["hydro_2023_twh", "wind_2023_twh", "solar_2023_twh"]].sum().sum()
    everything = made_green + whole[["thermal_2023_twh", "nuclear_2023_twh"]].sum().sum()
    assert (green_share(facts) * used).sum() / used.sum() == pytest.approx(made_green / everything, rel=0.01)


def test_the_shape_of_the_load_has_the_statistics_asked_for() -> None:
    wanted = {"load_peak_month": 7, "load_season_ratio": 1.4, "load_day_amplitude": 0.3, "load_peak_hour": 15,
              "load_valley_hour": 4, "load_weekend_ratio": 0.95}  # fmt: skip
    shape = pd.Series(load_shape(wanted, 2026), index=pd.date_range("2026-01-01", periods=8760, freq="h"))
    day = shape.groupby(shape.index.hour).mean()
    assert shape.mean() == pytest.approx(1)
    assert (day.idxmax(), day.idxmin()) == (15, 4)
    assert day.max() - day.min() == pytest.approx(0.3, rel=0.01)
    month = shape.groupby(shape.index.month).mean()
    assert month.idxmax() == 7
    assert month.max() / month.min() == pytest.approx(1.4, rel=0.03)
    weekend = shape.index.dayofweek >= 5
    assert shape[weekend].mean() / shape[~weekend].mean() == pytest.approx(0.95, rel=0.01)
