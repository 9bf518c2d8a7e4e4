"""The documents that one hands in, in Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from reports.documents.markdown import escaped, fenced, paragraph
from reports.findings.prediction import GUESS
from reports.tables.best import NO_BEST, Best
from reports.tables.tables import to_markdown
from reports.words import Text, word

TABLE = Text("Table", "结果表")
SPREADS = Text(
    "Medians, with the middle half in brackets and the number of repeats that converged:",
    "中位数，方括号内为中间一半的范围，以及收敛的次数：",
)
PAGE = Text(
    "[Interactive page](report.html): explore these results in a browser.",
    "[可交互网页](report.html)：在浏览器中查看这些结果。",
)
OTHER_FORMATS = Text(
    "`sweep report DIR --figures svg,pdf`, with this run's directory, draws the figures for the "
    "web and for print as well.",
    "`sweep report DIR --figures svg,pdf`（DIR 为本次运行的目录）可另外得到 SVG 和 PDF 格式的图。",
)
LAW = Text(
    "Epochs of the power-law fit (see Findings); the brackets mark cells that differ from it:",
    "幂律拟合所得的各格轮数（见“结果与分析”），与之不符者在括号内注明：",
)
HIDDEN = Text("{n} hidden units", "{n} 个隐层神经元")


@dataclass(frozen=True)
class Section:
    """The part of a report about one number of hidden units.

    Attributes
    ----------
    n_hidden : int
    table : DataFrame
        Batch sizes down, learning rates across, words in the cells.
    best : Best or None
    spreads : DataFrame or None
        Of the same shape: medians with their quartiles; None where there is one repeat.
    law : DataFrame or None
        Of the same shape: the epochs by the power-law fit; None where there is none.
    findings : sequence of (str, str)
        Each sentence, and the path of the figure that shows it, or an empty word.
    guess : sequence of str
        Sentences on how a guess did that was made before.
    """

    n_hidden: int
    table: pd.DataFrame
    best: Best | None
    spreads: pd.DataFrame | None = None
    law: pd.DataFrame | None = None
    findings: Sequence[tuple[str, str]] = ()
    guess: Sequence[str] = ()

    @property
    def heading(self) -> Text:
        """What it is about."""
        return HIDDEN.fill(n=self.n_hidden)

    def table_text(self) -> str:
        """Return the table, the best combination marked, and under it a line that says which."""
        return f"{to_markdown(self.table, self.best)}\n\n{self.sentence}\n"

    @property
    def sentence(self) -> Text:
        """Which combination is best, or that there is none."""
        return self.best.sentence if self.best else NO_BEST


def table_document(sections: Sequence[Section]) -> str:
    """Return ``table.md``: the tables, with headings where there are several."""
    if len(sections) == 1:
        return sections[0].table_text()
    return "\n".join(f"## {s.heading}\n\n{s.table_text()}" for s in sections)


def table_chapters(sections: Sequence[Section], notes: Sequence[str]) -> list[tuple[str, str]]:
    """Return the chapters, heading and Markdown, on tables: these, the findings, and the guess."""
    tables = [table_document(sections).strip(), *(f"- {note}" for note in notes)]
    for section in sections:
        about = f"{section.heading}. " if len(sections) > 1 else ""
        if section.spreads is not None:
            tables += [f"{about}{SPREADS}", to_markdown(section.spreads, section.best)]
        if section.law is not None:
            tables += [f"{about}{LAW}", to_markdown(section.law)]
    chapters = [(str(TABLE), "\n\n".join(tables))]
    for section in sections:
        of = f": {section.heading}" if len(sections) > 1 else ""
        if section.findings:
            chapters.append((f"{word('findings')}{of}", _sentences(section.findings)))
        if section.guess:
            chapters.append((str(GUESS), "\n".join(f"- {sentence}" for sentence in section.guess)))
    return chapters


@dataclass(frozen=True)
class Part:
    """A figure or a table of a report.

    Attributes
    ----------
    caption : str
    path : str
        Of the figure or of the table's CSV, seen from the report.
    content : DataFrame or None
        The table, in words; None for a figure.
    """

    caption: str
    path: str
    content: pd.DataFrame | None = None


def report_document(
    title: str,
    question: str,
    chapters: Sequence[tuple[str, str]],
    parts: Sequence[Part],
    *,
    settings: Sequence[tuple[str, Mapping[str, str]]],
    failures: Mapping[str, str],
    command: str,
    has_page: bool = True,
) -> str:
    """Return ``report.md``, in the language of the context.

    Parameters
    ----------
    title, question : str
    chapters : sequence of (str, str)
        A heading, and what stands under it as Markdown.
    parts : sequence of Part
        Figures and tables.
    settings : sequence of (str, mapping)
        What each part of the run trained on what; its name is shown where there are several.
    failures : mapping
        The reason for each trial that failed.
    command : str
        The command that reproduces this report.
    has_page : bool
        Whether the interactive page lies beside it.
    """
    pieces = [f"# {escaped(title)}", paragraph(question), *([str(PAGE)] if has_page else [])]
    pieces += [f"## {heading}\n\n{text}" for heading, text in chapters]
    for part in parts:
        if part.content is None:
            pieces.append(f"![{part.caption}]({part.path})\n\n{part.caption}")
        else:
            pieces.append(f"{part.caption}\n\n{_sheet(part.content)}")
    if failures:
        pieces += [f"## {word('failures')}"]
        pieces += ["\n".join(f"- {trial}: {escaped(reason)}" for trial, reason in failures.items())]
    for name, content in settings:
        heading = word("settings")
        pieces += [f"## {heading}: {name}" if len(settings) > 1 else f"## {heading}"]
        pieces += [_listing(content)]
    pieces += [f"## {word('again')}", fenced(command)]
    if has_page and any(part.content is None for part in parts):
        pieces.append(str(OTHER_FORMATS))
    return "\n\n".join(pieces) + "\n"


def _sheet(content: pd.DataFrame) -> str:
    """Write a table of words and numbers as Markdown, numbers with up to six digits."""
    texts = content.map(lambda v: f"{v:.6g}" if isinstance(v, float) else escaped(str(v)))
    texts.columns = pd.Index([escaped(str(name)) for name in content.columns])
    return str(texts.to_markdown(index=False, disable_numparse=True, stralign="right"))


def _sentences(findings: Sequence[tuple[str, str]]) -> str:
    links = [f" ([{word('figure')}]({path}))" if path else "" for _, path in findings]
    lines = zip(findings, links, strict=True)
    return "\n".join(f"- {_one_line(sentence)}{link}" for (sentence, _), link in lines)


def _listing(content: Mapping[str, str]) -> str:
    rows = [f"| {escaped(name)} | {escaped(value)} |" for name, value in content.items()]
    return "\n".join(["| | |", "| --- | --- |", *rows])


def _one_line(text: str) -> str:
    """Write a sentence of ours, which may have markup, in one line without a tag."""
    return " ".join(text.replace("<", "&lt;").split())
