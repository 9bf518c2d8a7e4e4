"""The files of a class become hand-ins: a student's folder, or a file, with the table in it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from network.errors import InputError
from reports.check.class_report import ALIKE, ClassReport, HandInResult
from reports.check.document import Check
from reports.check.similarity import Contents
from reports.words import Text
from studies.checking.check import TableChecker
from studies.checking.hand_ins.files import HandIn
from sweep.errors import SweepError

_A_TABLE = Text("a table", "表格")

_NUMBER = re.compile(r"\d{4,}")

Students = Mapping[str, Sequence[HandIn]]
"""The files of each student, by name."""


def students_of(files: Sequence[HandIn]) -> Students:
    """Return whose the files of a class are.

    What is in a folder of the class is one student's, and so is a file beside the folders. Folders
    that all files are in are not those of a student.
    """
    parts = [PurePosixPath(file.name).parts for file in files]
    n_common = 0
    while all(len(p) > n_common + 1 and p[n_common] == parts[0][n_common] for p in parts):
        n_common += 1
    students: dict[str, list[HandIn]] = {}
    for file, path in zip(files, parts, strict=True):
        own = path[n_common:]
        student = re.sub(r"(?i)\.zip$", "", own[0]) if len(own) > 1 else own[0]
        students.setdefault(student, []).append(file._replace(name="/".join([student, *own[1:]])))
    return dict(sorted(students.items()))


def number_in(name: str) -> str:
    """Return the student number in a name, the longest of four digits or more; empty if none."""
    return max(_NUMBER.findall(name), key=len, default="")


def numbers_of(students: Students) -> dict[str, str]:
    """Return the number of each student whose name has one."""
    return {name: number for name in students if (number := number_in(name))}


def anonymous(
    students: Students, skipped: Mapping[str, str], numbers: Mapping[str, str]
) -> tuple[Students, dict[str, str], dict[str, str]]:
    """Return the same with numbers for students and files, in the order of the names."""
    digits = len(str(len(students)))
    aliases = {name: f"{n:0{digits}}" for n, name in enumerate(students, 1)}
    hidden = {
        aliases[name]: [
            file._replace(name=f"{aliases[name]}/{k}{PurePosixPath(file.name).suffix}")
            for k, file in enumerate(files, 1)
        ]
        for name, files in students.items()
    }
    unnamed = {
        f"#{n}": reason.replace(name, f"#{n}")
        for n, (name, reason) in enumerate(skipped.items(), 1)
    }
    return hidden, unnamed, {aliases[name]: number for name, number in numbers.items()}


def without_words(report: ClassReport) -> ClassReport:
    """Return a report that quotes from the files nothing but cells: names may stand elsewhere."""
    hand_ins = []
    for each in report.hand_ins:
        check = each.check
        if check:
            of = check.seed_from and check.seed_from._replace(number="…", seed="…")
            table = replace(check.table, layout=_A_TABLE, remarks=[])
            check = replace(check, table=table, seed_from=of)
        problems = {name: f"{name} has no table that can be read." for name in each.problems}
        hand_ins.append(replace(each, check=check, problems=problems))
    return replace(report, hand_ins=hand_ins)


def check_class(
    checker: TableChecker,
    students: Students,
    skipped: Mapping[str, str],
    numbers: Mapping[str, str],
) -> ClassReport:
    """Check the tables of all students; a student with several different ones has several results.

    Parameters
    ----------
    checker : TableChecker
    students : mapping of str to sequence of HandIn
    skipped : mapping of str to str
        Why files are not looked at.
    numbers : mapping of str to str
        The student numbers, by name, of whose seeds the tables should be.
    """
    found = [each for name, files in students.items() for each in _hand_ins(checker, name, files)]
    of = [numbers.get(PurePosixPath(each.name).parts[0], "") for each in found]
    wanted = [(n, each.check) for n, each in zip(of, found, strict=True) if n and each.check]
    seeded = iter(checker.beside_seeds(wanted) if wanted else [])
    found = [
        replace(each, check=next(seeded)) if n and each.check else each
        for n, each in zip(of, found, strict=True)
    ]
    return ClassReport(found, skipped, checker.trained, checker.seeds)


def _hand_ins(checker: TableChecker, name: str, files: Sequence[HandIn]) -> list[HandInResult]:
    """Return what a student handed in: a result for each different table, or one for none."""
    checks, problems = list[Check](), dict[str, str]()
    for file in files:
        try:
            checks.append(checker.check(file))
        except (InputError, SweepError) as error:
            problems[file.name] = str(error)
    tables = _different(checks)
    if not tables:
        return [HandInResult(name, problems=problems)]
    return [
        HandInResult(
            name if len(tables) == 1 else same[0].name,
            same[0],
            [check.name for check in same],
            problems,
        )
        for same in tables
    ]


def _different(checks: Iterable[Check]) -> list[list[Check]]:
    """Group checks whose tables say the same where both say something; the fullest comes first."""
    groups: list[list[Check]] = []
    for check in sorted(checks, key=lambda each: -each.table.n_filled):
        for group in groups:
            if _is_part(check, group[0]):
                group.append(check)
                break
        else:
            groups.append([check])
    return groups


def _is_part(check: Check, other: Check) -> bool:
    """Return whether all that a table says stands in another one."""
    contents = Contents.of([check, other])
    said = contents.epochs[0] >= 0
    n_shared = (contents.shared_with(0, contents)[1] & said).sum()
    return bool(n_shared == said.sum() and (n_shared >= ALIKE or n_shared == other.table.n_filled))
