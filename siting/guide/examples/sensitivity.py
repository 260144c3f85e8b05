"""How much hangs on one price? The plan under three prices of AI servers, and what it costs to be wrong."""

from tempfile import mkdtemp

import siting
from siting.instance.starter import write_starter

problem = siting.choose(siting.load(write_starter(mkdtemp(), "start")), 1)
for factor in (0.7, 1.0, 1.3):
    prices = problem.compute_types["capex_per_kw"].copy()
    prices["ai"] *= factor
    case = problem.replace(compute_types=problem.compute_types.assign(capex_per_kw=prices))
    solution = siting.solve(case, gap=0.005)
    capacity = solution.tables["site_compute"].groupby("compute")["capacity_mw"].sum()
    print(f"AI servers × {factor}: {solution.objective:8,.1f} million a year, {capacity['ai']:5.0f} MW of AI servers")
