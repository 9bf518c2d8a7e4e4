"""What a function of an Optuna trial suggests, read off its source: names, ranges and lists."""

import ast
from collections.abc import Iterator, Mapping

from sweep.errors import SweepError
from sweep.grid import Range
from sweep.trial import Value

MOST_STEPS = 1000

Suggested = Range | list[Value] | None
"""A range, a list to choose from, or None where it isn't written in numbers."""


def read(function: ast.FunctionDef, known: Mapping[str, ast.AST]) -> dict[str, Suggested]:
    """Return what a function suggests, and the functions of the same file that it calls.

    Parameters
    ----------
    function : FunctionDef
    known : mapping
        The functions of the file, by name.
    """
    found: dict[str, Suggested] = {}
    waiting, seen = [function.name], set[str]()
    while waiting:
        name = waiting.pop(0)
        if name in seen or not isinstance(node := known.get(name), ast.FunctionDef):
            continue
        seen.add(name)
        found |= dict(_in_calls(node))
        waiting += [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
    return found


def _in_calls(function: ast.FunctionDef) -> Iterator[tuple[str, Suggested]]:
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        kind = node.func.attr
        if not (kind.startswith("suggest_") and isinstance(node.func.value, ast.Name)):
            continue
        given = dict(zip(_ARGUMENTS.get(kind, ("name",)), node.args, strict=False))
        given |= {each.arg: each.value for each in node.keywords if each.arg}
        values = {key: _literal(value) for key, value in given.items()}
        if isinstance(name := values.get("name"), str):
            yield name, _suggested(kind, values)


_ARGUMENTS = {
    "suggest_float": ("name", "low", "high"),
    "suggest_int": ("name", "low", "high"),
    "suggest_categorical": ("name", "choices"),
}


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _suggested(kind: str, values: Mapping[str, object]) -> Suggested:
    if kind == "suggest_categorical":
        choices = values.get("choices")
        fits = isinstance(choices, list | tuple) and all(
            isinstance(each, int | float | str) for each in choices
        )
        return list(choices) if fits else None  # type: ignore[call-overload]
    low, high, step = (values.get(name) for name in ("low", "high", "step"))
    if not (isinstance(low, int | float) and isinstance(high, int | float)):
        return None
    if kind == "suggest_float":
        low, high = float(low), float(high)
    try:
        whole = Range(low, high, values.get("log") is True)
    except SweepError:
        return [low] if low == high else None
    if isinstance(step, int | float) and step > 0 and (high - low) / step < MOST_STEPS:
        n = int((high - low) / step + 1e-9)
        return [low + k * step for k in range(n + 1)]
    return whole
