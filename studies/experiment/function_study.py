"""A study of a user's function: a grid of values of its parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

from network.errors import InputError
from reports.files import folder_name
from studies.experiment.study import Study
from studies.experiment.toml_study import plan_of, study_of
from studies.objectives.functions.source import GIVEN, find


def function_study(
    name: str, values: Sequence[tuple[str, list[Any]]], given: Mapping[str, Any]
) -> Study:
    """Return the study of a function.

    Parameters
    ----------
    name : str
        ``FILE.py:FUNCTION``.
    values : sequence of (str, list)
        Values of its parameters; one with a single value is no axis.
    given : mapping
        ``max_epochs`` and ``target_loss``, and attributes of a plan such as ``repeats``.

    Raises
    ------
    InputError, SweepError
        If there is no such function, or it has no such parameter.
    """
    function = find(name)
    for parameter, _ in values:
        if parameter not in function.settings:
            raise InputError(
                f"{function.name} has no parameter {parameter!r} to vary; it has "
                f"{', '.join(function.settings) or 'none'}."
            )
    if missing := [each for each in function.required if each not in dict(values)]:
        raise InputError(
            f"{function.name} needs values of {missing[0]}; give them, or a default in the "
            f"function. Given without asking are {', '.join(GIVEN)}."
        )
    axes = {parameter: each for parameter, each in values if len(each) > 1}
    if not axes:
        raise InputError(f"{function.name} has one cell only; give a parameter several values.")
    fixed = {parameter: each[0] for parameter, each in values if len(each) == 1}
    stop_rule = {k: given[k] for k in ("max_epochs", "target_loss") if k in given}
    of_plan = {key: value for key, value in given.items() if key not in stop_rule}
    content = {"axes": axes, "settings": fixed | stop_rule, "model": "function", **of_plan}
    plan = plan_of(content, function=function)
    _ = plan.trials
    return study_of(folder_name(function.name.replace(".py:", "-")), {"title": function.name}, plan)
