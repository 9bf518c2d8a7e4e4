"""The words of a progress, which whoever hands it in may replace by those of another language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sweep.trial import Trial, TrialResult, TrialState, Value

_LONGEST = 8  # characters of a number


def short(value: Value) -> str:
    """Write a value in few characters: a longer number, as a sampler chooses, with four digits."""
    if isinstance(value, float):
        exact = f"{value:.15g}"
        return f"{value:.4g}" if len(exact) > _LONGEST and "." in exact else exact
    return "full" if value is None else str(value)


@dataclass(frozen=True)
class Phrases:
    """What a progress says; another language has other ones.

    Attributes
    ----------
    done, kept, left, ready : str
        Parts of the line that counts, with places for ``{done} {total}``, ``{kept}``, ``{time}``.
    converged, exhausted : str
        What came of a trial, with a place for ``{epochs}``.
    line, comma : str
        The line about a trial: ``{trial} {result} {tally}``; and what stands between its settings.
    searched : str
        The line about a point of a search: ``{done} {total} {trial} {result} {metric} {value}``.
    names : mapping
        Words for axes, states and values; what is not in it is shown as it is.
    settings : mapping
        How to write a value of an axis, with a place for it; by default its name comes first.
    """

    done: str = "{done} of {total} trials done"
    kept: str = ", {kept} of them from an earlier run"
    left: str = ", at most {time} left"
    ready: str = "; getting ready (the first run compiles the engine)"
    converged: str = "converged after {epochs} epochs"
    exhausted: str = "not converged in {epochs} epochs"
    line: str = "{trial}: {result}; {tally}"
    comma: str = ", "
    searched: str = "{done} of {total}: {trial}: {result}, {metric} {value:.3g}"
    names: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def name(self, value: Value) -> str:
        """Return a word for an axis, a state or a value."""
        text = short(value)
        return self.names.get(text, text.replace("_", " "))

    def trial(self, trial: Trial) -> str:
        """Name a trial."""
        values = {**trial.params, "repeat": trial.repeat}
        return self.comma.join(
            self.settings.get(axis, f"{self.name(axis)} {{}}").format(self.name(value))
            for axis, value in values.items()
        )

    def result(self, outcome: TrialResult) -> str:
        """Say what came of a trial."""
        sentences = {
            TrialState.CONVERGED: self.converged,
            TrialState.EXHAUSTED: self.exhausted,
        }
        known = sentences.get(outcome.state, self.name(str(outcome.state)))
        return known.format(epochs=outcome.epochs)

    def point(
        self, done: int, total: int, trial: Trial, outcome: TrialResult, metric: str, value: float
    ) -> str:
        """Say what came of a point of a search, and the value of its metric."""
        return self.searched.format(
            done=done,
            total=total,
            trial=self.trial(trial),
            result=self.result(outcome),
            metric=metric,
            value=value,
        )


ENGLISH = Phrases()
