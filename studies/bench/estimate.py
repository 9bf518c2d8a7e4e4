"""How long a sweep will take, from a probe of half a second.

Two things are unknown beforehand: how fast this machine trains, and after how many epochs trials
converge. The probe runs some of the sweep's own trials for half a second, on as many cores as the
sweep will use, which gives the speed. Trials that converge meanwhile show how many epochs they
need; for the others, epochs are assumed to grow as a power of batch size / learning rate (lectures
32 to 34), fitted to the probe. If no trial converges in the probe, every trial is assumed to use
all its epochs, and the estimate is an upper bound.
"""

import math
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from network.training.loop import TrainingSettings
from reports.words import Text
from studies.experiment.plan import Plan
from studies.objectives.two_layer import TwoLayerObjective
from sweep.packs import make_packs
from sweep.progress.signals import Signals
from sweep.progress.terminal import duration
from sweep.runners.local import LocalRunner
from sweep.trial import Trial, TrialResult, TrialState

PROBE_SECONDS = 0.5

CELLS = 16
"""Points of the grid in the probe, in as many repeats as there are cores."""

DRAWING_SECONDS, TRIAL_SECONDS = 1.6, 0.0030
"""Time of one table's report on the reference machine, and the time each trial adds to it.
`START_SECONDS` is the startup time there; its ratio to the startup time here scales both."""

START_SECONDS = 1.2

MIXED = 1.5
"""How much longer a vector takes whose lanes are of different repeats and so have different
orders, as in large packs after some lanes have ended; evaluating and storing are included."""

Epochs = Mapping[str, float]  # by the trials' keys


@dataclass(frozen=True)
class TimeEstimate:
    """How long a sweep will take, in seconds.

    Attributes
    ----------
    training, at_most : float
        Expected time, and the time if no trial converges but those that did in the probe.
    report : float
        Startup, tables and figures.
    n_trials, n_kept : int
        All trials, and those of them that are already stored.
    """

    training: float
    at_most: float
    report: float
    n_trials: int
    n_kept: int

    @property
    def seconds(self) -> float:
        """Total time."""
        return self.training + self.report

    def __str__(self) -> str:
        return str(
            Text(
                "about {all}: {training} for {n} trials ({kept} of {total} are already stored), "
                "{report} for startup and report; at most {most} if no other trial converges",
                "大约 {all}：{n} 次训练 {training}（共 {total} 次，已保存 {kept} 次），启动与报告 "
                "{report}；若其余都不收敛，最多 {most}",
            ).fill(
                all=duration(self.seconds),
                training=duration(self.training),
                n=self.n_trials - self.n_kept,
                kept=self.n_kept,
                total=self.n_trials,
                report=duration(self.report),
                most=duration(self.at_most + self.report),
            )
        )


@dataclass(frozen=True)
class Probe:
    """The result of running some trials for a moment.

    Attributes
    ----------
    seconds : float
    outcomes : mapping of Trial to Outcome
        Of the trials that ended.
    epochs : mapping of Trial to int
        How far each trial came.
    """

    seconds: float
    outcomes: Mapping[str, TrialResult]
    epochs: Mapping[str, int]


def estimate(plan: Plan, jobs: int, kept: Collection[str] = ()) -> TimeEstimate:
    """Estimate how long a sweep takes.

    Parameters
    ----------
    plan : Plan
        Of the homework, or a variation of it.
    jobs : int
        How many packs run at once.
    kept : collection of str
        Keys of the trials that are already finished.
    """
    objective = cast(TwoLayerObjective, plan.objective)
    waiting = [trial for trial in plan.trials if trial.key not in kept]
    objective.prepare(waiting)
    start = time.process_time()
    report = start + (DRAWING_SECONDS * len(plan.axes["n_hidden"])) * start / START_SECONDS
    report += TRIAL_SECONDS * len(plan.trials) * start / START_SECONDS
    if not waiting:
        return TimeEstimate(0.0, 0.0, report, len(plan.trials), len(kept))
    quick = replace(objective, engine="compiled")
    sample = choose(waiting, jobs)
    probe = train_for_a_moment(quick, sample, jobs)
    expected, cap = expected_epochs(quick, waiting, sample, probe), plan.max_epochs
    most = {t.key: cap if t.key not in probe.outcomes else expected[t.key] for t in waiting}
    if objective.in_processes:
        speed = numpy_speed(objective, waiting)
        times = [_one_by_one(objective, waiting, e, jobs) / speed for e in (expected, most)]
    else:
        done = _word_epochs(make_packs(sample, quick, jobs), probe.epochs, 1)
        speed = done / probe.seconds
        packs = make_packs(waiting, quick, jobs)
        slower = MIXED if len({trial.repeat for trial in waiting}) > jobs else 1.0
        times = [slower * _word_epochs(packs, e, jobs) / speed * jobs for e in (expected, most)]
    return TimeEstimate(times[0], times[1], report, len(plan.trials), len(kept))


def choose(waiting: Sequence[Trial], jobs: int) -> list[Trial]:
    """Choose the trials of the probe: the same points of the grid in as many repeats as cores."""
    first = [trial for trial in waiting if trial.repeat == waiting[0].repeat]
    places = np.unique(np.linspace(0, len(first) - 1, CELLS).astype(int))
    points = [first[place].params for place in places]
    repeats = sorted({trial.repeat for trial in waiting})[:jobs]
    return [t for t in waiting if t.repeat in repeats and t.params in points]


