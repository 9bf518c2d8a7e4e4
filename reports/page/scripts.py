"""The page's scripts: JavaScript modules, joined so that they can stand in one file.

A browser does not load modules from a file next to a page that was opened from a disk, so each
becomes a function that is called once. Modules are written in the small part of the standard that
this needs: ``import { a, b } from "./other.js";`` at the beginning, and ``export`` before
functions, classes and constants. So other tools can run them as they are.
"""

import re
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parent / "templates" / "scripts"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.[^"]*)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)


@cache
def bundle(entry: str) -> str:
    """Return a module and all that it imports, each before what needs it, as one script.

    Parameters
    ----------
    entry : str
        Its path in `SCRIPTS`.

    Raises
    ------
    ValueError
        If modules import each other in a circle, or use another form of ``import`` or ``export``.
    """
    made: dict[Path, str] = {}
    _add((SCRIPTS / entry).resolve(), made, ())
    return '"use strict";\n' + "\n".join(made.values())


def _add(path: Path, made: dict[Path, str], importers: tuple[Path, ...]) -> None:
    """Put a module into `made`, after those that it imports."""
    if path in importers:
        raise ValueError(f"{path.name} imports itself, by way of {importers[-1].name}")
    if path in made:
        return
    text = path.read_text(encoding="utf-8")
    for _, other in _IMPORT.findall(text):
        _add((path.parent / other).resolve(), made, (*importers, path))
    text = _IMPORT.sub(lambda found: f"const {{{found[1]}}} = {_variable(found[2])};\n", text)
    exported = ", ".join(_EXPORT.findall(text))
    text = _EXPORT.sub("", text)
    if odd := re.search(r"^(import|export)\b.*", text, re.MULTILINE):
        raise ValueError(f"{path.name} has {odd[0]!r}, which bundle() does not know")
    made[path] = f"const {_variable(path.name)} = (() => {{\n{text}return {{ {exported} }};\n}})();"


def _variable(path: str) -> str:
    """Name the variable that holds what a module exports."""
    return f"module_{Path(path).stem}"
