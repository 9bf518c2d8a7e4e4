"""The losses of a plan's largest network on the sets that are held out, and how they scatter."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from studies.experiment.result import PlanResult
from studies.lectures.analysis import networks
from sweep.trial import Trial

MEASURED_AGAIN = 2000


def shown(result: PlanResult) -> Trial:
    """Return the trial that is drawn: the first of the largest network."""
    return result.trial(n_hidden=result.sizes("n_hidden")[-1])


def ends_of(result: PlanResult) -> pd.DataFrame:
    """Return a row a repeat: the three losses at the end, and the lowest on the validation set."""
    data, rows = result.dataset, []
    for trial in result.trained:
        if trial.params != shown(result).params:
            continue
        outcome = result.outcomes[trial.key]
        validation = np.nan_to_num(outcome.history["validation_loss"], nan=np.inf)
        lowest = int(validation.argmin())
        rows.append(
            {
                "train": outcome.metrics["train_loss"],
                "validation": outcome.metrics["validation_loss"],
                "test": networks.loss_of(result, trial, data.test_x, data.test_y),
                "r2": outcome.metrics["test_r2"],
                "lowest": validation[lowest],
                "epoch": outcome.history["epoch"][lowest],
                "epochs": outcome.epochs,
            }
        )
    return pd.DataFrame(rows)


def measured_again(result: PlanResult) -> dict[int, NDArray[np.float64]]:
    """Measure the first network on many random sets of samples, small and large.

    Returns
    -------
    dict of int to ndarray, shape (MEASURED_AGAIN,)
        Losses, by the number of samples: a mini-batch's, and the validation set's.
    """
    data, trial = result.dataset, shown(result)
    n, rng = len(data.train_x), np.random.default_rng(result.plan.seed)
    if not np.isfinite(networks.loss_of(result, trial, data.train_x, data.train_y)):
        return {}
    m = {**result.plan.fixed, **trial.params}["batch_size"] or n
    found = {}
    for size in (int(m), min(len(data.validation_x), n)):
        draws = (rng.choice(n, size, replace=False) for _ in range(MEASURED_AGAIN))
        losses = [networks.loss_of(result, trial, data.train_x[i], data.train_y[i]) for i in draws]
        found[size] = np.array(losses)
    return found
