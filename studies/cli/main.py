"""The command ``sweep``. Each command imports what it needs when it runs, so help comes at once."""

import errno
import inspect
import io
import os
import signal
import sys
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from network.errors import InputError
from studies.cli import checking, reports, studies
from studies.cli.errors import sentence
from studies.cli.options import (
    Engine,
    Jobs,
    Language,
    axis_of,
    batch_size_of,
    count_of,
    list_of,
    progress_for,
)
from sweep.errors import Interrupted, SweepError
from sweep.interrupts import no_interrupt_lost, sigterm_as_ctrl_c

if TYPE_CHECKING:
    from studies.experiment.runners import Hands
    from studies.homework.assignment import Assignment
    from studies.homework.result import GridResult
    from sweep.grid import Range
    from sweep.progress.signals import Progress

EXIT_DONE, EXIT_TRIAL_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_TERMINATED = 0, 1, 2, 130, 143

Command = Callable[..., int]

app = typer.Typer(
    help="Grid search for a course on neural networks.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def sweep() -> None:
    """Grid search for a course on neural networks."""


def main() -> None:
    """Run the command line, and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # of a terminal that lacks η, say
            stream.reconfigure(errors="backslashreplace")
    code = EXIT_DONE
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries again
        if error.errno == errno.ENOSPC:
            code = _refuse("what there is to show can't be written: the disk is full.", [])
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str

    Returns
    -------
    int
        0 done, 1 a trial failed, 2 bad input, 130 interrupted by Ctrl-C, 143 by SIGTERM. What is
        none of these is a bug, and raises.
    """
    return copy_context().run(_run, arguments)  # so that --lang ends with the command


def _run(arguments: list[str]) -> int:
    command = typer.main.get_command(app)
    with sigterm_as_ctrl_c() as terminated:
        try:
            code = command.main(arguments, prog_name="sweep", standalone_mode=False) or EXIT_DONE
        except typer.TyperException as error:
            return _refuse(error.format_message(), arguments)
        except (KeyboardInterrupt, typer.Abort):
            code = EXIT_INTERRUPTED
        except Interrupted as interruption:
            _say_interrupted(interruption.kept, interruption.total)
            return EXIT_TERMINATED if interruption.signal == signal.SIGTERM else EXIT_INTERRUPTED
        except (InputError, SweepError) as error:
            return _refuse(str(error), arguments)
    if code == EXIT_INTERRUPTED:  # before or after the trainings
        _say_interrupted()
        return EXIT_TERMINATED if terminated else EXIT_INTERRUPTED
    return int(code)


def _say_interrupted(kept: int | None = None, total: int | None = None) -> None:
    """Say that what is finished is kept, and how to go on."""
    from reports.words import Text

    some = Text(" with {kept} of {total} trials kept", "，{total} 次训练中已保存 {kept} 次")
    text = Text(
        "interrupted{some}; run the same command again to go on.",
        "已中断{some}；再次运行同一命令即可继续。",
    ).fill(some=Text("", "") if kept is None else some.fill(kept=kept, total=total))
    print(f"sweep: {text}", file=sys.stderr)


def _refuse(message: str, arguments: list[str]) -> int:
    if message:  # there is none where the help was shown instead
        print(f"sweep: {sentence(message, arguments)}", file=sys.stderr)
    return EXIT_BAD_INPUT


@app.command()
def assignment(
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory, runs/assignment; finished trainings in it are kept."),
    ] = None,
    eta: Annotated[
        str, typer.Option(help="Learning rates, with commas between; or a range, 0.05:1.0:log.")
    ] = "0.1,0.3,0.5,0.7",
    batch_size: Annotated[
        str, typer.Option(help="Batch sizes; full is the whole training set.")
    ] = "2,5,10,15",
    hidden: Annotated[str, typer.Option(help="Numbers of hidden units; a table for each.")] = "4",
    repeats: Annotated[int, typer.Option(help="Trainings for each cell, each a new draw.")] = 1,
    seed: Annotated[int, typer.Option(help="Decides initial weights and orders.")] = 0,
    data_seed: Annotated[int, typer.Option(help="Decides generated data and random splits.")] = 0,
    max_epochs: Annotated[int, typer.Option(help="Training ends after so many epochs.")] = 10_000,
    target_loss: Annotated[
        float, typer.Option(help="Training ends when the validation loss is at most this.")
    ] = 0.001,
    eval_every: Annotated[int, typer.Option(help="Epochs between two looks at the losses.")] = 50,
    activation: Annotated[
        str, typer.Option(help="sigmoid, tanh, relu, leaky_relu, elu or softplus.")
    ] = "sigmoid",
    init: Annotated[str, typer.Option(help="xavier, he, normal or zero.")] = "xavier",
    decay: Annotated[
        str,
        typer.Option(help="How η falls: constant, step, exponential, inverse or cosine."),
    ] = "constant",
    shuffle: Annotated[
        str,
        typer.Option(help="Orders of the samples: fresh ones, a cycle of three, or none."),
    ] = "fresh",
    data: Annotated[str, typer.Option(help="snake, sine, or an .npz or CSV file.")] = "snake",
    test_data: Annotated[
        str | None, typer.Option(help="File of the test set; without it a fifth of the data.")
    ] = None,
    engine: Engine = "compiled",
    jobs: Jobs = None,
    runner: Annotated[
        str, typer.Option(help="Where trainings run: local, dask or optuna.")
    ] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask cluster, like tcp://HOST:PORT.")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="Optuna's: postgresql://user@host/database, or a journal.")
    ] = None,
    study: Annotated[str | None, typer.Option(help="The name of Optuna's study.")] = None,
    heartbeat: Annotated[
        int | None, typer.Option(help="Seconds between two signs of life of a training; 10.")
    ] = None,
    sampler: Annotated[
        str | None, typer.Option(help="Search instead: grid, random or tpe, which is usual.")
    ] = None,
    trials: Annotated[int | None, typer.Option(help="Points that a search tries; 40.")] = None,
    prune: Annotated[
        str | None, typer.Option(help="End a search's bad trainings early: median or halving.")
    ] = None,
    lang: Language = "en",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no table.")] = False,
) -> int:
    """Run the homework: 16 trainings, the 4×4 table, the figures and the report.

    With a range for an axis, or a sampler, it is a search: points that the sampler proposes, the
    best of them, and a figure of how it came to it.
    """
    flags = dict(locals())
    if (sampler, trials, prune) != (None, None, None) or any(
        ":" in flags[name] for name in ("eta", "batch_size", "hidden")
    ):
        return _search(flags)
    with no_interrupt_lost():
        from reports.figures.writer import FigureWriter

    with FigureWriter(helper=jobs != 1) as writer:  # its helpers start while we import the rest
        with no_interrupt_lost():  # some imports swallow it
            from studies.homework.assignment import answer

            question, hands = _asked(flags)
        progress = progress_for(quiet, max_epochs, columns="learning_rate", rows="batch_size")
        out = out or Path("runs/assignment")
        result = answer(question, out, hands, writer, progress=progress)
    return _show(result, quiet)


