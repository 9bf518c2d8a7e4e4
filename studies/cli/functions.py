"""``sweep run FILE.py:NAME`` and ``sweep assignment --objective``: functions of the user's own."""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from network.errors import InputError
from studies.cli.options import OPTIONS as FLAGS
from studies.cli.options import axis_of, flag_of, place_of, progress_of, say_unless

if TYPE_CHECKING:
    from studies.experiment.run import StudyResult
    from studies.experiment.study import Study
    from studies.objectives.functions.source import UserFunction
    from sweep.grid import Range

SETTINGS = (
    "metric",
    "direction",
    "target_loss",
    "target",
    "max_epochs",
    "n_hidden",
    "init",
    "shuffle",
)
PLAN = ("repeats", "seed", "data_seed", "data", "test_data")
RUNNER = ("timeout", "runner", "scheduler", "storage", "study", "heartbeat")
SEARCH = ("sampler", "trials", "prune")

OPTIONS = ("version", *SETTINGS, *PLAN, *RUNNER, *SEARCH)
"""The options of a function's run."""

HOMEWORK = ("learning_rate", "batch_size")
"""The axes of the homework's table."""

COURSE = ("activation", "decay", "eval_every", "engine")
"""Options of the course's network, which a function may have as parameters."""

Values = dict[str, "list[Any] | Range"]


def answer_function(
    objective: str,
    axes: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    command: str,
    out: Path | None,
    name: str | None = None,
    jobs: int | None,
    quiet: bool,
) -> "StudyResult":
    """Run a function over lists of values, or search in ranges.

    Parameters
    ----------
    objective : str
        ``FILE.py:NAME`` or ``MODULE:NAME``.
    axes : mapping
        Values of its parameters: a list or a Range of each.
    options : mapping
        Those of `OPTIONS` that are given.
    command : str
        The command line that asks for it.
    out, name, jobs, quiet
        As flags.
    """
    from reports.words import in_language
    from studies.search.function_grid import grid_of, name_of

    function = found(objective, str(options.get("version", "")))
    given = {name: options[name] for name in (*SETTINGS, *PLAN) if name in options}
    if "target" in given:
        given["target_loss"] = given.pop("target")
    if "n_hidden" in given:
        given["n_hidden"] = whole_number("n_hidden", given["n_hidden"])
    values: Values = {**function.ranges, **axes}
    is_search = any(not isinstance(each, list) for each in values.values())
    is_search = is_search or any(name in options for name in SEARCH)
    folder = place_of(out, name, f"{name_of(function)}{'-search' * is_search}")
    if is_search:
        return _search(function, values, given, options, in_language(command), folder, jobs, quiet)
    study = grid_of(function, axes, given)
    return _answer(study, in_language(command), folder, options, jobs, quiet)


def is_another_question(flags: Mapping[str, Any], axis: Sequence[str] | None) -> bool:
    """Tell whether an own network is asked something else than the homework's table.

    That is how many epochs a generator takes until its validation loss is low enough.
    """
    if flags["objective"] is None:
        for name in ("metric", "direction", "target", "version"):
            if flags[name] is not None:
                raise InputError(f"{flag_of(name)} is for networks of your own; give --objective.")
        if axis:
            raise InputError("--axis is for networks of your own; give --objective with it.")
        return False
    function = found(flags["objective"])
    for name in COURSE:
        if is_changed(name, flags) and name not in function.settings:
            raise InputError(
                f"{function.name} has no parameter {name!r}, and {flag_of(name)} is for the "
                "course's network; leave it out."
            )
    is_search = any(flags[name] is not None for name in SEARCH)
    is_range = any(":" in flags[name] for name in ("learning_rate", "batch_size"))
    others = axis or any(flags[n] is not None for n in ("metric", "direction", "target"))
    return bool(others or is_search or is_range or not function.yields)


def is_changed(name: str, flags: Mapping[str, Any]) -> bool:
    """Tell whether an option has another value than its default."""
    return bool(flags[name] != FLAGS[name].default)


def answer_assignment(flags: Mapping[str, Any], axis: Sequence[str]) -> "StudyResult":
    """Run an own network over the homework's rates and batch sizes, or over other axes."""
    changed = [name for name in (*HOMEWORK, *COURSE) if is_changed(name, flags)]
    asked = dict.fromkeys([*(HOMEWORK if not axis else ()), *changed])
    axes = {name: axis_of(name, flags[name]) for name in asked} | axes_of(axis)
    options = {name: flags[name] for name in OPTIONS if is_changed(name, flags)}
    start = ["sweep", "assignment", "--objective", flags["objective"]]
    start += [word for name in changed for word in (flag_of(name), str(flags[name]))]
    command = command_of(start, axis, options)
    rest = {name: flags[name] for name in ("jobs", "quiet")}
    out = place_of(flags["out"], flags["name"], "assignment")
    return answer_function(flags["objective"], axes, options, command=command, out=out, **rest)


