"""The commands ``sweep check``, ``sweep verify`` and ``sweep predict``."""

import json
import secrets
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studies.cli.options import (
    CHECKING,
    HOMEWORK,
    Directory,
    Jobs,
    JsonFile,
    Language,
    NoProgress,
    list_of,
    progress_of,
    say_unless,
    show_result,
    with_options,
)
from sweep.interrupts import no_interrupt_lost

if TYPE_CHECKING:
    from reports.check.document import Check
    from reports.check.table_layouts import ExpectedTable

app = typer.Typer()

EXIT_DONE, EXIT_DOES_NOT_HOLD = 0, 1


TASK = ("learning_rate", "batch_size", "max_epochs", "target_loss", "eval_every", "test_data")


@app.command(rich_help_panel=CHECKING)
@with_options(TASK)
def check(
    tables: Annotated[
        Path,
        typer.Argument(
            metavar="TABLES",
            help="A CSV, Markdown, Excel, Word, PDF, HTML, LaTeX or notebook file; or a folder or "
            "ZIP archive of them.",
        ),
    ],
    *,
    repeats: Annotated[int, typer.Option(help="Trials per cell to compare with.")] = 200,
    n_hidden: Annotated[int, typer.Option(help="Number of hidden units.")] = 4,
    data: Annotated[
        str,
        typer.Option(help="snake or sine, generated anew for each repeat; or a file."),
    ] = "snake",
    cache: Annotated[
        Path | None,
        typer.Option(help="Folder of the repeats (default: your cache folder)."),
    ] = None,
    jobs: Jobs = None,
    json_file: JsonFile = None,
    out: Annotated[
        Path, typer.Option(help="For a folder or archive: CSV file with one row per table.")
    ] = Path("check.csv"),
    lang: Language = "en",
    quiet: NoProgress = False,
    **options: Any,
) -> int:
    """Check a table of results: which cells are missing, implausible or typical.

    Each cell is compared with repeated trials of the same settings. The first check runs them,
    which takes a minute or two, and keeps them for later checks.
    """
    with no_interrupt_lost():
        from studies.checking.check import TableChecker, checked, expected_table
        from studies.checking.hand_ins.files import hand_ins_in, is_class
        from studies.checking.reference import cache_folder, repeats_of
        from studies.checking.tables import table_in
        from studies.experiment.runners import RunnerOptions
        from studies.homework.assignment import grid_plan

    axes = {name: list_of(name, options[name]) for name in ("learning_rate", "batch_size")}
    plan = checked(grid_plan(**options | axes, n_hidden=n_hidden, repeats=repeats, data=data))
    if of_class := is_class(tables):
        hand_ins, skipped = hand_ins_in(tables, out)
    else:
        table_in(tables, expected_table(plan))  # before minutes pass
    frame = repeats_of(
        plan,
        cache or cache_folder(),
        jobs=RunnerOptions(jobs=jobs).all_jobs,
        progress=progress_of(quiet, plan),
        say=say_unless(quiet),
    )
    checker = TableChecker.of(plan, frame)
    if of_class:
        _say_skipped(skipped)
        return _show_class(*checker.check_all(hand_ins), skipped, out, json_file)
    found = checker.check(tables)
    show_result(found.document(), (json_file, lambda: _json(found.as_json())))
    return EXIT_DONE


def _say_skipped(skipped: dict[str, str]) -> None:
    """Name the files that are skipped, for each reason."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in skipped.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        print(f"sweep: skipped {', '.join(names[:5])}{more}: {reason}", file=sys.stderr)


def _show_class(
    checks: "list[Check]",
    problems: dict[str, str],
    skipped: dict[str, str],
    out: Path,
    json_file: Path | None,
) -> int:
    """Write and print a row for each table of a folder."""
    from reports.files import csv_text
    from studies.checking.check import class_frame

    frame = class_frame(checks, problems)
    shown = frame.drop(columns=["what", "problem"], errors="ignore").astype(object)
    table = shown.fillna("").to_markdown(index=False, floatfmt=".3g")
    content = {"tables": [each.as_json() for each in checks], "problems": problems}
    content |= {"skipped": skipped}
    show_result(
        f"{table}\n\n{out}",
        (out, lambda: "\ufeff" + csv_text(frame)),  # Excel recognises UTF-8 by this mark
        (json_file, lambda: _json(content)),
    )
    for name, problem in problems.items():
        print(f"sweep: {name}: {problem}", file=sys.stderr)
    return EXIT_DOES_NOT_HOLD if problems else EXIT_DONE


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


@app.command(rich_help_panel=CHECKING)
@with_options(["engine"])
def verify(
    directory: Directory,
    *,
    sample: Annotated[int, typer.Option(help="Number of trials to run again.")] = 8,
    everything: Annotated[bool, typer.Option("--all", help="Run all trials again.")] = False,
    seed: Annotated[
        int | None, typer.Option(help="Seed for the choice of trials (default: random).")
    ] = None,
    jobs: Jobs = None,
    lang: Language = "en",
    quiet: NoProgress = False,
    **options: Any,
) -> int:
    """Run some trials of a run again, and compare them with everything in its directory.

    Nothing is written to the directory. Exit code 0: everything agrees; 1: something differs;
    2: it can't be judged.
    """
    with no_interrupt_lost():
        from studies.checking.retraining import VerifyOptions
        from studies.checking.verify import verify as verify_run
        from studies.experiment.runners import RunnerOptions

    if seed is None:  # one that nobody could know before, lest what it leaves out be changed
        seed = secrets.randbelow(1_000_000)
    how = VerifyOptions(
        None if everything else sample,
        seed,
        options["engine"],
        RunnerOptions(jobs=jobs).all_jobs,
        partial(progress_of, quiet),
    )
    verified = verify_run(directory, how)
    print(verified)
    return EXIT_DONE if verified.holds else EXIT_DOES_NOT_HOLD


@app.command(rich_help_panel=HOMEWORK)
@with_options(["learning_rate", "batch_size"])
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
    lang: Language = "en",
    **options: Any,
) -> int:
    """Predict the best cell, or rank the cells, before the run; the report scores the prediction.

    Without --best and --ranking it asks for a prediction.
    """
    from reports.check.table_layouts import ExpectedTable
    from studies.homework import prediction

    sizes, rates = (list_of(name, options[name]) for name in ("batch_size", "learning_rate"))
    asked = ExpectedTable(sizes, rates)
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
