"""The compiled engine: packs of trainings, driven from Python through the kernel.

It gives the same results as the loop of ``training.py``: the same initial weights, the same
orders, the same stop rule. Sums run over samples, inputs and units in their order and are fused
with their products, where NumPy sums otherwise and rounds each product; so losses agree to 1e-9
relative, and in the homework's grid to 1e-11. Between themselves the lanes of this engine agree
to the last bit, whatever pack a lane is in.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from network.activations import TRAINABLE
from network.data.datasets import Dataset
from network.training.loop import (
    HISTORY,
    Ending,
    EpochCallback,
    Evaluation,
    Lane,
    PruneCallback,
    TrainingResult,
    TrainingSettings,
    never_prune,
    next_evaluation,
    no_watch,
)

PACK_SIZE = 64
"""Lanes in a pack. Many keep the words full while lanes that are done leave; beyond this the gain
is small."""

FEW_LANES = 2
"""A pack of so few lanes is trained faster with hidden units in the words; see ``kernel.py``."""

_WORK_AT_ONCE = 20_000_000
"""About how many hidden activations one call of the kernel computes, in a tenth of a second."""


def covers(settings: TrainingSettings) -> bool:
    """Tell whether this engine can train what the settings describe."""
    return settings.task == "regression" and settings.activation in TRAINABLE


def pack_key(settings: TrainingSettings) -> tuple[object, ...]:
    """Return what the lanes of a pack have in common."""
    return settings.n_hidden, settings.activation, settings.max_epochs, settings.eval_every


def prepare(settings: TrainingSettings, dataset: Dataset, n_lanes: int) -> None:
    """Compile what such trainings need: some seconds once after an installation, else a moment."""
    from network.engine.kernel import loss_kernel, training_kernel  # Numba's import takes long
    from network.training.shuffling import shuffle

    shape = (dataset.n_inputs, settings.n_hidden, dataset.n_outputs)
    shuffle()
    loss_kernel(settings.activation, shape)
    training_kernel(settings.activation, shape, alone=n_lanes <= FEW_LANES)


def train_pack(
    lanes: Sequence[Lane],
    dataset: Dataset,
    watch: EpochCallback = no_watch,
    prune: PruneCallback = never_prune,
) -> Iterator[tuple[int, TrainingResult]]:
    """Train lanes in lock-step, and give each one's result as soon as it is done.

    Parameters
    ----------
    lanes : sequence of Lane
        Of one `pack_key`.
    dataset : Dataset
    watch : callable, optional
        Is told the epochs done by each lane, several times a second.
    prune : callable, optional
        May end a lane at an evaluation; the others go on.

    Yields
    ------
    int, TrainingResult
        The lane's number in `lanes`, and how it ended.
    """
    from network.engine.lanes import Pack  # not before it is needed: Numba's import takes long

    pack = Pack(lanes, dataset, alone=len(lanes) <= FEW_LANES)
    work = len(dataset.train_x) * lanes[0].settings.n_hidden
    histories: list[list[Evaluation]] = [[] for _ in lanes]
    paths: list[list[NDArray[np.float64]]] = [[] for _ in lanes]
    seconds, epoch = np.zeros(len(lanes)), 0
    while pack.live:
        begun, live = time.perf_counter(), pack.live
        until = next_evaluation(epoch, lanes[0].settings)
        while epoch < until:
            slice_end = min(until, epoch + max(1, _WORK_AT_ONCE // (work * len(live))))
            pack.train(epoch, slice_end)
            epoch = slice_end
            for lane in live:
                watch(lane, epoch)
        evaluations = pack.evaluate(epoch)
        endings = {
            lane: _ending(lane, evaluation, lanes[lane].settings, prune)
            for lane, evaluation in evaluations.items()
        }
        pack.release([lane for lane in live if endings[lane] is not None])
        seconds[live] += (time.perf_counter() - begun) / len(live)
        for lane in live:
            histories[lane].append(evaluations[lane])
            paths[lane].append(pack.numbers(lane))
            ending = endings[lane]
            if ending is not None:
                history, path = np.array(histories[lane], HISTORY), np.array(paths[lane])
                final, spent = pack.parameters(lane), float(seconds[lane])
                yield lane, TrainingResult(ending, history, path, final, "compiled", spent)


def _ending(
    lane: int, evaluation: Evaluation, settings: TrainingSettings, prune: PruneCallback
) -> Ending | None:
    """Apply the stop rule, and then ask whether to give up."""
    ending = evaluation.ending(settings)
    if ending is None and prune(lane, evaluation.epoch, evaluation.validation_loss):
        return Ending.PRUNED
    return ending
