"""The compiled engine: packs of runs, driven from Python through the kernel.

It gives the same results as the loop of ``training/loop.py``: the same initial weights, the same
orders, the same stop rule. Sums run over samples, inputs and units in their order and are fused
with their products, where NumPy sums in another order and rounds each product; so losses agree to
1e-9 relative, and in the homework's grid to 1e-11. The lanes of this engine agree to the last
bit, whatever pack a lane is in.
"""

import time
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from network.activations import TRAINABLE
from network.data.datasets import Dataset
from network.training.loop import (
    HISTORY,
    EpochCallback,
    Evaluation,
    Lane,
    PruneCallback,
    TrainingResult,
    never_prune,
    no_watch,
)
from network.training.settings import TrainingSettings

PACK_SIZE = 64
"""Lanes in a pack. Many keep the vectors full while lanes that are done leave; beyond this the
gain is small."""

FEW_LANES = 2
"""Up to this size a pack is trained faster with hidden units in the vectors; see ``kernel.py``."""

_WORK_AT_ONCE = 20_000_000
"""About how many hidden activations one call of the kernel computes, in a tenth of a second."""


def covers(settings: TrainingSettings) -> bool:
    """Tell whether this engine can train with these settings."""
    return settings.task == "regression" and settings.activation in TRAINABLE


def pack_key(settings: TrainingSettings) -> tuple[object, ...]:
    """Return what the lanes of a pack have in common."""
    return settings.n_hidden, settings.activation, settings.max_epochs, settings.eval_every


def prepare(settings: TrainingSettings, dataset: Dataset, n_lanes: int) -> None:
    """Compile what such runs need: some seconds once after an installation."""
    from network.engine.kernels import loss_kernel, shuffle_kernel, training_kernel  # loads LLVM

    shape = (dataset.n_inputs, settings.n_hidden, dataset.n_outputs)
    shuffle_kernel()
    loss_kernel(settings.activation, shape)
    training_kernel(settings.activation, shape, alone=n_lanes <= FEW_LANES)


def train_pack(
    lanes: Sequence[Lane],
    dataset: Dataset,
    watch: EpochCallback = no_watch,
    prune: PruneCallback = never_prune,
) -> Iterator[tuple[int, TrainingResult]]:
    """Train lanes in lock-step, and give the result of each as soon as it is done.

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
    from network.engine.lanes import Pack  # loads LLVM

    pack = Pack(lanes, dataset, alone=len(lanes) <= FEW_LANES)
    work = len(dataset.train_x) * lanes[0].settings.n_hidden
    histories: list[list[Evaluation]] = [[] for _ in lanes]
    paths: list[list[NDArray[np.float64]]] = [[] for _ in lanes]
    seconds, epoch = np.zeros(len(lanes)), 0
    while pack.live:
        begun, live = time.perf_counter(), pack.live
        until = lanes[0].settings.next_evaluation(epoch)
        while epoch < until:
            slice_end = min(until, epoch + max(1, _WORK_AT_ONCE // (work * len(live))))
            pack.train(epoch, slice_end)
            epoch = slice_end
            for lane in live:
                watch(lane, epoch)
        endings = {}
        for lane, evaluation in pack.evaluate(epoch).items():
            endings[lane] = evaluation.ending(lanes[lane].settings, prune, lane)
            histories[lane].append(evaluation)
            paths[lane].append(pack.parameters[lane].copy())
        if any(endings.values()):
            pack.keep([lane for lane in live if endings[lane] is None])
        seconds[live] += (time.perf_counter() - begun) / len(live)
        for lane, ending in endings.items():
            if ending is not None:
                history, path = np.array(histories[lane], HISTORY), np.array(paths[lane])
                final, spent = lanes[lane].initial.like(path[-1]), float(seconds[lane])
                yield lane, TrainingResult(ending, history, path, final, "compiled", spent)
