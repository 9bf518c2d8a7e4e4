"""The commands that tell what a table or a run directory is worth."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studies.cli.options import Engine, Jobs, Language, batch_size_of, list_of, progress_for
from sweep.interrupts import no_interrupt_lost

if TYPE_CHECKING:
    from reports.check.table_layouts import Asked
    from studies.checking.check import Examiner
    from studies.homework.assignment import Assignment
    from sweep.progress.signals import Progress

app = typer.Typer()

EXIT_DONE, EXIT_DOES_NOT_HOLD = 0, 1


@app.command()
def check(
    tables: Annotated[
        Path, typer.Argument(metavar="TABLES", help="A CSV or Markdown file, or a folder of them.")
    ],
    *,
    repeats: Annotated[int, typer.Option(help="Trainings of each cell to compare with.")] = 200,
    eta: Annotated[str, typer.Option(help="The learning rates asked for.")] = "0.1,0.3,0.5,0.7",
    batch_size: Annotated[str, typer.Option(help="The batch sizes asked for.")] = "2,5,10,15",
    hidden: Annotated[int, typer.Option(help="Hidden units.")] = 4,
    max_epochs: Annotated[int, typer.Option(help="The most epochs.")] = 10_000,
    target_loss: Annotated[float, typer.Option(help="The validation loss to reach.")] = 0.001,
    eval_every: Annotated[int, typer.Option(help="Epochs between two looks at it.")] = 50,
    data: Annotated[
        str,
        typer.Option(help="snake or sine, drawn anew in each repeat; or a file."),
    ] = "snake",
    test_data: Annotated[str | None, typer.Option(help="File of the test set.")] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Where the repeats are kept; your cache folder by default.")
    ] = None,
    jobs: Jobs = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the answer into this file too.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Of a folder of tables: the file for a row of each.")
    ] = Path("check.csv"),
    lang: Language = "en",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> int:
    """Check tables that people made: what is missing, implausible, or typical.

    Each cell is held against repeats of the same training. The first time these are trained, which
    takes a minute or two; they are kept for the next.
    """
    with no_interrupt_lost():
        from studies.checking.check import ask
        from studies.homework.assignment import Assignment

    question = ask(
        Assignment(
            learning_rates=list_of("--eta", eta, float, "number"),
            batch_sizes=list_of("--batch-size", batch_size, batch_size_of, "whole number"),
            hidden=[hidden],
            repeats=repeats,
            max_epochs=max_epochs,
            target_loss=target_loss,
            eval_every=eval_every,
            data=data,
            test_data=test_data,
        )
    )
    if tables.is_dir():
        return _check_class(tables, out, json_file, question, (cache, jobs, quiet))
    return _check_one(tables, json_file, question, (cache, jobs, quiet))


@app.command()
def verify(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.")],
    *,
    sample: Annotated[int, typer.Option(help="So many trainings are done again.")] = 8,
    everything: Annotated[bool, typer.Option("--all", help="Do all trainings again.")] = False,
    seed: Annotated[
        int | None, typer.Option(help="Decides which; without it, chance does.")
    ] = None,
    engine: Engine = "compiled",
    jobs: Jobs = None,
    lang: Language = "en",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> int:
    """Train some of a run again, and compare all that its directory claims; write nothing there.

    Exit code 0 if all holds, 1 if something differs, 2 if it can't be judged.
    """
    with no_interrupt_lost():
        from studies.checking.retraining import Way
        from studies.checking.verify import any_seed
        from studies.checking.verify import verify as verify_run
        from studies.experiment.runners import Hands

    def progress(max_epochs: int) -> "Progress":
        return progress_for(quiet, max_epochs, "learning_rate", "batch_size")

    way = Way(
        None if everything else sample,
        any_seed() if seed is None else seed,
        engine,
        Hands(jobs=jobs).all_jobs,
        progress,
    )
    verified = verify_run(directory, way)
    print(verified)
    return EXIT_DONE if verified.holds else EXIT_DOES_NOT_HOLD


@app.command()
def predict(
    *,
    out: Annotated[
        Path, typer.Option(help="Run directory, new or empty; give it to sweep assignment then.")
    ] = Path("runs/assignment"),
    best: Annotated[
        str | None,
        typer.Option(help="The best cell, as 2,0.5; or several, best first, with ; between."),
    ] = None,
    ranking: Annotated[
        Path | None, typer.Option(help="A table with a rank in each cell, 1 for the best.")
    ] = None,
    eta: Annotated[str, typer.Option(help="The learning rates.")] = "0.1,0.3,0.5,0.7",
    batch_size: Annotated[str, typer.Option(help="The batch sizes.")] = "2,5,10,15",
    lang: Language = "en",
) -> int:
    """Guess the best cell, or rank the cells, before the run; its report then says how it did.

    Without a guess among the flags it asks for one.
    """
    from reports.check.table_layouts import Asked
    from studies.homework import prediction

    asked = Asked(
        list_of("--batch-size", batch_size, batch_size_of, "whole number"),
        list_of("--eta", eta, float, "number"),
    )
    if best is not None and ranking is not None:
        raise typer.BadParameter("--best and --ranking are two ways to guess; give one of them.")
    if ranking is not None:
        guess = prediction.ranking_in(ranking, asked)
    else:
        guess = prediction.best_first(_asked_for(asked) if best is None else best, asked)
    print(prediction.said(guess, prediction.keep(guess, out)))
    return EXIT_DONE


def _asked_for(asked: "Asked") -> str:
    """Ask for a guess, in a terminal."""
    from reports.words import Text

    if not sys.stdin.isatty():
        raise typer.BadParameter("give a guess: --best 2,0.5 or --ranking FILE.")
    question = Text(
        "The grid has the {grid}. Which cells need the fewest epochs? Best first, such as "
        "2,0.5; 5,0.7 (one is enough): ",
        "网格为 {grid}。哪些格所需轮数最少？从最好的写起，如 2,0.5; 5,0.7（一个也行）：",
    )
    return input(str(question.fill(grid=str(asked))))


Training = tuple[Path | None, int | None, bool]
"""The cache, the jobs, and whether to be quiet."""


def _check_one(table: Path, json_file: Path | None, question: "Assignment", how: Training) -> int:
    from reports.check.table_layouts import Asked
    from reports.check.table_reader import read_table

    read_table(table, Asked(question.batch_sizes, question.learning_rates))  # before minutes pass
    checked = _examiner(question, how).check(table)
    print(checked.document())
    _write_json(json_file, checked.as_json())
    return EXIT_DONE


def _check_class(
    folder: Path, out: Path, json_file: Path | None, question: "Assignment", how: Training
) -> int:
    from reports.files import csv_text, write_text
    from studies.checking.check import class_frame, tables_in

    paths = tables_in(folder, out)
    checks, problems = _examiner(question, how).check_all(folder, paths)
    frame = class_frame(checks, problems)
    write_text(out, "\ufeff" + csv_text(frame))  # by the mark Excel knows that it is UTF-8
    tables = [checked.as_json() for checked in checks]
    _write_json(json_file, {"tables": tables, "problems": problems})
    shown = frame.drop(columns=["what", "problem"], errors="ignore").astype(object)
    print(shown.fillna("").to_markdown(index=False, floatfmt=".3g"))
    for name, problem in problems.items():
        print(f"sweep: {name}: {problem}", file=sys.stderr)
    print(f"\n{out}")
    return EXIT_DOES_NOT_HOLD if problems else EXIT_DONE


def _examiner(question: "Assignment", how: Training) -> "Examiner":
    """Train what tables are held against, or read it."""
    from studies.checking.check import Examiner
    from studies.checking.reference import cache_folder, repeats_of
    from studies.experiment.runners import Hands

    cache, jobs, quiet = how
    repeats = repeats_of(
        question,
        cache or cache_folder(),
        jobs=Hands(jobs=jobs).all_jobs,
        progress=progress_for(quiet, question.max_epochs, "learning_rate", "batch_size"),
        say=_silent if quiet else _say,
    )
    return Examiner.of(question, repeats)


def _write_json(file: Path | None, content: object) -> None:
    if file is not None:
        from reports.files import write_text

        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        write_text(file, text + "\n")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(line: str) -> None:
    """Say nothing."""
