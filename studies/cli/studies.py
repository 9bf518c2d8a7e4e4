"""The commands ``sweep study`` and ``sweep run``: the studies of the lectures, and your own."""

import math
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from network.errors import InputError
from studies.cli.options import (
    CONTEXT,
    Jobs,
    Language,
    Quiet,
    flag_of,
    list_of,
    progress_for,
    with_options,
)
from studies.lectures.catalogue import CATALOGUE, find_study

if TYPE_CHECKING:
    from studies.experiment.plan import Plan
    from studies.experiment.runners import RunnerOptions
    from studies.experiment.study import Study

app = typer.Typer(context_settings=CONTEXT)

EXIT_DONE, EXIT_TRIAL_FAILED = 0, 1

SETTINGS = (
    *("learning_rate", "batch_size", "n_hidden", "degree", "activation", "init", "decay"),
    *("shuffle", "max_epochs", "target_loss", "eval_every"),
)
"""The options that a study may vary."""

PLAN_SETTINGS = ("repeats", "seed", "data_seed", "data", "test_data", "engine")

Out = Annotated[Path | None, typer.Option(help="Run directory (default: runs/NAME).")]


@app.command()
@with_options((*SETTINGS, *PLAN_SETTINGS), lists=SETTINGS, unset=True)
def study(
    name: Annotated[str | None, typer.Argument(help="A study, or all.", show_default=False)] = None,
    *,
    out: Out = None,
    jobs: Jobs = None,
    toml: Annotated[
        bool,
        typer.Option("--toml", help="Print the study as a TOML file; run nothing."),
    ] = False,
    lang: Language = "en",
    quiet: Quiet = False,
    **options: Any,
) -> int:
    """Run a study of the lectures, or list them.

    An option replaces the study's own value; it takes a list where the study varies it.
    """
    from reports.words import in_language
    from studies.experiment.runners import RunnerOptions

    if name is None:
        print(_list())
        return EXIT_DONE
    settings = {name: options[name] for name in SETTINGS if options[name] is not None}
    plan = {name: options[name] for name in PLAN_SETTINGS if options[name] is not None}
    names = list(CATALOGUE) if name == "all" else [name]
    change = _changed_where_possible if name == "all" else _changed
    studies = [change(find_study(each), settings, plan) for each in names]
    if toml:
        from studies.experiment import toml_study

        print("\n".join(toml_study.as_toml(each) for each in studies), end="")
        return EXIT_DONE
    words = [word for name, v in {**settings, **plan}.items() for word in (flag_of(name), str(v))]
    commands = [in_language(shlex.join(["sweep", "study", s.name, *words])) for s in studies]
    folder = out or Path("runs") / ("studies" if name == "all" else name)
    folders = [folder / each.name for each in studies] if name == "all" else [folder]
    index = folder if name == "all" else None
    return _answer(studies, commands, folders, RunnerOptions(jobs=jobs), quiet, index)


RUN_SETTINGS = ("max_epochs", "target_loss", *PLAN_SETTINGS[:-1], "timeout")
"""The options of ``sweep run`` for a function."""


@app.command()
@with_options(RUN_SETTINGS, unset=True)
def run(
    file: Annotated[
        str, typer.Argument(help="A TOML file that describes the study, or FILE.py:FUNCTION.")
    ],
    *,
    axis: Annotated[
        list[str] | None,
        typer.Option(help="Values of a parameter of the function: NAME=VALUE,VALUE,…"),
    ] = None,
    out: Out = None,
    jobs: Jobs = None,
    lang: Language = "en",
    quiet: Quiet = False,
    **options: Any,
) -> int:
    """Run your own study: a TOML file, or a function of yours with values of its parameters.

    `sweep study learning-rate --toml` prints a file to start from.
    """
    from reports.words import in_language
    from studies.experiment import toml_study
    from studies.experiment.runners import RunnerOptions
    from studies.functions.grid import grid_of
    from studies.objectives.functions.source import find

    given = {name: value for name, value in options.items() if value is not None}
    runner_options = RunnerOptions(jobs=jobs, timeout=given.pop("timeout", None))
    words = [w for name, value in given.items() for w in (flag_of(name), str(value))]
    words += [word for text in axis or () for word in ("--axis", text)]
    if file.endswith(".toml") or ":" not in file:
        if words:
            raise InputError(f"a TOML file says all of its study; leave {words[0]} out.")
        mine = toml_study.read(Path(file))
    else:
        mine = grid_of(find(file), [axis_of_text(text) for text in axis or ()], given)
    command = in_language(shlex.join(["sweep", "run", file, *words]))
    folder = out or Path("runs") / mine.name
    return _answer([mine], [command], [folder], runner_options, quiet, None)


