"""A plan: the trials that a study needs, as data.

The axes of a grid, what is the same for all of it, and the data. It is what a TOML file of one's
own says, what the flags of the command line change, and what a trial's key is made from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from math import prod
from typing import Any

from network.data.datasets import Dataset, load
from network.errors import InputError, unknown_name
from network.models.polynomial_training import PolynomialSettings
from network.training.settings import TrainingSettings
from studies.objectives.polynomial import PolynomialObjective
from studies.objectives.two_layer import ENGINES, TwoLayerObjective
from sweep.grid import at_points, grid
from sweep.trial import Trial, Value

Model = TwoLayerObjective | PolynomialObjective

MODELS: Mapping[str, tuple[type[Model], type[TrainingSettings] | type[PolynomialSettings]]] = {
    "network": (TwoLayerObjective, TrainingSettings),
    "polynomial": (PolynomialObjective, PolynomialSettings),
}
"""What can be trained: an objective, and the settings that may be its axes."""


@dataclass(frozen=True)
class Plan:
    """Trials to be run.

    Attributes
    ----------
    axes : mapping of str to sequence
        The values of each setting that is varied. The first varies fastest.
    fixed : mapping
        The settings that are the same for all, where they differ from the course's.
    points : sequence of mappings, optional
        Not the whole grid of the axes but these points of it.
    model : str
        A name in `MODELS`.
    data, test_data : str
        A generated data set's name or a file, and the file of the test set.
    training_points : int, optional
        Train on the first so many points only.
    repeats : int
        Trials for each point of the grid.
    seed, data_seed : int
        The first decides weights and orders, the second generated data and random splits.
    engine : str
        ``compiled`` or ``numpy``.
    dataset : Dataset, optional
        The data themselves, where they come from a run directory or a study; `data` names them.

    Raises
    ------
    InputError
        If a name is unknown, or a value is outside its range.
    """

    axes: Mapping[str, Sequence[Value]]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    points: Sequence[Mapping[str, Value]] | None = None
    model: str = "network"
    data: str = "snake"
    test_data: str | None = None
    training_points: int | None = None
    repeats: int = 1
    seed: int = 0
    data_seed: int = 0
    engine: str = "compiled"
    dataset: Dataset | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise unknown_name("model", self.model, MODELS)
        if self.engine not in ENGINES:
            raise unknown_name("engine", self.engine, ENGINES)
        for name in (*self.axes, *self.fixed):
            if name not in self.settings:
                raise unknown_name("a setting", name, self.settings)
        for name in set(self.axes) & set(self.fixed):
            raise InputError(f"{name} is an axis and fixed too; give it once.")
        for name in ("seed", "data_seed"):
            if getattr(self, name) < 0:
                raise InputError(
                    f"{name} must be a whole number ≥ 0, got {getattr(self, name)}; default: 0."
                )

    @property
    def settings(self) -> list[str]:
        """The settings that this model has."""
        return [f.name for f in fields(MODELS[self.model][1])]

    @property
    def n_trials(self) -> int:
        """How many trials there are."""
        n = prod(map(len, self.axes.values())) if self.points is None else len(self.points)
        return n * self.repeats

    @cached_property
    def objective(self) -> Model:
        """What is trained; InputError if the data can't be loaded."""
        data = self.dataset or load(self.data, self.test_data, self.data_seed)
        if self.training_points is not None:
            data = data.with_training_points(self.training_points)
        return MODELS[self.model][0](data, self.seed, self.engine, self.fixed)

    @cached_property
    def trials(self) -> list[Trial]:
        """All trials; InputError or SweepError if there is one that can't be."""
        identity = self.objective.identity()
        if self.points is None:
            trials = grid(self.axes, self.repeats, identity)
        else:
            trials = at_points(self.points, self.repeats, identity)
        for trial in trials[: len(trials) // self.repeats]:
            self.objective.settings(trial.params)
        return trials

    def setting(self, name: str) -> Any:
        """Return the value of a setting that is not an axis: the given one, or the default."""
        return self.fixed.get(name, getattr(MODELS[self.model][1], name, None))

    @property
    def max_epochs(self) -> int:
        """The most epochs that a trial takes."""
        values = self.axes.get("max_epochs", [self.setting("max_epochs")])
        return max(int(str(value)) for value in values)

    def with_settings(self, given: Mapping[str, Sequence[Value]]) -> "Plan":
        """Return this plan with other values of some settings, each given as a list.

        Raises
        ------
        InputError
            If there are several values of a setting that this plan doesn't vary.
        """
        axes, fixed = dict(self.axes), dict(self.fixed)
        for name, values in given.items():
            if name in axes:
                axes[name] = values
            elif len(values) == 1:
                fixed[name] = values[0]
            else:
                raise InputError(
                    f"{name} is not varied here, so it takes one value, got {len(values)}; what "
                    f"is varied: {', '.join(axes) or 'nothing'}."
                )
        return replace(self, axes=axes, fixed=fixed)

    def record(self) -> dict[str, Any]:
        """Return the plan as JSON values, without its data: ``toml_study.plan_of`` reads it."""
        data = self.objective.dataset
        return {
            "model": self.model,
            "axes": {axis: list(values) for axis, values in self.axes.items()},
            "settings": dict(self.fixed),
            "points": None if self.points is None else list(self.points),
            "repeats": self.repeats,
            "seed": self.seed,
            "data": self.data,
            "test_data": self.test_data,
            "data_seed": self.data_seed,
            "engine": self.engine,
            "training_points": self.training_points,
            "name": data.name,
            "validation": len(data.validation_x),
            "fingerprint": data.fingerprint,
        }
