"""Tables that no tool of ours made, compared with repeated trials of the same settings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from network.errors import InputError
from reports.check.document import Check
from reports.check.phrases import AXES
from reports.check.plausibility import Reference, Rules, Verdict, judge
from reports.check.table_layouts import Cell, ExpectedTable
from reports.words import Text
from studies.checking.hand_ins.files import HandIn
from studies.checking.reference import ReferenceRuns
from studies.checking.tables import table_in
from studies.experiment.plan import Plan
from sweep.errors import SweepError

FEWEST = 20
"""Fewer repeats give no range."""

_SAME = 4
"""Equal tables with so many cells are reported as copies."""

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
    """Checks tables that should answer a plan, by the repeats of each cell."""

    plan: Plan
    references: Mapping[Cell, Reference]

    @classmethod
    def of(cls, plan: Plan, repeats: pd.DataFrame) -> "TableChecker":
        """Take the repeats as of `studies.checking.reference.repeats_of`."""
        cells = dict(list(repeats.groupby(["batch_size", "learning_rate"], sort=False)))
        references = {
            cell: Reference.of(cells["full" if cell[0] is None else cell[0], cell[1]])
            for cell in expected_table(plan).cells
        }
        return cls(plan, references)

    def check(self, file: Path | HandIn) -> Check:
        """Check the table in a file; InputError or SweepError if there is none."""
        plan = self.plan
        table = table_in(file, expected_table(plan))
        rules = Rules(plan.max_epochs, plan.setting("eval_every"))
        judged = [
            judge(cell, table.entries.get(cell), reference, rules)
            for cell, reference in self.references.items()
        ]
        words = _OWN_DATA if ReferenceRuns(plan).draws_data else _ONE_DATA
        against = words.fill(n=plan.repeats, data=plan.data)
        return Check(file.name, table, judged, rules, against)

    def check_all(self, hand_ins: Iterable[HandIn]) -> tuple[list[Check], dict[str, str]]:
        """Check the tables in files, and return also why there are files without one."""
        checks, problems = [], {}
        for hand_in in hand_ins:
            try:
                checks.append(self.check(hand_in))
            except (InputError, SweepError) as error:
                problems[hand_in.name] = str(error)
        return checks, problems


def expected_table(plan: Plan) -> ExpectedTable:
    """Return the table that answers a plan of the homework with one number of hidden units."""
    sizes, rates, hidden = (cast(Any, plan.axes[name]) for name in AXES)
    return ExpectedTable(sizes, rates, hidden[0])


def checked(plan: Plan) -> Plan:
    """Return the plan if tables can be checked by it; InputError or SweepError if not."""
    if plan.repeats < FEWEST:
        raise InputError(
            f"repeats must be a whole number ≥ {FEWEST}, got {plan.repeats}: of fewer the "
            "range tells nothing; 200 is the default."
        )
    _ = plan.trials  # checks the settings of each
    return plan


def class_frame(checks: Sequence[Check], problems: Mapping[str, str]) -> pd.DataFrame:
    """Return a row for each file, by name.

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
