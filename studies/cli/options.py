"""The options of the commands, each defined once, and how lists in them are read."""

import inspect
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    from studies.experiment.plan import Plan
    from sweep.grid import Range
    from sweep.progress.signals import Progress

OLD_FLAGS = {"hidden": "n-hidden"}

CONTEXT = {
    "token_normalize_func": lambda name: OLD_FLAGS.get(name, name),
    "help_option_names": ["-h", "--help"],
}
"""Settings of the command line's context; flags of earlier versions are in no help."""

HOMEWORK, STUDIES = "The homework", "Studies, and networks of your own"
CHECKING, MACHINES = "Checking", "Several machines, and how fast they are"
"""Groups of commands, as help shows them."""

PANELS = {
    "The grid": ("learning_rate", "batch_size", "n_hidden", "degree", "repeats", "seed"),
    "Training": (
        *("max_epochs", "target_loss", "eval_every"),
        *("activation", "init", "decay", "shuffle", "engine"),
    ),
    "Data": ("data", "test_data", "data_seed"),
    "A network of your own": (
        *("objective", "axis", "metric", "direction", "target", "version", "timeout"),
    ),
    "A search": ("sampler", "trials", "prune"),
    "The report": ("author", "student_id", "course", "format"),
    "Where trials run": ("runner", "scheduler", "storage", "study", "heartbeat"),
}
"""Groups of options."""

PANEL_OF = {name: panel for panel, names in PANELS.items() for name in names}

Command = Callable[..., int]


def _set_language(name: str) -> str:
    """Let all that the command says and writes be in a language."""
    from reports.words import LANGUAGES, set_language

    if name not in LANGUAGES:
        raise typer.BadParameter(f"--lang must be one of {', '.join(LANGUAGES)}, got {name!r}.")
    set_language(name)
    return name