def found(objective: str, version: str = "") -> "UserFunction":
    """Find a function, under a version of the user's own if there is one."""
    from studies.objectives.functions.source import find

    function = find(objective)
    return replace(function, version=version) if version else function


def whole_number(name: str, text: Any) -> int:
    """Read a setting that takes one whole number here."""
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{flag_of(name)} takes one whole number here, got {text!r}.") from None


def _answer(
    study: "Study",
    command: str,
    out: Path,
    options: Mapping[str, Any],
    jobs: int | None,
    quiet: bool,
) -> "StudyResult":
    from reports.figures.writer import FigureWriter
    from studies.experiment.run import answer

    with FigureWriter(helper=jobs != 1) as writer:
        return answer(
            study,
            out,
            command=command,
            writer=writer,
            options=_runner(options, jobs),
            progress=partial(progress_of, quiet),
        )


def _search(
    function: "UserFunction",
    values: Values,
    given: Mapping[str, Any],
    options: Mapping[str, Any],
    command: str,
    out: Path,
    jobs: int | None,
    quiet: bool,
) -> "StudyResult":
    from studies.experiment.runners import LOCAL, OPTUNA
    from studies.search.function_grid import plan_of_function
    from studies.search.search import RangeSearch, search

    ranges: dict[str, Any] = {n: v for n, v in values.items() if not isinstance(v, list)}
    ends = {n: v if isinstance(v, list) else [v.low, v.high] for n, v in values.items()}
    wanted = RangeSearch(
        plan_of_function(function, ends, given),
        ranges,
        options.get("sampler", "tpe"),
        options.get("trials", 40),
        options.get("prune", "none"),
        command,
    )
    is_local = options.get("runner", LOCAL) == LOCAL
    runner = _runner({**options, "runner": OPTUNA} if is_local else options, jobs)
    return search(wanted, out, runner, say_unless(quiet))


def _runner(options: Mapping[str, Any], jobs: int | None) -> Any:
    from studies.experiment.runners import RunnerOptions

    known = {field.name for field in fields(RunnerOptions)}
    return RunnerOptions(jobs=jobs, **{n: v for n, v in options.items() if n in known})


def command_of(start: Sequence[str], axis: Sequence[str], options: Mapping[str, Any]) -> str:
    """Return the command line that asks the same, without where and how it runs."""
    words = list(start)
    for name in ("version", *SETTINGS, *PLAN, *SEARCH):
        if name in options:
            words += [flag_of(name), str(options[name])]
    return shlex.join([*words, *(word for text in axis for word in ("--axis", text))])


def axes_of(axis: Sequence[str]) -> dict[str, Any]:
    """Read ``momentum=0,0.5,0.9``, ``learning_rate=0.01:1:log`` and the like."""
    found = {}
    for text in axis:
        name, _, values = text.partition("=")
        if not (name.isidentifier() and values.strip()):
            raise InputError(
                "--axis takes NAME=VALUE,VALUE,… such as momentum=0,0.9, or a range such as "
                f"learning_rate=0.01:1:log, got {text!r}."
            )
        if name in found:
            raise InputError(f"--axis {name} is given twice; give all its values at once.")
        found[name] = _range(values) or [
            _value(each.strip()) for each in values.replace("，", ",").split(",")
        ]
    return found


def _range(text: str) -> "Range | None":
    """Read from:to or from:to:log; None if it is none."""
    low, *rest = (_value(each.strip()) for each in text.split(":"))
    if not rest or rest[1:] not in ([], ["log"]):
        return None
    high = rest[0]
    if isinstance(low, str | bool) or isinstance(high, str | bool) or None in (low, high):
        return None
    from sweep.grid import Range

    return Range(low, high, len(rest) > 1)  # type: ignore[arg-type]


def _value(text: str) -> int | float | str | bool | None:
    """Read a value: a whole number, a finite number, true, false, full, or any other word."""
    for read in (int, float):
        try:
            if math.isfinite(value := read(text)):
                return value
        except (ValueError, OverflowError):
            continue
    known: dict[str, str | bool | None] = {"full": None, "true": True, "false": False}
    return known.get(text.lower(), text)
