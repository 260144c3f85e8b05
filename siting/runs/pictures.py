"""Maps of a run: which base map, and the files."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.instance.configuration import base_map_path
from siting.maps import FontWarning, bundled_base, draw, layers, load_base, write_layers
from siting.runs.journal import Message

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

    from siting.problem import Problem

PICTURE = "map.png"


def base_of(problem: Problem, folder: Path, asked: str | None) -> GeoDataFrame | None:
    """The base map asked for, else the instance's own, which may be a file in its folder.

    Raises
    ------
    UsageError
        If it cannot be used.
    """
    if asked is not None:
        return load_base(asked, problem.regions.index)
    name = problem.settings.instance.base_map
    path = base_map_path(name, folder) if name else None
    return None if path is None else load_base(path)


def own_base(asked: str | None) -> Path | None:
    """The file of the user's own that ``--base`` names; None where it names none, or a bundled map."""
    return None if asked is None or bundled_base(asked) is not None else Path(asked)


def draw_into(
    folder: Path,
    problem: Problem,
    tables: Mapping[str, pd.DataFrame],
    lang: str,
    base: GeoDataFrame | None,
    result: Mapping[str, Any],
) -> list[Message]:
    """Write the GeoJSON layers and the picture; what a reader must know of them is returned."""
    write_layers(layers(problem, tables, base), folder)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FontWarning)
        draw(problem, tables, folder / PICTURE, lang, base, result)
    return [Message("no_font")] if any(issubclass(one.category, FontWarning) for one in caught) else []
