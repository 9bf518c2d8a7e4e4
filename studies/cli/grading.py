"""The command ``sweep grade``."""

from pathlib import Path
from typing import Annotated

import typer

from studies.cli.options import CHECKING, Language, Quiet
from sweep.interrupts import no_interrupt_lost

app = typer.Typer()

EXIT_DONE, EXIT_DIFFERS = 0, 1


@app.command(rich_help_panel=CHECKING)
def grade(
    function: Annotated[
        str, typer.Argument(metavar="FILE.py:FUNCTION", help="A function that trains a network.")
    ],
    *,
    out: Annotated[Path, typer.Option(help="Folder for grade.md and grade.html.")] = Path(
        "runs/grade"
    ),
    seed: Annotated[int, typer.Option(help="Seed for initial weights and sample order.")] = 0,
    timeout: Annotated[float, typer.Option(help="Seconds that one call may take.")] = 20.0,
    lang: Language = "en",
    quiet: Quiet = False,
) -> int:
    """Compare your own network with the reference, and find where it goes wrong first.

    The function must take data, initial, orders, learning_rate and batch_size. Exit code 0: it is
    right; 1: something differs or failed; 2: it can't be compared.
    """
    with no_interrupt_lost():
        from reports.words import REPORT
        from studies.checking.grade import report
        from studies.checking.grade.grade import grade as graded
        from studies.objectives.functions.source import find

    report.check_out(out)
    found = graded(find(function), seed, timeout)
    report.write(found, out, seed)
    if not quiet:
        print("\n".join(f"- {sentence}" for sentence in report.sentences(found)))
        print(f"\n{REPORT.fill(path=out / report.PAGE)}")
    return EXIT_DONE if found.is_right else EXIT_DIFFERS
