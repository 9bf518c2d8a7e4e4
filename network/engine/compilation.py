"""How kernels are compiled: once, kept as machine code in a file, and again when the code changes.

Numba compiles, and LLVM, which Numba builds on, loads the file. So only a process that compiles
imports Numba and has it set up its types, which would take a second.
"""

import ctypes
import os
import secrets
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, wraps
from hashlib import sha256
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
from llvmlite import binding as llvm

from network.errors import InputError

P = ParamSpec("P")
T = TypeVar("T")

llvm.initialize_native_target()
llvm.initialize_native_asmprinter()

_COMPILING = threading.Lock()
_ENTRY, _DIGEST = "kernel", 32
_ENGINES: list[Any] = []  # they own the code that they have loaded


def once(compiled: Callable[P, T]) -> Callable[P, T]:
    """Let a function that compiles run once for each of its arguments, in one thread at a time."""
    kept = cache(compiled)

    @wraps(compiled)
    def locked(*args: P.args, **kwargs: P.kwargs) -> T:
        with _COMPILING:
            return kept(*args, **kwargs)  # type: ignore[arg-type]

    return locked


def kernel(name: str, arguments: str, code: Callable[[], Callable[..., None]]) -> Any:
    """Return a compiled function, which lets go of Python's global lock while it runs.

    Parameters
    ----------
    name : str
        Of the function, with all that it encloses: what the file is called.
    arguments : str
        Their types with spaces between, such as ``int32* float64* int64``. A pointer is a C
        contiguous array for Python, and becomes one again by ``numba.carray``.
    code : callable
        Gives the function to be compiled, where no file holds it. It may raise nothing and
        allocate nothing.
    """
    kinds = arguments.split()
    machine_code = _kept(name) or _keep(name, _compile(kinds, code))
    target = llvm.Target.from_default_triple().create_target_machine()
    _ENGINES.append(engine := llvm.create_mcjit_compiler(llvm.parse_assembly(""), target))
    engine.add_object_file(llvm.ObjectFileRef.from_data(machine_code))
    engine.finalize_object()
    return ctypes.CFUNCTYPE(None, *map(_as_c, kinds))(engine.get_function_address(_ENTRY))


def _as_c(kind: str) -> Any:
    if kind.endswith("*"):
        return np.ctypeslib.ndpointer(np.dtype(kind[:-1]), flags="C")
    return np.ctypeslib.as_ctypes_type(np.dtype(kind))


def _compile(kinds: list[str], code: Callable[[], Callable[..., None]]) -> bytes:
    numba: Any = import_module("numba")  # whose types know nothing of pointers
    types = numba.types

    if numba.config.DISABLE_JIT:
        raise InputError("NUMBA_DISABLE_JIT is set, and nothing trains uncompiled; start without.")
    plain = {kind: getattr(types, kind.rstrip("*")) for kind in kinds}
    wanted = [types.CPointer(plain[kind]) if "*" in kind else plain[kind] for kind in kinds]
    compiled = numba.cfunc(types.void(*wanted), error_model="numpy", forceinline=True)(code())
    module = llvm.parse_assembly(compiled.inspect_llvm())
    for function in module.functions:
        if function.name == compiled.native_name:
            function.name = _ENTRY
        elif not function.is_declaration:
            function.linkage = "internal"  # nobody else calls it, so it vanishes
    triple = llvm.get_process_triple()
    target = llvm.Target.from_triple(triple).create_target_machine(*_processor(), opt=3, jit=True)
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options()))
    return bytes(target.emit_object(module))


# ---- the files ------------------------------------------------------------------------------


def _processor() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@cache
def _code_number() -> int:
    """Return a number that changes with whatever may change the machine code."""
    network = Path(__file__).parents[1]
    others = ("activations.py", "models/polynomial_kernel.py", "training/shuffling.py")
    files = [*sorted(network.glob("engine/*.py")), *(network / other for other in others)]
    about = [version("numba"), llvm.llvm_version_info, *_processor()]
    return zlib.crc32(b"".join(file.read_bytes() for file in files) + repr(about).encode())


def _files(name: str) -> Iterator[Path]:
    """Give the places where the code may be kept, the best first."""
    file = f"{name}-{_code_number():08x}.o"
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen, file)
        return
    yield Path(__file__).parent / "__pycache__" / file
    with suppress(RuntimeError):
        yield Path.home() / ".cache" / "sweep-lab" / file


def _kept(name: str) -> bytes:
    """Return the code that a file holds; empty if there is none, or it is damaged."""
    for file in _files(name):
        with suppress(OSError):
            content = file.read_bytes()
            if content[:_DIGEST] == sha256(content[_DIGEST:]).digest():
                return content[_DIGEST:]
    return b""


def _keep(name: str, machine_code: bytes) -> bytes:
    """Write the code to the first file that can be written, whole or not at all."""
    for file in _files(name):
        beside = file.with_suffix(f".{secrets.token_hex(4)}")
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                beside.write_bytes(sha256(machine_code).digest() + machine_code)
                beside.replace(file)
                break
            finally:
                beside.unlink(missing_ok=True)
    return machine_code
