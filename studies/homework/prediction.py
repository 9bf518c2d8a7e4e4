"""A guess about a run that has not begun: kept in its directory, and read for its report."""

import json
from pathlib import Path

from network.errors import InputError
from reports.check.table_layouts import ExpectedTable
from reports.files import read_text, refuse_links, write_text
from reports.findings.finding import Cell
from reports.findings.prediction import Guess
from reports.words import Text, number
from studies.checking.tables import table_in
from studies.experiment.run_directory import PREDICTION_FILE, STORE_FILE
from sweep.errors import SweepError


def best_first(text: str, asked: ExpectedTable) -> Guess:
    """Read cells from the best one on, such as ``2,0.5; 5,0.7``.

    Raises
    ------
    InputError
        If there is something else, a cell that isn't asked for, or one twice.
    """
    cells = [_cell(part, asked) for part in text.replace("；", ";").split(";") if part.strip()]
    if not cells or len(set(cells)) < len(cells):
        raise InputError(
            "a guess takes cells such as 2,0.5, each once, best first and with ; between; got "
            f"{text!r}."
        )
    return Guess({cell: rank for rank, cell in enumerate(cells, start=1)})


def _cell(text: str, asked: ExpectedTable) -> Cell:
    for size, rate in asked.cells:
        parts = [part.strip() for part in text.replace("，", ",").split(",")]
        try:
            is_it = len(parts) == 2 and parts[0] == number(size) and float(parts[1]) == rate
        except ValueError:
            is_it = False
        if is_it:
            return size, rate
    example = ", ".join(map(number, asked.cells[0]))
    raise InputError(
        f"a cell is a batch size and a learning rate of the grid, such as {example}; got "
        f"{text.strip()!r}, and the grid has the {asked}."
    )


def ranking_in(path: Path, asked: ExpectedTable) -> Guess:
    """Read a table with a rank in each cell, 1 for the best, in any form that `sweep check` reads.

    Raises
    ------
    InputError, SweepError
        If there is none, or a cell holds something else.
    """
    written = {cell: e for cell, e in table_in(path, asked).entries.items() if not e.is_empty}
    for entry in written.values():
        if entry.epochs is None:
            raise SweepError(
                f"{path}: {entry.text!r} is no rank; write whole numbers, 1 for the best."
            )
    return Guess({cell: float(entry.epochs or 0) for cell, entry in written.items()})


def keep(guess: Guess, out: Path) -> Path:
    """Write a guess into a run directory that is new, or has nothing but an earlier guess.

    Raises
    ------
    SweepError
        If there are trials already, or other things.
    """
    names = {entry.name for entry in out.iterdir()} if out.is_dir() else set()
    if STORE_FILE in names:
        raise SweepError(
            f"{out} has trials already, and a guess is made before; give a new --out, and run "
            "sweep assignment with the same."
        )
    if names - {PREDICTION_FILE}:
        raise SweepError(f"{out} has files in it; give an empty or new --out.")
    cells = [
        {"batch_size": number(size) if size is None else size, "learning_rate": rate, "rank": rank}
        for (size, rate), rank in sorted(guess.ranks.items(), key=lambda pair: pair[1])
    ]
    write_text(out / PREDICTION_FILE, json.dumps({"cells": cells}, indent=2) + "\n")
    return out / PREDICTION_FILE


def said(guess: Guess, path: Path) -> Text:
    """Say what was kept."""
    words = Text(
        "Kept in {path}: {n} of the cells guessed, the best one {best}. Now run sweep assignment "
        "--out {out}; its report says how the guess did.",
        "已存入 {path}：猜测了 {n} 格，最佳为 {best}。现在运行 sweep assignment --out {out}，"
        "报告会说明猜得如何。",
    )
    best = ", ".join(map(number, guess.best))
    return words.fill(path=str(path), n=len(guess.ranks), best=best, out=str(path.parent))


def kept(out: Path) -> Guess | None:
    """Return the guess that a run directory has, or None; what can't be read is none."""
    try:
        if (out / PREDICTION_FILE).exists():
            refuse_links(out)
        cells = json.loads(read_text(out / PREDICTION_FILE))["cells"]
        ranks = {
            (cell["batch_size"], float(cell["learning_rate"])): float(cell["rank"])
            for cell in cells
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return Guess(ranks) if ranks else None
