"""Energy quotas, by hand: 10 MW for 4 hours are 40 MWh, at 50 in a and at 100 in b."""

import numpy as np
import pytest
from model_size import added
from small import column, cost, optimum, problem

from siting.model import quota
from siting.problem import Calendar


def limited(quota_mwh, **rows):
    regions = [{"energy_quota_mwh": quota_mwh}, {"region": "b"}, {"region": "c", "energy_quota_mwh": 1.0}]
    sites = [{}, {"site": "s2"}, {"site": "t", "region": "b"}]
    price = {"a": 50.0, "b": 100.0, "c": 100.0}
    return problem(**{"regions": regions, "sites": sites, "price": price, **rows})


@pytest.mark.parametrize(("quota_mwh", "expected"), [(None, 2000), (100.0, 2000), (24.0, 2800), (0.0, 4000)])
def test_the_rest_goes_to_the_next_region(quota_mwh, expected):
    """All sites of the region share its quota."""
    assert cost(limited(quota_mwh)) == pytest.approx(expected)


def test_cooling_and_every_hour_of_the_year_count():
    """With a PUE of 1.5 and each hour standing for two, 24 MWh run 16 MWh of work."""
    warm = [{"pue_shift": 0.0, "cooling": "air_cooled_chiller"}, {"site": "t", "region": "b"}]
    p = limited(24.0, sites=warm, calendar=Calendar(hour=np.array([[0, 1]]), weight=np.array([2.0])))
    assert sum(column(optimum(p), "site", "energy_mwh", site="s")) == pytest.approx(24)


def test_quota_of_all_regions_together_can_be_too_small():
    regions = [{"energy_quota_mwh": 20.0}, {"region": "b", "energy_quota_mwh": 19.0}, {"region": "c"}]
    assert cost(limited(0.0, regions=regions)) == float("inf")


def test_without_quota_nothing_is_added():
    regions = [{}, {"region": "b"}, {"region": "c", "energy_quota_mwh": 5.0}]
    assert added(limited(0.0, regions=regions), quota.add) == (0, 0)
    assert added(limited(24.0), quota.add) == (1, 0)
