"""Two plans side by side: cost by term and IT power by site, without and with a high price of carbon."""

from tempfile import mkdtemp

import pandas as pd

import siting
from siting.instance.starter import write_starter

problem = siting.choose(siting.load(write_starter(mkdtemp(), "start")), 1)
problems = {"80 CNY/t": problem, "400 CNY/t": problem.replace(carbon__price=400.0)}
plans = {name: siting.solve(p, gap=0.001) for name, p in problems.items()}

terms = {name: plan.tables["cost"].groupby("term")["cost_million"].sum() for name, plan in plans.items()}
cost = pd.DataFrame(terms)
cost["change"] = cost["400 CNY/t"] - cost["80 CNY/t"]
print(cost[cost["change"].abs() > 0.05].round(1).to_string(), "\n")

print(pd.DataFrame({name: plan.sites["capacity_mw"] for name, plan in plans.items()}).round(1).to_string(), "\n")

carbon = {name: plan.tables["carbon"]["carbon_t"].sum() for name, plan in plans.items()}
print("CO2, t a year:", {name: round(float(t)) for name, t in carbon.items()})
