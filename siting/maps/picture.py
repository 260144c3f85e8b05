"""A static picture of a plan: where the work comes from, where it is done, and where its power comes from."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from siting.auditor.accounts import location_factor_t_per_mwh
from siting.errors import Sentence, UsageError, shortened
from siting.files.atomic import write_file
from siting.maps import style
from siting.maps.canvas import MAP_IN, canvas_of
from siting.maps.fonts import families
from siting.maps.layers import own_base
from siting.maps.legend import Legend
from siting.maps.plan import note, plan_of, subtitle
from siting.maps.scene import Names, Scene, shown
from siting.maps.sums import Tables
from siting.maps.words import WORDS
from siting.problem import Problem

_LEGEND_IN, _TITLE_IN, _NOTE_IN = 2.75, 0.85, 0.5
_DPI = 170
_LONGEST_TITLE = 90


def draw(
    problem: Problem,
    tables: Tables,
    path: str | Path,
    lang: str = "en",
    base: gpd.GeoDataFrame | None = None,
    result: Mapping[str, Any] | None = None,
) -> Path:
    """Draw the plan as a PNG.

    Flows are great circles, bowed a little sideways so that both directions can be seen; the GeoJSON layers hold the
    true lines. Regions are shaded by the emission factor of their grid, as the
    location-based account counts it.

    Parameters
    ----------
    problem : Problem
        The instance as solved.
    tables : mapping of str to DataFrame
        The tidy tables of the solution.
    path : str or Path
        Written in one step.
    lang : str
        ``en`` or ``zh``.
    base : GeoDataFrame, optional
        From :func:`siting.maps.load_base`; without it, the instance's own base map.
    result : mapping, optional
        ``status`` and ``gap`` (a share) for the subtitle, as in ``result.json``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        If there is no such language, or the instance's own base map cannot be used.

    Warns
    -----
    FontWarning
        If there is no font with Chinese characters; the labels are then in English.
    """
    if lang not in WORDS:
        raise UsageError(
            Sentence(
                "There is no language {lang!r} for maps; choose one of {words}.", lang=lang, words=", ".join(WORDS)
            )
        )
    spoken, fonts = families(lang)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    with _settings(fonts):
        chosen = own_base(problem) if base is None else base
        figure = _figure(problem, tables, Names(spoken, fonts), chosen, result)
        figure.savefig(content, format="png", dpi=_DPI, facecolor="white")
    write_file(target, content.getvalue())
    return target


@contextmanager
def _settings(fonts: list[str]) -> Iterator[None]:
    """Settings of matplotlib, whatever a file ``matplotlibrc`` in the working directory says: it may have LaTeX run."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # Names are texts and not formulas, whatever dollar signs are in them.
        matplotlib.rcParams.update({"font.family": fonts, "axes.unicode_minus": False, "text.parse_math": False})
        yield


def _figure(
    p: Problem,
    tables: Tables,
    names: Names,
    base: gpd.GeoDataFrame | None,
    result: Mapping[str, Any] | None,
) -> Figure:
    plan = plan_of(p, tables)
    canvas = canvas_of(shown(p, base))
    wide, high = MAP_IN + _LEGEND_IN, canvas.height_in + _TITLE_IN + _NOTE_IN
    figure = Figure(figsize=(wide, high), dpi=_DPI)
    agg = FigureCanvasAgg(figure)
    bottom, tall = _NOTE_IN / high, canvas.height_in / high
    ax = figure.add_axes((0.0, bottom, MAP_IN / wide, tall), facecolor=style.SEA, xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_color("#d5d9df")
    factor = location_factor_t_per_mwh(p, tables)
    norm = Normalize(float(factor.min()), float(max(factor.max(), factor.min() + 1e-3)))
    Scene(ax, canvas, p, plan, base, names, factor, norm).draw(agg)
    side = figure.add_axes((MAP_IN / wide, bottom, _LEGEND_IN / wide, tall))
    outside = base is not None and not set(base["region"]) <= set(p.regions.index)
    Legend(side, _LEGEND_IN, canvas.height_in, names).draw(plan, set(p.sites["tier"]), norm, outside)
    top, left = 1 - 0.33 / high, 0.14 / wide
    title = names.of(p.settings.instance.title_en, p.settings.instance.title_zh, p.settings.instance.name)
    figure.text(
        left, top, shortened(title, _LONGEST_TITLE), fontsize=17, fontweight="bold", color=style.INK, va="center"
    )
    line = names.text(subtitle(p, tables, plan, names.lang, result))
    figure.text(left, top - 0.31 / high, line, fontsize=10.5, color=style.QUIET, va="center")
    remark = note(p, plan, names.lang, base is not None)
    figure.text(left, _NOTE_IN / 2 / high, remark, fontsize=8, color=style.QUIET, va="center", linespacing=1.4)
    return figure
