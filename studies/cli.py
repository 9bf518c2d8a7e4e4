"""The command ``sweep``. Each command imports what it needs when it runs, so help comes at once."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from network.errors import InputError
from sweep.errors import Interrupted, SweepError

if TYPE_CHECKING:
    from studies.result import GridResult
    from sweep.progress import Progress
    from sweep.space import Range

T = TypeVar("T")

EXIT_DONE, EXIT_TRIAL_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130

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
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str

    Returns
    -------
    int
        0 done, 1 a trial failed, 2 bad input, 130 interrupted by Ctrl-C. What is none of these is
        a bug, and raises.
    """
    command = typer.main.get_command(app)
    try:
        code = command.main(arguments, prog_name="sweep", standalone_mode=False) or EXIT_DONE
    except typer.TyperException as error:
        return _refuse(error.format_message())
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except Interrupted as interruption:
        print(f"sweep: {interruption}; run the same command again to go on.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except (InputError, SweepError) as error:
        return _refuse(str(error))
    if code == EXIT_INTERRUPTED:  # before or after the trainings
        print("sweep: interrupted; run the same command again to go on.", file=sys.stderr)
    return int(code)


def _refuse(message: str) -> int:
    if message:  # there is none where the help was shown instead
        print(f"sweep: {message}", file=sys.stderr)
    return EXIT_BAD_INPUT


def _list_of(flag: str, text: str, read: Callable[[str], T], kind: str) -> list[T]:
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


def _batch_size(text: str) -> int | None:
    return None if text == "full" else int(text)


def _count(text: str) -> int:
    if int(text) < 1:
        raise ValueError(text)
    return int(text)


def _axis(flag: str, text: str, read: Callable[[str], T], kind: str) -> "list[T] | Range":
    """Read a list such as 0.1,0.3, or a range such as 0.05:1.0:log."""
    if ":" not in text:
        return _list_of(flag, text, read, kind)
    from sweep.space import Range

    ends, scale = text.split(":")[:2], text.split(":")[2:]
    try:
        low, high = (read(end) for end in ends)
    except ValueError:
        low = high = None  # type: ignore[assignment]
    if (
        not isinstance(low, int | float)
        or not isinstance(high, int | float)
        or scale
        not in (
            [],
            ["log"],
        )
    ):
        raise typer.BadParameter(
            f"{flag} takes a range as from:to or from:to:log, of {kind}s, got {text!r}."
        )
    return Range(low, high, bool(scale))


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
    data: Annotated[str, typer.Option(help="snake, sine, or an .npz or CSV file.")] = "snake",
    test_data: Annotated[
        str | None, typer.Option(help="File of the test set; without it a fifth of the data.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="compiled (fast) or numpy (the textbook).")
    ] = "compiled",
    jobs: Annotated[
        int | None, typer.Option(help="Trainings at once; all cores by default.")
    ] = None,
    runner: Annotated[
        str, typer.Option(help="local, or optuna: together with `sweep worker` elsewhere.")
    ] = "local",
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
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no table.")] = False,
) -> int:
    """Run the homework: 16 trainings, the 4×4 table, the figures and the report.

    With a range for an axis, or a sampler, it is a search: points that the sampler proposes, the
    best of them, and a figure of how it came to it.
    """
    axes: dict[str, Any] = {
        "learning_rates": _axis("--eta", eta, float, "number"),
        "batch_sizes": _axis("--batch-size", batch_size, _batch_size, "whole number"),
        "hidden": _axis("--hidden", hidden, int, "whole number"),
    }
    ranged = [name for name, axis in axes.items() if not isinstance(axis, list)]
    searched = {name: axes.pop(name) for name in ranged}
    from studies.assignment import Assignment, answer
    from studies.runners import Hands

    question = Assignment(
        **axes,
        repeats=repeats,
        seed=seed,
        data_seed=data_seed,
        max_epochs=max_epochs,
        target_loss=target_loss,
        eval_every=eval_every,
        activation=activation,
        init=init,
        data=data,
        test_data=test_data,
        engine=engine,
    )
    if searched or (sampler, trials, prune) != (None, None, None):
        from studies.search import Search, search

        hands = Hands("optuna" if runner == "local" else runner, jobs, storage, study, heartbeat)
        wanted = Search(
            question,
            searched,
            sampler or "tpe",
            40 if trials is None else trials,
            prune or "none",
        )
        found = search(wanted, out or Path("runs/search"), hands, _silent if quiet else _say)
        if not quiet:
            print(found.summary())
        return EXIT_TRIAL_FAILED if found.reasons else EXIT_DONE
    out, hands = out or Path("runs/assignment"), Hands(runner, jobs, storage, study, heartbeat)
    return _show(answer(question, out, hands, progress=_progress(quiet, max_epochs)), quiet)


def _show(result: "GridResult", quiet: bool) -> int:
    """Print what came of a grid, and return the command's exit code."""
    if not quiet:
        print(result.summary())
    failed = int((result.frame.state == "failed").sum())
    if failed:
        print(
            f"sweep: {failed} trainings failed; {result.directory / 'report.md'} says why.",
            file=sys.stderr,
        )
    return EXIT_TRIAL_FAILED if failed else EXIT_DONE


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
    from studies import shared

    trained = shared.work(storage, study, jobs, heartbeat, wait, _silent if quiet else _say)
    if not quiet:
        _say(f"nothing is left in {study}; {trained} trainings were done here.")
    return EXIT_DONE


@app.command()
def collect(
    *,
    storage: Storage,
    study: Study,
    out: Annotated[Path, typer.Option(help="Run directory for what is collected.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no table.")] = False,
) -> int:
    """Make a run directory of a study, with all tables, figures and the report."""
    from studies import shared

    return _show(shared.collect(storage, study, out, lambda n: _progress(quiet, n)), quiet)


@app.command()
def bench(
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the table into this file too.")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(help="Measure instead what Optuna costs on this storage.")
    ] = None,
    cells: Annotated[str, typer.Option(help="Sizes of grids, for that.")] = "1000,10000,100000",
) -> int:
    """Measure how fast this machine trains, beside the textbook's loop and other libraries."""
    from reports.files import write_text

    if storage is not None:
        from studies import shared

        table = shared.overheads(storage, _list_of("--cells", cells, _count, "whole number"))
        print(table.to_markdown(index=False, floatfmt=",.1f"))
        if json_file is not None:
            write_text(json_file, table.to_json(orient="records", indent=2) + "\n")
        return EXIT_DONE
    from studies import benchmark

    table = benchmark.measure(lambda name: print(f"measuring {name} …", file=sys.stderr))
    print(benchmark.as_markdown(table))
    if json_file is not None:
        write_text(json_file, benchmark.as_json(table))
    return EXIT_DONE


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(line: str) -> None:
    """Say nothing."""


def _progress(quiet: bool, max_epochs: int) -> "Progress":
    from sweep.progress import Board, Lines, Silent

    if quiet:
        return Silent()
    if sys.stderr.isatty():
        return Board(rows="batch_size", columns="learning_rate", max_epochs=max_epochs)
    return Lines(max_epochs)


if __name__ == "__main__":
    main()
