"""Three accounts of carbon, by hand: 10 MW in each of two regions for 4 hours, 5 MW of wind in a."""

import numpy as np
import pandas as pd
import pytest
from small import optimum, problem
from tiny import tiny_problem
from tiny_plan import book, settled

from siting.auditor import audit
from siting.auditor.accounts import TOTAL, carbon_accounts, green_share
from siting.auditor.matching import matched_mwh
from siting.auditor.power import reconciliation, site_power_mw
from siting.auditor.report import Ledger
from siting.auditor.tables import read
from siting.report.summary import SUMMARIES

ROWS = {
    "regions": [
        {"grid_factor_t_per_mwh": 0.5, "grid_green_share": 0.2, "marginal_factor_t_per_mwh": 0.9},
        {"region": "b", "longitude_deg": 10.0, "grid_factor_t_per_mwh": 0.8, "marginal_factor_t_per_mwh": 0.6},
    ],
    "sites": [{}, {"site": "t", "region": "b", "longitude_deg": 10.0}],
    "workloads": [{"latency_ms": 5.0}],
    "demand": [{}, {"region": "b"}],
    "supply": [{"existing_mw": 5.0, "most_mw": 5.0}],
    "cf": {"wind": {"a": 1.0}},
}


def accounts(green=None, **changes):
    p = problem(**{**ROWS, **changes}, settings={"green": green or {}})
    return carbon_accounts(p, optimum(p).tables)


def test_without_claims_only_the_residual_mix_differs():
    table = accounts()
    assert table["grid_mwh"].to_dict() == pytest.approx({"a": 20, "b": 40, TOTAL: 60})
    assert table["location_t"].to_dict() == pytest.approx({"a": 10, "b": 32, TOTAL: 42})
    # Without its green fifth the grid of a emits 0.5 / 0.8 per MWh.
    assert table["market_t"].to_dict() == pytest.approx({"a": 12.5, "b": 32, TOTAL: 44.5})
    assert table["marginal_t"].to_dict() == pytest.approx({"a": 18, "b": 24, TOTAL: 42})
    assert table["matched_mwh"].to_dict() == pytest.approx({"a": 20, "b": 0, TOTAL: 20})


LINE = [{"existing_mw": 10.0, "loss_share": 0.2}]


def test_a_claim_lowers_what_is_bought_where_it_is_made():
    """The 20 MWh of wind in a reach t as 16: a buys 40, b 24."""
    table = accounts({"floors": [{"share": 0.4, "site": "t"}]}, corridors=LINE)
    assert table["own_mwh"].to_dict() == pytest.approx({"a": 0, "b": 16, TOTAL: 16})
    assert table["market_t"].to_dict() == pytest.approx({"a": 40 * 0.5 / 0.8, "b": 24 * 0.8, TOTAL: 44.2})
    assert table.loc[TOTAL, "location_t"] == pytest.approx(20 + 24 * 0.8)


def test_certificates_lower_the_market_based_account_only():
    table = accounts({"floors": [{"share": 0.75, "site": "t"}], "certificate_price": 9.0}, corridors=LINE)
    # 30 MWh are needed; what the line loses is dearer than certificates.
    assert table.loc["b", ["own_mwh", "certificates_mwh"]].to_list() == pytest.approx([0, 30])
    assert table["market_t"].to_dict() == pytest.approx({"a": 12.5, "b": 10 * 0.8, TOTAL: 20.5})
    assert table.loc[TOTAL, ["location_t", "marginal_t"]].to_list() == pytest.approx([42, 42])


def test_certificates_beyond_what_the_region_buys_cover_nothing():
    """At 100 % all 40 MWh of t are certificates, though its own wind serves half of them."""
    rows = {"supply": [{"region": "b", "existing_mw": 5.0, "most_mw": 5.0, "green": False}]}
    green = {"floors": [{"share": 1.0, "site": "t"}], "certificate_price": 0.0}
    table = accounts(green, **rows, cf={"wind": 1.0})
    assert table.loc["b", ["grid_mwh", "certificates_mwh"]].to_list() == pytest.approx([20, 40])
    assert table.loc["b", "market_t"] == pytest.approx(0)


def test_a_region_that_buys_without_a_marginal_factor_is_unknown():
    regions = [ROWS["regions"][0], {**ROWS["regions"][1], "marginal_factor_t_per_mwh": None}]
    table = accounts(regions=regions)
    assert table.loc["a", "marginal_t"] == pytest.approx(18)
    assert np.isnan(table.loc["b", "marginal_t"])
    assert np.isnan(table.loc[TOTAL, "marginal_t"])


def test_the_hourly_marginal_factor_refines_the_annual_one():
    p = problem(**ROWS)
    series = pd.DataFrame({"a": [1.0, 0.0, 0.0, 1.0]})
    p = p.replace(hourly={**p.hourly, "marginal_factor_t_per_mwh": series})
    table = carbon_accounts(p, optimum(p).tables)
    assert table["marginal_t"].to_dict() == pytest.approx({"a": 10, "b": 24, TOTAL: 34})


def test_own_sources_and_embodied_carbon():
    gas = {"technology": "gas", "existing_mw": 2.0, "most_mw": 2.0, "green": False, "factor_t_per_mwh": 0.4}
    compute = [{"embodied_t_per_mw": 5.0, "lifetime_years": 5.0}]
    table = accounts(supply=[gas], cf={"gas": {"a": 1.0}}, compute_types=compute)
    # 8 MWh of gas emit 3.2 t in every account.
    assert table.loc["a", "location_t"] == pytest.approx(32 * 0.5 + 3.2)
    assert table.loc["a", "market_t"] == pytest.approx(32 * 0.5 / 0.8 + 3.2)
    assert table.loc["a", "marginal_t"] == pytest.approx(32 * 0.9 + 3.2)
    assert table["embodied_t"].to_dict() == pytest.approx({"a": 10, "b": 10, TOTAL: 20})


