"""A grid over the parameters of a function that a user wrote.

In Python and in notebooks::

    from studies import grid

    result = grid.run(train, learning_rate=[0.1, 0.3], batch_size=[5, 10])
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from network.errors import InputError, unknown_name
from reports.figures.writer import FigureWriter
from reports.files import folder_name
from reports.words import LANGUAGES, in_language, language
from studies.experiment.plan import Plan, as_list
from studies.experiment.run import StudyResult, answer, live_progress
from studies.experiment.runners import RunnerOptions
from studies.experiment.study import Study
from studies.experiment.toml_study import plan_of, study_of
from studies.objectives.functions.objective import (
    DIRECTIONS,
    METRIC,
    RESERVED,
    SETTINGS,
    settings_of,
)
from studies.objectives.functions.source import UserFunction


def run(
    function: Callable[..., Any],
    out: str | Path | None = None,
    *,
    repeats: int = 1,
    seed: int = 0,
    data: str = "snake",
    test_data: str | None = None,
    data_seed: int = 0,
    max_epochs: int = 10_000,
    metric: str = METRIC,
    direction: str = DIRECTIONS[0],
    target: float | None = None,
    jobs: int | None = None,
    timeout: float | None = None,
    version: str = "",
    lang: str = "en",
    **values: Any,
) -> StudyResult:
    """Call a function at each point of a grid, and write the run directory.

    Parameters
    ----------
    function : callable
        Trains; see docs/en/own-network.md. It may be defined in a notebook or a script.
    out : path, optional
        The run directory, by default ``runs/NAME``. Trials that it already holds are not run again.
    repeats, seed, data, test_data, data_seed, max_epochs, jobs, lang
        As of `studies.assignment.run`.
    metric, direction, target
        What trials are judged by, ``minimize`` or ``maximize``, and the value at which they stop;
        by default the validation loss, minimized, to the course's target.
    timeout : float, optional
        Seconds after which a trial has failed.
    version : str
        What trials are kept under in place of a hash of the function's source.
    **values
        Values of the function's parameters; a list of several makes an axis.

    Returns
    -------
    StudyResult

    Raises
    ------
    InputError, SweepError
        If a value is not allowed; nothing is written then.
    Interrupted
        After Ctrl-C, with all finished trials kept.
    """
    if lang not in LANGUAGES:
        raise unknown_name("lang", lang, LANGUAGES)
    given: dict[str, Any] = {
        "repeats": repeats,
        "seed": seed,
        "data": data,
        "data_seed": data_seed,
        "max_epochs": max_epochs,
        "metric": metric,
        "direction": direction,
        "target_loss": target,
        "test_data": test_data,
    }
    given = {name: value for name, value in given.items() if value is not None}
    found = UserFunction.of(function)
    if version:
        found = replace(found, version=version)
    study = grid_of(found, {name: _values(name, each) for name, each in values.items()}, given)
    options = RunnerOptions(jobs=jobs, timeout=timeout)

    with language(lang), FigureWriter(helper=options.all_jobs > 1) as writer:
        return answer(
            study,
            Path("runs") / study.name if out is None else Path(out),
            command=in_language(_call(study)),
            writer=writer,
            options=options,
            progress=live_progress,
        )


def _values(name: str, given: Any) -> list[Any]:
    """Return values of a parameter as a list of Python's own; InputError if there is another."""
    values = [each.item() if isinstance(each, np.generic) else each for each in as_list(given)]
    for value in values:
        number = isinstance(value, int | float) and math.isfinite(value)
        if not (number or value is None or isinstance(value, str)):
            raise InputError(
                f"a value of {name} is a finite number, a text, True, False or None, got "
                f"{value!r:.80}."
            )
    return values


def _call(study: Study) -> str:
    """Return the line of Python that asks this question, as far as the axes go."""
    (plan,) = study.plans.values()
    values = [f"{name}={list(each)!r}" for name, each in plan.axes.items()]
    return f"grid.run({study.title.en}, {', '.join(values)})"


def grid_of(
    function: UserFunction, values: Mapping[str, list[Any]], given: Mapping[str, Any]
) -> Study:
    """Return the study of a function.

    Parameters
    ----------
    function : UserFunction
    values : mapping
        Values of its parameters; one with a single value is no axis.
    given : mapping
        Settings such as ``max_epochs`` and ``metric``, and attributes of a plan such as
        ``repeats``.

    Raises
    ------
    InputError, SweepError
        If it has no such parameter, or needs another one.
    """
    values = dict(values)
    for name, written in function.ranges.items():
        if name not in values and isinstance(written, list):
            values[name] = written
    plan = plan_of_function(function, values, given)
    _ = plan.trials
    return study_of(name_of(function), {"title": function.name}, plan)


def plan_of_function(
    function: UserFunction, values: Mapping[str, list[Any]], given: Mapping[str, Any]
) -> Plan:
    """Return the plan of a function; the parameters are those of `grid_of`."""
    function = function.with_axes(values)
    for parameter in values:
        if parameter in RESERVED:
            raise InputError(
                f"{parameter} can't be an axis, because tables have something else of this name; "
                "rename the parameter."
            )
        if parameter not in function.settings:
            raise InputError(
                f"{function.name} has no parameter {parameter!r} to vary; it has "
                f"{', '.join(function.settings) or 'none'}."
            )
    function.check_given(values)
    axes = {parameter: each for parameter, each in values.items() if len(each) > 1}
    if not axes:
        raise InputError(f"{function.name} has one cell only; give a parameter several values.")
    fixed = {parameter: each[0] for parameter, each in values.items() if len(each) == 1}
    settings = {name: given[name] for name in settings_of(function) if name in given}
    of_plan = {key: value for key, value in given.items() if key not in SETTINGS}
    content = {"axes": axes, "settings": fixed | settings, "model": "function", **of_plan}
    return plan_of(content, function=function)


def name_of(function: UserFunction) -> str:
    """Return the name of a function's study, and of its run directory."""
    return folder_name(function.name.replace(".py:", "-").replace(":", "-"))
