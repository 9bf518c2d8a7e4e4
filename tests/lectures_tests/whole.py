"""What the tests of all studies need: to run one small, and to see that its report is whole."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from undrawn import draw_here

from reports.figures.writer import FigureWriter
from reports.words import Text, grouped, say
from studies.experiment import run
from studies.experiment.run import StudyResult
from studies.experiment.runners import RunnerOptions
from studies.experiment.study import ReportFigure, Study
from studies.lectures.catalogue import find_study

Settings = Mapping[str, Sequence[Any]]


class OnlyDrawn(FigureWriter):
    """Draws figures and writes none, for half of the time."""

    def __init__(self) -> None:
        super().__init__(helper=False)

    @contextmanager
    def drawing(self, figures: Mapping[Path, Callable[[], Any]]) -> Iterator[Callable[[], None]]:
        for draw in figures.values():
            draw()
        yield lambda: None


def small(study: str | Study, settings: Settings, **plan: Any) -> Study:
    """Return a study with other settings, and other values of its plans."""
    found = find_study(study) if isinstance(study, str) else study
    return found.with_settings(settings).with_plans(lambda p: replace(p, **plan))


def answered(
    study: str | Study, out: Path, settings: Settings | None = None, **plan: Any
) -> StudyResult:
    """Run a study into a directory; all its files must be there, and its texts complete."""
    with pytest.MonkeyPatch.context() as patch, FigureWriter(helper=False) as writer:
        draw_here(patch)
        changed = small(study, settings or {}, **plan)
        result = run.answer(changed, out, command="x", writer=writer, options=RunnerOptions(jobs=2))
    document = (out / "report.md").read_text(encoding="utf-8")
    for part in result.report.parts:
        assert grouped(say(part.caption)) in document
        if isinstance(part, ReportFigure):
            assert f"(figures/{part.name}.png)" in document
            assert (out / "figures" / f"{part.name}.png").stat().st_size > 1000
        else:
            assert (out / f"{part.name}.csv").is_file()
    assert result.report.findings
    for finding in result.report.findings:
        check(finding)
        assert grouped(finding.en) in document
    return result


def survived(
    study: str | Study, out: Path, settings: Settings | None = None, **plan: Any
) -> StudyResult:
    """Run a study where little is to be seen; its texts must be complete all the same."""
    changed = small(study, settings or {}, **plan)
    result = run.answer(
        changed, out, command="x", writer=OnlyDrawn(), options=RunnerOptions(jobs=2)
    )
    for finding in result.report.findings:
        check(finding)
    return result


def check(text: Text) -> None:
    """Hold that both languages are sentences with the same numbers, and nothing was left open."""
    for words, stop in zip(text, ".。", strict=True):
        assert words.rstrip(")）").endswith(stop)
        assert not re.search(r"\bnan\b|\{|\}|np\.|Series", words), words
    assert numbers(text.en) == numbers(text.zh), text


def numbers(sentence: str) -> list[str]:
    """Return the numbers of a sentence, sorted."""
    return sorted(re.findall(r"\d+(?:\.\d+)?", sentence))


def said(result: StudyResult) -> str:
    """Return all findings in English."""
    return "\n".join(text.en for text in result.report.findings)


def sentence_with(result: StudyResult, words: str) -> str:
    """Return the one finding that has these words."""
    (found,) = [text.en for text in result.report.findings if words in text.en]
    return found
