"""The gradients of a user's ``backward``, held against central differences of their ``forward``.

Expected are ``forward(parameters, x)``, which returns the outputs, or several things one of which
has the shape of the labels, and ``backward(parameters, x, y)``, which returns the gradients of half
the mean squared error by the names W1, B1, W2, B2 (or dW1, …), or all four in this order.
``parameters`` is a dict. Instead of it each may take W1, B1, W2 and B2, and ``backward`` also
``cache``, that which ``forward`` returned.
"""

import inspect
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from network.data.datasets import snake
from network.errors import InputError
from network.losses import half_mse
from network.training.randomness import generator
from studies.objectives.functions.source import UserFunction, find
from sweep.trial import TrialResult, TrialState

Array = NDArray[np.float64]
NAMES = ("W1", "B1", "W2", "B2")
N_SAMPLES, N_HIDDEN = 7, 4
STEP = 1e-6
"""Of the central differences, whose error is about its square."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "parameters": ("parameters", "params", "p", "weights", "theta", "model"),
    "x": ("x", "batch_x", "inputs", "data"),
    "y": ("y", "batch_y", "label", "labels", "target", "targets"),
    "cache": ("cache",),
    **{name: (name.lower(),) for name in NAMES},
}
"""Names of parameters that are understood, without regard to capitals."""

EXPECTED = (
    "expected are forward(parameters, x), which returns the outputs, and backward(parameters, x, "
    "y), which returns the gradients of half the mean squared error by the names W1, B1, W2, B2"
)


class UnknownSignatureError(Exception):
    """A function takes or returns what is not understood."""


@dataclass(frozen=True)
class GradientCheck:
    """The functions ``forward`` and ``backward`` of a file."""

    forward: UserFunction
    backward: UserFunction

    @classmethod
    def of(cls, function: UserFunction) -> "GradientCheck | None":
        """Find the two functions beside the one that trains; None if they are not there."""
        try:
            return cls(*(find(f"{function.path}:{name}") for name in ("forward", "backward")))
        except InputError:
            return None

    def run(self, seed: int) -> TrialResult:
        """Compute both gradients; the arrays of the result are ``W1`` and ``W1 numeric``, …."""
        try:
            return TrialResult(TrialState.EXHAUSTED, arrays=dict(self._gradients(seed)))
        except UnknownSignatureError as error:
            return TrialResult(TrialState.FAILED, reason=f"{error}; {EXPECTED}.")
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            own = [f for f in frames if f.filename in self.forward.files] or frames
            place = f"{Path(own[-1].filename).name}, line {own[-1].lineno}: {own[-1].line}"
            reason = f"{type(error).__name__}: {error} ({place}); {EXPECTED}."
            return TrialResult(TrialState.FAILED, reason=reason)

    def _gradients(self, seed: int) -> Iterator[tuple[str, Array]]:
        forward, backward = self.forward.load(), self.backward.load()
        rng, data = generator(seed, 0, 3), snake()
        x, y = data.train_x[:N_SAMPLES].copy(), data.train_y[:N_SAMPLES].copy()
        shapes = ((1, N_HIDDEN), (1, N_HIDDEN), (N_HIDDEN, 1), (1, 1))
        P = {name: rng.normal(size=shape) for name, shape in zip(NAMES, shapes, strict=True)}

        def run(P: Mapping[str, Array]) -> Any:
            return _called(forward, {"parameters": _copied(P), "x": x.copy(), **_copied(P)})

        def loss(P: Mapping[str, Array]) -> float:
            return half_mse(_output(run(P), y.shape), y)

        given = {"parameters": _copied(P), "x": x.copy(), "y": y.copy(), **_copied(P)}
        found = _by_name(_called(backward, given, cache=run(P)))
        for name, value in P.items():
            gradient = np.asarray(found[name], float)
            if gradient.size != value.size:
                raise UnknownSignatureError(
                    f"backward returns {name} of shape {gradient.shape} instead of {value.shape}"
                )
            numeric = np.empty_like(value)
            for place in np.ndindex(*value.shape):
                ends = []
                for step in (STEP, -STEP):
                    moved = _copied(P)
                    moved[name][place] += step
                    ends.append(loss(moved))
                numeric[place] = (ends[0] - ends[1]) / (2 * STEP)
            yield name, gradient.reshape(value.shape)
            yield f"{name} numeric", numeric


def _copied(P: Mapping[str, Array]) -> dict[str, Array]:
    return {name: value.copy() for name, value in P.items()}


def _called(function: Callable[..., Any], values: Mapping[str, Any], **more: Any) -> Any:
    """Call a function with those values whose names its parameters have."""
    known = {alias: key for key, names in ALIASES.items() for alias in names}
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        key = known.get(name.lower())
        if key in values or key in more:
            given[name] = {**values, **more}[str(key)]
        elif parameter.default is parameter.empty:
            raise UnknownSignatureError(f"{function.__name__} takes {name}, which is not known")
    return function(**given)


def _output(returned: Any, shape: tuple[int, ...]) -> Array:
    """Find the outputs in what ``forward`` returned: the last array in the labels' shape."""
    if isinstance(returned, Mapping):
        returned = tuple(returned.values())
    some = returned if isinstance(returned, tuple | list) else (returned,)
    flat = [each for s in some for each in (s.values() if isinstance(s, Mapping) else (s,))]
    for some_array in (some, flat):
        fitting = [a for a in some_array if np.shape(a) == shape]
        if fitting:
            return np.asarray(fitting[-1], float)
    raise UnknownSignatureError(f"forward returns nothing of the labels' shape {shape}")


def _by_name(returned: Any) -> dict[str, Any]:
    if isinstance(returned, Mapping):
        names = {str(k).lower().removeprefix("grad_").removeprefix("d"): k for k in returned}
        if all(name.lower() in names for name in NAMES):
            return {name: returned[names[name.lower()]] for name in NAMES}
    elif isinstance(returned, tuple | list) and len(returned) == len(NAMES):
        return dict(zip(NAMES, returned, strict=True))
    raise UnknownSignatureError("backward returns no gradients by the names W1, B1, W2, B2")
