"""The hand-ins of a class: a row for each, with a light, and what is alike among them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from reports.check.document import Check
from reports.check.plausibility import Verdict
from reports.check.similarity import COPIED, Array, Contents, SeedMatch, Similarity
from reports.documents.markdown import escaped
from reports.words import Text, joined, say


class Light(StrEnum):
    """What a hand-in comes to at a glance."""

    IMPLAUSIBLE = "implausible"  # the table as a whole, or it is not the one of its seed
    LOOK = "look"  # there is something that somebody should look at
    TYPICAL = "typical"
    UNREAD = "unread"


LIGHTS = {
    Light.IMPLAUSIBLE: Text("implausible", "不合理"),
    Light.LOOK: Text("worth a look", "值得一看"),
    Light.TYPICAL: Text("typical", "正常"),
    Light.UNREAD: Text("unread", "未读出"),
}

COLUMNS = {
    "name": Text("Hand-in", "作业"),
    "light": Text("Result", "结果"),
    "typical": Text("Typical cells", "正常格数"),
    "quicker": Text("Repeats that are faster", "更快的重复"),
    "cluster": Text("Alike", "相似"),
    "seed": Text("Seed", "种子"),
}
"""What is shown of each hand-in in a list."""

ALIKE = 4
"""Readable cells that a table needs before it is compared with others."""


@dataclass(frozen=True)
class HandInResult:
    """What somebody handed in.

    Attributes
    ----------
    name : str
        The student's folder, or the file.
    check : Check, optional
        The table, where one could be read.
    files : sequence of str
        The files that have this table.
    problems : mapping of str to str
        Why other files have none.
    """

    name: str
    check: Check | None = None
    files: Sequence[str] = ()
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def problem(self) -> str:
        """Why no table could be read, a sentence for each file."""
        return " ".join(dict.fromkeys(self.problems.values())) if self.check is None else ""


@dataclass(frozen=True)
class ClassReport:
    """The hand-ins of a class, by name.

    Attributes
    ----------
    hand_ins : sequence of HandInResult
    skipped : mapping of str to str
        Why files were not looked at.
    trained : ndarray, shape (trained tables, cells)
        Epochs of tables by the same settings; see `Similarity`.
    seeds : Contents, optional
        The tool's own tables by seed, where they are known.
    """

    hand_ins: Sequence[HandInResult]
    skipped: Mapping[str, str]
    trained: Array = field(repr=False)
    seeds: Contents | None = field(default=None, repr=False)

    @cached_property
    def compared(self) -> list[int]:
        """The places in `hand_ins` of those that have enough cells to be compared."""
        checks = [each.check for each in self.hand_ins]
        return [k for k, check in enumerate(checks) if check and check.table.n_filled >= ALIKE]

    @cached_property
    def similarity(self) -> Similarity:
        """Those that are compared, beside each other."""
        checks = [check for k in self.compared if (check := self.hand_ins[k].check)]
        return Similarity.of(Contents.of(checks), self.trained, self.seeds)

    @cached_property
    def clusters(self) -> list[list[int]]:
        """Groups of hand-ins that are alike, by their places in `hand_ins`."""
        return [[self.compared[k] for k in group] for group in self.similarity.clusters]

    def light(self, place: int) -> Light:
        """Return what a hand-in comes to at a glance."""
        check = self.hand_ins[place].check
        if check is None:
            return Light.UNREAD
        if check.is_implausible:
            return Light.IMPLAUSIBLE
        is_typical = check.n_typical == len(check.judged)
        is_odd = not is_typical or check.whole.is_uneven or bool(self.alike(place))
        return Light.LOOK if is_odd else Light.TYPICAL

    @cached_property
    def lights(self) -> list[Light]:
        """The lights of all hand-ins."""
        return [self.light(place) for place in range(len(self.hand_ins))]

    def seed(self, place: int) -> SeedMatch | None:
        """Return the seed whose table a hand-in is."""
        if place not in self.compared:
            return None
        return self.similarity.seeds[self.compared.index(place)]

    def alike(self, place: int) -> list[str]:
        """Return the names of the hand-ins that are like one, itself and not by way of others."""
        if place not in self.compared:
            return []
        surprise = self.similarity.surprise[self.compared.index(place)]
        return [self.hand_ins[self.compared[k]].name for k in np.flatnonzero(surprise >= COPIED)]

    @property
    def skipped_by_reason(self) -> dict[str, list[str]]:
        """The files that were not looked at, for each reason."""
        reasons: dict[str, list[str]] = {}
        for name, reason in self.skipped.items():
            reasons.setdefault(reason, []).append(name)
        return reasons

    def sentences(self, place: int) -> list[Text]:
        """Return what there is to say of a hand-in, for a teacher."""
        check = self.hand_ins[place].check
        said = list(check.sentences()) if check else []
        if match := self.seed(place):
            said.append(_SEED.fill(n=match.n_cells, seed=match.seed))
        if names := self.alike(place):
            said.append(_ALIKE.fill(names=joined(names)))
        return said

    def summary(self) -> str:
        """Return what the command prints: a row for each hand-in, in Markdown."""
        rows = []
        for place, each in enumerate(self.hand_ins):
            match, check = self.seed(place), each.check
            quicker = check.whole.quicker if check else np.nan
            rows.append(
                {
                    "name": escaped(each.name),
                    "light": LIGHTS[self.lights[place]],
                    "typical": f"{check.n_typical} / {len(check.judged)}" if check else "",
                    "quicker": f"{100 * quicker:.3g} %" if np.isfinite(quicker) else "",
                    "cluster": escaped(", ".join(self.alike(place))),
                    "seed": match.seed if match else "",
                }
            )
        shown = pd.DataFrame(rows).rename(columns={name: say(t) for name, t in COLUMNS.items()})
        return str(shown.map(say).to_markdown(index=False, disable_numparse=True))

    def frame(self) -> pd.DataFrame:
        """Return a row for each hand-in.

        Returns
        -------
        DataFrame
            The columns ``hand_in``, ``light``, one for each verdict, the shares of repeats of
            `Check.row`, ``seed`` (the tool's own table), ``alike`` (other hand-ins), ``what``,
            ``files`` and ``problem``.
        """
        rows = []
        for place, each in enumerate(self.hand_ins):
            match = self.seed(place)
            rows.append(
                {
                    "hand_in": each.name,
                    "light": self.lights[place].value,
                    **(each.check.row() if each.check else {}),
                    "seed": match.seed if match else None,
                    "alike": "; ".join(self.alike(place)),
                    "what": " ".join(str(sentence) for sentence in self.sentences(place)[1:]),
                    "files": "; ".join(each.files),
                    "problem": each.problem,
                }
            )
        frame = pd.DataFrame(rows)
        counts = frame.columns.intersection([v.value.replace(" ", "_") for v in Verdict])
        return frame.astype(dict.fromkeys([*counts, "seed"], "Int64"))

    def pairs(self) -> pd.DataFrame:
        """Return the pairs that are alike: ``one``, ``other``, ``shared`` cells, ``surprise``."""
        found = self.similarity
        rows = [
            {
                "one": self.hand_ins[self.compared[i]].name,
                "other": self.hand_ins[self.compared[j]].name,
                "shared": int(found.shared[i, j]),
                "surprise": round(float(found.surprise[i, j]), 1),
            }
            for group in found.clusters
            for i, j in combinations(group, 2)
            if found.surprise[i, j] >= COPIED
        ]
        return pd.DataFrame(rows, columns=["one", "other", "shared", "surprise"])

    def as_json(self) -> dict[str, Any]:
        """Return everything as values that JSON can write."""
        return {
            "hand_ins": [
                {
                    "name": each.name,
                    "light": self.lights[place].value,
                    "files": list(each.files),
                    "problems": dict(each.problems),
                    "alike": self.alike(place),
                    "seed": match.seed if (match := self.seed(place)) else None,
                    **(each.check.as_json() if each.check else {}),
                }
                for place, each in enumerate(self.hand_ins)
            ],
            "alike": self.pairs().to_dict("records"),
            "skipped": dict(self.skipped),
        }


_SEED = Text(
    "{n} of its cells are those of the tool's own table for seed {seed}: no offence, but worth "
    "knowing.",
    "其中 {n} 格与本工具种子 {seed} 的结果表相同：这没有错，但值得知道。",
)
_ALIKE = Text(
    "It shares more cells than chance explains with: {names}.",
    "它与下列作业相同的格多于巧合所能解释：{names}。",
)
