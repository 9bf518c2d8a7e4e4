"""How flags of the command line are read, and what is shown while a command runs."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from sweep.grid import Range
    from sweep.progress.phrases import Phrases
    from sweep.progress.signals import Progress

T = TypeVar("T")


def _speak(name: str) -> str:
    """Let all that the command says and writes be in a language."""
    from reports.words import LANGUAGES, speak

    if name not in LANGUAGES:
        raise typer.BadParameter(f"--lang must be one of {', '.join(LANGUAGES)}, got {name!r}.")
    speak(name)
    return name


Language = Annotated[
    str,
    typer.Option("--lang", callback=_speak, help="Language of all that is shown: en or zh."),
]
"""The flag of commands that show something to a reader."""


Jobs = Annotated[int | None, typer.Option(help="Trainings at once; all cores by default.")]
"""The flag of all commands that train here."""

Engine = Annotated[str, typer.Option(help="compiled (fast) or numpy (the textbook).")]
"""The flag of those in which every training has the same engine."""


def in_language(command: str) -> str:
    """Return a command that answers in the language of the context."""
    from reports.words import spoken

    return command if spoken() == "en" else f"{command} --lang {spoken()}"


def list_of(flag: str, text: str, read: Callable[[str], T], kind: str) -> list[T]:
    """Read a list such as 0.1,0.3; Chinese commas are commas too."""
    parts = [part.strip() for part in text.replace("，", ",").split(",")]
    if parts == [""]:
        raise typer.BadParameter(f"{flag} is an empty list; give {kind}s, such as the default.")
    values = []
    for part in parts:
        try:
            values.append(read(part))
        except ValueError:
            raise typer.BadParameter(
                f"{flag} takes {kind}s with commas between, got {part!r} in {text!r}."
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
        f"{flag} takes a range as from:to or from:to:log, of {kind}s, got {text!r}."
    )


def batch_size_of(text: str) -> int | None:
    """Read a batch size; full is the whole training set."""
    return None if text == "full" else int(text)


def count_of(text: str) -> int:
    """Read a whole number from 1."""
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def progress_for(quiet: bool, max_epochs: int, columns: str, rows: str | None) -> "Progress":
    """Choose what is shown: a live board in a terminal, lines elsewhere, or nothing."""
    from sweep.progress.signals import Silent
    from sweep.progress.terminal import Board, Lines

    if quiet:
        return Silent()
    if sys.stderr.isatty():
        return Board(rows=rows, columns=columns, max_epochs=max_epochs, phrases=phrases())
    return Lines(max_epochs, phrases=phrases())


def phrases() -> "Phrases":
    """Return what a progress says in the language of the context."""
    from reports.words import WORDS, spoken
    from sweep.progress.phrases import ENGLISH, Phrases

    if spoken() == "en":
        return ENGLISH
    return Phrases(
        done="已完成 {done}/{total} 次训练",
        kept="，其中 {kept} 次为之前所存",
        left="，至多还需 {time}",
        ready="；正在准备（首次运行需编译引擎）",
        converged="{epochs} 轮后收敛",
        exhausted="{epochs} 轮内未收敛",
        searched="{done}/{total}：{trial}：{result}，验证损失 {loss:.3g}",
        names={name: text.zh for name, text in WORDS.items()},
    )
