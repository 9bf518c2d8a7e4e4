"""A plan: the trials that a study needs, as data.

The axes of a grid, what is the same for all of it, and the data. It is what a TOML file of one's
own says, what the flags of the command line change, and what a trial's key is made from.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cached_property, partial
from math import prod
from typing import Any

from network.data.datasets import Dataset, load
from network.errors import InputError, unknown_name
from network.models.polynomial_training import PolynomialSettings
from network.training.orders import OLD_SHUFFLES, SHUFFLES
from network.training.settings import TrainingSettings
from reports.words import phrases
from studies.objectives.functions.objective import TEXTS, FunctionObjective, settings_of
from studies.objectives.functions.source import ESTIMATOR, UserFunction
from studies.objectives.polynomial import PolynomialObjective
from studies.objectives.two_layer import ENGINES, TwoLayerObjective
from sweep.grid import at_points, grid
from sweep.progress.phrases import Phrases
from sweep.trial import Trial, Value

Model = TwoLayerObjective | PolynomialObjective | FunctionObjective


def as_list(value: Any) -> list[Any]:
    """Return the values of an axis as a list; a single value is a list of one."""
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]


@dataclass(frozen=True)
class ModelKind:
    """What can be trained.

    Attributes
    ----------
    objective : callable
        Makes the objective of a data set, the seed, the engine and the fixed settings.
    settings : mapping of str to type
        The settings that may be its axes, and what each is: a type, or Any.
    defaults : mapping
        The settings that need not be given.
    """

    objective: Callable[[Dataset, int, str, Mapping[str, Any]], Model]
    settings: Mapping[str, Any]
    defaults: Mapping[str, Any]

    @classmethod
    def of_dataclass(cls, objective: Any, settings: Any) -> "ModelKind":
        """Return a kind whose settings are the fields of a dataclass."""
        defaults = {f.name: f.default for f in fields(settings) if f.default is not MISSING}
        return cls(objective, {f.name: f.type for f in fields(settings)}, defaults)

    @classmethod
    def of_function(cls, function: UserFunction) -> "ModelKind":
        """Return a kind that calls a function that a user wrote."""
        known = {f.name: f.type for f in fields(TrainingSettings)} | dict.fromkeys(TEXTS, str)
        defaults = settings_of(function)
        named = dict.fromkeys([*function.settings, *defaults])
        if function.kind == ESTIMATOR:  # whose parameters may have the same names
            known = {name: kind for name, kind in known.items() if name in defaults}
        settings = {name: known.get(name, Any) for name in named}
        own = dict.fromkeys(named.keys() - {*function.required})
        make = partial(FunctionObjective, function=function)
        return cls(make, settings, {**own, **defaults})


MODELS: Mapping[str, ModelKind] = {
    "network": ModelKind.of_dataclass(TwoLayerObjective, TrainingSettings),
    "polynomial": ModelKind.of_dataclass(PolynomialObjective, PolynomialSettings),
}
"""What can be trained, by name; beside it are users' functions."""


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
        A name in `MODELS`, or ``function``.
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
    function : UserFunction, optional
        What is called, where the model is ``function``.
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
    function: UserFunction | None = None
    dataset: Dataset | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.function is None and self.model not in MODELS:
            raise unknown_name("model", self.model, MODELS)
        if self.engine not in ENGINES:
            raise unknown_name("engine", self.engine, ENGINES)
        for name in (*self.axes, *self.fixed):
            if name not in self.settings:
                raise unknown_name("a setting", name, self.settings)
        for name in set(self.axes) & set(self.fixed):
            raise InputError(f"{name} is an axis and fixed too; give it once.")
        for shuffle in self.axes.get("shuffle", [self.setting("shuffle")]):
            if shuffle in OLD_SHUFFLES and self.dataset is None:  # and so it is not of an old run
                raise unknown_name("shuffle", shuffle, SHUFFLES)
        for name in ("seed", "data_seed"):
            if getattr(self, name) < 0:
                raise InputError(
                    f"{name} must be a whole number ≥ 0, got {getattr(self, name)}; default: 0."
                )

    @property
    def kind(self) -> ModelKind:
        """What is trained."""
        return MODELS[self.model] if self.function is None else ModelKind.of_function(self.function)

    @property
    def settings(self) -> list[str]:
        """The settings that this model has."""
        return list(self.kind.settings)

    @property
    def phrases(self) -> Phrases:
        """The words of the progress display."""
        if self.function is None or not isinstance(self.objective, FunctionObjective):
            return phrases()
        has_target = self.objective.measure.target is not None
        return phrases(is_own=True, is_timed=self.function.yields and has_target)

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
        return self.kind.objective(data, self.seed, self.engine, self.fixed)

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
        return self.fixed.get(name, self.kind.defaults.get(name))

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
            **({"function": self.function.record()} if self.function else {}),
            "name": data.name,
            "validation": len(data.validation_x),
            "fingerprint": data.fingerprint,
        }
