"""The commands ``sweep worker``, ``sweep collect`` and ``sweep bench``."""

import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from studies.cli import functions, studies
from studies.cli.options import (
    MACHINES,
    OPTIONS,
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

app = typer.Typer()

EXIT_DONE = 0


Storage = Annotated[str, typer.Option(help=OPTIONS["storage"].help)]
StudyName = Annotated[str, typer.Option(help=OPTIONS["study"].help)]


@app.command(rich_help_panel=MACHINES)
@with_options(["objective", "version", "timeout"])
def worker(
    *,
    storage: Storage,
    study: StudyName,
    jobs: Annotated[int, typer.Option(help="Parallel trials.")] = 1,
    heartbeat: Annotated[
        int, typer.Option(help="Seconds between heartbeats; the same for all workers.")
    ] = 10,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the study.")] = 600.0,
    quiet: NoProgress = False,
    **options: Any,
) -> int:
    """Run the waiting trials of an Optuna study, on any machine, until none is left.

    A study of your own network needs --objective, with the same file as where it was begun.
    """
    from studies.saved import distributed

    say = say_unless(quiet)
    objective, version = options["objective"], options["version"] or ""
    function = functions.found(objective, version) if objective else None
    trained = distributed.work(
        storage, study, jobs, heartbeat, wait, say, function=function, timeout=options["timeout"]
    )
    say(f"no trials are left in {study}; {trained} were run here.")
    return EXIT_DONE


@app.command(rich_help_panel=MACHINES)
def collect(
    *,
    storage: Storage,
    study: StudyName,
    out: Annotated[Path, typer.Option(help="Run directory for the collected results.")],
    lang: Language = "en",
    quiet: Quiet = False,
) -> int:
    """Write the run directory of an Optuna study, with tables, figures and report."""
    from studies.homework import assignment, summary
    from studies.saved import distributed

    found = distributed.collect(storage, study, out, partial(progress_of, quiet))
    if found.study.name != assignment.NAME:
        return studies.show_study(found, quiet)
    result = assignment.grid_of(found)
    if not quiet:
        summary.show(result)
    return studies.exit_code([found])


@app.command(rich_help_panel=MACHINES)
@with_options(["cells"])
def bench(
    *,
    json_file: JsonFile = None,
    overheads: Annotated[
        bool, typer.Option("--overheads", help="Measure the overhead of sweeps instead.")
    ] = False,
    **options: Any,
) -> int:
    """Benchmark training on this machine against the textbook's loop and other libraries."""
    from studies.bench import benchmark
    from studies.bench import overheads as costs

    sizes = list_of("cells", options["cells"])

    def measuring(name: str) -> None:
        print(f"measuring {name} …", file=sys.stderr, flush=True)

    table = costs.measure(measuring, sizes) if overheads else benchmark.measure(measuring)
    shown = costs.as_markdown(table) if overheads else benchmark.as_markdown(table)
    show_result(shown, (json_file, partial(benchmark.as_json, table)))
    return EXIT_DONE
