"""What a function of an Optuna trial suggests, read off its source: names, ranges and lists."""

import ast
from collections.abc import Iterator, Mapping

from sweep.errors import SweepError
from sweep.grid import Range
from sweep.trial import Value

MOST_STEPS = 1000

Suggested = Range | list[Value] | None
"""A range, a list to choose from, or None where it isn't written in numbers."""


def read(function: ast.FunctionDef, tree: ast.Module) -> tuple[dict[str, Suggested], bool]:
    """Return what a function suggests, and the functions of the same file that it uses.

    Parameters
    ----------
    function : FunctionDef
    tree : Module
        The file.

    Returns
    -------
    found : dict
        By name.
    takes_any : bool
        Whether there are names that are computed.
    """
    known = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    constants = dict(_constants(tree))
    found, takes_any = dict[str, Suggested](), False
    waiting, seen = [function], set[str]()
    while waiting:
        node = waiting.pop(0)
        if node.name in seen:
            continue
        seen.add(node.name)
        for name, values in _in_calls(node, constants):
            if name is None:
                takes_any = True
            else:
                found[name] = values
        used = [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
        waiting += [known[name] for name in used if name in known]
    return found, takes_any


def are_asked(function: ast.FunctionDef, name: str) -> bool:
    """Tell whether a function asks one of its parameters for suggestions, as an Optuna trial."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr.startswith("suggest_")
        and isinstance(node.value, ast.Name)
        and node.value.id == name
        for node in ast.walk(function)
    )


def _constants(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """Give the numbers, words and lists that the file gives names to."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, _literal(node.value, {})


def _in_calls(
    function: ast.FunctionDef, constants: Mapping[str, object]
) -> Iterator[tuple[str | None, Suggested]]:
    """Give each name that is suggested, None if it is computed, and its values."""
    for node in ast.walk(function):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        kind = node.func.attr
        if not (kind in _ARGUMENTS and isinstance(node.func.value, ast.Name)):
            continue
        given = dict(zip(_ARGUMENTS[kind], node.args, strict=False))
        given |= {each.arg: each.value for each in node.keywords if each.arg}
        values = {key: _literal(value, constants) for key, value in given.items()}
        name = values.get("name")
        yield (name, _suggested(kind, values)) if isinstance(name, str) else (None, None)


_ARGUMENTS = {
    "suggest_float": ("name", "low", "high"),
    "suggest_int": ("name", "low", "high"),
    "suggest_uniform": ("name", "low", "high"),  # of earlier versions, which Optuna still takes
    "suggest_loguniform": ("name", "low", "high"),
    "suggest_discrete_uniform": ("name", "low", "high", "q"),
    "suggest_categorical": ("name", "choices"),
}


def _literal(node: ast.expr, constants: Mapping[str, object]) -> object:
    """Return the value of an expression; None if it is more than a literal or a constant."""
    if isinstance(node, ast.Name):
        return constants.get(node.id)
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
    low, high, step = values.get("low"), values.get("high"), values.get("step", values.get("q"))
    if not (isinstance(low, int | float) and isinstance(high, int | float)):
        return None
    if kind != "suggest_int":
        low, high = float(low), float(high)
    try:
        whole = Range(low, high, values.get("log") is True or kind == "suggest_loguniform")
    except SweepError:
        return [low] if low == high else None
    if isinstance(step, int | float) and step > 0 and (high - low) / step < MOST_STEPS:
        n = int((high - low) / step + 1e-9)
        return [low + k * step for k in range(n + 1)]
    return whole
