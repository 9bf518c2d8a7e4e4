"""The commands ``sweep study`` and ``sweep run``: the studies of the lectures, and your own."""

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from network.errors import InputError
from studies.cli import functions
from studies.cli.errors import sentence
from studies.cli.options import (
    CONTEXT,
    NAME_HELP,
    STUDIES,
    Axis,
    Jobs,
    Language,
    Name,
    Quiet,
    flag_of,
    list_of,
    place_of,
    progress_of,
    with_options,
)
from studies.lectures.catalogue import CATALOGUE, find_study

if TYPE_CHECKING:
    from studies.experiment.run import StudyResult
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


@app.command(rich_help_panel=STUDIES)
@with_options((*SETTINGS, *PLAN_SETTINGS), lists=SETTINGS, unset=True)
def study(
    name: Annotated[str | None, typer.Argument(help="A study, or all.", show_default=False)] = None,
    *,
    out: Out = None,
    run_name: Annotated[str | None, typer.Option("--name", help=NAME_HELP)] = None,
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
    folder = place_of(out, run_name, "studies" if name == "all" else name)
    folders = [folder / each.name for each in studies] if name == "all" else [folder]
    index = folder if name == "all" else None
    again = in_language(shlex.join(["sweep", "study", "all", *words, "--out", str(folder)]))
    return _answer(studies, commands, folders, RunnerOptions(jobs=jobs), quiet, index, again)


@app.command(rich_help_panel=STUDIES)
@with_options(functions.OPTIONS, lists=["n_hidden"], unset=True)
def run(
    file: Annotated[
        str,
        typer.Argument(
            help="A TOML file that describes a study; or a function or class of your own, "
            "FILE.py:NAME, or of a library, MODULE:NAME."
        ),
    ],
    *,
    axis: Axis = None,
    out: Out = None,
    name: Name = None,
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

    given = {name: value for name, value in options.items() if value is not None}
    command = functions.command_of(["sweep", "run", file], axis or (), given)
    if file.endswith(".py") or (":" in file and not file.endswith(".toml")):
        axes = functions.axes_of(axis or ())
        result = functions.answer_function(
            file, axes, given, command=command, out=out, name=name, jobs=jobs, quiet=quiet
        )
        return show_study(result, quiet)
    if axis or given:
        flag = "--axis" if axis else flag_of(next(iter(given)))
        raise InputError(f"a TOML file says all of its study; leave {flag} out.")
    mine = toml_study.read(Path(file))
    folder = place_of(out, name, mine.name)
    return _answer([mine], [in_language(command)], [folder], RunnerOptions(jobs=jobs), quiet)


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
    index: Path | None = None,
    again: str = "",
) -> int:
    """Run studies one after the other, and write an index of them if a folder is given.

    The index says that the command `again` makes it.
    """
    from reports.figures.writer import FigureWriter
    from reports.words import Text
    from studies.experiment import run

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
                progress=partial(progress_of, quiet),
            )
            results.append(result)
            if not quiet and index is None:
                print(result.summary())
    if index is not None:
        run.write_index(index, results, again)
        if not quiet:
            print(Text("Index: {path}", "目录：{path}").fill(path=index / "index.html"))
    return exit_code(results)


def show_study(result: "StudyResult", quiet: bool) -> int:
    """Print what came of a study, and return the exit code of the command."""
    if not quiet:
        print(result.summary())
    return exit_code([result])


def exit_code(results: "list[StudyResult]") -> int:
    """Return the exit code of a command that ran studies, and say why the first trial failed."""
    from reports.words import Text
    from studies.experiment.study import failures_of

    failed = sum(result.n_failed for result in results)
    if failed:
        first = next(why for r in results for why in failures_of(r.results).values())
        text = Text(
            "{n} trials failed; the report says why. The first: {first}",
            "{n} 次训练失败，原因见报告。第一个：{first}",
        )
        print(f"sweep: {sentence(str(text.fill(n=failed, first=first)), [])}", file=sys.stderr)
    return EXIT_TRIAL_FAILED if failed else EXIT_DONE
