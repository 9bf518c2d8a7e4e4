"""The commands ``sweep check``, ``sweep verify`` and ``sweep predict``."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studies.cli.options import (
    BatchSizes,
    Directory,
    Engine,
    EvalEvery,
    Jobs,
    JsonFile,
    Language,
    LearningRates,
    MaxEpochs,
    NoProgress,
    TargetLoss,
    batch_size_of,
    list_of,
    progress_for,
    say_unless,
)
from sweep.interrupts import no_interrupt_lost

if TYPE_CHECKING:
    from reports.check.table_layouts import ExpectedTable
    from studies.checking.check import TableChecker
    from studies.experiment.plan import Plan

app = typer.Typer()

EXIT_DONE, EXIT_DOES_NOT_HOLD = 0, 1


@app.command()
def check(
    tables: Annotated[
        Path, typer.Argument(metavar="TABLES", help="A CSV or Markdown file, or a folder of them.")
    ],
    *,
    repeats: Annotated[int, typer.Option(help="Trials per cell to compare with.")] = 200,
    learning_rate: LearningRates = "0.1,0.3,0.5,0.7",
    batch_size: BatchSizes = "2,5,10,15",
    n_hidden: Annotated[int, typer.Option(help="Number of hidden units.")] = 4,
    max_epochs: MaxEpochs = 10_000,
    target_loss: TargetLoss = 0.001,
    eval_every: EvalEvery = 50,
    data: Annotated[
        str,
        typer.Option(help="snake or sine, generated anew for each repeat; or a file."),
    ] = "snake",
    test_data: Annotated[str | None, typer.Option(help="File with the test set.")] = None,
    cache: Annotated[
        Path | None,
        typer.Option(help="Folder of the repeats (default: your cache folder)."),
    ] = None,
    jobs: Jobs = None,
    json_file: JsonFile = None,
    out: Annotated[
        Path, typer.Option(help="For a folder: CSV file with one row per table.")
    ] = Path("check.csv"),
    lang: Language = "en",
    quiet: NoProgress = False,
) -> int:
    """Check a table of results: which cells are missing, implausible or typical.

    Each cell is compared with repeated trials of the same settings. The first check runs them,
    which takes a minute or two, and keeps them for later checks.
    """
    with no_interrupt_lost():
        from studies.checking.check import checked
        from studies.homework.assignment import grid_plan

    plan = checked(
        grid_plan(
            learning_rate=list_of("--learning-rate", learning_rate, float, "number"),
            batch_size=list_of("--batch-size", batch_size, batch_size_of, "whole number"),
            n_hidden=[n_hidden],
            repeats=repeats,
            max_epochs=max_epochs,
            target_loss=target_loss,
            eval_every=eval_every,
            data=data,
            test_data=test_data,
        )
    )
    if tables.is_dir():
        return _check_class(tables, out, json_file, plan, (cache, jobs, quiet))
    return _check_one(tables, json_file, plan, (cache, jobs, quiet))


@app.command()
def verify(
    directory: Directory,
    *,
    sample: Annotated[int, typer.Option(help="Number of trials to run again.")] = 8,
    everything: Annotated[bool, typer.Option("--all", help="Run all trials again.")] = False,
    seed: Annotated[
        int | None, typer.Option(help="Seed for the choice of trials (default: random).")
    ] = None,
    engine: Engine = "compiled",
    jobs: Jobs = None,
    lang: Language = "en",
    quiet: NoProgress = False,
) -> int:
    """Run some trials of a run again, and compare them with all that its directory says.

    Nothing is written to the directory. Exit code 0: everything agrees; 1: something differs;
    2: it can't be judged.
    """
    with no_interrupt_lost():
        from studies.checking.retraining import VerifyOptions
        from studies.checking.verify import any_seed
        from studies.checking.verify import verify as verify_run
        from studies.experiment.runners import RunnerOptions

    way = VerifyOptions(
        None if everything else sample,
        any_seed() if seed is None else seed,
        engine,
        RunnerOptions(jobs=jobs).all_jobs,
        partial(progress_for, quiet),
    )
    verified = verify_run(directory, way)
    print(verified)
    return EXIT_DONE if verified.holds else EXIT_DOES_NOT_HOLD


@app.command()
def predict(
    *,
    out: Annotated[
        Path, typer.Option(help="New or empty run directory, for sweep assignment to use.")
    ] = Path("runs/assignment"),
    best: Annotated[
        str | None,
        typer.Option(help="The best cell, such as 2,0.5; or several, best first: '2,0.5; 5,0.7'."),
    ] = None,
    ranking: Annotated[
        Path | None, typer.Option(help="A table with the rank of each cell, 1 for the best.")
    ] = None,
    learning_rate: LearningRates = "0.1,0.3,0.5,0.7",
    batch_size: BatchSizes = "2,5,10,15",
    lang: Language = "en",
) -> int:
    """Predict the best cell, or rank the cells, before the run; the report scores the prediction.

    Without --best and --ranking it asks for a prediction.
    """
    from reports.check.table_layouts import ExpectedTable
    from studies.homework import prediction

    asked = ExpectedTable(
        list_of("--batch-size", batch_size, batch_size_of, "whole number"),
        list_of("--learning-rate", learning_rate, float, "number"),
    )
    if best is not None and ranking is not None:
        raise typer.BadParameter("--best and --ranking can't be used together; give one of them.")
    if ranking is not None:
        guess = prediction.ranking_in(ranking, asked)
    else:
        guess = prediction.best_first(_asked_for(asked) if best is None else best, asked)
    print(prediction.said(guess, prediction.keep(guess, out)))
    return EXIT_DONE


def _asked_for(asked: "ExpectedTable") -> str:
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


def _check_one(table: Path, json_file: Path | None, plan: "Plan", how: Training) -> int:
    from reports.check.table_reader import read_table
    from studies.checking.check import expected_table

    read_table(table, expected_table(plan))  # before minutes pass
    checked = _examiner(plan, how).check(table)
    print(checked.document())
    _write_json(json_file, checked.as_json())
    return EXIT_DONE


def _check_class(
    folder: Path, out: Path, json_file: Path | None, plan: "Plan", how: Training
) -> int:
    from reports.files import csv_text, write_text
    from studies.checking.check import class_frame, tables_in

    paths = tables_in(folder, out)
    checks, problems = _examiner(plan, how).check_all(folder, paths)
    frame = class_frame(checks, problems)
    write_text(out, "\ufeff" + csv_text(frame))  # Excel recognises UTF-8 by this mark
    tables = [checked.as_json() for checked in checks]
    _write_json(json_file, {"tables": tables, "problems": problems})
    shown = frame.drop(columns=["what", "problem"], errors="ignore").astype(object)
    print(shown.fillna("").to_markdown(index=False, floatfmt=".3g"))
    for name, problem in problems.items():
        print(f"sweep: {name}: {problem}", file=sys.stderr)
    print(f"\n{out}")
    return EXIT_DOES_NOT_HOLD if problems else EXIT_DONE


def _examiner(plan: "Plan", how: Training) -> "TableChecker":
    """Return what compares tables with repeated trials, which are run or read."""
    from studies.checking.check import TableChecker
    from studies.checking.reference import cache_folder, repeats_of
    from studies.experiment.runners import RunnerOptions

    cache, jobs, quiet = how
    repeats = repeats_of(
        plan,
        cache or cache_folder(),
        jobs=RunnerOptions(jobs=jobs).all_jobs,
        progress=progress_for(quiet, plan.max_epochs),
        say=say_unless(quiet),
    )
    return TableChecker.of(plan, repeats)


def _write_json(file: Path | None, content: object) -> None:
    if file is not None:
        from reports.files import write_text

        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        write_text(file, text + "\n")
