"""The commands ``sweep report`` and ``sweep compare``: reports of runs that are there."""

from pathlib import Path
from typing import Annotated, Any

import typer

from studies.cli.options import Directory, Language, Quiet, with_options

app = typer.Typer()

EXIT_DONE = 0


@app.command()
@with_options(["target_loss", "eval_every", "max_epochs"], unset=True)
def report(
    directory: Directory,
    *,
    cost: Annotated[str, typer.Option(help="Compare cells by epochs or updates.")] = "epochs",
    figures: Annotated[
        str, typer.Option(help="Draw figures as these: png, svg, pdf, separated by commas.")
    ] = "png",
    lang: Language = "en",
    quiet: Quiet = False,
    **options: Any,
) -> int:
    """Write the report of a run again, without training: in another language or by another cost.

    With a higher target loss, fewer epochs or a multiple of the evaluation interval the run is
    rescored, and the report goes to DIR/rescored.
    """
    changes = {name: value for name, value in options.items() if value is not None}
    from reports.figures.writer import FigureWriter, endings_of
    from studies.homework import assignment, summary
    from studies.saved.report_again import report_again
    from studies.saved.saved_run import open_run

    with FigureWriter(helper=True, endings=endings_of(figures)) as writer:
        found = report_again(open_run(directory), writer, cost=cost, changes=changes)
    if not quiet and found.study.name == assignment.NAME:
        summary.show(assignment.grid_of(found))
    elif not quiet:
        print(found.summary())
    return EXIT_DONE


@app.command()
def compare(
    directories: Annotated[
        list[Path],
        typer.Argument(metavar="DIR DIR…", help="Run directories; the first is the baseline."),
    ],
    *,
    out: Annotated[Path, typer.Option(help="Folder for the comparison.")] = Path("runs/comparison"),
    lang: Language = "en",
    quiet: Quiet = False,
) -> int:
    """Compare runs: settings that differ, epochs of each cell, loss curves."""
    from reports.figures.writer import FigureWriter
    from studies.saved.compare import compare_runs

    with FigureWriter(helper=True) as writer:
        found = compare_runs(directories, out, writer)
    if not quiet:
        print(found.summary())
    return EXIT_DONE