def train_for_a_moment(objective: TwoLayerObjective, trials: list[Trial], jobs: int) -> Probe:
    """Run trials as a sweep would, and stop them after half a second."""
    outcomes: dict[str, TrialResult] = {}

    def keep(trial: Trial, outcome: TrialResult) -> None:
        outcomes[trial.key] = outcome

    with Signals(trials) as signals:
        timer = threading.Timer(PROBE_SECONDS, signals.stop)
        begun = time.perf_counter()
        timer.start()
        LocalRunner(jobs).train(objective, trials, signals, keep)
        seconds = time.perf_counter() - begun
        timer.cancel()
        return Probe(seconds, outcomes, signals.epochs())


def expected_epochs(
    objective: TwoLayerObjective, waiting: Sequence[Trial], sample: Sequence[Trial], probe: Probe
) -> dict[str, float]:
    """Return how many epochs each trial is expected to take."""
    converged = [
        trial
        for trial in sample
        if trial.key in probe.outcomes and probe.outcomes[trial.key].state is TrialState.CONVERGED
    ]
    settings = [objective.settings(trial.params) for trial in waiting]
    ended = {key: float(outcome.epochs) for key, outcome in probe.outcomes.items()}
    if not converged:
        return {
            t.key: ended.get(t.key, float(s.max_epochs))
            for t, s in zip(waiting, settings, strict=True)
        }
    x = [_log_ratio(objective, objective.settings(trial.params)) for trial in sample]
    y = [math.log(max(1, probe.epochs.get(trial.key, 1))) for trial in sample]
    is_seen = [trial in converged for trial in sample]
    line = fit_line(x, y, is_seen)
    misses = np.array([b - line[0] - line[1] * a for a, b in zip(x, y, strict=True)])[is_seen]
    above = float(np.mean(misses**2)) / 2  # mean of a log-normal variable
    expected = {}
    for trial, s in zip(waiting, settings, strict=True):
        guess = math.exp(min(50.0, above + line[0] + line[1] * _log_ratio(objective, s)))
        guess = min(max(guess, probe.epochs.get(trial.key, 0)), s.max_epochs)
        expected[trial.key] = ended.get(trial.key, guess)
    return expected


def fit_line(
    x: Sequence[float], y: Sequence[float], is_seen: Sequence[bool]
) -> tuple[float, float]:
    """Fit y = a + b x with b from 0 to 1.5, where some y are only known to be larger.

    Those are replaced by the line's value, if that is larger, and the line is fitted again until
    it is stable (Schmee and Hahn 1979, "A simple method for regression analysis with censored
    data", without its correction for the spread).
    """
    X, Y, seen = np.array(x), np.array(y), np.array(is_seen)
    a, b = float(np.mean(Y[seen] - X[seen])), 1.0
    for _ in range(50):
        filled = np.where(seen, Y, np.maximum(Y, a + b * X))
        spread = X - X.mean()
        slope = float(spread @ filled / (spread @ spread)) if spread.any() else 1.0
        b = min(max(slope, 0.0), 1.5)
        a = float(np.mean(filled - b * X))
    return a, b


def _log_ratio(objective: TwoLayerObjective, settings: TrainingSettings) -> float:
    m = settings.batch_size or len(objective.dataset.train_x)
    return math.log(m / settings.learning_rate)


def _word_epochs(packs: Sequence[Sequence[Trial]], epochs: Epochs, jobs: int) -> float:
    """Return how many epochs of vectors the packs take, for the busiest worker.

    A vector takes the same time with one lane as with all. Lanes that end leave room for others of
    their pack, but not for those of another pack.
    """
    from network.engine.vectors import LANES

    work = []
    for pack in packs:
        ends = np.sort([epochs.get(trial.key, 0.0) for trial in pack])[::-1]
        work.append(float(ends[::LANES].sum()))  # the n-th vector lasts as long as its longest lane
    return _busiest(work, jobs)


def _one_by_one(
    objective: TwoLayerObjective, trials: Sequence[Trial], epochs: Epochs, jobs: int
) -> float:
    """Return how many updates the busiest worker of the NumPy engine does."""
    return _busiest([epochs[t.key] * _updates(objective, t) for t in trials], jobs)


def _busiest(work: Sequence[float], jobs: int) -> float:
    """Give each piece of work to the first free worker, and return the largest load."""
    loads = [0.0] * jobs
    for piece in work:
        loads[loads.index(min(loads))] += piece
    return max(loads)


def _updates(objective: TwoLayerObjective, trial: Trial) -> int:
    """Return the number of updates per epoch."""
    n = len(objective.dataset.train_x)
    return math.ceil(n / (objective.settings(trial.params).batch_size or n))


def numpy_speed(objective: TwoLayerObjective, trials: Sequence[Trial]) -> float:
    """Return how many updates per second the NumPy loop does."""
    trial = min(trials, key=lambda t: _updates(objective, t))
    n_epochs = max(1, round(3000 / _updates(objective, trial)))
    short = {"max_epochs": n_epochs, "target_loss": 1e-300, "eval_every": n_epochs}
    brief = replace(objective, fixed={**objective.fixed, **short})
    begun = time.perf_counter()
    for _ in brief([trial], lambda _lane, _epoch: None):
        pass
    return n_epochs * _updates(objective, trial) / (time.perf_counter() - begun)
