"""LaTeX: the tables that a source sets, without running or including anything."""

import re
from collections.abc import Iterator
from itertools import accumulate

from reports.check.text_grids import Block, Part, Span, blocks_in, unread

_TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}&$^]|[^\\{}&$^]+", re.DOTALL)
_COMMENT = re.compile(r"(\\.)|%[^\n]*\n?[ \t]*", re.DOTALL)
_TABLE = re.compile(
    r"\\(begin|end)\s*\{(tabular\*|tabular[xy]|tabular|array|longtable|tblr|tabu|NiceTabular)\}"
)
_OPEN, _CLOSED = ("{", "\\begin"), ("}", "\\end")
_WITH_WIDTH = ("tabular*", "tabularx", "tabulary")
_HIDDEN = re.compile(r"\\iffalse\b|\\begin\{comment\}|\\end\{comment\}|\\fi\b")
_MOST_ARGUMENTS, _MOST_RAISED = 20, 60
_STARS = re.compile(r"(?:<sup>)[*†‡]+(?:</sup>)")

_SHOWN = {
    "\\%": "%",
    "\\&": "&",
    "\\_": "_",
    "\\#": "#",
    "\\$": "$",
    "\\{": "{",
    "\\}": "}",
    **dict.fromkeys(("\\,", "\\;", "\\:", "\\ ", "\\quad", "\\qquad", "\\enspace"), " "),
    **dict.fromkeys(("\\!", "\\/", "\\(", "\\)", "\\[", "\\]", "$", "{", "}", "\\-"), ""),
    "\\\\": "\n",
    "\\newline": "\n",
    "\\par": "\n",
    "\\item": "\n- ",
    "\\eta": "η",
    "\\alpha": "α",
    "\\infty": "∞",
    "\\pm": "±",
    "\\times": "×",
    "\\approx": "≈",
    "\\sim": "~",
    "\\textasciitilde": "~",
    "\\textbackslash": "\\",
    "\\backslash": "\\",
    "\\ge": "≥",
    "\\geq": "≥",
    "\\geqslant": "≥",
    "\\le": "≤",
    "\\leq": "≤",
    "\\dag": "†",
    "\\gt": ">",
    "\\lt": "<",
    "\\textgreater": ">",
    "\\textless": "<",
    "\\star": "*",
    "\\dagger": "†",
    "\\ddagger": "‡",
    "\\ast": "*",
    "\\checkmark": "✓",
    "\\cdots": "…",
    "\\ldots": "…",
    "\\dots": "…",
    "\\to": "→",
    "\\rightarrow": "→",
    "\\downarrow": "↓",
}
"""What commands without arguments show."""

_PLAIN = re.compile(
    "bf|it|rm|em|bfseries|itshape|centering|tiny|scriptsize|footnotesize|small|normalsize|large|Large"
    "|hline|(?:top|mid|bottom)rule|displaystyle|left|right|noindent|ragged(?:right|left)|end(?:first)?"
    "head|end(?:last)?foot|text(?:bf|it|rm|sf|tt|sc|normal)?|emph|underline|math(?:bf|rm|it|sf)|bm"
    "|boldsymbol|mbox|makecell|thead|num|caption|uline"
)
"""Commands that leave what they are given as it is."""

_DROPPED = {
    **dict.fromkeys(("label", "footnote", "tnote", "cite", "ref", "vspace", "hspace"), 1),
    **dict.fromkeys(("cline", "cmidrule", "rowcolor", "cellcolor", "color", "textcolor"), 1),
    **dict.fromkeys(("begin", "end", "footnotemark", "addlinespace", "noalign", "usepackage"), 1),
    **dict.fromkeys(("documentclass", "arraystretch"), 1),
    **dict.fromkeys(("setlength", "renewcommand", "newcommand"), 2),
}
"""Commands of which so many arguments show nothing; what follows is shown."""

_SECTIONS = ("section", "subsection", "subsubsection", "paragraph", "chapter")


def latex_blocks(text: str) -> list[Block]:
    """Return the blocks of a LaTeX source."""
    return blocks_in(_parts(_visible(_COMMENT.sub(lambda m: m[1] or "", text))))


def _visible(text: str) -> str:
    """Leave out what the source itself leaves out."""
    kept, start, depth = [], 0, 0
    for match in _HIDDEN.finditer(text):
        opens = match[0] in ("\\iffalse", "\\begin{comment}")
        if opens or depth:
            kept += [] if depth else [text[start : match.start()]]
            depth = depth + 1 if opens else depth - 1
            start = match.end()
    return "".join(kept) + ("" if depth else text[start:])


def _parts(text: str) -> Iterator[Part]:
    """Yield texts and tables; tables in tables are not read."""
    start, depth = 0, 0
    for match in _TABLE.finditer(text):
        depth += 1 if match[1] == "begin" else -1
        if match[1] == "begin" and depth == 1:
            yield _shown(_TOKEN.findall(text[start : match.start()]))
            start = match.end()
        elif match[1] == "end" and depth == 0:
            yield _rows(text[start : match.start()], 1 + (match[2] in _WITH_WIDTH))
            start = match.end()
        depth = max(0, depth)
    yield _shown(_TOKEN.findall(text[start:]))


