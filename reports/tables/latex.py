"""The table for a LaTeX document, with the rules of the package booktabs."""

from collections.abc import Sequence

import pandas as pd

from reports.tables.best import Best
from reports.tables.tables import CORNER
from reports.words import Text, number, word

HEAD = Text(
    r"% In the preamble: \usepackage{booktabs}",
    "% 导言区需要 \\usepackage{booktabs}；中文请用 ctex 文档类并以 XeLaTeX 编译",
)

_ESCAPED = {
    **{c: f"\\{c}" for c in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "η": r"$\eta$",
    "≤": r"$\le$",
    "²": "$^2$",
    "×": r"$\times$",
}


def escaped(text: str) -> str:
    """Return a text as LaTeX shows it letter by letter."""
    return "".join(_ESCAPED.get(character, character) for character in text)


def to_latex(sections: Sequence[tuple[pd.DataFrame, Best | None, Text]]) -> str:
    """Write tables as LaTeX, each a float with the sentence about its best cell as caption.

    Parameters
    ----------
    sections : sequence of (table, best, caption)
        Batch sizes down, learning rates across, words in the cells; the best combination, which
        is set in bold, or None; and what stands over the table.
    """
    return "\n".join([str(HEAD), *(_float(*section) for section in sections)])


def _float(table: pd.DataFrame, best: Best | None, caption: Text) -> str:
    columns = "r" * (1 + len(table.columns))
    heads = [str(CORNER), *(number(rate) for rate in table.columns)]
    lines = [
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{escaped(str(caption))}}}",
        f"  \\begin{{tabular}}{{{columns}}}",
        r"    \toprule",
        _row([escaped(head) for head in heads]),
        r"    \midrule",
        *(_row(_cells(size, texts, best)) for size, texts in table.iterrows()),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _cells(size: object, row: "pd.Series[str]", best: Best | None) -> list[str]:
    texts = {rate: escaped(word(text)) for rate, text in row.items()}
    if best is not None and best.batch_size == size:
        texts[best.learning_rate] = f"\\textbf{{{texts[best.learning_rate]}}}"
    return [escaped(str(size)), *texts.values()]


def _row(cells: Sequence[str]) -> str:
    return f"    {' & '.join(cells)} \\\\"
