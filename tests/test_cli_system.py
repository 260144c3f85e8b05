"""The rest of the system from the command line: solved, saved, audited again and shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import Cli
from tiny import HOURS, tiny_problem

from siting.instance import write
from siting.problem.problem import frame
from siting.problem.tables import TABLES


def test_a_dispatched_system_from_solve_to_show(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Maps take most of the time and know nothing of the system.
    monkeypatch.setattr("siting.runs.plans.draw_into", lambda *given: [])
    p = tiny_problem()
    rows = pd.DataFrame(
        {"region": "north", "technology": ["coal", "gas"], "existing_mw": [1000.0, 100.0],
         "factor_t_per_mwh": [0.9, 0.4], "variable_cost_per_mwh": [200.0, 400.0],
         "published_mwh": [1000.0 * HOURS, np.nan]}
    )  # fmt: skip
    load = pd.DataFrame({"north": np.full(HOURS, 1000.0)})
    table = frame(next(table for table in TABLES if table.name == "fleet"), rows)
    write(p.replace(fleet=table, hourly={**p.hourly, "system_load_mw": load}), tmp_path / "tiny")
    done = cli("solve", "tiny", "--set", "system.dispatch=true", "--periods", 1, "--out", "run", "--json")
    assert done.code == 0, done.err
    whole = json.loads(done.out)["totals"]["system"]
    assert whole["generated_mwh_without"]["coal"] == pytest.approx(1000 * HOURS)
    # Coal is full, so that gas serves the next MWh: 400 and 0.4 t at 50 a tonne.
    assert whole["one_more_mwh"]["north"]["price_per_mwh"] == pytest.approx(420)
    assert cli("audit", "run").code == 0
    shown = cli("show", "run", "--table", "published", "--table", "system", "--table", "system_price", "--lang", "zh")
    assert shown.code == 0, shown.err
    assert "公布" in shown.out