def _rows(body: str, n_arguments: int) -> list[list[Span]]:
    signs = _TOKEN.findall(body)
    _arguments(signs, n_arguments, n_arguments)
    rows: list[list[Span]] = []
    cells: list[list[str]] = [[]]
    below: dict[int, int] = {}  # columns in which a cell of rows above goes on, for how many rows
    depth = 0
    for place, sign in enumerate([*signs, "\\\\"]):
        depth += (sign in _OPEN) - (sign in _CLOSED)
        is_end = depth <= 0 and sign in ("\\\\", "\\tabularnewline", "\\cr")
        if is_end or (depth <= 0 and place == len(signs)):
            rows.append(_row(cells, below))
            cells = [[]]
        elif depth <= 0 and sign == "&":
            cells.append([])
        elif not cells[-1] and len(cells) == 1 and sign.startswith("[") and place and rows:
            cells[-1].append(sign.partition("]")[2])  # the space after a row
        else:
            cells[-1].append(sign)
    return rows


def _row(cells: list[list[str]], below: dict[int, int]) -> list[Span]:
    """Read a row's cells; an empty one under a cell of several rows goes on with it."""
    spans: list[Span] = []
    column = 0
    for signs in cells:
        across, down, text = _spanned(signs)
        if not text and below.get(column, 0) > 0:
            spans.append(Span(None, across))
        else:
            spans.append(Span(text, across))
            below[column] = down
        below[column] = below.get(column, 1) - 1
        column += across
    return spans


def _spanned(signs: list[str]) -> tuple[int, int, str]:
    """Return over how many columns and rows a cell goes, and what it shows."""
    across = down = 1
    signs = list(signs)
    for name in ("\\multicolumn", "\\multirow"):
        if name in signs:
            place = signs.index(name)
            rest = signs[place + 1 :]
            first, _ = _arguments(rest, 2, 2)
            n = int(first) if first.isdecimal() and len(first) < 4 else 1
            across, down = (n, down) if name == "\\multicolumn" else (across, n)
            signs[place:] = rest
    return across, down, unread("table") if "\\begin" in signs else _shown(signs).strip()


def _arguments(signs: list[str], n: int, most: int) -> list[str]:
    """Take arguments from the beginning of signs, and return their texts; those in [] too."""
    found: list[str] = []
    for _ in range(_MOST_ARGUMENTS):
        first = signs[0].lstrip() if signs and len(found) < n else "no argument"
        if first.startswith(("[", "(")):
            end = "]" if first[0] == "[" else ")"
            place = next((i for i, sign in enumerate(signs) if end in sign), len(signs) - 1)
            signs[: place + 1] = filter(None, [signs[place].partition(end)[2]])
        elif not first:
            signs.pop(0)
        elif first == "{":
            found.append(_group(signs))
        else:
            break
    return found + [""] * (most - len(found))


def _group(signs: list[str]) -> str:
    """Take a group in braces from the beginning of signs, and return what is in it."""
    depths = accumulate((sign == "{") - (sign == "}") for sign in signs)
    place = next((i for i, depth in enumerate(depths) if depth == 0), len(signs))
    group = "".join(signs[1:place])
    del signs[: place + 1]
    return group


def _shown(signs: list[str]) -> str:
    """Return what signs show; for a command that isn't known, that it isn't read."""
    rest, shown = list(reversed(signs)), []
    while rest:
        sign = rest.pop()
        name = sign[1:].rstrip("*") if sign.startswith("\\") else ""
        if sign == "^" or name == "textsuperscript":
            shown.append(f"<sup>{_shown(_TOKEN.findall(_next(rest)))}</sup>")
        elif sign in _SHOWN:
            shown.append(_SHOWN[sign])
        elif name in _SECTIONS:
            shown.append("\n# ")
        elif name in _DROPPED:
            ahead = [rest.pop() for _ in range(min(len(rest), 60))]
            _arguments(ahead, _DROPPED[name], _DROPPED[name])
            rest += reversed(ahead)
        elif name and not _PLAIN.fullmatch(name):
            shown.append(unread(name))
        elif not name:
            shown.append(sign.replace("~", " ") if sign != "&" else " & ")
    return _STARS.sub("", "".join(shown))


def _next(rest: list[str]) -> str:
    """Take a group or a sign from the end of reversed signs."""
    if not rest:
        return ""
    sign = rest.pop()
    if sign == "{":
        depth = 1
        group: list[str] = []
        while rest and depth and len(group) < _MOST_RAISED:
            sign = rest.pop()
            depth += (sign == "{") - (sign == "}")
            group += [sign] * (depth > 0)
        return "".join(group)
    if not sign.startswith("\\") and len(sign) > 1:
        rest.append(sign[1:])
    return sign if sign.startswith("\\") else sign[:1]
