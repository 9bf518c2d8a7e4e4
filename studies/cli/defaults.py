"""``sweep.toml`` in the current folder: other defaults of the commands, shipped with a task."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from network.data.text import open_text
from network.errors import InputError
from studies.cli.options import KINDS, LISTS, OPTIONS, PANELS, list_of

FILE = Path("sweep.toml")

_MOST_BYTES = 100_000
_WHAT = "settings such as repeats = 20, a line each"

_GRID = ("learning_rate", "batch_size", "n_hidden", "repeats", "seed", "seed_from")
_SETTINGS = (*_GRID, *PANELS["Training"], *PANELS["Data"])
_REPORT = PANELS["The report"]
_ANY = ("lang", "jobs")

KEYS = (*_SETTINGS, *_REPORT, *_ANY)
"""What may stand in the file. Not what names code to run or other machines to reach."""

_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "assignment": (*_SETTINGS, *_REPORT),
    "estimate": tuple(name for name in _SETTINGS if name != "seed_from"),
    "check": tuple(name for name in _SETTINGS if name not in ("seed", "seed_from", "repeats")),
    "predict": ("learning_rate", "batch_size"),
    "lab": PANELS["Data"],
    "report": _REPORT,
}
"""The commands about the homework, and which keys are theirs; `_ANY` holds for all commands."""


def default_map(group: Any) -> dict[str, dict[str, str]]:
    """Return the defaults of each command of a group, as the command line reads them.

    InputError if the file can't be read, or has a key or a value that is not allowed.
    """
    if not FILE.exists():
        return {}
    texts = {name: _text(name, value) for name, value in _content().items()}
    return {
        name: {
            option.name: texts[option.name]
            for option in command.params
            if option.name in texts and option.name in (*_COMMANDS.get(name, ()), *_ANY)
        }
        for name, command in group.commands.items()
    }


def _content() -> dict[str, Any]:
    try:
        with open_text(FILE, _WHAT, _MOST_BYTES) as file:
            content = tomllib.loads(file.read())
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{FILE} is no TOML: {error}; write {_WHAT}.") from error
    for name in content:
        if name not in KEYS:
            raise InputError(f"{FILE}: {name} is no known key; known here: {', '.join(KEYS)}.")
    return content


def _text(name: str, value: Any) -> str:
    """Return a value as it would stand after its flag; InputError if it can't."""
    values = value if isinstance(value, list) and name in LISTS else [value]
    if not values or any(type(each) not in (str, int, float) for each in values):
        many = ", or a list of these" if name in LISTS else ""
        raise InputError(f"{FILE}: {name} takes a number or a text{many}, got {value!r:.80}.")
    text = ",".join(map(str, values))
    option = OPTIONS.get(name)
    try:
        if name in LISTS and ":" not in text:
            list_of(name, text)
        elif option is not None and name not in LISTS:
            option.read(text)
    except (ValueError, typer.BadParameter) as error:
        kind = KINDS[OPTIONS[name].read]
        raise InputError(f"{FILE}: {name} takes a {kind}, got {text!r}.") from error
    return text


def settings_of(context: typer.Context, values: Mapping[str, Any]) -> str:
    """Return a table of settings: each value, and where it comes from."""
    rows = [("setting", "value", "from")]
    for option in context.command.params:
        name = option.name or ""
        if name not in (*_SETTINGS, *_REPORT, *_ANY, "out", "name") or name not in values:
            continue
        source = context.get_parameter_source(name)
        where = {"DEFAULT_MAP": str(FILE), "DEFAULT": "default"}.get(source.name if source else "")
        shown = "" if values[name] is None else str(values[name])
        if name == "seed" and values["seed_from"]:
            where = "seed_from"
        rows.append((name, shown, where or "command line"))
    widths = [max(len(row[k]) for row in rows) for k in range(2)]
    return "\n".join(f"{a:{widths[0]}}  {b:{widths[1]}}  {c}".rstrip() for a, b, c in rows)
