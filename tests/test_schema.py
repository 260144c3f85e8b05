"""The schema says what the declarations say."""

from __future__ import annotations

import json

from siting.instance.schema import json_schema, markdown
from siting.problem import SERIES, TABLES, Settings


def test_markdown_has_every_name() -> None:
    text = markdown()
    for table in TABLES:
        section = text.split(f"## {table.name}.csv")[1].split("\n## ")[0]
        rows = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
        assert rows == list(table.row.model_fields)
    for section in Settings.model_fields:
        assert f"| `{section}." in text
    for series in SERIES:
        assert f"| `{series.name}` |" in text


def test_markdown_lines_by_hand() -> None:
    lines = markdown().splitlines()
    grid = next(line for line in lines if line.startswith("| `grid_mw`"))
    assert grid.startswith("| `grid_mw` | number, at least 0 | required | Headroom: most power")
    assert (
        "| `finance.discount_rate` | number, at least 0, below 1 | required | Real discount rate per year. |" in lines
    )
    assert "| `zone` | text | blank | Macro-region, for example east or west. |" in lines
    decision = next(line for line in lines if line.startswith("| `decision`"))
    assert decision.startswith('| `decision` | `free`, `open`, `closed` | `"free"` |')
    start = next(line for line in lines if line.startswith("| `instance.start`"))
    assert start.startswith("| `instance.start` | date | required |")


def test_markdown_tables_are_well_formed() -> None:
    width = 0
    for line in markdown().splitlines():
        if line.startswith("|"):
            cells = line.replace("\\|", "").count("|")
            width = width or cells
            assert cells == width
        else:
            width = 0


def test_json_schema_is_json_with_every_table() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert set(schema["properties"]) == {"instance", *(table.name for table in TABLES)}
    assert schema["required"] == ["instance", *(table.name for table in TABLES if table.required)]
    demand = schema["properties"]["demand"]
    assert demand["x-key"] == ["region", "workload"]
    assert demand["items"]["properties"]["mean_mw"]["minimum"] == 0
    assert demand["items"]["additionalProperties"] is False


def test_json_schema_refers_only_to_what_it_defines() -> None:
    schema = json_schema()
    text = json.dumps(schema)
    names = {part.split('"')[0] for part in text.split('"$ref": "#/$defs/')[1:]}
    assert names == set(schema["$defs"])
