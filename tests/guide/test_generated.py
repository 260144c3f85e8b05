"""What pages take from declarations is what the declarations say."""

from __future__ import annotations

import re

import numpy as np
import pytest
from bench.report import BEGIN, END

from siting import guide
from siting.auditor import COST_TERMS
from siting.physics.cooling import PUE_CURVES
from siting.physics.distance import great_circle_km
from siting.physics.water import latent_heat_kj_per_kg, wue

from .generate import GENERATED, pattern

MODEL = guide.read("explanation/model")


@pytest.mark.parametrize("page", GENERATED)
def test_pages_are_those_of_the_declarations(page: str) -> None:
    name, made = GENERATED[page]
    found = pattern(name).search(guide.read(page))
    assert found is not None
    assert found[2] == f"{made()}\n", "python -m tests.guide.generate"


def test_the_curves_are_those_of_the_physics() -> None:
    """What the page of the model says of PUE and water is what the model computes with."""
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d.]+ at .*) \|$", MODEL, flags=re.MULTILINE))
    points = {}
    for design, line in told.items():
        pairs = [point.split(" at ") for point in line.replace("−", "-").split(", ")]
        points[design] = [int(t) for _, t in pairs], [float(value) for value, _ in pairs]
    assert points == {design: (list(t), list(values)) for design, (t, values) in PUE_CURVES.items()}
    for number in ("2500.5 − 2.3097 T − 0.0013 T²", "6371.0088 km", "3600 · PUE / q · 4 / 3", "0.1 · max(T − 10, 0)"):
        assert number in " ".join(MODEL.split())
    assert latent_heat_kj_per_kg(20.0) == pytest.approx(2500.5 - 2.3097 * 20 - 0.0013 * 400)
    assert wue(30.0, "waterside_economizer", 1.3) == pytest.approx(3600 * 1.3 / latent_heat_kj_per_kg(30.0) * 4 / 3)
    assert [float(wue(14.0, design, 1.1)) for design in ("airside_adiabatic", "air_cooled_chiller")] == [0.4, 0.061]
    assert great_circle_km(0.0, 0.0, 0.0, 90.0) == pytest.approx(6371.0088 * np.pi / 2)


def test_every_term_of_cost_and_source_of_carbon_is_in_the_model_section() -> None:
    section = MODEL[MODEL.index("## The model in full") :].lower()
    assert [term for term in COST_TERMS if term.lower() not in section] == []


def test_the_benchmark_finds_its_place() -> None:
    page = guide.read("benchmarks")
    assert page.count(BEGIN) == page.count(END) == 1
    assert "| --- |" in page[page.index(BEGIN) : page.index(END)]