def axis_of_text(text: str) -> tuple[str, list[Any]]:
    """Read values of a parameter such as ``momentum=0,0.5,0.9``."""
    name, found, values = text.partition("=")
    if not (found and name.isidentifier() and values):
        raise InputError(f"--axis takes NAME=VALUE,VALUE,… such as momentum=0,0.9, got {text!r}.")
    return name, [_value(each.strip()) for each in values.replace("，", ",").split(",")]


def _value(text: str) -> int | float | str | None:
    """Read a value: a whole number, a finite number, full, or any other word."""
    for read in (int, float):
        try:
            if math.isfinite(value := read(text)):
                return value
        except (ValueError, OverflowError):
            continue
    return None if text == "full" else text


def _list() -> str:
    width = max(map(len, CATALOGUE))
    lines = [f"  {name:{width}}  {line}" for name, (_, _, line) in CATALOGUE.items()]
    return "\n".join([*lines, f"  {'all':{width}}  all of these, in one folder with an index"])


def _changed(study: "Study", settings: dict[str, str], plan: dict[str, Any]) -> "Study":
    """Return the study with the settings that the flags change."""
    from dataclasses import replace

    given = {name: list_of(name, text) for name, text in settings.items()}
    if "data" in plan and len({p.data for p in study.plans.values()}) > 1:
        raise InputError(f"the study {study.name} has its own data in each part; leave --data out.")
    if plan and not study.plans:
        flag = flag_of(next(iter(plan)))
        raise InputError(f"the study {study.name} trains nothing; leave {flag} out.")
    return study.with_settings(given).with_plans(lambda each: replace(each, **plan))


def _changed_where_possible(
    study: "Study", settings: dict[str, str], plan: dict[str, Any]
) -> "Study":
    """Return the study with what it has of the settings changed; others stay as they are."""
    known = {setting for each in study.plans.values() for setting in each.settings}
    varied = {axis for each in study.plans.values() for axis in each.axes}
    own_data = len({each.data for each in study.plans.values()}) > 1
    settings = {
        name: text
        for name, text in settings.items()
        if name in known and (name in varied or "," not in text)
    }
    plan = {name: value for name, value in plan.items() if not (own_data and name == "data")}
    return _changed(study, settings, plan if study.plans else {})


def _answer(
    studies: "list[Study]",
    commands: list[str],
    folders: list[Path],
    options: "RunnerOptions",
    quiet: bool,
    index: Path | None,
) -> int:
    """Run studies one after the other, and write an index of them if a folder is given."""
    from reports.figures.writer import FigureWriter
    from reports.words import Text
    from studies.experiment import run

    def progress(plan: "Plan") -> Any:
        axes = list(plan.axes)
        return progress_for(quiet, plan.max_epochs, axes[0], axes[1] if len(axes) > 1 else None)

    failed = 0
    results = []
    with FigureWriter(helper=options.jobs != 1) as writer:
        for study, command, folder in zip(studies, commands, folders, strict=True):
            if index is not None and not quiet:
                print(f"{study.name} …", file=sys.stderr)
            result = run.answer(
                study,
                folder,
                command=command,
                writer=writer,
                options=options,
                progress=progress,
            )
            results.append(result)
            failed += result.n_failed
            if not quiet and index is None:
                print(result.summary())
    if index is not None:
        run.write_index(index, results)
        if not quiet:
            print(Text("Index: {path}", "目录：{path}").fill(path=index / "index.md"))
    if failed:
        text = Text("{n} trials failed; the report says why.", "{n} 次训练失败，原因见报告。")
        print(f"sweep: {text.fill(n=failed)}", file=sys.stderr)
    return EXIT_TRIAL_FAILED if failed else EXIT_DONE