def test_location_based_is_the_carbon_of_the_model():
    tables = book(settled())
    table = carbon_accounts(tiny_problem(), tables)
    carbon = tables["carbon"].groupby("term")["carbon_t"].sum()
    assert table.loc[TOTAL, "location_t"] == pytest.approx(carbon["grid"] + carbon["generation"])
    assert table.loc[TOTAL, "embodied_t"] == pytest.approx(carbon.drop(["grid", "generation"]).sum())


def traced(p):
    plan = read(p, optimum(p).tables, Ledger(p, 1e-6))
    return matched_mwh(p, plan, site_power_mw(p, plan))


def test_power_is_mixed_at_each_node():
    """a: 6 MW of wind and 9 of the grid make 0.4, of which 5 MW leave and 4 arrive at b, beside 6 of its grid."""
    p = problem(
        **{**ROWS, "supply": [{"existing_mw": 6.0, "most_mw": 6.0}]},
        price={"a": 1.0, "b": 100.0},
        corridors=[{"existing_mw": 5.0, "most_mw": 5.0, "loss_share": 0.2}],
    )
    assert traced(p) == pytest.approx([4 * 10 * 0.4, 4 * 4 * 0.4])


def test_a_battery_gives_back_its_mix():
    """In the first hour 10 MW of wind and 10 of the cheap grid: half of what the battery takes is green."""
    p = problem(
        2,
        price=[1, 100],
        supply=[{"existing_mw": 10.0, "most_mw": 10.0}],
        cf={"wind": {"a": [1, 0]}},
        storage=[{"existing_mw": 10.0, "existing_mwh": 10.0, "most_mw": 10.0, "most_mwh": 10.0}],
    )
    assert traced(p) == pytest.approx([5 + 5])
    result = audit(p, optimum(p).tables)
    assert result.totals["matched_share"] == pytest.approx(0.5)
    assert result.totals["green_share"] == pytest.approx(0.5)


def test_energy_is_accounted_for_in_each_region():
    p, tables = tiny_problem(), book(settled())
    account = reconciliation(p, read(p, tables, Ledger(p, 1e-6)))
    # 5 % of the 4 MWh sent south and the 2 MWh sent north each day; the battery loses 1.52 of 8 MWh.
    assert account["losses"].to_dict() == pytest.approx({"north": 0.05 * 2 * 365, "south": 0.05 * 4 * 365})
    assert account.loc["north", ["charged", "discharged"]].to_list() == pytest.approx([8 * 365, 6.48 * 365])
    assert account["gap"].abs().max() <= 1e-6 * account["used"].min()
    assert account["used"].to_list() == pytest.approx(tables["site"]["energy_mwh"].to_list())


@pytest.mark.parametrize(("millionths", "fails"), [(0.8, set()), (1.3, {"energy_account"}), (-1.3, {"energy_account"})])
def test_energy_of_a_region_adds_up_to_a_millionth(millionths, fails):
    """What is missing in each hour is too little for the hourly balance to mind, but not over the year."""
    p, tables = tiny_problem(), book(settled())
    account = reconciliation(p, read(p, tables, Ledger(p, 1e-6)))
    largest = account.loc["south"].drop("gap").max()
    bought = tables["region_hour"]
    bought.loc[bought["region"] == "south", "grid_mw"] += millionths * 1e-6 * largest / p.hours
    result = audit(p, tables)
    # What was bought has its cost and its CO2, which are told as they were before.
    assert {check.name for check in result.failures} - {"cost", "carbon", "told"} == fails
    assert not fails or "south" in result.failures[0].where


@pytest.mark.parametrize(("lang", "last"), [("en", "all"), ("zh", "合计")])
def test_the_table_for_people(lang, last):
    p = tiny_problem()
    shown = SUMMARIES["accounts"](p, book(settled()), lang)
    assert list(shown["region"])[-1] == last
    assert shown["location_t"].iloc[:-1].sum() == pytest.approx(shown["location_t"].iloc[-1])
    assert shown["matched_percent"].between(0, 100).all()


def test_the_accounts_use_the_design_that_a_plan_chose() -> None:
    """What sites use is what the plan draws, and not what their first design would."""
    sites = [{"cooling": "air_cooled_chiller", "pue_shift": 0.0}]
    options = [{"cooling": "liquid_dry_cooler"}]
    p = problem(sites=sites, cooling_options=options, temperature=25.0, price=100.0, demand=[{"mean_mw": 5.0}])
    tables = optimum(p).tables
    assert tables["design"].set_index("cooling")["chosen"].to_dict() == {
        "air_cooled_chiller": 0,
        "liquid_dry_cooler": 1,
    }
    # 5 MW in each of four hours, at a PUE of 1.115 and not of 1.333.
    assert tables["site"]["energy_mwh"].sum() == pytest.approx(20 * 1.115)
    account, totals = carbon_accounts(p, tables), audit(p, tables).totals
    assert account.loc["a", "used_mwh"] == pytest.approx(tables["site"]["energy_mwh"].sum())
    assert account.loc["a", "used_mwh"] == pytest.approx(totals["energy_mwh"]["used"])
    assert green_share(p, tables) == totals["green_share"]
