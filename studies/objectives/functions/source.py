"""A user's function or estimator: where it is, what it takes, and which version of it this is.

A user's file is read, not run: it is imported by the processes that train.
"""

import ast
import hashlib
import importlib.util
import inspect
import platform
import sys
import sysconfig
import textwrap
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from typing import Any

from network.errors import InputError
from studies.objectives.functions import suggestions
from sweep.grid import Range
from sweep.trial import Value

GIVEN = ("data", "initial", "orders", "seed", "max_epochs", "target_loss")
"""Parameters that are given where a function has them; all others are settings."""

FUNCTION, OBJECTIVE, ESTIMATOR = "function", "objective", "estimator"
"""A function of settings; one of an Optuna trial; a class that has ``fit`` and ``predict``."""

MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class UserFunction:
    """A function or a class that trains, and all that is known of it without running it.

    Attributes
    ----------
    name : str
        ``mine.py:train``: the file's name and the function's; of a library ``module:NAME``.
    version : str
        Hash of the file and of the local files that it imports, in hexadecimal; a library's
        version; or the user's own word for it.
    parameters : mapping of str to bool
        The function's parameters, and whether each must be given.
    given : str
        What was asked for, such as ``folder/mine.py:train``.
    kind : str
        `FUNCTION`, `OBJECTIVE` or `ESTIMATOR`.
    yields : bool
        Whether it is written as a generator.
    ranges : mapping
        The ranges and lists that a function of an Optuna trial has written in it.
    takes_any : bool
        Whether it computes names of what it suggests, so that an axis may have any name.
    replaces : str
        The version that the run directory held before, if that was another one.
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
    kind: str = FUNCTION
    yields: bool = False
    ranges: Mapping[str, Range | list[Value]] = field(default_factory=dict, compare=False)
    takes_any: bool = field(default=False, compare=False)
    replaces: str = field(default="", compare=False)
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

    def with_axes(self, names: Iterable[str]) -> "UserFunction":
        """Return this function with parameters of these names, if it may have any."""
        if not self.takes_any:
            return self
        return replace(self, parameters={**dict.fromkeys(names, True), **self.parameters})

    def record(self) -> dict[str, Any]:
        """Return what a run directory keeps, as JSON values."""
        return {
            "name": self.name,
            "version": self.version,
            "parameters": dict(self.parameters),
            "given": self.given,
            "kind": self.kind,
            **({"replaces": self.replaces} if self.replaces else {}),
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> "UserFunction":
        """Return the function that a run directory tells of; TypeError if it tells of none."""
        parameters = {str(name): bool(needed) for name, needed in record["parameters"].items()}
        name, version, given = (str(record[key]) for key in ("name", "version", "given"))
        kind, replaces = str(record.get("kind", FUNCTION)), str(record.get("replaces", ""))
        return cls(name, version, parameters, given, kind, replaces=replaces)

    @classmethod
    def of(cls, called: Callable[..., Any]) -> "UserFunction":
        """Return what is known of a function or a class of this process, such as a notebook's.

        InputError if it is none, or takes what can't be given by name.
        """
        if not (inspect.isfunction(called) or _is_estimator(called)):
            raise InputError(
                f"a function, or a class with fit and predict, is needed, got {called!r:.80}."
            )
        name, module = called.__name__, sys.modules.get(called.__module__)
        file = getattr(module, "__file__", None)
        is_nested = called.__qualname__ != name or not name.isidentifier()  # or a lambda
        if file is not None and called.__module__ != "__main__" and not is_nested:
            return find(f"{file}:{name}") if not _is_library(file) else _of_library(called)
        if inspect.isclass(called):
            version = _hash_of_source(called)
            return cls(name, version, _signature(called), name, ESTIMATOR, call=called)
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(called)))
            node = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
        except (OSError, SyntaxError, StopIteration):
            raise InputError(f"{name} must be written with def, in a file or notebook.") from None
        version, about = _hash_of_source(called), _described(node, tree)
        return cls(name, version, given=name, call=called, **about)

    @property
    def files(self) -> set[str]:
        """Where its lines are: its file and those that it imports, or a notebook's cell."""
        if inspect.isfunction(self.call):
            return {self.call.__code__.co_filename}
        return set(map(str, _files(self.path))) if self.path else set()

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
                with _modules_beside(self.path):
                    spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[module_name]  # or the next trial would find half of it
                raise
        found: Callable[..., Any] = getattr(module, function)
        return found


@contextmanager
def _modules_beside(path: Path) -> Iterator[None]:
    """Let a file import what is beside it, though packages of ours have the same names."""
    names = {
        name
        for name in ("network", "reports", "studies", "sweep")
        for file in (path.parent / f"{name}.py", path.parent / name / "__init__.py")
        if file.is_file() and str(file) != getattr(sys.modules.get(name), "__file__", "")
    }
    hidden = {name: m for name, m in sys.modules.items() if name.partition(".")[0] in names}
    for name in hidden:
        del sys.modules[name]
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] in names]:
            del sys.modules[name]
        sys.modules.update(hidden)


