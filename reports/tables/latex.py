"""The table for a LaTeX document, with the rules of the package booktabs."""

from collections.abc import Iterable, Sequence

import pandas as pd

from reports.tables.best import Best
from reports.tables.tables import corner
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
        Words in the cells; the best combination, which is set in bold, or None; and what stands
        over the table.
    """
    return "\n".join([str(HEAD), *(_float(*section) for section in sections)])


def _float(table: pd.DataFrame, best: Best | None, caption: Text) -> str:
    texts = table.map(lambda text: escaped(word(text)))
    if best is not None:
        texts.at[best.place] = f"\\textbf{{{texts.at[best.place]!s}}}"
    rows = [(escaped(number(name)), *row) for name, *row in texts.itertuples(name=None)]
    heads = map(escaped, [str(corner(table)), *map(number, table.columns)])
    lines = [
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{escaped(str(caption).replace('`', ''))}}}",
        f"  \\begin{{tabular}}{{{'r' * (1 + len(table.columns))}}}",
        r"    \toprule",
        _row(heads),
        r"    \midrule",
        *map(_row, rows),
        r"    \bottomrule",
        r"  \end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"    {' & '.join(cells)} \\\\"