Language = Annotated[
    str,
    typer.Option("--lang", callback=_set_language, help="Language of all output: en or zh."),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        help="Parallel trials (default: all cores).",
        show_default=False,
        rich_help_panel="Where trials run",
    ),
]
Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Also write JSON to this file; - is standard output.")
]
NAME_HELP = "Name of the run: its directory is runs/NAME."
Name = Annotated[str | None, typer.Option(help=NAME_HELP)]
Axis = Annotated[
    list[str] | None,
    typer.Option(
        help="Values of a parameter: NAME=VALUE,VALUE,… or a range NAME=FROM:TO[:log].",
        rich_help_panel=PANEL_OF["axis"],
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print neither progress nor results.")]
NoProgress = Annotated[bool, typer.Option("--quiet", help="Print no progress.")]


# ---- options that several commands have, with their defaults ------------------------------------


def batch_size_of(text: str) -> int | None:
    """Read a batch size; full is the whole training set."""
    return None if text == "full" else int(text)


def count_of(text: str) -> int:
    """Read a whole number from 1."""
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


KINDS = dict.fromkeys((int, batch_size_of, count_of), "whole number") | {
    float: "number",
    str: "name",
}
"""What a value is called, by what reads it."""


class Option(NamedTuple):
    """An option: what reads a value (a key of `KINDS`), its default, its help, and other flags."""

    read: Callable[[str], Any]
    default: str | float | None  # of a list its text
    help: str
    flags: tuple[str, ...] = ()


OPTIONS = {
    "learning_rate": Option(
        float,
        "0.1,0.3,0.5,0.7",
        "Learning rates, separated by commas.",
        ("--learning-rate", "--eta"),
    ),
    "batch_size": Option(
        batch_size_of, "2,5,10,15", "Batch sizes, separated by commas; full is all samples at once."
    ),
    "n_hidden": Option(int, "4", "Numbers of hidden units, separated by commas; one table each."),
    "repeats": Option(int, 1, "Trials per cell, each with its own initial weights."),
    "seed": Option(int, 0, "Seed for initial weights and sample order."),
    "data_seed": Option(int, 0, "Seed for generated data and random splits."),
    "max_epochs": Option(int, 10_000, "Maximum number of epochs."),
    "target_loss": Option(float, 0.001, "Stop when the validation loss is at most this value."),
    "target": Option(float, None, "Stop when the metric of a function reaches this value."),
    "metric": Option(str, None, "Judge a function by this metric (default: validation_loss)."),
    "direction": Option(str, None, "Whether to minimize (default) or maximize the metric."),
    "version": Option(str, None, "Keep trials under this text, not a hash of the function's file."),
    "eval_every": Option(int, 50, "Evaluate losses every N epochs."),
    "degree": Option(int, None, "Degrees of polynomials, separated by commas."),
    "activation": Option(str, "sigmoid", "sigmoid, tanh, relu, leaky_relu, elu or softplus."),
    "init": Option(str, "xavier", "Initial weights: xavier, he, normal or zero."),
    "decay": Option(
        str, "constant", "Learning-rate schedule: constant, step, exponential, inverse or cosine."
    ),
    "shuffle": Option(str, "fresh", "Sample order: fresh (new in every epoch) or none."),
    "data": Option(str, "snake", "Generated data (snake or sine), or an .npz or CSV file."),
    "test_data": Option(str, None, "File with the test set (default: a fifth of the data)."),
    "engine": Option(str, "compiled", "compiled (fast) or numpy (the textbook's loop)."),
    "objective": Option(str, None, "Your own network: FILE.py:FUNCTION, or MODULE:CLASS."),
    "runner": Option(str, "local", "Where trials run: local, dask or optuna."),
    "scheduler": Option(str, None, "Address of a Dask cluster, such as tcp://HOST:PORT."),
    "storage": Option(str, None, "Optuna storage: postgresql://user@host/database."),
    "study": Option(str, None, "Name of the Optuna study."),
    "heartbeat": Option(int, None, "Seconds between heartbeats of a trial (default: 10)."),
    "timeout": Option(float, None, "Seconds after which a trial of your own network has failed."),
    "sampler": Option(str, None, "Search with this sampler: grid, random or tpe (default)."),
    "trials": Option(int, None, "Number of trials of a search (default: 40)."),
    "prune": Option(str, None, "Stop unpromising trials of a search: median or halving."),
    "author": Option(str, None, "Your name, for the report; kept for the next one."),
    "student_id": Option(str, None, "Your student number, likewise."),
    "course": Option(str, None, "The course, likewise."),
    "format": Option(str, None, "Write this too: docx, pdf (the report), xlsx (the table)."),
    "cells": Option(count_of, "1000,10000,100000", "Grid sizes for --overheads."),
}

HAND_IN = PANELS["The report"]
"""The options that say whose a report is, and as which files it is wanted."""

LISTS = ("learning_rate", "batch_size", "n_hidden", "cells")
"""The options that take a list, whichever command has them."""


LAST = ("jobs", "json_file", "lang", "quiet", "toml")
"""The options that help shows last."""


def with_options(
    names: Iterable[str], *, lists: Collection[str] = LISTS, unset: bool = False
) -> Callable[[Command], Command]:
    """Give a command options of `OPTIONS` in place of its ``**options``.

    Those in `lists` it takes as text, for `list_of`. With `unset`, an option that isn't given is
    None, not its default.
    """

    def decorate(command: Command) -> Command:
        own = inspect.signature(command).parameters.values()
        parameters = [each for each in own if each.kind is not each.VAR_KEYWORD]
        for name in names:
            option = OPTIONS[name]
            kind: Any = str if name in lists else option.read
            default = None if unset else option.default
            given = typer.Option(
                *option.flags,
                help=option.help,
                show_default=default is not None,
                rich_help_panel=PANEL_OF.get(name),
            )
            annotation: Any = Annotated[kind if default is not None else kind | None, given]
            parameters.append(
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
                )
            )
        order = ["", *PANELS]
        parameters.sort(key=lambda p: (p.name in LAST, order.index(PANEL_OF.get(p.name, ""))))
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return decorate


def place_of(out: Path | None, name: str | None, default: str) -> Path:
    """Return the run directory: the one given, that of the name given, or runs/default."""
    if name is None:
        return out or Path("runs") / default
    from reports.files import folder_name

    if out is not None:
        raise typer.BadParameter("--out and --name can't be used together; give one of them.")
    if name != folder_name(name):
        raise typer.BadParameter(
            f"--name {name!r} can't be the name of a folder; {folder_name(name)!r} can."
        )
    return Path("runs") / name


def flag_of(name: str) -> str:
    """Return the flag of an option."""
    return f"--{name.replace('_', '-')}"


def list_of(name: str, text: str) -> list[Any]:
    """Read an option's list such as 0.1,0.3; Chinese commas are commas too."""
    parts = [part.strip() for part in text.replace("，", ",").split(",")]
    read = OPTIONS[name].read
    kind = KINDS[read]
    if parts == [""]:
        raise typer.BadParameter(f"{flag_of(name)} is an empty list; give one or more {kind}s.")
    values = []
    for part in parts:
        try:
            values.append(read(part))
        except ValueError:
            raise typer.BadParameter(
                f"{flag_of(name)} takes {kind}s separated by commas, got {part!r} in {text!r}."
            ) from None
    return values


def axis_of(name: str, text: str) -> "list[Any] | Range":
    """Read an option's list such as 0.1,0.3, or its range such as 0.05:1.0:log."""
    if ":" not in text:
        return list_of(name, text)
    from sweep.grid import Range

    *ends, scale = text.split(":") if text.count(":") > 1 else (*text.split(":"), "")
    read = OPTIONS[name].read
    try:
        low, high = (read(end) for end in ends)
    except ValueError:
        low = high = None
    if low is not None and high is not None and scale in ("", "log"):
        return Range(low, high, bool(scale))
    raise typer.BadParameter(
        f"{flag_of(name)} takes a range of {KINDS[read]}s, from:to or from:to:log, got {text!r}."
    )


def hand_in_as(flags: Mapping[str, Any]) -> None:
    """Let the reports of this command be as its options say."""
    given = {name: flags[name] for name in HAND_IN if flags[name] is not None}
    if given:
        from reports.documents.hand_in import HandIn, set_hand_in

        set_hand_in(HandIn(**given))


# ---- what commands print ------------------------------------------------------------------------
def progress_of(quiet: bool, plan: "Plan") -> "Progress":
    """Return the progress display: a live board in a terminal, lines elsewhere, or nothing."""
    from sweep.progress.signals import Silent
    from sweep.progress.terminal import Board, Lines

    if quiet:
        return Silent()
    if not sys.stderr.isatty():
        return Lines(plan.max_epochs, phrases=plan.phrases)
    columns, rows = [*plan.axes, None][:2]
    max_epochs = plan.max_epochs
    return Board(rows=rows, columns=str(columns), max_epochs=max_epochs, phrases=plan.phrases)


def show_result(text: str, *outputs: tuple[Path | None, Callable[[], str]]) -> None:
    """Write what a result is as other texts into the files that were asked for, and print it.

    It is not printed where one of the files is ``-``.
    """
    from reports.files import write_output

    files = [(file, content) for file, content in outputs if file is not None]
    for file, content in files:
        write_output(file, content())
    if all(str(file) != "-" for file, _ in files):
        print(text)


def say_unless(quiet: bool) -> Callable[[str], None]:
    """Return a function that prints a line on standard error, or nothing if it is to be quiet."""

    def say(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr, flush=True)

    return say
