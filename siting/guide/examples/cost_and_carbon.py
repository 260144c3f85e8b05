"""Cost against carbon: the cheapest plans below caps on CO2, as a picture."""

from tempfile import mkdtemp

from matplotlib.figure import Figure

import siting
from siting.instance.starter import write_starter

problem = siting.choose(siting.load(write_starter(mkdtemp(), "start")), 1)
points = siting.front(problem, points=3).points
for point in points:
    print(f"{point.carbon_t:12,.0f} t CO2   {point.cost_million:9,.1f} million a year   gap {point.gap:.2%}")

figure = Figure(figsize=(5, 3.5), layout="constrained")
ax = figure.subplots()
ax.plot([point.carbon_t / 1e3 for point in points], [point.cost_million for point in points], "o-")
ax.set_xlabel("CO2, thousand t a year")
ax.set_ylabel("cost, million a year")
figure.savefig("front.png", dpi=120)
