"""What can be said of an activation function, found from the function itself (lecture 24)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from network.activations import Activation

Array = NDArray[np.float64]

FAR = 1e6
"""Far enough out for a bounded function to be at its bound."""

_Z = np.linspace(-40.0, 40.0, 80_001)  # holds 0, and steps of a thousandth
_NEAR = np.abs(_Z) <= 10  # beyond it the normal distribution has nothing


@dataclass(frozen=True)
class Facts:
    """Properties of an activation function; infinite where it has no such bound."""

    low: float  # its values lie between these two
    high: float
    largest_slope: float
    steepest_at: float  # the z nearest to 0 with the largest slope
    mean_output: float  # the mean of f(z) for z from N(0, 1)
    flat_below: float  # beyond these z the slope tends to 0, below a twentieth of the largest
    flat_above: float

    @property
    def zero_mean(self) -> bool:
        """Whether outputs are centred on 0 where inputs are."""
        return abs(self.mean_output) < 1e-9


def facts(f: Activation) -> Facts:
    """Find the properties of an activation function, numerically."""
    A = f.function(_Z)
    slope = f.derivative(A)
    largest = float(slope.max())
    candidates = _Z[slope >= largest - 1e-12]
    density = np.exp(-(_Z[_NEAR] ** 2) / 2)
    return Facts(
        low=_bound(f, -FAR),
        high=_bound(f, FAR),
        largest_slope=largest,
        steepest_at=float(candidates[np.abs(candidates).argmin()]),
        mean_output=float(np.sum(A[_NEAR] * density) / density.sum()),
        flat_below=_flat_until(_Z, slope, largest),
        flat_above=-_flat_until(-_Z[::-1], slope[::-1], largest),
    )


def _bound(f: Activation, z: float) -> float:
    """Return the value far out, infinite where the function still grows there."""
    near, far = (float(f.function(np.array(factor * z))) for factor in (1, 2))
    return float(np.sign(far) * np.inf) if abs(far) > 1.5 * abs(near) + 1e-9 else near


def _flat_until(z: Array, slope: Array, largest: float) -> float:
    """Return the z up to which all slopes from the left are small; -inf where they stay."""
    if slope[0] > 1e-6:
        return -np.inf
    steep = np.flatnonzero(slope > largest / 20)
    return float(z[steep[0]]) if len(steep) else np.inf


def tanh_with_two_exponentials(Z: Array) -> Array:
    """Return (e^z - e^-z) / (e^z + e^-z), the definition; it overflows beyond |z| = 700."""
    up, down = np.exp(Z), np.exp(-Z)
    return np.asarray((up - down) / (up + down))


def tanh_with_one_exponential(Z: Array) -> Array:
    """Return 2 / (1 + e^-2z) - 1, the same function."""
    return np.asarray(2.0 / (1.0 + np.exp(-2.0 * Z)) - 1.0)