def _asked(flags: dict[str, Any]) -> "tuple[Assignment, Hands]":
    """Return the question that the flags ask, and who shall answer it."""
    from studies.experiment.runners import Hands

    question, ranges = _question(flags)
    if ranges:
        raise InputError(f"{next(iter(ranges))} takes a list here, no range.")
    return question, Hands(**{f.name: flags[f.name] for f in fields(Hands)})


def _question(flags: dict[str, Any]) -> "tuple[Assignment, dict[str, Range]]":
    """Return the question that the flags ask, and those axes that are ranges."""
    from studies.homework.assignment import FLAGS, Assignment

    axes: dict[str, Any] = {
        "learning_rates": axis_of("--eta", flags["eta"], float, "number"),
        "batch_sizes": axis_of("--batch-size", flags["batch_size"], batch_size_of, "whole number"),
        "hidden": axis_of("--hidden", flags["hidden"], int, "whole number"),
    }
    others = [name for name in FLAGS if name not in axes]
    ranges = {name: axis for name, axis in axes.items() if not isinstance(axis, list)}
    lists = {name: axis for name, axis in axes.items() if name not in ranges}
    return Assignment(**lists, **{name: flags[name] for name in others}), ranges


def _search(flags: dict[str, Any]) -> int:
    """Search instead of running a grid."""
    from studies.experiment.runners import Hands
    from studies.search.report import summary
    from studies.search.search import Search, search

    question, ranges = _question(flags)
    runner = {"runner": "optuna"} if flags["runner"] == "local" else {}
    hands = Hands(**{**{f.name: flags[f.name] for f in fields(Hands)}, **runner})
    wanted = Search(
        question,
        ranges,
        flags["sampler"] or "tpe",
        40 if flags["trials"] is None else flags["trials"],
        flags["prune"] or "none",
    )
    out, say = flags["out"] or Path("runs/search"), _silent if flags["quiet"] else _say
    found = search(wanted, out, hands, say)
    if not flags["quiet"]:
        print(summary(found))
    return EXIT_TRIAL_FAILED if found.reasons else EXIT_DONE


