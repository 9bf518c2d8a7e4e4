"""Tables that no tool of ours made, held against repeats of the same trainings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from network.errors import InputError
from reports.check.document import Check
from reports.check.plausibility import Reference, Rules, Verdict, judge
from reports.check.table_layouts import Cell, ExpectedTable
from reports.check.table_reader import read_table
from reports.words import Text
from studies.checking.reference import ReferenceRuns
from studies.experiment.plan import Plan
from sweep.errors import SweepError

KINDS = (".csv", ".tsv", ".md", ".markdown", ".txt")
"""How the names of tables end."""

FEWEST = 20
"""Of fewer repeats a range tells nothing."""

_SAME = 4
"""Tables with so many cells that are all the same are told to be the same."""

_OWN_DATA = Text(
    "{n} repeats, each with data, initial weights and orders of its own",
    "{n} 次重复（每次的数据、初始权重和样本顺序都重新抽取）",
)
_ONE_DATA = Text(
    "{n} repeats on {data}, each with initial weights and orders of its own",
    "{n} 次在 {data} 上的重复（每次的初始权重和样本顺序都重新抽取）",
)


@dataclass(frozen=True)
class TableChecker:
    """What tables are checked by.

    Attributes
    ----------
    plan : Plan
        What the tables should answer; its repeats are what they are held against.
    references : mapping of (batch_size, learning_rate) to Reference
    """

    plan: Plan
    references: Mapping[Cell, Reference]

    @classmethod
    def of(cls, plan: Plan, repeats: pd.DataFrame) -> "TableChecker":
        """Take the repeats as of `studies.checking.reference.repeats_of`."""
        found = {}
        for size, rate in expected_table(plan).cells:
            of_size = repeats[repeats.batch_size == ("full" if size is None else size)]
            found[size, rate] = Reference.of(of_size[of_size.learning_rate == rate])
        return cls(plan, found)

    def check(self, path: Path, name: str | None = None) -> Check:
        """Check the table in a file; SweepError if there is none."""
        plan = self.plan
        asked = expected_table(plan)
        table = read_table(path, asked)
        rules = Rules(plan.max_epochs, plan.setting("eval_every"))
        judged = [
            judge(cell, table.entries.get(cell), self.references[cell], rules)
            for cell in asked.cells
        ]
        words = _OWN_DATA if ReferenceRuns(plan).draws_data else _ONE_DATA
        against = words.fill(n=plan.repeats, data=plan.data)
        return Check(name or path.name, table, judged, rules, against)

    def check_all(self, folder: Path, paths: Iterable[Path]) -> tuple[list[Check], dict[str, str]]:
        """Check the tables in files, and return also why there are files without one."""
        checks, problems = [], {}
        for path in paths:
            name = path.relative_to(folder).as_posix()
            try:
                checks.append(self.check(path, name))
            except SweepError as error:
                problems[name] = str(error)
        return checks, problems


def expected_table(plan: Plan) -> ExpectedTable:
    """Return the table that answers a plan of the homework with one number of hidden units."""
    sizes, rates = (plan.axes[axis] for axis in ("batch_size", "learning_rate"))
    return ExpectedTable(cast(Any, sizes), cast(Any, rates))


def checked(plan: Plan) -> Plan:
    """Return the plan if tables can be checked by it; InputError or SweepError if not."""
    if plan.repeats < FEWEST:
        raise InputError(
            f"repeats must be a whole number ≥ {FEWEST}, got {plan.repeats}: of fewer the "
            "range tells nothing; 200 is the default."
        )
    _ = plan.trials  # checks the settings of each
    return plan


def tables_in(folder: Path, but: Path) -> list[Path]:
    """Return the files of a folder, and of those in it, that may hold tables.

    Of a run directory of this tool it is only the table.

    Parameters
    ----------
    folder : Path
    but : Path
        Where the answer is written, which is no table.

    Raises
    ------
    SweepError
        If there is none.
    """
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in KINDS
        and path.is_file()
        and path.resolve() != but.resolve()
        and (path.name == "table.md" or not (path.parent / "run.json").exists())
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not found:
        raise SweepError(
            f"{folder} has no file that ends in {', '.join(KINDS)}; give a folder of tables."
        )
    return found


def class_frame(checks: Sequence[Check], problems: Mapping[str, str]) -> pd.DataFrame:
    """Return a row for each file, by name: counts, what there is to say, which table is the same.

    Returns
    -------
    DataFrame
        The columns ``table``, one for each verdict, ``share_of_repeats_as_odd``,
        ``share_of_repeats_quicker``, ``what``, ``same_as`` (an earlier table with the same
        content) and ``problem``.
    """
    seen: dict[object, str] = {}
    rows = []
    for check in checks:
        content = tuple((j.entry.epochs, j.entry.more, j.entry.accuracy) for j in check.judged)
        first = seen.setdefault(content, check.name)
        is_same = first != check.name and check.table.n_filled >= _SAME
        rows.append({**check.row(), "same_as": first if is_same else "", "problem": ""})
    rows += [{"table": name, "problem": problem} for name, problem in problems.items()]
    frame = pd.DataFrame(rows).sort_values("table", ignore_index=True)
    counts = frame.columns.intersection([v.value.replace(" ", "_") for v in Verdict])
    return frame.astype(dict.fromkeys(counts, "Int64"))
