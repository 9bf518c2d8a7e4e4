"""A report is made whatever came of the trainings: that they failed is no reason to fail."""

from dataclasses import replace

import numpy as np
import pytest
from lectures_tests.whole import check

from network.models.polynomial_training import POLYNOMIAL_HISTORY
from network.training.loop import HISTORY
from reports.words import language
from studies.experiment.result import PlanResult
from studies.experiment.study import ReportFigure
from studies.lectures.catalogue import CATALOGUE, find_study
from studies.objectives.two_layer import METRICS, TwoLayerObjective
from studies.search import strategies
from sweep.store.store import Store
from sweep.trial import TrialResult, TrialState

FAILED = TrialResult(TrialState.FAILED, reason="no room in memory")


def made_up(plan, trial, state):
    """Return an outcome without training: two evaluations, after which it goes on or not."""
    of_network = isinstance(plan.objective, TwoLayerObjective)
    history = np.zeros(2, HISTORY if of_network else POLYNOMIAL_HISTORY)
    history["epoch"], history["updates"] = (1, 2), (10, 20)
    good = state != TrialState.DIVERGED
    for name in history.dtype.names[2:]:
        history[name] = (0.02, 0.01 if good else np.nan)
    if of_network:
        initial = plan.objective.lane(trial).initial
        arrays = {**initial.as_dict(), "path": np.full((2, initial.flat().size), 0.5, np.float32)}
    else:
        arrays = {"weights": np.linspace(0, 1, 1 + int(trial.params["degree"]))}
    if not good:
        arrays = {name: np.full_like(W, np.nan) for name, W in arrays.items()}
    loss, r2 = (0.01, 0.5) if good else (np.nan, np.nan)
    validation_loss = loss if of_network else np.nan
    return TrialResult(
        state,
        epochs=2,
        seconds=0.1,
        value=loss,
        metrics=dict(zip(METRICS, (20, loss, validation_loss, r2, r2), strict=True)),
        engine="compiled",
        history=history,
        arrays=arrays,
    )


def all_failed(plan, trial):
    return FAILED


def all_diverged(plan, trial):
    return made_up(plan, trial, TrialState.DIVERGED)


def all_exhausted(plan, trial):
    return made_up(plan, trial, TrialState.EXHAUSTED)


def the_first_of_each_failed(plan, trial):
    """Of one value all fail, of the others the first repeat."""
    lost = trial.repeat == 0 or trial.params == plan.trials[0].params
    return FAILED if lost else all_exhausted(plan, trial)


def results_of(study, path, outcome_of):
    """Return results that nothing was trained for."""
    with Store(path / "trials.sqlite") as store:

        def train(plan):
            store.add((trial, outcome_of(plan, trial)) for trial in plan.trials)
            return PlanResult.read(plan, store)

        return study.train(study.plans, train)


def failed(result, store):
    """Return the same plan's results if all its trials had failed."""
    store.add((trial, FAILED) for trial in result.plan.trials)
    return PlanResult.read(result.plan, store)


def assert_whole(report):
    assert report.findings
    for sentence in report.findings:
        check(sentence)
    for name in ("en", "zh"):
        with language(name):
            for part in report.parts:
                if not isinstance(part, ReportFigure):
                    part.content()
                elif name == "zh":  # `answered` draws them in English
                    part.draw()


@pytest.fixture(autouse=True)
def a_few_trials_a_search(monkeypatch):
    monkeypatch.setattr(strategies, "PER_AXIS", 2)


def small(name):
    return find_study(name).with_plans(lambda plan: replace(plan, repeats=2))


OUTCOMES = [all_failed, all_diverged, the_first_of_each_failed]
CASES = [
    (name, each)
    for name in CATALOGUE
    for each in (OUTCOMES if find_study(name).plans else OUTCOMES[:1])  # it trains nothing
]


@pytest.mark.parametrize(("name", "outcome_of"), CASES)
def test_the_report_is_made(tmp_path, name, outcome_of):
    study = small(name)
    assert_whole(study.make_report(results_of(study, tmp_path, outcome_of)))


@pytest.mark.parametrize("name", [name for name in CATALOGUE if len(find_study(name).plans) > 1])
def test_a_part_of_which_nothing_is_left_is_left_out(tmp_path, name):
    study = small(name)
    results = results_of(study, tmp_path, all_exhausted)
    with Store(tmp_path / "failed.sqlite") as store:
        for lost, result in results.items():
            report = study.make_report({**results, lost: failed(result, store)})
            assert report.findings[0].en.startswith(f"All trials failed of: {lost}.")
            assert_whole(report)
