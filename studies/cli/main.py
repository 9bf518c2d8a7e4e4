"""The command ``sweep``. Each command imports what it needs when it runs, so help is quick."""

import errno
import gc
import signal
import sys
from contextvars import copy_context
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from network.errors import InputError
from studies.cli import checking, functions, machines, reports, studies, surroundings
from studies.cli.errors import sentence
from studies.cli.options import (
    CONTEXT,
    HOMEWORK,
    OPTIONS,
    PANEL_OF,
    Axis,
    Jobs,
    Language,
    Name,
    Quiet,
    axis_of,
    hand_in_as,
    place_of,
    progress_of,
    say_unless,
    with_options,
)
from sweep.errors import Interrupted, SweepError
from sweep.interrupts import STOPPING, no_interrupt_lost, sigterm_as_ctrl_c

if TYPE_CHECKING:
    from studies.experiment.plan import Plan
    from studies.experiment.runners import RunnerOptions
    from studies.homework.result import GridResult
    from sweep.grid import Range

EXIT_DONE, EXIT_TRIAL_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_TERMINATED = 0, 1, 2, 130, 143

app = typer.Typer(
    help="Grid search for a course on neural networks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
    rich_markup_mode="markdown",
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"sweep {version('sweep-lab')}")
        raise typer.Exit


