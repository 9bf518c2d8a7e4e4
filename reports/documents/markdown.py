"""Words that come from a user, as Markdown shows them: never as markup of theirs."""

import re

_MARKUP = re.compile(
    r"""
      [\\`*\[\]|~]               # code, emphasis, links, cells, strikes
    | !(?=\[)                    # a picture
    | (?<![^\W_])_|_(?![^\W_])   # emphasis; one inside of a word is none
    | &(?=\#?\w+;)               # an entity
    """,
    re.VERBOSE,
)
_START = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[#>+=-]))")  # of a heading, a quotation, a list


def escaped(text: str) -> str:
    """Return a text as one line of Markdown that shows it as it is, but for its line ends."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return _MARKUP.sub(r"\\\g<0>", line).replace("<", "&lt;")


def paragraph(text: str) -> str:
    """Return what `escaped` returns, also where it begins a line."""
    return _START.sub(r"\1\\", escaped(text))


def fenced(text: str) -> str:
    """Return a text as a block of code, whose fence is longer than any in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"
