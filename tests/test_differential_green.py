"""Certificates and hourly matching together, against the arithmetic of the docstrings."""

import pytest
from small import MILLION, column, optimum, problem, term

from siting.auditor import audit


def matched_and_certified(most_mwh: float | None, price: float = 30.0):
    """10 MW for 4 hours; wind in two of them; a battery that keeps 81 %; floors of 60 % by hour and 90 % by year."""
    green = {"hourly_floors": [{"share": 0.6}], "floors": [{"share": 0.9}], "certificate_price": price}
    green |= {} if most_mwh is None else {"certificate_most_mwh": most_mwh}
    return problem(
        price=100.0,
        supply=[{"capex_per_kw": 1.0}],
        cf={"wind": {"a": [1, 1, 0, 0]}},
        storage=[{"capex_per_kwh": 0.1, "round_trip_efficiency": 0.81}],
        settings={"green": green},
    )


@pytest.mark.parametrize(("most_mwh", "carried_mwh"), [(None, 4.0), (8.0, 8.0)])
def test_what_is_matched_by_hour_and_bought_as_certificates(most_mwh, carried_mwh):
    """40 MWh are used. The hour's share asks for 24 MWh of wind when it is used, the year's for 36 MWh of claims.

    10 MW of wind serve the two windy hours, 20 MWh, and what the battery carries into the dark ones is ``x`` MWh more.
    It is charged with ``x / 0.81`` in two hours, so that wind is ``10 + x / 1.62`` MW at 1,000; after 0.9 of that is
    stored, the battery holds ``0.9 x / 0.81 = x / 0.9`` MWh at 100. The grid gives ``20 - x`` at 100, and certificates
    ``36 - 20 - x`` at 30. Each carried MWh costs 1,000 / 1.62 + 100 / 0.9 - 100 = 628, more than a certificate, so
    that no more is carried than the floors ask for:

    * x = 4 for the 24 MWh by hour; then 12 certificates:
      12,469.14 + 444.44 + 1,600 + 360 = 14,873.58
    * with 8 certificates at most, x = 36 - 20 - 8 = 8:
      14,938.27 + 888.89 + 1,200 + 240 = 17,267.16
    """
    p = matched_and_certified(most_mwh)
    solution = optimum(p)
    total = {4.0: 14_873.58, 8.0: 17_267.16}[carried_mwh]
    assert solution.objective * MILLION == pytest.approx(total, abs=0.005)
    assert term(solution, "certificates") == pytest.approx(30 * (16 - carried_mwh))
    assert term(solution, "grid energy") == pytest.approx(100 * (20 - carried_mwh))
    assert term(solution, "storage") == pytest.approx(100 * carried_mwh / 0.9)
    assert column(solution, "supply", "supply_mw") == pytest.approx([10 + carried_mwh / 1.62])
    assert sum(column(solution, "region_hour", "matched_mw")) >= 24 - 1e-6
    assert audit(p, solution.tables, solution.objective).ok


def test_where_certificates_are_dearer_than_carrying_none_are_bought():
    """At 700 a certificate costs more than the 628 of a carried MWh: x = 16, and 19,876.54 + 1,777.78 + 400."""
    solution = optimum(matched_and_certified(None, price=700.0))
    assert solution.objective * MILLION == pytest.approx(22_054.32, abs=0.005)
    assert term(solution, "certificates") == pytest.approx(0, abs=1e-6)
