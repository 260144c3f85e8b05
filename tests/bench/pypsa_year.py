"""The whole year as one problem, attempted in PyPSA and here."""

from __future__ import annotations

from . import pypsa_race
from .report import Section, Table

TITLE = "The year as one problem, in PyPSA and here"
DAYS = 365
LIMIT_S = 1200.0
RACERS = ("pypsa-hipo", "siting-whole", "siting-decomposed")


def run(quick: bool) -> Section:
    """Attempt the year with what was best on some days."""
    instance, days = ("jing-jin-ji-meng", 4) if quick else ("china", DAYS)
    rows = [pypsa_race.raced(instance, days, racer, LIMIT_S) for racer in RACERS]
    words = (
        f"{days} days of `{instance}`, the program of the race above, at most {LIMIT_S / 60:.0f} minutes and "
        f"{pypsa_race.LIMIT_GB:.0f} GB."
    )
    return Section(TITLE, [Table(words, pypsa_race.COLUMNS, rows)])
