"""Tables that no tool of ours made, compared with repeated trials of the same settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from network.errors import InputError
from reports.check.document import Check, SeedFrom
from reports.check.phrases import AXES
from reports.check.plausibility import Reference, Rules, judge
from reports.check.similarity import Contents
from reports.check.table_layouts import Cell, ExpectedTable, StudentsTable
from reports.words import Text
from studies.checking.hand_ins.files import HandIn
from studies.checking.references.repeats import ReferenceRuns
from studies.checking.references.shipped import Outcomes, Start, train_tables
from studies.checking.tables import table_in
from studies.experiment.plan import Plan
from studies.homework.assignment import seed_from

FEWEST = 20
"""Fewer repeats give no range."""

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
    """Checks tables that should answer a plan.

    Attributes
    ----------
    plan : Plan
    references : mapping
        The repeats of each cell.
    seeds : Contents, optional
        The tool's own tables by seed, where they are known.
    """

    plan: Plan
    references: Mapping[Cell, Reference]
    seeds: Contents | None = None

    @classmethod
    def of(cls, plan: Plan, repeats: pd.DataFrame, seeds: Outcomes | None = None) -> "TableChecker":
        """Take the repeats as of `repeats_of`, and the tool's own tables by seed."""
        cells = dict(list(repeats.groupby(["batch_size", "learning_rate"], sort=False)))
        references = {
            cell: Reference.of(cells["full" if cell[0] is None else cell[0], cell[1]])
            for cell in expected_table(plan).cells
        }
        return cls(plan, references, _exactly(seeds) if seeds else None)

    @property
    def trained(self) -> NDArray[np.float64]:
        """The epochs of all tables that are known, shape (tables, cells)."""
        repeats = np.column_stack([reference.times for reference in self.references.values()])
        return repeats if self.seeds is None else np.vstack([repeats, self.seeds.epochs])

    def check(self, file: Path | HandIn) -> Check:
        """Check the table in a file; InputError or SweepError if there is none."""
        return self.judged(file.name, table_in(file, expected_table(self.plan)))

    def judged(self, name: str, table: StudentsTable) -> Check:
        """Judge a table that was read."""
        plan = self.plan
        rules = Rules(plan.max_epochs, plan.setting("eval_every"))
        judged = [
            judge(cell, table.entries.get(cell), reference, rules)
            for cell, reference in self.references.items()
        ]
        words = _OWN_DATA if ReferenceRuns(plan).draws_data else _ONE_DATA
        against = words.fill(n=plan.repeats, data=plan.data)
        return Check(name, table, judged, rules, against)

    def beside_seeds(self, numbered: Sequence[tuple[str, Check]]) -> list[Check]:
        """Return checks that also say which cells differ from the table of a student number."""
        plan = self.plan
        seeds = [seed_from(number) for number, _ in numbered]
        trained = train_tables(plan, [Start(plan.objective.dataset, seed) for seed in seeds])
        should = _exactly(trained)
        contents, found = Contents.of([check for _, check in numbered]), []
        for k, (number, check) in enumerate(numbered):
            same = contents.shared_with(k, should)[k]
            differs = zip(check.judged, same | (contents.epochs[k] < 0), strict=True)
            unlike = [judged for judged, is_same in differs if not is_same]
            found.append(replace(check, seed_from=SeedFrom(number, seeds[k], unlike)))
        return found


def _exactly(trained: Outcomes) -> Contents:
    """Return what tables of trained cells say."""
    return Contents(trained.epochs, trained.test_r2, np.zeros_like(trained.test_r2))


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
