"""The commands ``sweep study`` and ``sweep run``: the lectures' studies, and those of one's own."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from network.errors import InputError
from studies.cli.options import Jobs, Language, batch_size_of, in_language, list_of, progress_for
from studies.lectures.catalogue import CATALOGUE, find_study

if TYPE_CHECKING:
    from studies.experiment.plan import Plan
    from studies.experiment.study import Study

app = typer.Typer()

EXIT_DONE, EXIT_TRIAL_FAILED = 0, 1

SETTINGS: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "--eta": ("learning_rate", float, "number"),
    "--batch-size": ("batch_size", batch_size_of, "whole number"),
    "--hidden": ("n_hidden", int, "whole number"),
    "--degree": ("degree", int, "whole number"),
    "--activation": ("activation", str, "name"),
    "--init": ("init", str, "name"),
    "--decay": ("decay", str, "name"),
    "--shuffle": ("shuffle", str, "name"),
    "--max-epochs": ("max_epochs", int, "whole number"),
    "--target-loss": ("target_loss", float, "number"),
    "--eval-every": ("eval_every", int, "whole number"),
}
"""The flags of settings: the setting, and how a value is read; a list where it is varied."""

Setting = Annotated[
    str | None,
    typer.Option(help="Instead of the study's own; a list where it is varied.", show_default=False),
]
Out = Annotated[Path | None, typer.Option(help="Run directory; runs/NAME by default.")]
Repeats = Annotated[int | None, typer.Option(help="Trainings for each point, each a new draw.")]
Seed = Annotated[int | None, typer.Option(help="Decides initial weights and orders.")]
DataSeed = Annotated[int | None, typer.Option(help="Decides generated data and random splits.")]
Data = Annotated[str | None, typer.Option(help="A generated set's name, an .npz or a CSV file.")]
TestData = Annotated[str | None, typer.Option(help="File of the test set.")]
Engine = Annotated[str | None, typer.Option(help="compiled (fast) or numpy (the textbook).")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress and no findings.")]


@app.command()
def study(
    name: Annotated[str | None, typer.Argument(help="A study, or all.", show_default=False)] = None,
    *,
    out: Out = None,
    eta: Setting = None,
    batch_size: Setting = None,
    hidden: Setting = None,
    degree: Setting = None,
    activation: Setting = None,
    init: Setting = None,
    decay: Setting = None,
    shuffle: Setting = None,
    max_epochs: Setting = None,
    target_loss: Setting = None,
    eval_every: Setting = None,
    repeats: Repeats = None,
    seed: Seed = None,
    data_seed: DataSeed = None,
    data: Data = None,
    test_data: TestData = None,
    engine: Engine = None,
    jobs: Jobs = None,
    lang: Language = "en",
    quiet: Quiet = False,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print the study as a file for sweep run; run nothing.")
    ] = False,
) -> int:
    """Run a study of the lectures, or list them."""
    if name is None:
        print(_list())
        return EXIT_DONE
    flags = dict(locals())
    settings = {
        flag: flags[flag[2:].replace("-", "_")]
        for flag in SETTINGS
        if flags[flag[2:].replace("-", "_")] is not None
    }
    plan_flags = ("repeats", "seed", "data_seed", "data", "test_data", "engine")
    plan = {key: flags[key] for key in plan_flags if flags[key] is not None}
    names = list(CATALOGUE) if name == "all" else [name]
    studies = [_changed(find_study(each), settings, plan) for each in names]
    if toml:
        from studies.experiment import toml_study

        print("\n".join(toml_study.as_toml(each) for each in studies), end="")
        return EXIT_DONE
    given = [*settings.items(), *((f"--{k.replace('_', '-')}", str(v)) for k, v in plan.items())]
    suffix = " ".join(shlex.quote(word) for pair in given for word in pair)
    commands = [in_language(f"sweep study {each.name} {suffix}".strip()) for each in studies]
    folder = out or Path("runs") / ("studies" if name == "all" else name)
    folders = [folder / each.name for each in studies] if name == "all" else [folder]
    index = folder if name == "all" else None
    return _answer(studies, commands, folders, jobs, quiet, index)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="A TOML file that says what to train.")],
    *,
    out: Out = None,
    jobs: Jobs = None,
    lang: Language = "en",
    quiet: Quiet = False,
) -> int:
    """Run a study of your own; `sweep study learning-rate --toml` prints one to start from."""
    from studies.experiment import toml_study

    mine = toml_study.read(file)
    command = in_language(shlex.join(["sweep", "run", str(file)]))
    return _answer([mine], [command], [out or Path("runs") / mine.name], jobs, quiet, None)


def _list() -> str:
    width = max(map(len, CATALOGUE))
    lines = [f"  {name:{width}}  {line}" for name, (_, _, line) in CATALOGUE.items()]
    return "\n".join([*lines, f"  {'all':{width}}  all of these, into one folder with an index"])


def _changed(study: "Study", settings: dict[str, str], plan: dict[str, Any]) -> "Study":
    """Return a study with what the flags change."""
    from dataclasses import replace

    given = {}
    for flag, text in settings.items():
        setting, read, kind = SETTINGS[flag]
        given[setting] = list_of(flag, text, read, kind)
    if "data" in plan and len({p.data for p in study.plans.values()}) > 1:
        raise InputError(
            f"the study {study.name} has data of its own in each part; leave --data out."
        )
    if plan and not study.plans:
        flag = f"--{next(iter(plan)).replace('_', '-')}"
        raise InputError(f"the study {study.name} trains nothing; leave {flag} out.")
    return study.with_settings(given).with_plans(lambda each: replace(each, **plan))


def _answer(
    studies: "list[Study]",
    commands: list[str],
    folders: list[Path],
    jobs: int | None,
    quiet: bool,
    index: Path | None,
) -> int:
    """Run studies one after the other, and write an index of them if there is a place for it."""
    from reports.figures.writer import FigureWriter
    from reports.words import Text
    from studies.experiment import run
    from studies.experiment.runners import Hands
    from sweep.runners.local import LocalRunner

    def progress(plan: "Plan") -> Any:
        axes = list(plan.axes)
        return progress_for(quiet, plan.max_epochs, axes[0], axes[1] if len(axes) > 1 else None)

    failed = 0
    results = []
    with FigureWriter(helper=jobs != 1) as writer:
        for study, command, folder in zip(studies, commands, folders, strict=True):
            if index is not None and not quiet:
                print(f"{study.name} …", file=sys.stderr)
            result = run.answer(
                study,
                folder,
                command=command,
                writer=writer,
                runner=LocalRunner(Hands(jobs=jobs).all_jobs),
                progress=progress,
            )
            results.append(result)
            failed += result.n_failed
            if not quiet and index is None:
                print(result.summary())
    if index is not None:
        run.write_index(index, results)
        if not quiet:
            print(Text("Index: {path}", "目录：{path}").fill(path=index / "index.md"))
    if failed:
        text = Text("{n} trainings failed; the report says why.", "{n} 次训练失败，原因见报告。")
        print(f"sweep: {text.fill(n=failed)}", file=sys.stderr)
    return EXIT_TRIAL_FAILED if failed else EXIT_DONE
