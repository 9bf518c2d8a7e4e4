"""The options that commands share, how their values are read, and the progress display."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from sweep.grid import Range
    from sweep.progress.signals import Progress

T = TypeVar("T")

OLD_FLAGS = {"hidden": "n-hidden"}

CONTEXT = {"token_normalize_func": lambda name: OLD_FLAGS.get(name, name)}
"""Settings of the command line's context: flags of earlier versions, which no help shows."""


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
LearningRates = Annotated[
    str, typer.Option("--learning-rate", "--eta", help="Learning rates, separated by commas.")
]
BatchSizes = Annotated[
    str, typer.Option(help="Batch sizes, separated by commas; full is the whole training set.")
]
MaxEpochs = Annotated[int, typer.Option(help="Maximum number of epochs.")]
TargetLoss = Annotated[
    float, typer.Option(help="Stop when the validation loss is at most this value.")
]
EvalEvery = Annotated[int, typer.Option(help="Evaluate losses every N epochs.", metavar="N")]
Engine = Annotated[str, typer.Option(help="compiled (fast) or numpy (the textbook's loop).")]
Jobs = Annotated[
    int | None, typer.Option(help="Parallel trials (default: all cores).", show_default=False)
]
Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Also write the result to this JSON file.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print neither progress nor results.")]
NoProgress = Annotated[bool, typer.Option("--quiet", help="Print no progress.")]


def list_of(flag: str, text: str, read: Callable[[str], T], kind: str) -> list[T]:
    """Read a list such as 0.1,0.3; Chinese commas are commas too."""
    parts = [part.strip() for part in text.replace("，", ",").split(",")]
    if parts == [""]:
        raise typer.BadParameter(f"{flag} is an empty list; give one or more {kind}s.")
    values = []
    for part in parts:
        try:
            values.append(read(part))
        except ValueError:
            raise typer.BadParameter(
                f"{flag} takes {kind}s separated by commas, got {part!r} in {text!r}."
            ) from None
    return values


def axis_of(flag: str, text: str, read: Callable[[str], T], kind: str) -> "list[T] | Range":
    """Read a list such as 0.1,0.3, or a range such as 0.05:1.0:log."""
    if ":" not in text:
        return list_of(flag, text, read, kind)
    from sweep.grid import Range

    *ends, scale = text.split(":") if text.count(":") > 1 else (*text.split(":"), "")
    try:
        low, high = (read(end) for end in ends)
    except ValueError:
        low = high = None  # type: ignore[assignment]
    if isinstance(low, int | float) and isinstance(high, int | float) and scale in ("", "log"):
        return Range(low, high, bool(scale))
    raise typer.BadParameter(
        f"{flag} takes a range of {kind}s, from:to or from:to:log, got {text!r}."
    )


def batch_size_of(text: str) -> int | None:
    """Read a batch size; full is the whole training set."""
    return None if text == "full" else int(text)


def count_of(text: str) -> int:
    """Read a whole number from 1."""
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def progress_for(
    quiet: bool, max_epochs: int, columns: str = "learning_rate", rows: str | None = "batch_size"
) -> "Progress":
    """Return the progress display: a live board in a terminal, lines elsewhere, or nothing."""
    from reports.words import phrases
    from sweep.progress.signals import Silent
    from sweep.progress.terminal import Board, Lines

    if quiet:
        return Silent()
    if sys.stderr.isatty():
        return Board(rows=rows, columns=columns, max_epochs=max_epochs, phrases=phrases())
    return Lines(max_epochs, phrases=phrases())


def say_unless(quiet: bool) -> Callable[[str], None]:
    """Return a function that prints a line on standard error, or nothing if it is to be quiet."""

    def say(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr, flush=True)

    return say
