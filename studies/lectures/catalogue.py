"""The names and descriptions of the lecture studies; a study is only imported when needed."""

from importlib import import_module
from typing import TYPE_CHECKING

from network.errors import unknown_name

if TYPE_CHECKING:
    from studies.experiment.study import Study

CATALOGUE = {
    "activations": ("neurons", "24", "the activation functions, their derivatives and their cost"),
    "vanishing-gradient": (
        "neurons",
        "24",
        "slow learning of a saturated neuron and through deep layers",
    ),
    "dead-neurons": ("neurons", "24", "ReLU units that die at high learning rates"),
    "polynomial": ("models", "24, 25", "curves fitted by polynomials of degree 2 to 8"),
    "approximation": ("models", "26, 27, 29", "how many hidden units a curve needs"),
    "inside": ("neurons", "29, 30", "how the network bends a line into a curve, step by step"),
    "learning-rate": ("tuning", "31", "learning rates 0.1 to 0.7 at batch size 10"),
    "rates-good-and-bad": (
        "tuning",
        "31",
        "learning rates that are too low, good, too high or diverge",
    ),
    "decay": ("tuning", "31", "learning rates that decay during training"),
    "batch-size": ("tuning", "31", "batch sizes from 1 to the full set at learning rate 0.5"),
    "hidden-units": ("models", "31", "2 to 12 hidden units at batch size 10 and learning rate 0.5"),
    "hidden-by-rate": ("tuning", "30", "a grid of hidden units and learning rates"),
    "batch-and-rate": (
        "tuning",
        "32 to 34",
        "a grid of batch sizes and learning rates, with a power-law fit",
    ),
    "plateau": ("tuning", "29, 31", "a long plateau of the loss with a drop after it"),
    "initial-weights": (
        "tuning",
        "27, 28, 30",
        "zero, normal, Xavier and He initialization; random variation",
    ),
    "shuffle": ("tuning", "-", "does the order of the samples matter?"),
    "hold-out": ("models", "27", "training, validation and test set"),
    "many-inputs": ("models", "29", "regression with three inputs"),
    "classify": ("models", "24, 27", "two and three classes and their decision boundaries"),
    "search-strategies": (
        "tuning",
        "30",
        "grid, random and TPE search with the same number of trials",
    ),
}
"""Package, lectures and one-line description of each study, in the order of `sweep study all`."""


def find_study(name: str) -> "Study":
    """Load a study; InputError if the name is unknown."""
    if name not in CATALOGUE:
        raise unknown_name("study", name, CATALOGUE)
    package = CATALOGUE[name][0]
    module = import_module(f"studies.lectures.{package}.{name.replace('-', '_')}")
    study: Study = module.STUDY
    return study
