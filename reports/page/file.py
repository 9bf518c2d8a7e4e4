"""The file that a page is: its template, its style, its scripts, and its content as JSON.

Whatever comes from outside, such as the name of a data file, is either escaped by the template or
is a text in the JSON, which the page only ever puts into text nodes; and a Content-Security-Policy
lets no script run but ours.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.page.scripts import bundle
from reports.page.words import PAGE_WORDS
from reports.words import LANGUAGES

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


def render(content: Mapping[str, Any], language: str) -> str:
    """Return the page of a run, opening in a language."""
    grids = content["grids"]
    has_board = any(grid["cells"] for grid in grids)
    return page_of(
        "page.html",
        "main.js",
        {**content, "words": PAGE_WORDS},
        language,
        has_grids=bool(grids),
        has_board=has_board,
        heading="chosen cells" if has_board else "run here",
        worker=_trusted(bundle("lab/worker.js") if grids else ""),
    )


def page_of(
    template: str, entry: str, content: Mapping[str, Any], language: str, **shown: object
) -> str:
    """Return a page.

    Parameters
    ----------
    template, entry : str
        The names of its template and of its first script.
    content : mapping
        Becomes its JSON; it has the ``title`` and the page's ``words``.
    language : str
        The one in which it opens.
    **shown
        What else its template shows.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    script, place = bundle(entry), LANGUAGES.index(language)
    return environment.get_template(template).render(
        language={"en": "en", "zh": "zh-Hans"}[language],
        title=content["title"][place],
        words={name: words[place] for name, words in content["words"].items()},
        hash=_hash(script),
        style=_trusted((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=_trusted(script),
        content=_trusted(embedded(content)),  # which can't end its element
        **shown,
    )


def _trusted(text: str) -> "Markup":
    """Let a text of ours stand in a page as it is."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - ours


def embedded(content: Any) -> str:
    """Write JSON that can stand in a ``<script>`` element: no ``<`` in it can end that."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _hash(script: str) -> str:
    """Return what a Content-Security-Policy calls a script by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
