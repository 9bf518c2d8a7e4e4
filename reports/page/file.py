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
from typing import Any

from reports.page.scripts import bundle
from reports.page.words import PAGE_WORDS
from reports.words import LANGUAGES

TEMPLATES = Path(__file__).parent / "templates"


def render(content: Mapping[str, Any], language: str) -> str:
    """Return the page of some content, which becomes its JSON, opening in a language."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    script, grids = bundle("main.js"), content["grids"]
    has_board = any(grid["cells"] for grid in grids)
    place = LANGUAGES.index(language)
    return environment.get_template("page.html").render(
        language={"en": "en", "zh": "zh-Hans"}[language],
        title=content["title"][place],
        has_grids=bool(grids),
        has_board=has_board,
        heading="chosen cells" if has_board else "run here",
        worker=Markup(bundle("lab/worker.js") if grids else ""),  # noqa: S704 - ours
        words={name: words[place] for name, words in PAGE_WORDS.items()},
        hash=_hash(script),
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
        script=Markup(script),  # noqa: S704 - ours
        content=Markup(embedded({**content, "words": PAGE_WORDS})),  # noqa: S704 - can't end it
    )


def embedded(content: Any) -> str:
    """Write JSON that can stand in a ``<script>`` element: no ``<`` in it can end that."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _hash(script: str) -> str:
    """Return what a Content-Security-Policy calls a script by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
