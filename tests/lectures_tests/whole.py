"""What the test of every study needs: to run it, and to see that its report is whole."""

from reports.figure_writer import FigureWriter
from reports.words import LANGUAGES, language, say
from studies import study_run
from studies.study import Picture, Sheet


def answered(study, folder):
    """Run a study in a folder; check that its sentences, pictures and tables are all there."""
    with FigureWriter(helper=False) as writer:
        result = study_run.answer(study, folder, command="sweep", writer=writer, jobs=1)
    assert_whole(result)
    return result


def assert_whole(result):
    """Check the report's files, and that no text in either language has a place left empty."""
    text = (result.directory / "report.md").read_text()
    assert result.report.findings
    for sentence in result.report.findings:
        assert say(sentence) in text
        assert not any(set("{}") & set(say(sentence, name)) for name in LANGUAGES)
        assert "nan" not in sentence.en
        assert "inf" not in sentence.en.split()
    for part in result.report.parts:
        assert say(part.caption) in text
        if isinstance(part, Picture):
            for ending in (".png", ".svg"):
                assert (result.directory / "figures" / f"{part.name}{ending}").stat().st_size > 5000
        else:
            assert isinstance(part, Sheet)
            assert (result.directory / f"{part.name}.csv").exists()
            with language("zh"):
                assert len(part.content())
