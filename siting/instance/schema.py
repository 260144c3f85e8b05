"""The format of an instance for people (Markdown) and for programs (JSON Schema), made from the declarations."""

from __future__ import annotations

import json
from typing import Any

from siting.instance.rows import kind_of
from siting.problem.presets import PRESETS
from siting.problem.series import SERIES
from siting.problem.settings import Settings
from siting.problem.tables import TABLES


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of an instance: ``instance`` as in instance.toml, and each table as an array of rows."""
    tables: dict[str, Any] = {}
    for table in TABLES:
        rows: dict[str, Any] = {"type": "array", "items": table.row.model_json_schema(), "x-key": list(table.key)}
        if table.required:
            rows["minItems"] = 1
        tables[table.name] = rows
    settings = Settings.model_json_schema(ref_template="#/$defs/{model}")
    definitions = settings.pop("$defs", {})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Instance",
        "type": "object",
        "properties": {"instance": settings, **tables},
        "required": ["instance", *(table.name for table in TABLES if table.required)],
        "additionalProperties": False,
        "$defs": definitions,
        "x-hourly": [
            {
                "name": series.name,
                "columns": series.columns,
                "description": series.description,
                "minimum": series.least,
                "maximum": series.most,
                "required": series.required,
            }
            for series in SERIES
        ],
    }


def markdown() -> str:
    """Describe the format in Markdown: a section for instance.toml, for each table and for the hourly series."""
    head = "# Format of an instance\n\nA folder with these files. Each column's unit is in its name."
    return f"{head}\n\n## instance.toml\n\n{settings_markdown()}\n\n{tables_markdown()}\n"


def settings_markdown() -> str:
    """The keys of instance.toml, the entries of its lists, and the presets."""
    parts = [_HEAD, _RULE]
    schema = Settings.model_json_schema()
    for section, info in Settings.model_fields.items():
        part = schema["$defs"][getattr(info.annotation, "__name__", "")]
        parts += _lines(part, prefix=f"{section}.")
    for section, info in Settings.model_fields.items():
        for key, field in schema["$defs"][getattr(info.annotation, "__name__", "")]["properties"].items():
            item = field.get("items", {}).get("$ref", "")
            if item:
                rows = _lines(schema["$defs"][item.rpartition("/")[2]])
                parts += ["", f"Each `[[{section}.{key}]]`:", "", _HEAD, _RULE, *rows]
    return "\n".join([*parts, *_presets()])


def tables_markdown() -> str:
    """A section for each table, and one for the hourly series."""
    parts = []
    for table in TABLES:
        must = "required" if table.required else "optional"
        about = (table.row.__doc__ or "").strip()
        key = ", ".join(f"`{name}`" for name in table.key)
        parts += [f"## {table.name}.csv", "", f"{about} The table is {must}; its key is {key}.", "", _HEAD, _RULE]
        parts += [*_lines(table.row.model_json_schema()), ""]
    parts += [
        "## hourly/",
        "",
        "First column `hour`, from 0, in the clock of the instance (`instance.start`), one for all regions, or `time` "
        "with ISO 8601: by that clock, or with a zone, which is converted (`instance.utc_offset_h`; hours beyond one "
        "end of the year stand for those at the other). 8,760 or 8,784 rows; CSV, CSV.gz or Parquet. One row without "
        "the column `hour` is a constant: the same in every hour.",
        "",
    ]
    parts += ["| series | columns | values | required | meaning |", "| --- | --- | --- | --- | --- |"]
    for series in SERIES:
        values = f"{series.least:,g} to {series.most:,g}"
        must = "yes" if series.required else "no"
        parts.append(f"| `{series.name}` | {series.columns} | {values} | {must} | {series.description} |")
    return "\n".join(parts)


def default_of(switch: str) -> str:
    """The default of a setting ``section.key``, or of a column ``table.column``, as the format shows it.

    Of a field of the entries of a list, ``section.key.field``, it is that of the field.
    """
    owner, name, *field = switch.split(".")
    row = next((table.row for table in TABLES if table.name == owner), None)
    if row is not None:
        schema = row.model_json_schema()
    else:
        whole = Settings.model_json_schema()["$defs"]
        schema = whole[getattr(Settings.model_fields[owner].annotation, "__name__", "")]
        if field:
            schema = whole[schema["properties"][name]["items"]["$ref"].rpartition("/")[2]]
    return _default(schema, *(field or [name]))


def _presets() -> list[str]:
    parts = ["", "Each name in `policy.presets`:", "", "| name | sets | document | reading |", _RULE]
    for preset in PRESETS:
        keys = {f"{s}.{key}": value for s, values in preset.settings.items() for key, value in values.items()}
        rules = ", ".join(f"`{name} = {_rule(value)}`" for name, value in keys.items())
        document = f"{preset.publisher}: {preset.title_zh}, {preset.number}, {preset.date}"
        parts.append(f"| `{preset.name}` | {rules} | {document} | {preset.note} |")
    return parts


def _rule(value: Any) -> str:
    if isinstance(value, list):
        items = (", ".join(f"{name} = {json.dumps(v)}" for name, v in item.items()) for item in value)
        return f"[{', '.join(f'{{{item}}}' for item in items)}]"
    return json.dumps(value)


_HEAD = "| name | type | default | meaning |"
_RULE = "| --- | --- | --- | --- |"


def _lines(schema: dict[str, Any], prefix: str = "") -> list[str]:
    lines = []
    for name, column in schema["properties"].items():
        about = column.get("description", "").replace("|", "\\|")
        default = _default(schema, name)
        shown = default if default in ("required", "blank") else f"`{default}`"
        lines.append(f"| `{prefix}{name}` | {_type(column)} | {shown} | {about} |")
    return lines


def _default(schema: dict[str, Any], name: str) -> str:
    if name in schema.get("required", []):
        return "required"
    default = schema["properties"][name].get("default")
    return "blank" if default in (None, "") else json.dumps(default)


def _type(column: dict[str, Any]) -> str:
    """Type and bounds of a property in words, for example ``number, 0 to 1``."""
    if "anyOf" in column:
        column = next(part for part in column["anyOf"] if part.get("type") != "null")
    if "enum" in column:
        return ", ".join(f"`{choice}`" for choice in column["enum"] if choice != "")
    if column.get("type") == "array":
        return "list"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    kind = kind_of(column)
    kind = "date" if column.get("format") == "date" else words.get(kind, kind)
    least, most = column.get("minimum"), column.get("maximum")
    over, under = column.get("exclusiveMinimum"), column.get("exclusiveMaximum")
    bounds = [f"a multiple of {column['multipleOf']:g}"] if "multipleOf" in column else []
    if least is not None or over is not None:
        bounds.append(f"at least {least:g}" if least is not None else f"above {over:g}")
    if most is not None or under is not None:
        bounds.append(f"at most {most:g}" if most is not None else f"below {under:g}")
    return ", ".join([kind, *bounds])
