"""What a run gave, in memory and as ``result.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from siting.auditor import Audit
from siting.auditor.pathway import PathwayAudit
from siting.instance import digest
from siting.options import SolveOptions
from siting.problem import Problem
from siting.runs.document import document, status_of
from siting.runs.folder import encode
from siting.runs.job import Job
from siting.runs.journal import Journal, Message
from siting.runs.plans import Plan, mean_prices, stage_documents
from siting.runs.unfinished import can_go_on
from siting.solving.solution import Solution
from siting.study.least_carbon import LeastCarbon
from siting.version import __version__

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RunResult:
    """What a run gave.

    Parameters
    ----------
    status : str
        As of :class:`siting.Solution`, but ``error`` for a plan that failed its audit.
    solution : Solution
        What the solve gave.
    problem : Problem
        As solved, with its calendar.
    tables : dict of str to DataFrame
        The tables as they are written; empty without a plan, and of a pathway.
    stages : dict of int to dict of str to DataFrame
        The tables of each stage of a pathway.
    audit : Audit, PathwayAudit or None
        The audit; None without a plan.
    warnings, messages : tuple of Message
        What a reader must know of the data, and of the run.
    content : bytes
        ``result.json`` as it is written.
    folder : Path or None
        The run folder; None where an earlier plan was kept in its place.
    target : Path
        Where the run folder is to be.
    """

    status: str
    solution: Solution
    problem: Problem
    tables: dict[str, pd.DataFrame]
    stages: dict[int, dict[str, pd.DataFrame]]
    audit: Audit | PathwayAudit | None
    warnings: tuple[Message, ...]
    messages: tuple[Message, ...]
    content: bytes
    folder: Path | None
    target: Path

    @property
    def document(self) -> dict[str, Any]:
        """``result.json``."""
        read: dict[str, Any] = json.loads(self.content)
        return read

    @property
    def can_go_on(self) -> bool:
        """Whether :func:`resume` finds something to go on with."""
        return can_go_on(self.target)

    @property
    def objective(self) -> float | None:
        """Million per year; of a pathway discounted."""
        return self.solution.objective

    @property
    def bound(self) -> float | None:
        """Proven: no plan costs less."""
        return self.solution.bound

    @property
    def gap(self) -> float | None:
        """Relative."""
        return self.solution.gap

    def __repr__(self) -> str:
        cost = "no plan" if self.objective is None else f"objective {self.objective:,.2f}"
        return f"RunResult({self.status}, {cost}, {str(self.target)!r})"


@dataclass(frozen=True)
class Ending:
    """All that is known of a run when its solve has ended and its plan is audited.

    Parameters
    ----------
    job, options, solution, least
        What was asked for, and what the solves gave.
    year : mapping or None
        The section of ``result.json`` on the year; None: the plan was not held against it.
    plans : sequence of Plan
        That of the year, or of each stage; none without a plan.
    verdict : Audit, PathwayAudit or None
        The audit; None without a plan.
    warnings, messages : sequence of Message
        What a reader must know of the data, and of the run; messages may still be added.
    """

    job: Job
    options: SolveOptions
    solution: Solution
    least: LeastCarbon | None
    year: Mapping[str, Any] | None
    plans: Sequence[Plan]
    verdict: Audit | PathwayAudit | None
    warnings: Sequence[Message]
    messages: Sequence[Message]

    @property
    def _single(self) -> Plan | None:
        return self.plans[0] if self.plans and self.plans[0].stage is None else None

    @property
    def _tables(self) -> dict[str, pd.DataFrame]:
        return {} if self._single is None else self._single.tables

    def written(self, draft: Path | None, journal: Journal) -> bytes:
        """``result.json``, written into a draft of the run folder if there is one."""
        job = self.job
        told = document(
            version=__version__,
            problem=job.problem,
            sha256=digest(job.source),
            options=self.options,
            outcome=self.solution.outcome,
            verdict=self.verdict,
            aggregation=job.aggregation,
            seconds={**journal.seconds, "total": journal.elapsed_s},
            least=self.least,
            prices=None if self._single is None else mean_prices(self._single),
            stages=stage_documents(job.problem, self.plans, self.verdict),
            year=self.year,
            warnings=self.warnings,
            messages=self.messages,
            language=journal.language,
        )
        return encode(told, self._tables, draft)

    def result(self, written: bytes, folder: Path | None) -> RunResult:
        """The run in memory; ``folder`` is None where an earlier plan was kept in its place."""
        return RunResult(
            status=status_of(self.solution.outcome, self.verdict),
            solution=self.solution,
            problem=self.job.problem,
            tables=self._tables,
            stages={plan.stage: plan.tables for plan in self.plans if plan.stage is not None},
            audit=self.verdict,
            warnings=tuple(self.warnings),
            messages=tuple(self.messages),
            content=written,
            folder=folder,
            target=self.job.target,
        )
