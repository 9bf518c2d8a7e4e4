"""The words of figures, in one place, and how values are written."""

from sweep.trial import Value

WORDS = {
    "learning_rate": "learning rate η",
    "batch_size": "batch size",
    "epoch": "epoch",
    "validation_loss": "validation loss",
    "batch_loss": "loss on the last mini-batch",
    "target": "target {:g}",
    "reached": "{} epochs",
    "not reached": "not reached",
    "off the scale": "off the scale",
    "diverged": "diverged",
    "no history": "no history",
    "curves": "Validation loss: a panel for each {panel}, a curve for each {curve}",
    "repeats": "median of {} repeats; the band holds their middle half",
    "cells": "Loss in each cell of the grid",
    "one repeat": "repeat {} of {} repeats",
    "epochs map": "Epochs until validation loss ≤ {:g}",
    "accuracy map": "R² on the test set",
    "fewer": "darker: fewer, better",
    "higher": "darker: higher, better",
    "best": "framed: the table's best",
    "no epochs": "hatched: target not reached",
    "no accuracy": "hatched: no value",
    "training": "training points",
    "true curve": "true curve (test set)",
    "test points": "test points",
    "network": "network",
    "truth": "true value",
    "predicted": "network's value",
    "perfect": "perfect",
    "trial": "trial",
    "pruned": "pruned",
    "best so far": "best so far",
    "search": "What the search found",
}
"""Every word that a reader sees."""


def number(value: Value) -> str:
    """Write a value of an axis as people do: 0.1, 1, 0.00001, full."""
    if isinstance(value, float):
        return f"{value:.15g}"
    return "full" if value is None else str(value)
