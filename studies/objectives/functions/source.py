"""A user's function: where it is written, what it takes, and which version of it this is.

The file is read, not run: it is imported by the processes that train.
"""

import ast
import hashlib
import importlib.util
import inspect
import sys
import textwrap
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from network.errors import InputError

GIVEN = ("data", "initial", "orders", "seed", "max_epochs", "target_loss")
"""Parameters that are given where a function has them; all others are settings."""

MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class UserFunction:
    """A function that trains, and all that is known of it without running it.

    Attributes
    ----------
    name : str
        ``mine.py:train``: the file's name and the function's.
    version : str
        Hash of the file and of the local files that it imports, in hexadecimal.
    parameters : mapping of str to bool
        The function's parameters, and whether each must be given.
    given : str
        What was asked for, such as ``folder/mine.py:train``.
    path : Path or None
        The file, where there is one.
    call : callable or None
        The function of this process. With neither it is one that a run directory tells of, which
        is never run.
    """

    name: str
    version: str
    parameters: Mapping[str, bool]
    given: str = ""
    path: Path | None = field(default=None, compare=False)
    call: Callable[..., Any] | None = field(default=None, compare=False, repr=False)

    @property
    def settings(self) -> list[str]:
        """The parameters that can be axes."""
        return [name for name in self.parameters if name not in GIVEN]

    @property
    def required(self) -> list[str]:
        """The settings without a default."""
        return [name for name in self.settings if self.parameters[name]]

    def check_given(self, names: Container[str]) -> None:
        """Raise InputError if a setting without a default is not among these names."""
        for name in self.required:
            if name not in names:
                raise InputError(
                    f"{self.name} needs values of {name}; give them, or a default in the "
                    f"function. Given without asking are {', '.join(GIVEN)}."
                )

    def record(self) -> dict[str, Any]:
        """Return what a run directory keeps, as JSON values."""
        return {
            "name": self.name,
            "version": self.version,
            "parameters": dict(self.parameters),
            "given": self.given,
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "UserFunction":
        """Return the function that a run directory tells of; TypeError if it tells of none."""
        parameters = {str(name): bool(needed) for name, needed in record["parameters"].items()}
        name, version, given = (str(record[key]) for key in ("name", "version", "given"))
        return cls(name, version, parameters, given)

    @classmethod
    def of(cls, function: Callable[..., Any], version: str = "") -> "UserFunction":
        """Return what is known of a function of this process, such as a notebook's.

        InputError if it is no function, or takes what can't be given by name.
        """
        module = sys.modules.get(getattr(function, "__module__", ""))
        file = getattr(module, "__file__", None)
        if not inspect.isfunction(function):
            raise InputError(f"a function is needed, got {function!r:.80}.")
        if file is not None and function.__module__ != "__main__":
            found = find(f"{file}:{function.__name__}")
            return replace(found, version=version or found.version)
        takes = inspect.signature(function).parameters.values()
        if wrong := [
            p.name for p in takes if p.kind not in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        ]:
            raise InputError(f"{wrong[0]} can't be given by name; leave the / and the * out.")
        parameters = {each.name: each.default is each.empty for each in takes}
        name = function.__name__
        return cls(name, version or _hash_of_source(function), parameters, name, None, function)

    @property
    def place(self) -> str:
        """Where its lines are: a folder, or a notebook's cell; empty if it is not here."""
        if self.call is not None:
            return self.call.__code__.co_filename
        return str(self.path.parent) if self.path else ""

    def load(self) -> Callable[..., Any]:
        """Import the file, and return the function; whatever the file raises is raised."""
        if self.call is not None:
            return self.call
        if self.path is None:
            raise InputError(f"{self.name} is not here; run the command that trained it again.")
        module_name, function = f"user_{self.path.stem}", self.name.rpartition(":")[2]
        module = sys.modules.get(module_name)
        if getattr(module, "__file__", None) != str(self.path):
            sys.path.insert(0, str(self.path.parent))
            spec = importlib.util.spec_from_file_location(module_name, self.path)
            if spec is None or spec.loader is None:
                raise InputError(f"{self.path} is no Python file.")
            module = importlib.util.module_from_spec(spec)
            sys.modules[module_name] = module
            try:
                spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[module_name]  # or the next trial would find half of it
                raise
        found: Callable[..., Any] = getattr(module, function)
        return found


def find(text: str) -> UserFunction:
    """Find the function that a text such as ``mine.py:train`` names.

    Raises
    ------
    InputError
        If there is no such file or function in it, or the file is no Python.
    """
    file, _, name = text.rpartition(":")
    if not file.endswith(".py"):
        raise InputError(f"a function is named as FILE.py:FUNCTION, got {text!r}.")
    path = Path(file).resolve()
    tree = _parse(path)
    functions = {
        node.name: node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    if name not in functions:
        raise InputError(
            f"{file} has no function {name!r}; its functions: {', '.join(functions) or 'none'}."
        )
    parameters = dict(_parameters(functions[name].args))
    return UserFunction(f"{path.name}:{name}", _hash(path), parameters, text, path)


def _parse(path: Path) -> ast.Module:
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a file; give a Python file.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise InputError(f"{path} is larger than {MOST_BYTES:,} bytes; give a Python file.")
        return ast.parse(content, path.name)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}; give a Python file.") from error
    except SyntaxError as error:
        raise InputError(f"{path.name}, line {error.lineno}: {error.msg}.") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"{path} is no Python file: {error}.") from error


def _parameters(arguments: ast.arguments) -> Iterator[tuple[str, bool]]:
    """Give each parameter, and whether it has no default."""
    if arguments.posonlyargs:
        raise InputError(
            f"{arguments.posonlyargs[0].arg} can be given by position only; leave the / out."
        )
    n_required = len(arguments.args) - len(arguments.defaults)
    for place, parameter in enumerate(arguments.args):
        yield parameter.arg, place < n_required
    for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield parameter.arg, default is None


def _hash(path: Path) -> str:
    """Hash a file, and the files beside it that it imports, directly or not."""
    waiting, seen = [path], dict[Path, bytes]()
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen[file] = file.read_bytes()
            waiting += _local_imports(file)
    digest = hashlib.sha256()
    for file in sorted(seen):
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(seen[file]).digest())
    return digest.hexdigest()[:16]


def _hash_of_source(function: Callable[..., Any]) -> str:
    """Hash a function's source, and that of what it uses of the same notebook or script."""
    waiting, seen = [function], dict[str, str]()
    while waiting:
        each = waiting.pop()
        if each.__name__ not in seen:
            seen[each.__name__] = inspect.getsource(each)
            known = getattr(each, "__globals__", {})
            used = [known[name] for name in _names_in(seen[each.__name__]) if name in known]
            waiting += [u for u in used if getattr(u, "__module__", "") == function.__module__]
    text = "\n".join(seen[name] for name in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _names_in(source: str) -> set[str]:
    tree = ast.parse(textwrap.dedent(source))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _local_imports(path: Path) -> list[Path]:
    """Return the files beside this one that it imports."""
    names = set[str]()
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            names |= {module, *(f"{module}.{alias.name}".lstrip(".") for alias in node.names)}
    places = (path.parent.joinpath(*name.split(".")) for name in names if name)
    files = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    return [file for file in files if file.is_file()]
