"""The report of a search: its best trials, how it went, and how to run it again."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from reports.figures.writer import draw
from reports.statistics import by_cell
from reports.words import Text, word
from studies.experiment import findings
from studies.experiment.findings import settings_text
from studies.experiment.page import grids_of
from studies.experiment.plan import Plan
from studies.experiment.result import PlanResult, measure_of
from studies.experiment.study import Report, ReportFigure, ReportPage, ReportTable, Results, Study
from studies.objectives.two_layer import network_of
from sweep.trial import Trial, TrialState

NAME = "search"

SHOWN, ON_PAGE = 10, 200
"""So many trials are in the report's table, and so many can be selected on the page."""

TITLE = Text("A search for learning rate and batch size", "搜索学习率与批大小")
TITLE_OF = Text("A search: {name}", "搜索：{name}")
QUESTION = Text(
    "Which of the trials that a sampler proposes has the {sense} {metric}?",
    "在采样器提出的各次试验中，哪一次的{metric}{sense}？",
)
BEST_TRIALS = Text("The best {n} trials", "最好的 {n} 次试验")
NO_BEST = Text(
    "No trial gave a usable network, so there is no best trial.",
    "没有一次训练得到可用的网络，因此没有最佳试验。",
)
BEST = Text(
    "Best trial: {values}. Rule: {sense} {metric} among the trials that were trained to their "
    "end; {pruned} of {n} were pruned.",
    "最佳试验：{values}。规则：在训练到底的试验中{metric}{sense}者；"
    "{n} 次中有 {pruned} 次提前终止。",
)
REACHED = Text(
    "{k} of {n} trials reached the target {target}, at which training stops, so the values of "
    "these say little. The fewest epochs of these: {epochs}, with {values}.",
    "{n} 次试验中有 {k} 次达到目标 {target}，训练随即停止，因此它们的高低意义不大。"
    "其中轮数最少的为 {epochs} 轮：{values}。",
)
ONE_DRAW = Text(
    "This is one draw of initial weights and sample orders: repeat the best as a grid.",
    "这只是初始权重和样本顺序的一次随机抽样：请把最好的参数作为网格重复训练。",
)
FIGURE = Text(
    "The {metric} of each trial, and the best so far.", "每次试验的{metric}，以及目前最佳。"
)


def search_study(definition: Mapping[str, Any], plan: Plan) -> Study:
    """Return a search as a study.

    Parameters
    ----------
    definition : mapping
        The sampler, the pruner, the number of trials, and the ranges as text.
    plan : Plan
        Its points are those that were tried.
    """
    given = {name: str(definition[name]) for name in ("sampler", "prune", "trials")}
    ranges = {axis: str(definition["ranges"][axis]) for axis in definition["ranges"]}
    measure, function = measure_of(plan.objective), plan.function
    return Study(
        NAME,
        TITLE_OF.fill(name=function.name) if function else TITLE,
        QUESTION.fill(sense=findings.SENSES[measure.maximize], metric=measure.title),
        make,
        {NAME: plan},
        definition={**given, "ranges": ranges},
        reports_failures=True,
    )


def make(results: Results) -> Report:
    """Return the report of a search, in the language of the context."""
    (result,) = results.values()
    best, odd = best_trial(result), findings.of_data(results)
    if best is None:
        return Report([*odd, NO_BEST], [_figure(result)], page=ReportPage(grids_of(result)))
    table, arrays = _best_trials(result), result.outcomes[best.key].arrays
    lines = table.to_markdown(index=False, disable_numparse=True, stralign="right")
    return Report(
        [*odd, _sentence(result, best), *_reached(result), ONE_DRAW],
        [
            ReportTable(
                "best_trials", BEST_TRIALS.fill(n=len(table)), partial(_best_trials, result)
            ),
            _figure(result),
        ],
        files={"table.md": f"{lines}\n\n{_sentence(result, best)}\n"},
        page=ReportPage(grids_of(_shown(result))),
        network=network_of(arrays) if arrays else None,
    )


def ranking(result: PlanResult) -> pd.DataFrame:
    """Return the trials that were trained to their end, the best last value first."""
    ended = result.frame.state.isin([TrialState.CONVERGED, TrialState.EXHAUSTED])
    valued = by_cell.with_values(result.frame[ended], result.measure)
    order = valued.sort_values([by_cell.VALUE, "epochs"], kind="stable").index
    return result.frame.loc[order]


def best_trial(result: PlanResult) -> Trial | None:
    """Return the best trial, or None if none was trained to its end."""
    ranked = ranking(result)
    return None if ranked.empty else result.plan.trials[int(ranked.index[0])]


def _shown(result: PlanResult) -> PlanResult:
    """Return the result with its best trials only, as many as the page can show."""
    ranked = ranking(result).index
    order = [*ranked, *result.frame.index.difference(ranked)][:ON_PAGE]
    return replace(result, frame=result.frame.loc[order])


def _best_trials(result: PlanResult) -> pd.DataFrame:
    best = ranking(result).head(SHOWN)
    names = [*result.plan.axes, "state", "epochs", result.measure.name]
    names += ["test_r2"] if "test_r2" in best else []
    shown = best[names].map(lambda v: f"{v:.4g}" if isinstance(v, float) else word(v))
    shown.insert(0, "trial", best.index + 1)
    return shown.set_axis([word(name) for name in shown.columns], axis=1)


def _sentence(result: PlanResult, best: Trial) -> Text:
    """Say which trial is best, and by which rule."""
    pruned = int((result.frame.state == TrialState.PRUNED).sum())
    measure = result.measure
    return BEST.fill(
        values=settings_text(best.params),
        sense=findings.SENSES[measure.maximize],
        metric=measure.title,
        pruned=pruned,
        n=len(result.frame),
    )


def _reached(result: PlanResult) -> list[Text]:
    """Say which of the trials that reached the target was the quickest, if several did."""
    reached = result.frame[result.frame.state == TrialState.CONVERGED]
    if len(reached) < 2 or not result.is_timed:
        return []
    quickest = int(reached.index[int(reached.epochs.argmin())])
    counts = {"k": len(reached), "n": len(result.frame), "epochs": reached.epochs[quickest]}
    values = settings_text(result.plan.trials[quickest].params)
    return [REACHED.fill(values=values, target=result.target_loss, **counts)]


def _figure(result: PlanResult) -> ReportFigure:
    measure = result.measure
    drawing = partial(draw, "search.progress_figure", result.frame, measure)
    return ReportFigure("search", FIGURE.fill(metric=measure.title), drawing)
