"""The commands ``sweep check``, ``verify``, ``grade`` and ``predict``."""

import json
import secrets
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from network.errors import InputError
from studies.cli.options import (
    CHECKING,
    HOMEWORK,
    Directory,
    Jobs,
    JsonFile,
    Language,
    NoProgress,
    Quiet,
    list_of,
    progress_of,
    say_unless,
    show_result,
    with_options,
)
from sweep.errors import SweepError
from sweep.interrupts import no_interrupt_lost

if TYPE_CHECKING:
    from reports.check.class_report import ClassReport
    from reports.check.table_layouts import ExpectedTable
    from studies.checking.check import TableChecker
    from studies.experiment.plan import Plan

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
            help="A CSV, Markdown, Excel, Word, PDF, HTML, LaTeX or notebook file; or a class: a "
            "folder or ZIP archive with a folder or file of each student.",
        ),
    ],
    *,
    repeats: Annotated[int, typer.Option(help="Trials per cell to compare with.")] = 200,
    n_hidden: Annotated[int, typer.Option(help="Number of hidden units.")] = 4,
    data: Annotated[
        str,
        typer.Option(help="snake or sine, generated anew for each repeat; or a file."),
    ] = "snake",
    seed_from: Annotated[
        str | None,
        typer.Option(
            help="The table must be that of sweep assignment --seed-from with this student "
            "number; names takes the number in the name of the file, or of each student."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 if a table is implausible or unread.")
    ] = False,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Number the students of a class.")
    ] = False,
    cache: Annotated[
        Path | None,
        typer.Option(help="Folder of the repeats (default: your cache folder)."),
    ] = None,
    jobs: Jobs = None,
    json_file: JsonFile = None,
    out: Annotated[
        Path, typer.Option(help="For a class: folder of the page, tables and feedback.")
    ] = Path("class-check"),
    lang: Language = "en",
    quiet: NoProgress = False,
    **options: Any,
) -> int:
    """Check a table of results, or those of a class: which cells are missing or implausible.

    Each cell is compared with repeated trials of the same settings. Those of the homework come
    with the tool; others are run first, which takes a minute or two, and kept for later checks.
    """
    with no_interrupt_lost():
        from studies.checking.check import checked, expected_table
        from studies.checking.classes.students import number_in
        from studies.checking.hand_ins.files import is_class
        from studies.checking.tables import table_in
        from studies.homework.assignment import grid_plan

    axes = {name: list_of(name, options[name]) for name in ("learning_rate", "batch_size")}
    plan = checked(grid_plan(**options | axes, n_hidden=n_hidden, repeats=repeats, data=data))
    checker_of = partial(_checker, plan, cache, jobs, quiet)
    if is_class(tables):
        if seed_from not in (None, "names"):
            raise typer.BadParameter(
                f"a class has many student numbers, got --seed-from {seed_from}; give names."
            )
        by_number, say = seed_from is not None, say_unless(quiet)
        how = ClassOptions(out, json_file, by_number, anonymous, strict, say)
        return _check_class(tables, checker_of, how)
    if anonymous:
        raise typer.BadParameter("--anonymous is for a class; give a folder or a ZIP archive.")
    if seed_from == "names" and not (seed_from := number_in(tables.name)):
        raise typer.BadParameter(f"{tables.name} has no student number of four digits or more.")
    try:
        table = table_in(tables, expected_table(plan))  # before minutes pass
    except (InputError, SweepError) as error:
        if not (strict and tables.is_file()):
            raise
        print(f"sweep: {error}", file=sys.stderr)
        return EXIT_DOES_NOT_HOLD
    checker = checker_of()
    found = checker.judged(tables.name, table)
    if seed_from is not None:
        (found,) = checker.beside_seeds([(seed_from.strip(), found)])
    show_result(found.document(), (json_file, lambda: _json(found.as_json())))
    return EXIT_DOES_NOT_HOLD if strict and found.is_implausible else EXIT_DONE


def _checker(plan: "Plan", cache: Path | None, jobs: int | None, quiet: bool) -> "TableChecker":
    """Return what checks tables, with the repeats that come with the tool, or others."""
    from studies.checking.check import TableChecker
    from studies.checking.references.repeats import cache_folder, repeats_of
    from studies.checking.references.shipped import shipped
    from studies.experiment.runners import RunnerOptions

    n_jobs = RunnerOptions(jobs=jobs).all_jobs
    if cache is None and (known := shipped(plan)):
        return TableChecker.of(plan, known.frame(plan), known.seeds)
    frame = repeats_of(
        plan,
        cache or cache_folder(),
        jobs=n_jobs,
        progress=progress_of(quiet, plan),
        say=say_unless(quiet),
    )
    return TableChecker.of(plan, frame)


class ClassOptions(NamedTuple):
    """How a class is checked."""

    out: Path
    json_file: Path | None
    by_number: bool  # each table must be that of the student's number
    anonymous: bool
    strict: bool
    say: Callable[[str], None]


def _check_class(tables: Path, checker_of: "Callable[[], TableChecker]", how: ClassOptions) -> int:
    """Check a class, write its page and tables, and print a row for each hand-in."""
    from reports.check.class_report import Light
    from reports.files import write_output
    from studies.checking.classes import students as class_check
    from studies.checking.classes.files import PAGE, check_folder, write_class
    from studies.checking.hand_ins.files import hand_ins_in

    check_folder(how.out)
    files, skipped = hand_ins_in(tables, how.out)
    students = class_check.students_of(files)
    numbers = class_check.numbers_of(students) if how.by_number else {}
    if how.anonymous:
        students, skipped, numbers = class_check.anonymous(students, skipped, numbers)
    if numbers:
        how.say(f"training the tables of {len(numbers)} student numbers")
    report = class_check.check_class(checker_of(), students, skipped, numbers)
    if how.anonymous:
        report = class_check.without_words(report)
    if how.json_file:
        write_output(how.json_file, _json(report.as_json()))
    write_class(report, how.out)
    if str(how.json_file) != "-":
        print(f"{report.summary()}\n\n{how.out / PAGE}")
    _say_skipped(report)
    for each in report.hand_ins:
        if each.problem:
            print(f"sweep: {each.problem}", file=sys.stderr)
    bad = {Light.IMPLAUSIBLE, Light.UNREAD} & set(report.lights)
    return EXIT_DOES_NOT_HOLD if how.strict and bad else EXIT_DONE


def _say_skipped(report: "ClassReport") -> None:
    """Name the files that are skipped, for each reason."""
    for reason, names in report.skipped_by_reason.items():
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        print(f"sweep: skipped {', '.join(names[:5])}{more}: {reason}", file=sys.stderr)


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
    return EXIT_DONE if found.is_right else EXIT_DOES_NOT_HOLD


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
