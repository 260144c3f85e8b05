"""The hours of a site: what it draws, where the power of its region comes from, and a table of the same."""

from tempfile import mkdtemp

import siting
from siting.instance.starter import write_starter

problem = siting.choose(siting.load(write_starter(mkdtemp(), "start")), 2)
solution = siting.solve(problem, gap=0.01)
site = solution.sites["capacity_mw"].idxmax()
solution.plot_dispatch(site).savefig("dispatch.png")

region = problem.sites.at[site, "region"]
hours = solution.tables["region_hour"].query("region == @region").set_index(["period", "hour"])
sources = solution.tables["supply_hour"].query("region == @region")
made = sources.pivot_table(index=["period", "hour"], columns="technology", values="generation_mw")
print(made.assign(grid=hours["grid_mw"]).groupby("period").mean().round(1).to_string())
