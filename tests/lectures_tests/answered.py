"""Runs a study small, as the command does but in one process, and checks what all must have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reports.figure_writer import FigureWriter
from reports.words import Text, language
from studies.catalogue import find_study
from studies.study import Picture, Sheet, Study
from studies.study_run import StudyResult, answer


def small(name: str, settings: Mapping[str, Sequence[Any]], **plan: Any) -> Study:
    """Return a study with other settings, and other values of its plans."""
    return find_study(name).with_settings(settings).with_plans(lambda p: replace(p, **plan))


class OnlyDrawn(FigureWriter):
    """Draws figures and writes none, for half of the time."""

    def __init__(self) -> None:
        super().__init__(helper=False)

    def write(self, figures: Mapping[Path, Callable[[], Any]]) -> None:
        for draw in figures.values():
            draw()


def survived(
    name: str, out: Path, settings: Mapping[str, Sequence[Any]], **plan: Any
) -> StudyResult:
    """Run a study where little is to be seen; its texts must be complete all the same."""
    study = small(name, settings, **plan)
    result = answer(study, out, command="x", writer=OnlyDrawn(), jobs=2)
    for finding in result.report.findings:
        check(finding)
    return result


def answered(
    name: str, out: Path, settings: Mapping[str, Sequence[Any]], **plan: Any
) -> StudyResult:
    """Run a study into a directory; all its files must be there, and its texts complete."""
    with FigureWriter(helper=False) as writer:
        result = answer(small(name, settings, **plan), out, command="x", writer=writer, jobs=2)
    for part in result.report.parts:
        if isinstance(part, Picture):
            for end in (".png", ".svg"):
                assert (out / "figures" / part.name).with_suffix(end).stat().st_size > 1000
        else:
            assert (out / f"{part.name}.csv").is_file()
    document = (out / "report.md").read_text()
    for finding in result.report.findings:
        check(finding)
        assert finding.en in document
    in_chinese(result)
    return result


def in_chinese(result: StudyResult) -> None:
    """Make tables and figures in Chinese."""
    with language("zh"):
        for part in result.report.parts:
            if isinstance(part, Sheet):
                part.content()
            else:
                part.draw()


def check(text: Text) -> None:
    """Hold that a text has both languages, and that nothing in it was left open."""
    for words in text:
        assert words
        for left_open in ("{", "}", "nan", "np.", "Series"):
            assert left_open not in words, words
    assert text.en != text.zh


def said(result: StudyResult) -> str:
    """Return all findings in English."""
    return "\n".join(text.en for text in result.report.findings)
