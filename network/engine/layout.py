"""How a pack's trainings are laid out in words, as the pictures in ``kernel.py`` show it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from network.engine.vectors import LANES
from network.two_layer import Parameters

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
Places = tuple[Indices, Indices]
"""For the numbers of a word, by rows and places: which lane's they are, and which of its own."""


def lanes_in_places(lanes: Sequence[int], like: Parameters) -> tuple[list[int], Places]:
    """Put up to LANES lanes side by side.

    Parameters
    ----------
    lanes : sequence of int
        Rows in a table of parameters.
    like : Parameters
        Of the shape that all lanes have.

    Returns
    -------
    list of int
        The lane in each place; the last one fills the places that are left.
    Places
        ``parameters[places]`` are the numbers of the word.
    """
    filled = [lanes[min(place, len(lanes) - 1)] for place in range(LANES)]
    rows = np.arange(like.flat().size)
    return filled, (np.array(filled)[np.newaxis], rows[:, np.newaxis])


def units_in_places(lane: int, like: Parameters) -> tuple[list[int], Places]:
    """Put the hidden units of one lane side by side; returns what `lanes_in_places` does."""
    n_hidden = like.B1.size
    n_places = -(-n_hidden // LANES) * LANES
    unit = np.minimum(np.arange(n_places), n_hidden - 1).reshape(-1, LANES)
    W1, B1, W2, B2 = like.like(np.arange(like.flat().size))  # type: ignore[arg-type]
    rows = (W1[:, unit], B1[:, unit], W2[unit].swapaxes(1, 2), np.repeat(B2.T, LANES, axis=1))
    numbers = np.concatenate([row.reshape(-1, LANES) for row in rows])
    return [lane] * LANES, (np.full_like(numbers, lane), numbers)


def plan_updates(
    batch_sizes: Indices, learning_rates: Array, n_samples: int
) -> tuple[Indices, Array]:
    """Tell after which samples of an epoch some place of a word is updated, and by which step.

    The last mini-batch of an epoch may be smaller.

    Parameters
    ----------
    batch_sizes, learning_rates : ndarray, shape (LANES,)
        The m and the η of each place.
    n_samples : int

    Returns
    -------
    ends : ndarray, shape (n_updates,)
        So many samples of the epoch are done when an update comes.
    steps : ndarray, shape (n_updates, LANES)
        -η / m, and 0 where a place isn't updated; in a smaller mini-batch m is smaller.
    """
    done = np.arange(1, n_samples + 1)
    seen = (done[:, np.newaxis] - 1) % batch_sizes + 1
    due = (seen == batch_sizes) | (done == n_samples)[:, np.newaxis]
    updates = np.flatnonzero(due.any(axis=1))
    return done[updates], np.where(due, -learning_rates / seen, 0.0)[updates]
