"""A study of one's own: a TOML file that says what to train and what to draw.

::

    title = "Wider networks"
    data = "snake"
    repeats = 5
    figures = ["losses", "fits"]

    [axes]
    n_hidden = [2, 4, 8]

    [settings]
    learning_rate = 0.5
    batch_size = 10

Any setting of a trial can be an axis or fixed. What is left out is as in the homework.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from network.data.datasets import Dataset
from network.data.text import open_text
from network.errors import InputError
from reports.files import folder_name
from reports.words import Text, joined, text_of
from studies.experiment import grid_report
from studies.experiment.plan import MODELS, ModelKind, Plan
from studies.experiment.study import Study
from studies.objectives.functions.source import UserFunction
from sweep.errors import SweepError

FULL = "full"  # a batch size: the whole training set

PLAN_KEYS = {
    "model": str,
    "data": str,
    "test_data": str,
    "engine": str,
    "training_points": int,
    "repeats": int,
    "seed": int,
    "data_seed": int,
}
"""The keys that are attributes of a plan, and what each is."""

KEYS = ("title", "question", "figures", "axes", "settings", *PLAN_KEYS)

MOST_BYTES = 100_000


def read(path: Path) -> Study:
    """Read a study from a TOML file.

    Raises
    ------
    InputError, SweepError
        If the file can't be read, has a key that isn't known, or a value that isn't allowed; the
        message names the key.
    """
    with open_text(path, "a TOML file", MOST_BYTES) as file:
        text = file.read()
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no TOML file: {error}.") from error
    try:
        return _study(folder_name(path.stem), content)
    except (InputError, SweepError) as error:
        raise InputError(f"{path}: {error}") from error


def _study(name: str, content: Mapping[str, Any]) -> Study:
    _check_keys(content, KEYS)
    plan = plan_of(content)
    if not plan.axes:
        raise InputError("axes is missing or empty; give at least one setting a list of values.")
    _ = plan.trials  # InputError names what can't be
    return study_of(name, content, plan)


def plan_of(
    content: Mapping[str, Any],
    dataset: Dataset | None = None,
    function: UserFunction | None = None,
) -> Plan:
    """Return the plan that a file or a record of a run describes; InputError if it can't be."""
    axes, fixed = _table(content, "axes"), _table(content, "settings")
    given = {
        key: _checked(key, content[key], kind) for key, kind in PLAN_KEYS.items() if key in content
    }
    name = given.get("model", "network")
    model = ModelKind.of_function(function) if function else MODELS.get(name, MODELS["network"])
    kinds = model.settings
    _check_keys(axes, kinds, "axes.")
    _check_keys(fixed, kinds, "settings.")
    given_or_default = {*axes, *fixed, *model.defaults}
    if axes and (missing := [key for key in kinds if key not in given_or_default]):
        raise InputError(f"{missing[0]} is missing; give it under [axes] or [settings].")
    return Plan(
        axes={key: _values(key, values, kinds[key]) for key, values in axes.items()},
        fixed={key: _setting(f"settings.{key}", v, kinds[key]) for key, v in fixed.items()},
        points=_points(content.get("points"), axes, kinds),
        dataset=dataset,
        function=function,
        **given,
    )


def _points(written: Any, axes: Mapping[str, Any], kinds: Mapping[str, Any]) -> Any:
    """Check the points of a record, which has them where not the whole grid was trained."""
    if written is None:
        return None
    if not isinstance(written, list) or not all(
        isinstance(point, dict) and point.keys() == axes.keys() for point in written
    ):
        raise InputError("points must be a list of tables with a value of each axis.")
    return [{k: _setting(f"points.{k}", v, kinds[k]) for k, v in p.items()} for p in written]


def study_of(name: str, content: Mapping[str, Any], plan: Plan) -> Study:
    """Return the study that a file describes beside its plan, with this one."""
    title = _checked("title", content.get("title", name), str)
    figures = _figures(content.get("figures"), plan)
    return Study(
        name=name,
        title=Text(title, title),
        question=_question(content, plan),
        report=partial(grid_report.make, figures),
        plans={"own": plan},
        definition={
            key: content[key] for key in ("title", "question", "figures") if key in content
        },
    )


