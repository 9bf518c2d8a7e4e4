"""What a study is: a question, the trials that answer it, and what they show.

A study of the lectures is a file in ``studies/lectures/``. It says which trials it needs (plans)
and has one function that turns their results into a report: pictures, tables, and sentences with
this run's own numbers in them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from network.errors import InputError
from network.two_layer import Parameters
from reports.words import Text
from studies.experiment import findings
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult
from sweep.trial import Value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from reports.page.content import Grid


@dataclass(frozen=True)
class ReportFigure:
    """A figure of a report.

    Attributes
    ----------
    name : str
        Its file is ``figures/NAME.png``; as ``.svg`` and ``.pdf`` where these were asked for.
    caption : Text
    draw : callable
        Returns the Figure; it is called in another process, so it must be picklable: a function
        of a module, or a `functools.partial` of one.
    """

    name: str
    caption: Text
    draw: "Callable[[], Figure]"


@dataclass(frozen=True)
class ReportTable:
    """A table of a report.

    Attributes
    ----------
    name : str
        Its file is ``NAME.csv``.
    caption : Text
    content : callable
        Returns the DataFrame, its words in the language of the context; its index is not shown.
    """

    name: str
    caption: Text
    content: Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class ReportPage:
    """What the interactive page of a report shows beside its figures and tables.

    Attributes
    ----------
    grids : sequence of Grid
    grids_name : Text, optional
        What the grids differ in.
    measure : str
        What the board shows first: one of `reports.statistics.by_cell.COSTS`.
    is_whole : bool
        Whether the grids say all, so that the report's findings and parts are left out.
    """

    grids: Sequence["Grid"]
    grids_name: Text | None = None
    measure: str = "epochs"
    is_whole: bool = False


@dataclass(frozen=True)
class Report:
    """What a study found.

    Attributes
    ----------
    findings : sequence of Text
        Sentences that rest on this run's numbers.
    parts : sequence of ReportFigure and ReportTable
        In the order in which a reader needs them.
    chapters : sequence of (str, str), optional
        What stands before the parts in ``report.md``, each a heading and Markdown, with the
        question; by default the findings.
    files : mapping of str to str
        Content of further files of the run directory, by their names.
    sheets : mapping of str to DataFrame, optional
        The sheets of ``table.xlsx``; by default the tables among the parts.
    page : ReportPage, optional
        By default the page shows all plans by their axes, and has the findings and the parts.
    network : Parameters, optional
        The best network, where there is one best.
    """

    findings: Sequence[Text]
    parts: Sequence[ReportFigure | ReportTable] = ()
    chapters: Sequence[tuple[str, str]] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    sheets: Mapping[str, pd.DataFrame] | None = None
    page: ReportPage | None = None
    network: Parameters | None = None


FAILED = Text(
    "All trials failed{of}. The reasons are given below.",
    "全部训练都失败{of}。原因见下文。",
)
NOTHING = Text(
    "No trial ended with a usable network, so there is nothing to report.",
    "没有一次训练得到可用的网络，因此无可分析。",
)
"""What a report says where all trials diverged or failed."""


NAMED = 3
"""So many trials are named that failed for the same reason."""

EMPTY = Report([])
"""Where there is nothing to report on; `Study.make_report` says so."""

Results = Mapping[str, PlanResult]
"""What came of a study's plans, by their names."""


def failures_of(results: Results) -> dict[str, str]:
    """Return why trials failed, by the trials in words: those that failed alike are together."""
    trials: dict[str, list[str]] = {}
    for each in results.values():
        for trial, why in each.failures.items():
            trials.setdefault(why, []).append(trial)
    more = Text("; … ({n} trials)", "；……（共 {n} 次）")
    return {
        "; ".join(some[:NAMED]) + (str(more.fill(n=len(some))) if len(some) > NAMED else ""): why
        for why, some in trials.items()
    }


Train = Callable[[Plan], PlanResult]
"""Trains what a plan says, unless it is kept from before, and returns what came of it."""


def one_after_the_other(plans: Mapping[str, Plan], train: Train) -> Results:
    """Train all plans as they are."""
    return {name: train(plan) for name, plan in plans.items()}


@dataclass(frozen=True)
class Study:
    """A question with all that answers it.

    Attributes
    ----------
    name : str
        The word on the command line, and the default run directory's name.
    title, question : Text
    report : callable
        Makes the report of the plans' results; it trains nothing.
    plans : mapping of str to Plan
        The trials, by a short name of each part; none where nothing is run.
    train : callable, optional
        Trains the plans, given them and a function that trains one. By default one after the
        other as they are; a search makes its next plan from the results of the last.
    definition : mapping, optional
        What a file of one's own says beside its plan; ``run.json`` keeps it.
    reports_failures : bool
        Whether `report` wants the results of plans too of which all trials failed.
    """

    name: str
    title: Text
    question: Text
    report: Callable[[Results], Report]
    plans: Mapping[str, Plan] = field(default_factory=dict)
    train: Callable[[Mapping[str, Plan], Train], Results] = one_after_the_other
    definition: Mapping[str, Any] | None = None
    reports_failures: bool = False

    def make_report(self, results: Results) -> Report:
        """Make the report of what was trained; it says what failed, or that there is nothing."""
        if self.reports_failures:
            return self.report(results)
        trained = {name: result for name, result in results.items() if result.trained}
        lost = [name for name in results if name not in trained]
        of = Text(" of: {list}", "：{list}").fill(list=", ".join(lost)) if len(results) > 1 else ""
        said = [FAILED.fill(of=of)] if lost else []
        if lost and not trained:
            return Report(said)
        made = self.report(trained)
        said += findings.of_data(trained)
        return replace(made, findings=[*said, *made.findings] or [NOTHING])

    def with_plans(self, change: Callable[[Plan], Plan]) -> "Study":
        """Return this study with each of its plans changed."""
        return replace(self, plans={name: change(plan) for name, plan in self.plans.items()})

    def with_settings(self, given: Mapping[str, Sequence[Value]]) -> "Study":
        """Return this study with other values of some settings, in all plans that have them.

        Raises
        ------
        InputError
            If no plan has such a setting, or one can't have these values.
        """
        for name in given:
            if not any(name in plan.settings for plan in self.plans.values()):
                raise InputError(
                    f"the study {self.name} has no {name}; "
                    + ("it trains nothing." if not self.plans else "leave it out.")
                )

        def change(plan: Plan) -> Plan:
            return plan.with_settings({k: v for k, v in given.items() if k in plan.settings})

        return self.with_plans(change)
