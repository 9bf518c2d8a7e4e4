"""The file that a page is: its template, its style, its scripts, Plotly, and its content as JSON.

Whatever comes from outside, such as the name of a data file, is either escaped by the template or
is a text in the JSON, which the page only ever puts into text nodes; and a Content-Security-Policy
lets no script run but ours.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from reports.page.words import PAGE_WORDS
from reports.words import LANGUAGES
from sweep.errors import SweepError

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = (
    *("data.js", "network.js", "recount.js", "board.js", "numbers.js", "charts.js", "curves.js"),
    *("playback.js", "inside.js", "page.js"),
)


def render(content: Mapping[str, Any], language: str) -> str:
    """Return the page of some content, which becomes its JSON, opening in a language."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    plotly = _plotly() if content["grids"] else ""
    ours = "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS)
    place = LANGUAGES.index(language)
    return environment.get_template("page.html").render(
        language={"en": "en", "zh": "zh-Hans"}[language],
        title=content["title"][place],
        has_grids=bool(content["grids"]),
        words={name: words[place] for name, words in PAGE_WORDS.items()},
        hashes=[_hash(plotly), _hash(ours)],
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
        plotly=Markup(plotly),  # noqa: S704 - Plotly's own
        script=Markup(ours),  # noqa: S704 - ours
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


@cache
def _plotly() -> str:
    """Return Plotly's JavaScript; its Python package is only looked up, for its import is slow."""
    found = find_spec("plotly")
    folders = list(found.submodule_search_locations or ()) if found else []
    for folder in folders:
        path = Path(folder) / "package_data" / "plotly.min.js"
        if path.exists():
            return path.read_text(encoding="utf-8")
    raise SweepError("the package plotly is missing or incomplete; pip install plotly.")
