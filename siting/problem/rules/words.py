"""What a rule is about, in words, and where its numbers come from."""

from __future__ import annotations

from pydantic import BaseModel

from siting.problem.problem import Problem

_SCOPE = ("tier", "hub", "region", "site", "from_zone", "to_zone")
_TIERS = {"hub": "枢纽", "city": "城市", "edge": "边缘"}


def scope_keys(entry: BaseModel) -> list[str]:
    """The conditions of an entry that are given, as they stand there."""
    return [str(value) for name in _SCOPE if (value := getattr(entry, name, None)) is not None]


def scope(p: Problem, entry: BaseModel, lang: str) -> str:
    """The sites, or the zones, of an entry in words."""
    words = []
    for name, table in zip(_SCOPE, (None, None, p.regions, p.sites, None, None), strict=True):
        given = getattr(entry, name, None)
        if given is None:
            continue
        value = str(given)
        if table is not None and value in table.index:
            words.append(str(table.at[value, f"name_{lang}"]))
        else:
            words.append(_TIERS.get(value, value) if lang == "zh" else value)
    return ", ".join(words) or ("全部" if lang == "zh" else "overall")


def source(p: Problem, table: str, field: str, key: str = "") -> str:
    """Source and year by the provenance: of the row, else of the column, else of the table."""
    rows = p.provenance
    known = dict(zip(rows.index, rows["source"] + " (" + rows["year"] + ")", strict=True))
    places = ((table, field, key), (table, field, ""), (table, "*", ""))
    return next((str(known[place]) for place in places if place in known), "")
