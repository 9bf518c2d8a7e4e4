"""The documents that one hands in, in Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from reports.documents.markdown import escaped, fenced, paragraph
from reports.findings.prediction import GUESS
from reports.tables.best import HEADS, NO_BEST, Best
from reports.tables.tables import to_markdown
from reports.words import Text, grouped, word

TABLE = Text("Table", "实验结果")
BEST = HEADS[0]
DISCUSSION = Text("Discussion", "讨论")
QUESTIONS = Text(
    "This part is yours. The data of this run raise these questions:",
    "此部分由你撰写。本次运行的数据提出以下问题：",
)
FIGURE = Text("Figure {n}", "图 {n}")
CAPTION = Text("{figure}. {caption}", "{figure} {caption}")
SHOWN_IN = Text(" ({figure})", "（{figure}）")
SPREADS = Text(
    "Medians, with the middle half in brackets and the number of repeats that converged:",
    "中位数，方括号内为中间一半的范围，以及收敛的次数：",
)
PAGE = Text(
    "[Interactive page](report.html): explore these results in a browser.",
    "[可交互网页](report.html)：在浏览器中查看这些结果。",
)
OTHER_FORMATS = Text(
    "`sweep report DIR --format docx,pdf`, with this run's directory, writes this report for Word "
    "and as PDF as well, and with `--figures svg,pdf` figures for the web and for print. This file "
    "is written anew by each run and report, so edit a copy of it.",
    "`sweep report DIR --format docx,pdf`（DIR 为本次运行的目录）可另外得到 Word 和 PDF 格式的"
    "报告，加上 `--figures svg,pdf` 则得到 SVG 和 PDF 格式的图。"
    "每次运行或生成报告都会重写本文件，请修改其副本。",
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
    figures : mapping of str to str
        The captions of all figures by their paths.
    fit : str
        The path of the figure of the best combination; empty if there is none.
    guess : sequence of str
        Sentences on how a guess did that was made before.
    """

    n_hidden: int
    table: pd.DataFrame
    best: Best | None
    spreads: pd.DataFrame | None = None
    law: pd.DataFrame | None = None
    findings: Sequence[tuple[str, str]] = ()
    figures: Mapping[str, str] = field(default_factory=dict)
    fit: str = ""
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


class _Figures:
    """Figures with their numbers, each at the first place that speaks of it."""

    def __init__(self) -> None:
        self._numbers = dict[str, int]()

    def after(self, text: str, path: str, captions: Mapping[str, str]) -> str:
        """Return a text that names the figure of a path, and if it is new the figure."""
        if path not in captions:
            return text
        is_new = path not in self._numbers
        name = FIGURE.fill(n=self._numbers.setdefault(path, len(self._numbers) + 1))
        reference = f"{text}{SHOWN_IN.fill(figure=name)}" if text else ""
        if not is_new:
            return reference
        caption = CAPTION.fill(figure=name, caption=captions[path])
        return f"{reference}\n\n![{caption}]({path})\n\n{caption}".strip()


def table_chapters(
    sections: Sequence[Section], notes: Sequence[str], questions: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Return the chapters, heading and Markdown, on tables.

    These are the tables, the best of each, the findings with figures, how a guess did, and what is
    left to the reader to discuss.
    """
    figures = _Figures()
    several = len(sections) > 1
    tables, best, last = list[str](), list[str](), list[tuple[str, str]]()
    for section in sections:
        about = f"{section.heading}. " if several else ""
        tables += [f"### {section.heading}"] * several + [_table(section.table, section.best)]
        if section.spreads is not None:
            tables += [f"{about}{SPREADS}", _table(section.spreads, section.best)]
        if section.law is not None:
            tables += [f"{about}{LAW}", _table(section.law)]
        best.append(figures.after(f"{about}{section.sentence}", section.fit, section.figures))
    for section in sections:
        said = [
            f"- {figures.after(_one_line(sentence), path, section.figures)}"
            for sentence, path in section.findings
        ]
        said += filter(None, (figures.after("", path, section.figures) for path in section.figures))
        last.append((f"{word('findings')}{f': {section.heading}' * several}", "\n\n".join(said)))
        if section.guess:
            last.append((str(GUESS), "\n".join(f"- {sentence}" for sentence in section.guess)))
    if questions:
        asked = (f"**{n}.** {text}\n\n---" for n, text in enumerate(questions, start=1))
        last.append((str(DISCUSSION), "\n\n".join([str(QUESTIONS), *asked])))
    notes_text = "\n".join(f"- {note}" for note in notes)
    return [
        (str(TABLE), "\n\n".join([*tables, notes_text])),
        (str(BEST), "\n\n".join(best)),
        *(chapter for chapter in last if chapter[1]),
    ]


def _table(content: pd.DataFrame, best: Best | None = None) -> str:
    return to_markdown(content.map(grouped), best)


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
    lines: Sequence[tuple[Text, Text]] = (),
    separators: bool = False,
    has_page: bool = True,
) -> str:
    """Return ``report.md``, in the language of the context.

    Parameters
    ----------
    title, question : str
        The question may be empty.
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
    lines : sequence of (Text, Text)
        What stands under the title: what each is, and what it says.
    separators : bool
        Whether numbers in chapters and parts are `grouped`; a user's own words may hold numbers.
    has_page : bool
        Whether it lies beside the interactive page, and says what else can be written.
    """
    pieces = [f"# {escaped(title)}", *([_lines(lines)] if lines else [])]
    pieces += [paragraph(question)] if question else []
    pieces += [str(PAGE)] if has_page else []
    said = [f"## {heading}\n\n{text}" for heading, text in chapters]
    shown = "".join(said)
    for part in parts:
        if part.content is not None:
            said.append(f"{part.caption}\n\n{_sheet(part.content)}")
        elif f"]({part.path})" not in shown:  # else a chapter shows it
            said.append(f"![{part.caption}]({part.path})\n\n{part.caption}")
    pieces += map(grouped, said) if separators else said
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


def _lines(lines: Sequence[tuple[Text, Text]]) -> str:
    return _listing({str(name): str(value) for name, value in lines})


def _listing(content: Mapping[str, str]) -> str:
    rows = [f"| {escaped(name)} | {escaped(value)} |" for name, value in content.items()]
    return "\n".join(["| | |", "| --- | --- |", *rows])


def _one_line(text: str) -> str:
    """Write a sentence of ours, which may have markup, in one line without a tag."""
    return " ".join(text.replace("<", "&lt;").split())
