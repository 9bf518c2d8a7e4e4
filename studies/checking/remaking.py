"""The files of a run directory, made anew from its store elsewhere, and compared."""

import json
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from network.errors import InputError
from network.two_layer import Parameters
from reports.check import differences
from reports.check.differences import IN, CheckResult
from reports.figures.writer import Drawing, FigureWriter
from reports.files import read_text
from reports.words import LANGUAGES, Text, language
from studies.experiment.run_directory import PREDICTION_FILE, RunDirectory
from studies.saved.saved_run import SavedRun
from sweep.store.store import Store

PAGE = "report.html"

ENDINGS = (".csv", ".md", ".tex", ".html")
"""Of the texts that are compared, in the order in which they are."""

OF_ANY_VERSION = ("trials.csv", "history*.csv", "table.md", "table.csv")
"""The numbers in these mean the same whichever version of the tool wrote them."""

NOT_COMPARED = ("seconds", "engine")
"""Columns that are other ones on another machine."""

_LONGEST = 2**30  # bytes of a text

_CONTENT = '<script type="application/json" id="content">'


class NoFigures(FigureWriter):
    """Draws nothing, where a report is made for its numbers."""

    def __init__(self) -> None:
        super().__init__(helper=False)

    @contextmanager
    def drawing(self, figures: Mapping[Path, Drawing]) -> Iterator[Callable[[], None]]:  # noqa: ARG002
        """Draw nothing."""
        yield lambda: None


def write_again(saved: SavedRun, store: Store, folder: Path) -> None:
    """Write all but the figures into a folder, in the language of the run."""
    for name in (PREDICTION_FILE, "figures"):  # the report and the page show what is in them
        if (there := saved.path / name).is_dir():
            shutil.copytree(there, folder / name, symlinks=True)
        elif there.is_file():
            shutil.copyfile(there, folder / name)
    recorded = saved.record.get("language")
    with language(recorded if recorded in LANGUAGES else LANGUAGES[0]):
        saved.write(RunDirectory(folder, store), NoFigures())


def check_weights(path: Path, remade: Path) -> CheckResult:
    """Compare ``weights/``: the initial ones as the seed gives them, and the best network."""
    faults, files = [], sorted((remade / "weights").rglob("*.npz"))
    for file in files:
        name = file.relative_to(remade).as_posix()
        try:
            there = Parameters.load(path / name).as_dict()
            found = differences.of_arrays(there, Parameters.load(file).as_dict())
        except (InputError, OSError):
            found = [Text("is missing or can't be read", "缺失或无法读取")]
        faults += [IN.fill(place=name, fault=fault) for fault in found]
    words = Text("{n} files, as the seed and the trials give them", "{n} 个文件，与种子和训练一致")
    return CheckResult(Text("weights", "权重"), words.fill(n=len(files)), faults)


def check_files(
    path: Path, remade: Path, axes: Collection[str], *, by_this_version: bool
) -> list[CheckResult]:
    """Compare all texts that are made from the store.

    The columns of `axes` say, with the repeat and the epoch, which row of a CSV it is. Of a run by
    another version of this tool, which may have had other words, only numbers are compared.
    """
    naming = (*axes, "part", "repeat", "epoch")
    checks = []
    for file in (file for ending in ENDINGS for file in sorted(remade.glob(f"*{ending}"))):
        name, should, there = file.name, text_of(file), text_of(path / file.name)
        if not (by_this_version or any(fnmatch(name, one) for one in OF_ANY_VERSION)):
            continue
        if not (path / name).exists():
            found = [Text("is missing", "缺失")]
        elif name.endswith(".csv"):
            found = differences.of_csv(there, should, naming, but=NOT_COMPARED)
        elif name == PAGE:
            found = _of_page(there, should)
        else:
            part = _without_command if by_this_version else _tables_in
            found = differences.of_document(part(there), part(should))
        checks.append(CheckResult(Text(name, name), None, found))
    return checks


def _without_command(document: str) -> str:
    """Leave the last part of a report out, which names the place where it was made."""
    return document.rpartition("\n## ")[0] if "\n```" in document else document


def _tables_in(document: str) -> str:
    return "\n".join(line for line in document.splitlines() if line.startswith("|"))


def _of_page(there: str, should: str) -> list[Text]:
    """Compare what two pages show, which both hold as JSON; not the scripts that show it."""
    contents = []
    for page in (there, should):
        try:
            contents.append(json.loads(page.partition(_CONTENT)[2].partition("</script>")[0]))
        except (ValueError, RecursionError):
            return [Text("its content can't be read", "内容无法读取")]
    return differences.of_values(*contents, but=(*NOT_COMPARED, "command"))


def text_of(path: Path) -> str:
    """Return what a file holds; nothing if it isn't there or can't be read."""
    try:
        return read_text(path, _LONGEST, errors="replace")
    except OSError:
        return ""
