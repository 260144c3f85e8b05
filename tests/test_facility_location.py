"""The model against other formulations of the same problem: warehouses, and every set of sites tried in turn."""

import itertools
import math

import numpy as np
import pytest
from cases import random_problem
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array
from small import cost, optimum

import siting

HOURS = 8760


def random_case(seed):
    """Fixed costs, capacities, demands and costs of every pair, with no geometry behind them."""
    rng = np.random.default_rng(seed)
    warehouses, customers = int(rng.integers(3, 7)), int(rng.integers(4, 9))
    demand = rng.integers(1, 10, customers).astype(float)
    capacity = rng.integers(4, 30, warehouses).astype(float)
    capacity[0] += max(0.0, demand.sum() - capacity.sum()) + 3
    fixed = rng.uniform(5e4, 1e6, warehouses).round(2)
    pair = rng.uniform(0.0, 20.0, (warehouses, customers)).round(3)
    return fixed, capacity, demand, pair


def reference_optimum(fixed, capacity, demand, pair):
    """Least cost with shares of demand as variables, by another formulation and the solver of SciPy."""
    warehouses, customers = pair.shape
    arcs = warehouses * customers
    cost = np.concatenate([fixed, (pair * demand * HOURS).ravel()])
    served = lil_array((customers, warehouses + arcs))
    room = lil_array((warehouses, warehouses + arcs))
    for i, j in itertools.product(range(warehouses), range(customers)):
        served[j, warehouses + i * customers + j] = 1.0
        room[i, warehouses + i * customers + j] = demand[j]
    for i in range(warehouses):
        room[i, i] = -capacity[i]
    result = milp(
        cost,
        constraints=[LinearConstraint(served.tocsr(), 1.0, 1.0), LinearConstraint(room.tocsr(), -np.inf, 0.0)],
        integrality=np.repeat([1, 0], [warehouses, arcs]),
        bounds=Bounds(0.0, 1.0),
        options={"mip_rel_gap": 0.0},
    )
    assert result.success
    return result.fun


def write_csv(path, header, rows):
    lines = [header, *(",".join(str(x) for x in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_folder(folder, fixed, capacity, demand, pair):
    """The case as an instance: no power cost, no idle power, one module per MW, links with their own cost."""
    warehouses, customers = pair.shape
    folder.mkdir()
    (folder / "hourly").mkdir()
    (folder / "instance.toml").write_text(
        '[instance]\nname = "warehouses"\ntitle_en = "Warehouses"\ntitle_zh = "仓库"\nstart = 2023-01-01\n'
        'currency = "CNY"\n[finance]\ndiscount_rate = 0.0\n[periods]\ncount = 1\n',
        encoding="utf-8",
    )
    (folder / "SOURCES.md").write_text("# Sources\n\nRandom numbers.\n", encoding="utf-8")
    regions = [f"r{j}" for j in range(customers)]
    sites = [f"w{i}" for i in range(warehouses)]
    write_csv(
        folder / "regions.csv",
        "region,name_en,name_zh,latitude_deg,longitude_deg,grid_mw,grid_factor_t_per_mwh",
        [(r, r, r, 30 + j, 100 + j, 10000, 0) for j, r in enumerate(regions)],
    )
    write_csv(
        folder / "sites.csv",
        "site,region,name_en,name_zh,tier,latitude_deg,longitude_deg,most_mw,fixed_cost_per_year",
        [(s, regions[i % customers], s, s, "hub", 30 + i, 100 + i, capacity[i], fixed[i]) for i, s in enumerate(sites)],
    )
    write_csv(folder / "compute_types.csv", "compute,name_en,name_zh,module_mw", [("general", "General", "通用", 1)])
    write_csv(
        folder / "workloads.csv",
        "workload,name_en,name_zh,compute,latency_ms",
        [("goods", "Goods", "货物", "general", 1000)],
    )
    write_csv(
        folder / "demand.csv", "region,workload,mean_mw", [(r, "goods", demand[j]) for j, r in enumerate(regions)]
    )
    write_csv(
        folder / "links.csv",
        "region,site,cost_per_mwh",
        [(r, s, pair[i, j]) for i, s in enumerate(sites) for j, r in enumerate(regions)],
    )
    for name, value in (("price_per_mwh", 0), ("temperature_c", 20)):
        header = ",".join(["hour", *regions])
        write_csv(folder / "hourly" / f"{name}.csv", header, [(h, *[value] * customers) for h in range(HOURS)])
    tables = ("instance", "regions", "sites", "compute_types", "workloads", "demand", "links", "hourly")
    write_csv(
        folder / "provenance.csv",
        "table,column,status,source,year,licence",
        [(table, "*", "synthetic", "random numbers of this test", 2023, "none") for table in tables],
    )


@pytest.mark.parametrize("seed", range(20))
def test_warehouses(seed, tmp_path):
    case = random_case(seed)
    write_folder(tmp_path / "warehouses", *case)
    p = siting.choose(siting.load(tmp_path / "warehouses"))
    assert p.calendar.weight.sum() == pytest.approx(365)
    assert cost(p) == pytest.approx(reference_optimum(*case), rel=1e-6)


@pytest.mark.parametrize(("seed", "sites"), [(0, 3), (1, 3), (0, 4)])
def test_every_set_of_sites(seed, sites):
    """Sites and power planned together are as good as the best of all sets of sites, each planned by itself."""
    p = random_problem(seed, sites=sites, green=True, carbon=True)
    joint = optimum(p)
    best = {}
    for chosen in itertools.product(("open", "closed"), repeat=sites):
        best[chosen] = cost(p.replace(sites=p.sites.assign(decision=list(chosen))))
    assert best[("closed",) * sites] == math.inf
    assert joint.objective * 1e6 == pytest.approx(min(best.values()), rel=1e-6)
    winner = tuple("open" if x > 0.5 else "closed" for x in joint.tables["site"]["open"])
    assert best[winner] == pytest.approx(min(best.values()), rel=1e-6)
