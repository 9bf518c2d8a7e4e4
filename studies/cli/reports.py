"""The commands ``sweep report`` and ``sweep compare``: reports of what was trained before."""

from pathlib import Path
from typing import Annotated, Any

import typer

from network.errors import InputError
from studies.cli.options import Language

app = typer.Typer()

EXIT_DONE = 0

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")]


@app.command()
def report(
    directory: Directory,
    *,
    cost: Annotated[
        str, typer.Option(help="Compare cells by epochs, updates, samples or seconds.")
    ] = "epochs",
    target_loss: Annotated[
        float | None, typer.Option(help="A looser target, answered from the kept histories.")
    ] = None,
    eval_every: Annotated[
        int | None, typer.Option(help="Look at the losses less often: a multiple of the run's.")
    ] = None,
    max_epochs: Annotated[
        int | None, typer.Option(help="Fewer epochs than those of the run.")
    ] = None,
    lang: Language = "en",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no table.")] = False,
) -> int:
    """Make a run's report anew without training: in another language, by another cost, refolded.

    With a looser target, fewer epochs or fewer evaluations the report goes into DIR/refolded.
    """
    rules = {"target_loss": target_loss, "eval_every": eval_every, "max_epochs": max_epochs}
    changes: dict[str, Any] = {name: value for name, value in rules.items() if value is not None}
    from reports.figures.writer import FigureWriter
    from studies.homework.summary import show
    from studies.saved.reopening import read_record
    from studies.saved.report_again import report_again
    from studies.saved.saved_run import open_run, report_study

    record = read_record(directory)
    if "parts" in record:
        if changes or cost != "epochs":
            raise InputError(
                f"{directory} holds the study {record.get('study')!r}; --cost, --target-loss, "
                "--eval-every and --max-epochs are for runs of sweep assignment."
            )
        with FigureWriter(helper=True) as writer:
            study = report_study(open_run(directory), writer)
        if not quiet:
            print(study.summary())
        return EXIT_DONE
    with FigureWriter(helper=True) as writer:
        result = report_again(directory, writer, cost=cost, changes=changes)
    if not quiet:
        show(result)
    return EXIT_DONE


@app.command()
def compare(
    directories: Annotated[
        list[Path],
        typer.Argument(metavar="DIR DIR…", help="Run directories; the first is the base."),
    ],
    *,
    out: Annotated[Path, typer.Option(help="Where the comparison is written.")] = Path(
        "runs/comparison"
    ),
    lang: Language = "en",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no findings.")] = False,
) -> int:
    """Put runs side by side: what was set differently, how the cells differ, the curves."""
    from reports.figures.writer import FigureWriter
    from studies.saved.compare import compare_runs

    with FigureWriter(helper=True) as writer:
        found = compare_runs(directories, out, writer)
    if not quiet:
        print(found.summary())
    return EXIT_DONE