def find(text: str) -> UserFunction:
    """Find the function or class that ``mine.py:train`` or ``package.module:Name`` names.

    Raises
    ------
    InputError
        If there is no such file, module, function or class, or the file is no Python.
    """
    file, _, name = (text if not text.endswith(".py") else f"{text}:").rpartition(":")
    if not file.endswith(".py"):
        return _find_in_module(file, name, text)
    path = Path(file).resolve()
    tree = _parse(path)
    kinds = ast.FunctionDef | ast.ClassDef
    known = {node.name: node for node in tree.body if isinstance(node, kinds)}
    found = known.get(name)
    if found is None:
        there = [each for each in known if not each.startswith("_")]
        raise InputError(
            f"{file} has no function {name!r} at its top level; give {file}:NAME with one of its "
            f"functions (def) and classes: {', '.join(there) or 'none'}."
        )
    if isinstance(found, ast.ClassDef) and not (
        found.bases or {"fit", "predict"} <= _methods(found).keys()  # which it may inherit
    ):
        raise InputError(f"{text} has no fit and predict; give a function, or add them.")
    full_name, about = f"{path.name}:{name}", _described(found, tree)
    return UserFunction(full_name, _hash(path), given=text, path=path, **about)


def _find_in_module(module: str, name: str, text: str) -> UserFunction:
    """Find ``package.module:Name``; a module of one's own is read, a library imported."""
    if not (name.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise InputError(
            f"a function is named as FILE.py:FUNCTION, and an estimator as MODULE:CLASS, got "
            f"{text!r}."
        )
    try:
        spec = importlib.util.find_spec(module)
        if spec is not None and spec.origin is not None and not _is_library(spec.origin):
            return find(f"{spec.origin}:{name}")
        library = UserFunction.of(getattr(importlib.import_module(module), name))
        return replace(library, name=text, given=text)
    except ImportError as error:
        raise InputError(
            f"{module} can't be imported ({error}); install it, or give FILE.py:NAME."
        ) from None
    except AttributeError:
        raise InputError(f"{module} has no {name}.") from None


def _is_library(file: str) -> bool:
    """Tell whether a module's file belongs to Python or to an installed package."""
    places = (sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib"))
    return not file.endswith(".py") or any(Path(file).is_relative_to(place) for place in places)


def _of_library(called: Callable[..., Any]) -> UserFunction:
    """Return what is known of a class or function of an installed package."""
    package = called.__module__.partition(".")[0]
    names = metadata.packages_distributions().get(package, [])
    version = f"{names[0]} {metadata.version(names[0])}" if names else platform.python_version()
    kind = ESTIMATOR if inspect.isclass(called) else FUNCTION
    name = f"{called.__module__}:{called.__name__}"
    yields = inspect.isgeneratorfunction(called)
    return UserFunction(name, version, _signature(called), name, kind, yields, call=called)


def _is_estimator(called: Any) -> bool:
    methods = (getattr(called, name, None) for name in ("fit", "predict"))
    return inspect.isclass(called) and all(map(callable, methods))


def _signature(called: Callable[..., Any]) -> dict[str, bool]:
    """Return the parameters that can be given by name, and whether each must be."""
    parameters = inspect.signature(called).parameters.values()
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {each.name: each.default is each.empty for each in parameters if each.kind in named}


def _described(node: ast.FunctionDef | ast.ClassDef, tree: ast.Module) -> dict[str, Any]:
    """Return what the source says of a function or class, as attributes of `UserFunction`."""
    if isinstance(node, ast.ClassDef):
        method = _methods(node).get("__init__")
        takes = dict(_parameters(method.args)) if method else {}
        inherits = method is None and bool(node.bases)
        parameters = {n: takes[n] for n in list(takes)[1:]}
        return {"kind": ESTIMATOR, "parameters": parameters, "takes_any": inherits}
    takes = dict(_parameters(node.args))
    first = next(iter(takes), "")
    if first != "trial" and not suggestions.are_asked(node, first):
        return {"parameters": takes, "yields": _yields(node)}
    del takes[first]
    suggested, takes_any = suggestions.read(node, tree)
    return {
        "kind": OBJECTIVE,
        "parameters": dict.fromkeys(suggested, True) | takes,
        "ranges": {name: values for name, values in suggested.items() if values is not None},
        "takes_any": takes_any,
    }


def _methods(node: ast.ClassDef) -> dict[str, ast.FunctionDef]:
    return {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}


def _yields(function: ast.FunctionDef) -> bool:
    """Tell whether a function is a generator: a yield of its own, not of one inside it."""
    waiting = list[ast.AST](function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)
    return False


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


def _files(path: Path) -> dict[Path, bytes]:
    """Return the content of a file, and of the files beside it that it imports, directly or not."""
    waiting, seen = [path], dict[Path, bytes]()
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen[file] = file.read_bytes()
            waiting += _local_imports(file)
    return seen


def _hash(path: Path) -> str:
    digest, seen = hashlib.sha256(), _files(path)
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