def _question(content: Mapping[str, Any], plan: Plan) -> Text:
    if "question" in content:
        question = _checked("question", content["question"], str)
        return Text(question, question)
    names = joined([text_of(axis) for axis in plan.axes])
    return Text("How do the results depend on {names}?", "结果如何随{names}变化？").fill(
        names=names
    )


def _check_keys(
    table: Mapping[str, Any], known: Sequence[str] | Mapping[str, Any], at: str = ""
) -> None:
    for key in table:
        if key not in known:
            raise InputError(f"{at}{key} is no known key; known here: {', '.join(known)}.")


def _table(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = content.get(key, {})
    if not isinstance(table, dict):
        raise InputError(f"{key} must be a table, [{key}], got {table!r}.")
    return table


def _checked(key: str, value: Any, kind: type) -> Any:
    """Return a value of this kind; whole numbers count as numbers, truth values don't."""
    names = {str: "a text", int: "a whole number", float: "a number"}
    accepted = (int, float) if kind is float else kind
    if isinstance(value, bool) or not isinstance(value, accepted):
        raise InputError(f"{key} must be {names[kind]}, got {value!r}.")
    if isinstance(value, str) and not value.replace("\n", " ").isprintable():
        raise InputError(f"{key} must be a text without control characters, got {value!r}.")
    try:
        return kind(value)
    except OverflowError:
        raise InputError(f"{key} must be {names[kind]} below 1e308, got {value}.") from None


def _setting(key: str, value: Any, kind: Any) -> Any:
    """Return a setting's value; full, in a record null, is the batch of all samples."""
    if kind is Any:
        if isinstance(value, list | dict):
            raise InputError(f"{key} must be a number or a text, got {value!r}.")
        if isinstance(value, bool) or value in (FULL, None):
            return value if isinstance(value, bool) else None
        return _checked(key, value, type(value))
    if kind == int | None:
        return None if value in (FULL, None) else _checked(key, value, int)
    return _checked(key, value, kind)


def _values(axis: str, values: Any, kind: Any) -> list[Any]:
    key = f"axes.{axis}"
    given = values if isinstance(values, list) else [values]
    return [_setting(key, value, kind) for value in given]


def _figures(wanted: Any, plan: Plan) -> list[str]:
    """Check the figures that the file asks for; by default all that suit the axes."""
    n_drawn = min(2, len(plan.axes))
    possible = [name for name, (n_axes, _) in grid_report.FIGURES.items() if n_axes == n_drawn]
    unfit = {"panels"} if plan.model != "network" else set()
    unfit |= set() if plan.function else {"values", "value_map"}
    unfit |= {"fits"} if plan.function or plan.objective.dataset.n_inputs > 1 else set()
    possible = [name for name in possible if name not in unfit]
    if wanted is None:
        return possible
    if not isinstance(wanted, list):
        raise InputError(f"figures must be a list of names, got {wanted!r}.")
    for name in wanted:
        if name not in possible:
            raise InputError(
                f"figures: {name!r} can't be drawn for {len(plan.axes)} axes of this data; "
                f"possible: {', '.join(possible) or 'none'}."
            )
    return wanted


def as_toml(study: Study) -> str:
    """Write a study of one plan as such a file, to start from.

    Raises
    ------
    InputError
        If it isn't a single grid.
    """
    plans = list(study.plans.values())
    if len(plans) != 1 or plans[0].points is not None:
        raise InputError(
            f"the study {study.name} is no single grid of trials, so it can't be written as a "
            "TOML file; learning-rate is one that can."
        )
    (plan,) = plans
    lines = [f"title = {_toml(study.title.en)}", f"question = {_toml(study.question.en)}"]
    plain = Plan(axes={})
    for key in PLAN_KEYS:
        if getattr(plan, key) != getattr(plain, key):
            lines.append(f"{key} = {_toml(getattr(plan, key))}")
    lines += ["", "[axes]", *(f"{k} = {_toml(list(v))}" for k, v in plan.axes.items())]
    lines += ["", "[settings]", *(f"{k} = {_toml(v)}" for k, v in plan.fixed.items())]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if value is None:
        return json.dumps(FULL)
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