@app.callback()
def sweep(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Grid search for a course on neural networks."""
    del version


def main() -> None:
    """Run the command line, and exit with its code."""
    gc.set_threshold(100_000)  # by default imports are searched for garbage, a tenth of their time
    try:
        output = surroundings.prepare()
    except SweepError as error:
        sys.exit(_refuse(str(error), []))
    code = run(sys.argv[1:])
    output.flush()
    if output.error is not None and output.error.errno != errno.EPIPE:
        code = _refuse(f"the output can't be written ({output.error.strerror}).", [])
    gc.freeze()  # or all that was imported is searched at the end, for a third of a second
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run the command line, and return its exit code.

    0 done, 1 a trial failed, 2 bad input, 130 interrupted by Ctrl-C, 143 by SIGTERM. Any other
    exception is a bug, and is raised.
    """
    return copy_context().run(_run, arguments)  # so that --lang ends with the command


def _run(arguments: list[str]) -> int:
    command = typer.main.get_command(app)
    with sigterm_as_ctrl_c() as terminated:
        try:
            code = command.main(
                arguments,
                prog_name="sweep",
                standalone_mode=False,
                default_map=_defaults(command),
            )
            code = code or EXIT_DONE
        except typer.TyperException as error:
            return _refuse(_with_hint(error.format_message(), arguments), arguments)
        except (KeyboardInterrupt, typer.Abort):
            code = EXIT_INTERRUPTED
        except Interrupted as interruption:
            _say_interrupted(interruption.kept, interruption.total)
            return EXIT_TERMINATED if interruption.signal == signal.SIGTERM else EXIT_INTERRUPTED
        except (InputError, SweepError) as error:
            return _refuse(str(error), arguments)
        except OSError as error:
            if (advice := surroundings.advice_on(error)) is None:
                raise
            return _refuse(advice, arguments)
    if code == EXIT_INTERRUPTED:  # before or after the trials
        _say_interrupted()
        return EXIT_TERMINATED if terminated else EXIT_INTERRUPTED
    return int(code)


def _defaults(command: Any) -> dict[str, dict[str, str]]:
    """Return the defaults that the current folder's ``sweep.toml`` sets, by command."""
    if not Path("sweep.toml").exists():
        return {}
    from studies.cli.defaults import default_map

    return default_map(command)


def _with_hint(message: str, arguments: list[str]) -> str:
    """Add how a function's parameters are given, which other commands have options for."""
    if arguments[0] == "run" and message.startswith(("No such option", "Got unexpected extra")):
        return f"{message.rstrip('.')}. Give a parameter as --axis NAME=VALUES."
    return message


def _say_interrupted(kept: int | None = None, total: int | None = None) -> None:
    """Say that finished trials are kept, and how to resume; nothing stops the exit that follows."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    try:
        from reports.words import Text
    except ImportError:  # the import of NumPy was interrupted, and it can't be imported twice
        print("sweep: interrupted; run the same command again to resume.", file=sys.stderr)
        return
    some = Text(" with {kept} of {total} trials kept", "，{total} 次训练中已保存 {kept} 次")
    text = Text(
        "interrupted{some}; run the same command again to resume.",
        "已中断{some}；再次运行同一命令即可继续。",
    ).fill(some=Text("", "") if kept is None else some.fill(kept=kept, total=total))
    print(f"sweep: {text}", file=sys.stderr)


def _refuse(message: str, arguments: list[str]) -> int:
    if message:  # empty where help was shown instead
        print(f"sweep: {sentence(message, arguments)}", file=sys.stderr)
    return EXIT_BAD_INPUT


ASSIGNMENT = [name for name in OPTIONS if name not in ("degree", "cells")]


@app.command(rich_help_panel=HOMEWORK)
@with_options(ASSIGNMENT)
def assignment(
    context: typer.Context,
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="Run directory (default: runs/assignment); resumed if it exists."),
    ] = None,
    name: Name = None,
    seed_from: Annotated[
        str | None,
        typer.Option(
            help="Take the seed from this text, such as your student number; student-id is "
            "that of --student-id.",
            rich_help_panel=PANEL_OF["seed"],
        ),
    ] = None,
    show_settings: Annotated[
        bool,
        typer.Option("--show-settings", help="Show all settings and where they come from, only."),
    ] = False,
    axis: Axis = None,
    jobs: Jobs = None,
    lang: Language = "en",
    quiet: Quiet = False,
    **options: Any,
) -> int:
    """Run the homework: 16 trials, the 4×4 table, figures and a report.

    A range instead of a list, such as --learning-rate 0.05:1.0:log, or a sampler makes it a
    search: the sampler proposes the trials, and the report shows the best of them.
    """
    flags = options | {"out": out, "name": name, "jobs": jobs, "quiet": quiet}
    hand_in_as(flags)
    if seed_from is not None and not _is_replaced(context, "seed_from", "seed"):
        flags["seed"] = _seed_from(seed_from, flags)
    if show_settings:
        place_of(out, name, "assignment")  # which tells what can't be
        from studies.cli.defaults import settings_of

        print(settings_of(context, {**context.params, "seed": flags["seed"]}))
        return EXIT_DONE
    if functions.is_another_question(flags, axis):
        return studies.show_study(functions.answer_assignment(flags, axis or ()), quiet)
    is_range = any(":" in flags[axis] for axis in ("learning_rate", "batch_size", "n_hidden"))
    if is_range or any(flags[name] is not None for name in ("sampler", "trials", "prune")):
        return _search(flags)
    with no_interrupt_lost():
        from reports.figures.writer import FigureWriter

    with FigureWriter(helper=jobs != 1) as writer:  # its helpers start while we import the rest
        with no_interrupt_lost():  # some imports swallow it
            from studies.homework import summary
            from studies.homework.assignment import answer_grid

            (plan, _), runner_options = _plan(flags), _runner_options(flags)
        out, progress = place_of(out, name, "assignment"), progress_of(quiet, plan)
        show = None if quiet else summary.show_tables
        result = answer_grid(plan, out, runner_options, writer, progress=progress, show=show)
    if not quiet:
        summary.show_files(result)
    return _exit_code(result)


def _is_replaced(context: typer.Context, option: str, other: str) -> bool:
    """Tell whether an option of ``sweep.toml`` gives way to another one on the command line."""
    sources = [context.get_parameter_source(name) for name in (option, other)]
    return [source.name for source in sources if source] == ["DEFAULT_MAP", "COMMANDLINE"]


def _seed_from(text: str, flags: dict[str, Any]) -> int:
    """Return the seed of a student number, which may be the one of --student-id."""
    from studies.homework.assignment import seed_from

    if flags["seed"] != OPTIONS["seed"].default:
        raise typer.BadParameter("--seed and --seed-from can't be used together; give one of them.")
    if text == "student-id":
        text = flags.get("student_id") or ""
        if not text:
            raise typer.BadParameter("the seed is that of your student number; give --student-id.")
    return seed_from(text)


def _plan(flags: dict[str, Any]) -> "tuple[Plan, dict[str, Range]]":
    """Return the plan that the flags describe, and those axes that are ranges."""
    from studies.homework.assignment import AXES, FLAGS, grid_plan

    axes = {name: axis_of(name, flags[name]) for name in AXES}
    ranges = {name: axis for name, axis in axes.items() if not isinstance(axis, list)}
    settings = {name: flags[name] for name in FLAGS} | axes
    if flags["objective"] is not None:
        settings["function"] = functions.found(flags["objective"], flags["version"] or "")
    return grid_plan(**{n: v for n, v in settings.items() if n not in ranges}), ranges


def _runner_options(flags: dict[str, Any]) -> "RunnerOptions":
    from studies.experiment.runners import RunnerOptions

    return RunnerOptions(**{f.name: flags[f.name] for f in fields(RunnerOptions)})


def _search(flags: dict[str, Any]) -> int:
    """Run a search instead of a grid."""
    from studies.search.search import RangeSearch, search

    plan, ranges = _plan(flags)
    runner = "optuna" if flags["runner"] == "local" else flags["runner"]
    wanted = RangeSearch(
        plan,
        ranges,
        flags["sampler"] or "tpe",
        40 if flags["trials"] is None else flags["trials"],
        flags["prune"] or "none",
    )
    runner_options, out = (
        _runner_options(flags | {"runner": runner}),
        place_of(flags["out"], flags["name"], "search"),
    )
    found = search(wanted, out, runner_options, say_unless(flags["quiet"]))
    if not flags["quiet"]:
        print(found.summary())
    return EXIT_TRIAL_FAILED if found.n_failed else EXIT_DONE


@app.command(rich_help_panel=HOMEWORK)
@with_options(ASSIGNMENT)
def estimate(
    *,
    out: Annotated[Path, typer.Option(help="Run directory, whose trials are left out.")] = Path(
        "runs/assignment"
    ),
    jobs: Jobs = None,
    lang: Language = "en",
    quiet: Quiet = False,
    **options: Any,
) -> int:
    """Estimate how long `sweep assignment` with the same options takes, from a short probe."""
    from studies.bench.estimate import estimate
    from studies.experiment.run_directory import kept_results

    (plan, ranges), runner_options = _plan(options), _runner_options(options | {"jobs": jobs})
    if ranges:
        raise InputError(f"{next(iter(ranges))} must be a list here, not a range.")
    if plan.function is not None:
        raise InputError("sweep estimate knows the course's network only; leave --objective out.")
    print(estimate(plan, runner_options.all_jobs, kept_results(out, plan.trials)))
    return EXIT_DONE


def _exit_code(result: "GridResult") -> int:
    """Return the exit code of a command that ran a grid, and say which trials failed."""
    from studies.homework.summary import failures

    if said := failures(result):
        print(f"sweep: {sentence(said, [])}", file=sys.stderr)
    return EXIT_TRIAL_FAILED if said else EXIT_DONE


app.add_typer(studies.app)
app.add_typer(reports.app)
app.add_typer(checking.app)
app.add_typer(machines.app)


if __name__ == "__main__":
    main()
