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
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from network.engine import LANES
from network.training.loop import Array
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
    """How long a sweep will take, in seconds."""

    training: float
    at_most: float  # for training, if none converges but those that did in the probe
    report: float  # startup, tables and figures
    n_trials: int
    n_kept: int

    def __str__(self) -> str:
        return str(
            Text(
                "about {all}: {training} for {n} trials ({kept} of {total} are already stored), "
                "{report} for startup and report; at most {most} if no other trial converges",
                "大约 {all}：{n} 次训练 {training}（共 {total} 次，已保存 {kept} 次），启动与报告 "
                "{report}；若其余都不收敛，最多 {most}",
            ).fill(
                all=duration(self.training + self.report),
                training=duration(self.training),
                n=self.n_trials - self.n_kept,
                kept=self.n_kept,
                total=self.n_trials,
                report=duration(self.report),
                most=duration(self.at_most + self.report),
            )
        )


class Probe(NamedTuple):
    """Some trials, run for a moment: the results of those that ended, and the epochs of all."""

    trials: Sequence[Trial]
    seconds: float
    outcomes: Mapping[str, TrialResult]
    epochs: Mapping[str, int]


def estimate(plan: Plan, jobs: int, kept: Collection[str] = ()) -> TimeEstimate:
    """Estimate how long a sweep takes, of whose trials some are already stored."""
    objective, trials = cast(TwoLayerObjective, plan.objective), plan.trials
    waiting = [trial for trial in trials if trial.key not in kept]
    objective.prepare(waiting)
    start = time.process_time()
    drawing = DRAWING_SECONDS * len(plan.axes["n_hidden"]) + TRIAL_SECONDS * len(trials)
    report = start + drawing * start / START_SECONDS
    if not waiting:
        return TimeEstimate(0.0, 0.0, report, len(trials), len(kept))
    quick = replace(objective, engine="compiled")
    probe = train_for_a_moment(quick, choose(waiting, jobs), jobs)
    expected = expected_epochs(quick, waiting, probe)
    cap = float(plan.max_epochs)
    most = {t.key: expected[t.key] if t.key in probe.outcomes else cap for t in waiting}
    if objective.in_processes:
        speed = numpy_speed(objective, waiting)
        work = [_updates_of_busiest(objective, waiting, e, jobs) for e in (expected, most)]
    else:
        speed = _vector_epochs(make_packs(probe.trials, quick, jobs), probe.epochs, 1)
        speed /= probe.seconds * jobs
        speed /= MIXED if len({trial.repeat for trial in waiting}) > jobs else 1.0
        packs = make_packs(waiting, quick, jobs)
        work = [_vector_epochs(packs, e, jobs) for e in (expected, most)]
    return TimeEstimate(work[0] / speed, work[1] / speed, report, len(trials), len(kept))


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
        return Probe(trials, seconds, outcomes, signals.epochs())


def expected_epochs(
    objective: TwoLayerObjective, waiting: Sequence[Trial], probe: Probe
) -> dict[str, float]:
    """Return how many epochs each trial is expected to take, by its key."""
    states = {key: outcome.state for key, outcome in probe.outcomes.items()}
    is_seen = np.array([states.get(t.key) is TrialState.CONVERGED for t in probe.trials])
    caps = {trial.key: objective.settings(trial.params).max_epochs for trial in waiting}
    expected = {key: float(cap) for key, cap in caps.items()}
    if is_seen.any():
        x = np.array([_log_ratio(objective, trial) for trial in probe.trials])
        y = np.log([max(1, probe.epochs.get(trial.key, 1)) for trial in probe.trials])
        a, b = fit_line(x, y, is_seen)
        above = np.mean((y - a - b * x)[is_seen] ** 2) / 2  # mean of a log-normal variable
        for trial in waiting:
            guess = math.exp(min(50.0, above + a + b * _log_ratio(objective, trial)))
            so_far = probe.epochs.get(trial.key, 0)
            expected[trial.key] = min(max(guess, so_far), expected[trial.key])
    return expected | {key: float(outcome.epochs) for key, outcome in probe.outcomes.items()}


def fit_line(x: Array, y: Array, is_seen: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit y = a + b x with b from 0 to 1.5, where some y are only known to be larger.

    Those are replaced by the line's value, if that is larger, and the line is fitted again until
    it is stable (Schmee and Hahn 1979, "A simple method for regression analysis with censored
    data", without its correction for the spread).
    """
    a, b = float(np.mean(y[is_seen] - x[is_seen])), 1.0
    spread = x - x.mean()
    for _ in range(50):
        filled = np.where(is_seen, y, np.maximum(y, a + b * x))
        slope = float(spread @ filled / (spread @ spread)) if spread.any() else 1.0
        b = min(max(slope, 0.0), 1.5)
        a = float(np.mean(filled - b * x))
    return a, b


def _log_ratio(objective: TwoLayerObjective, trial: Trial) -> float:
    settings = objective.settings(trial.params)
    m = settings.batch_size or len(objective.dataset.train_x)
    return math.log(m / settings.learning_rate)


def _vector_epochs(packs: Sequence[Sequence[Trial]], epochs: Epochs, jobs: int) -> float:
    """Return how many epochs of vectors the packs take, for the busiest worker.

    A vector takes the same time with one lane as with all. Lanes that end leave room for others of
    their pack, but not for those of another pack.
    """
    work = []
    for pack in packs:
        ends = np.sort([epochs.get(trial.key, 0.0) for trial in pack])[::-1]
        work.append(float(ends[::LANES].sum()))  # the n-th vector lasts as long as its longest lane
    return _busiest(work, jobs)


def _updates_of_busiest(
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
