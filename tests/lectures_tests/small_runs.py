"""Runs studies of the lectures small, and looks into what they wrote."""

import re
from dataclasses import replace

from reports.figure_writer import FigureWriter
from studies import study_run
from studies.catalogue import find_study
from studies.study import Picture


def answered(name, out, settings=(), plan=(), plans=()):
    """Run a study with other settings (of its trainings), and other attributes of its plans.

    `settings` are lists by name, `plan` is changed in all plans, `plans` in those it names.
    """
    study = find_study(name).with_settings(dict(settings))
    study = study.with_plans(lambda each: replace(each, **dict(plan)))
    changed = {
        key: replace(study.plans[key], **dict(change)) for key, change in dict(plans).items()
    }
    study = replace(study, plans={**study.plans, **changed})
    with FigureWriter(helper=False) as writer:
        result = study_run.answer(study, out, command=f"sweep study {name}", writer=writer, jobs=1)
    assert_all_is_there(result)
    return result


def assert_all_is_there(result):
    """Look for the files of all pictures and for the sentences in the report, without a NaN."""
    document = (result.directory / "report.md").read_text(encoding="utf-8")
    pictures = [part.name for part in result.report.parts if isinstance(part, Picture)]
    assert pictures
    for name in pictures:
        assert f"(figures/{name}.png)" in document
        assert (result.directory / "figures" / f"{name}.png").stat().st_size > 1000
        assert (result.directory / "figures" / f"{name}.svg").stat().st_size > 1000
    assert result.report.findings
    for sentence in result.report.findings:
        assert sentence.en in document
        assert not re.search(r"\bnan\b|\{|\}", sentence.en + sentence.zh), sentence
        assert sentence.en.endswith(".")
        assert sentence.zh.endswith("。")
        assert numbers(sentence.en) == numbers(sentence.zh), sentence


def numbers(sentence):
    """Return the numbers of a sentence, sorted."""
    return sorted(re.findall(r"\d+(?:\.\d+)?", sentence))


def sentence_with(result, words):
    """Return the one finding that has these words."""
    (found,) = [text.en for text in result.report.findings if words in text.en]
    return found
