"""The commands that train nothing: ``sweep report``, ``compare``, ``runs``, ``open``, ``lab``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from studies.cli.options import (
    HAND_IN,
    HOMEWORK,
    STUDIES,
    Directory,
    Language,
    Quiet,
    hand_in_as,
    with_options,
)
from sweep.errors import SweepError

app = typer.Typer()

EXIT_DONE = 0

LAB = b'id="lab-form"'
"""What each page that trains has in it."""


@app.command(rich_help_panel=HOMEWORK)
@with_options(["target_loss", "eval_every", "max_epochs", *HAND_IN], unset=True)
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
    hand_in_as(options)
    changes = {n: v for n, v in options.items() if v is not None and n not in HAND_IN}
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


@app.command(rich_help_panel=STUDIES)
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


@app.command(rich_help_panel=HOMEWORK)
def runs(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to look.")] = Path("runs"),
    *,
    lang: Language = "en",
) -> int:
    """List the runs in a folder: when they were made, by which command, and what they found."""
    from studies.saved.runs import listed

    print("\n\n".join(listed(folder)))
    return EXIT_DONE


@app.command("open", rich_help_panel=HOMEWORK)
def open_page(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run directory.")] = Path(
        "runs/assignment"
    ),
) -> int:
    """Open the interactive page of a run in the browser."""
    import webbrowser

    from studies.saved.runs import page_of

    page = page_of(run)
    if not webbrowser.open(page.resolve().as_uri()):
        raise SweepError(f"no browser was found; open {page} yourself.")
    return EXIT_DONE


@app.command(rich_help_panel=HOMEWORK)
@with_options(["data", "test_data", "data_seed"])
def lab(
    *,
    out: Annotated[Path, typer.Option(help="The page; - for the standard output.")] = Path(
        "lab.html"
    ),
    lang: Language = "en",
    quiet: Quiet = False,
    **options: Any,
) -> int:
    """Write a page that trains networks in a browser, for a lecture or for readers without Python.

    It is one file that works offline, and has the results of sweep assignment.
    """
    from reports.files import write_output
    from reports.words import Text
    from studies.experiment.page import lab_page
    from studies.homework.assignment import grid_plan

    if out.is_file() and LAB not in out.read_bytes():
        raise SweepError(f"{out} is a file of something else; give another --out.")
    write_output(out, lab_page(grid_plan(**options)))
    if not quiet and str(out) != "-":
        print(Text("Page: {path}", "网页：{path}").fill(path=out))
    return EXIT_DONE
