"""A region of one's own, from two DataFrames to a map. All numbers are made up."""

import numpy as np
import pandas as pd

import siting

regions = pd.DataFrame(
    {
        "region": ["east", "west"],
        "name_en": ["East", "West"],
        "name_zh": ["东", "西"],
        "latitude_deg": [31.0, 36.0],
        "longitude_deg": [121.0, 104.0],
        "grid_mw": [300.0, 400.0],
        "grid_factor_t_per_mwh": [0.55, 0.45],
        "mean_mw": [100.0, 20.0],  # work that the users of the region send
        "price": [650.0, 420.0],  # of grid power
        "temperature": [17.0, 9.0],
    }
)
sites = pd.DataFrame(
    {
        "site": ["city", "park"],
        "region": ["east", "west"],
        "name_en": ["City", "Park"],
        "name_zh": ["城区", "园区"],
        "tier": ["city", "hub"],
        "latitude_deg": [31.2, 36.1],
        "longitude_deg": [121.4, 103.8],
        "most_mw": [150.0, 300.0],
        "capex_per_kw": [30000.0, 20000.0],
        "lifetime_years": 20.0,
    }
)

by_region = regions.set_index("region")
noon = np.cos(2 * np.pi * (np.arange(8760) % 24 - 15) / 24)
problem = siting.make(
    {
        "instance": {"name": "own", "title_en": "A region of my own", "title_zh": "自己的地区", "start": "2023-01-01",
                     "currency": "CNY"},
        "finance": {"discount_rate": 0.06},
    },
    {
        "price_per_mwh": pd.DataFrame({n: by_region["price"][n] * (1 + 0.3 * noon) for n in by_region.index}),
        "temperature_c": pd.DataFrame({n: by_region["temperature"][n] + 5 * noon for n in by_region.index}),
    },
    regions=regions.drop(columns=["mean_mw", "price", "temperature"]),
    sites=sites,
    compute_types=pd.DataFrame({"compute": ["servers"], "name_en": "Servers", "name_zh": "服务器", "module_mw": 5.0,
                                "capex_per_kw": 40000.0, "lifetime_years": 5.0}),
    workloads=pd.DataFrame({"workload": ["web"], "name_en": "Web", "name_zh": "网络业务", "compute": "servers",
                            "latency_ms": 30.0}),
    demand=regions[["region", "mean_mw"]].assign(workload="web"),
)  # fmt: skip
days = siting.choose(problem, 1)
solution = siting.solve(days)
print(solution)
siting.draw(days, solution.tables, "own-region.png")