def _with_flags_of(command: Command) -> Callable[[Command], Command]:
    """Give a command the same flags as another one."""

    def decorate(function: Command) -> Command:
        function.__signature__ = inspect.signature(command)  # type: ignore[attr-defined]
        function.__annotations__ = command.__annotations__
        return function

    return decorate


@app.command()
@_with_flags_of(assignment)
def estimate(**flags: Any) -> int:
    """Tell how long `sweep assignment` with the same flags will take, from a short probe."""
    from studies.bench.estimate import estimate
    from studies.experiment.run_directory import kept_keys

    question, hands = _asked(flags)
    print(
        estimate(
            question,
            hands.all_jobs,
            kept_keys(flags["out"] or Path("runs/assignment"), question.trials),
        )
    )
    return EXIT_DONE


def _show(result: "GridResult", quiet: bool) -> int:
    """Print what came of a grid, and return the command's exit code."""
    from studies.homework.summary import failures, show

    if not quiet:
        show(result)
    if said := failures(result):
        print(f"sweep: {said}", file=sys.stderr)
    return EXIT_TRIAL_FAILED if said else EXIT_DONE


Storage = Annotated[
    str, typer.Option(help="Optuna's: postgresql://user@host/database, or a journal file.")
]
Study = Annotated[str, typer.Option(help="The study's name.")]


@app.command()
def worker(
    *,
    storage: Storage,
    study: Study,
    jobs: Annotated[int, typer.Option(help="Packs of trainings at once.")] = 1,
    heartbeat: Annotated[
        int, typer.Option(help="Seconds between two signs of life; the same everywhere.")
    ] = 10,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the study to be made.")] = 600.0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> int:
    """Train what waits in a study, until nothing is left; on any machine, as many as one likes."""
    from studies.saved import distributed

    trained = distributed.work(storage, study, jobs, heartbeat, wait, _silent if quiet else _say)
    if not quiet:
        _say(f"nothing is left in {study}; {trained} trainings were done here.")
    return EXIT_DONE


@app.command()
def collect(
    *,
    storage: Storage,
    study: Study,
    out: Annotated[Path, typer.Option(help="Run directory for what is collected.")],
    lang: Language = "en",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no table.")] = False,
) -> int:
    """Make a run directory of a study, with all tables, figures and the report."""
    from studies.saved import distributed

    def progress(max_epochs: int) -> "Progress":
        return progress_for(quiet, max_epochs, columns="learning_rate", rows="batch_size")

    return _show(distributed.collect(storage, study, out, progress), quiet)


@app.command()
def bench(
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the table into this file too.")
    ] = None,
    overheads: Annotated[
        bool, typer.Option("--overheads", help="Measure what sweeps cost beside the trainings.")
    ] = False,
    storage: Annotated[
        str | None, typer.Option(help="Measure instead what Optuna costs on this storage.")
    ] = None,
    cells: Annotated[
        str, typer.Option(help="Sizes of the grids, for --overheads and --storage.")
    ] = "1000,10000,100000",
) -> int:
    """Measure how fast this machine trains, beside the textbook's loop and other libraries."""
    from reports.files import write_text

    sizes = list_of("--cells", cells, count_of, "whole number")
    report, writing = _measured(overheads, storage, sizes)
    print(report)
    if json_file is not None:
        write_text(json_file, writing)
    return EXIT_DONE


def _measured(overheads: bool, storage: str | None, sizes: list[int]) -> tuple[str, str]:
    """Measure what is asked for, and return it as Markdown and as JSON."""
    from studies.bench import benchmark
    from studies.bench import overheads as costs

    if storage is not None:
        from studies.saved import distributed

        table = distributed.overheads(storage, sizes)
        report = str(table.to_markdown(index=False, floatfmt=",.1f"))
    elif overheads:
        table = costs.measure(_measuring, sizes)
        report = costs.as_markdown(table)
    else:
        table = benchmark.measure(_measuring)
        report = benchmark.as_markdown(table)
    return report, benchmark.as_json(table)


def _measuring(name: str) -> None:
    _say(f"measuring {name} …")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(line: str) -> None:
    """Say nothing."""


app.add_typer(studies.app)
app.add_typer(reports.app)
app.add_typer(checking.app)


if __name__ == "__main__":
    main()
