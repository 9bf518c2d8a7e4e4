"""Vectors: eight numbers side by side, computed with as one.

This module gives Numba a type for a processor's vectors (SIMD). Code for vectors reads like code
for one number, and does the same to each of the eight *lanes* without mixing two: a lane's result
is the same, to the last bit, whatever the other lanes hold.

The compiler is given no freedom (no fast-math, no contraction, no reordering). Where a product
and a sum are to be one operation with one rounding, `fma` says so; a processor without such an
instruction computes the same, but more slowly.
"""

import operator
from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typeconv import Conversion
from numba.core.typing import signature
from numba.extending import (
    intrinsic,
    lower_builtin,
    lower_cast,
    models,
    register_model,
    type_callable,
)
from numba.np.arrayobj import make_array, populate_array

from network.engine import LANES

NEAR = 64
"""Vectors that fit into the memory of `near`."""

inlined = numba.njit(error_model="numpy", forceinline=True, no_cpython_wrapper=True)
"""Decorates functions that become part of whatever calls them, and can't be called from Python."""


# ---- the type -------------------------------------------------------------------------------


class _VectorType(types.Type):
    """LANES float64 numbers; a plain number among vectors counts for each lane."""

    def can_convert_from(self, typing_context: Any, other: Any) -> Any:
        return Conversion.safe if other == types.float64 else None


class _MaskType(types.Type):
    """LANES truth values: two vectors compared."""


_vector, _mask = _VectorType("vector"), _MaskType("mask")
_FLOATS, _INTEGERS, _TRUTHS = (
    ir.VectorType(element, LANES) for element in (ir.DoubleType(), ir.IntType(64), ir.IntType(1))
)
register_model(_VectorType)(lambda manager, kind: models.PrimitiveModel(manager, kind, _FLOATS))
register_model(_MaskType)(lambda manager, kind: models.PrimitiveModel(manager, kind, _TRUTHS))


@lower_cast(types.float64, _vector)
def _repeat(context: Any, builder: Any, from_type: Any, to_type: Any, number: Any) -> Any:
    anything = ir.Constant(_FLOATS, ir.Undefined)
    first = builder.insert_element(anything, number, ir.IntType(32)(0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, anything, places)


def _define(function: Callable[..., Any], result: Any, emit: Callable[..., Any]) -> None:
    """Teach Numba what an operator does between two vectors, or a vector and a number."""

    @type_callable(function)
    def _(context: Any) -> Any:
        def result_type(a: Any, b: Any) -> Any:
            if _vector in (a, b) and {a, b} <= {_vector, types.float64}:
                return signature(result, _vector, _vector)
            return None

        return result_type

    @lower_builtin(function, _vector, _vector)
    def _(context: Any, builder: Any, signature: Any, vectors: Any) -> Any:
        return emit(builder, *vectors)


_define(operator.add, _vector, lambda builder, a, b: builder.fadd(a, b))
_define(operator.sub, _vector, lambda builder, a, b: builder.fsub(a, b))
_define(operator.mul, _vector, lambda builder, a, b: builder.fmul(a, b))
_define(operator.truediv, _vector, lambda builder, a, b: builder.fdiv(a, b))
_define(operator.lt, _mask, lambda builder, a, b: builder.fcmp_ordered("<", a, b))
_define(operator.gt, _mask, lambda builder, a, b: builder.fcmp_ordered(">", a, b))


@type_callable(operator.neg)
def _(context: Any) -> Any:
    return lambda a: signature(_vector, _vector) if a == _vector else None


@lower_builtin(operator.neg, _vector)
def _(context: Any, builder: Any, signature: Any, vectors: Any) -> Any:
    return builder.fneg(*vectors)


# ---- operations -----------------------------------------------------------------------------


def _fma_of(kind: Any, llvm_type: Any, name: str) -> Any:
    """Make a fused multiply-add of vectors or of numbers."""

    def fused(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
        """Return a · b + c, rounded once."""

        def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
            function = ir.FunctionType(llvm_type, [llvm_type] * 3)
            return builder.call(
                cgutils.get_or_insert_function(builder.module, function, name), operands
            )

        return signature(kind, kind, kind, kind), emit

    return intrinsic(fused)


fma = _fma_of(_vector, _FLOATS, f"llvm.fma.v{LANES}f64")
"""Returns a · b + c of vectors, rounded once."""

fma_of_numbers = _fma_of(types.float64, ir.DoubleType(), "llvm.fma.f64")
"""Returns a · b + c of plain numbers, rounded once: the same as in a lane of a vector."""


@intrinsic
def where(typing_context: Any, condition: Any, a: Any, b: Any) -> Any:
    """Return a in the lanes that meet the condition, b in the others."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.select(*operands)

    return signature(_vector, _mask, _vector, _vector), emit


@intrinsic
def lane(typing_context: Any, a: Any, place: Any) -> Any:
    """Return the number in one lane of a vector."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.extract_element(*operands)

    return signature(types.float64, _vector, types.intp), emit


@intrinsic
def with_lane(typing_context: Any, a: Any, place: Any, number: Any) -> Any:
    """Return the vector a with another number in one lane."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.insert_element(operands[0], operands[2], operands[1])

    return signature(_vector, _vector, types.intp, types.float64), emit


@intrinsic
def to_exponent(typing_context: Any, a: Any) -> Any:
    """Return the numbers whose exponent bits are the lowest bits of a."""

    def emit(context: Any, builder: Any, signature: Any, vectors: Any) -> Any:
        shifted = builder.shl(builder.bitcast(vectors[0], _INTEGERS), _INTEGERS([52] * LANES))
        return builder.bitcast(shifted, _FLOATS)

    return signature(_vector, _vector), emit


# ---- vectors in memory ------------------------------------------------------------------------

_ROW, _TABLE = (types.Array(_vector, ndim, "C", aligned=False) for ndim in (1, 2))


def _vectors_at(address: Any, shape: Any, kind: Any, owner: Any, context: Any, builder: Any) -> Any:
    """Make an array of the vectors at an address, in the memory of another array or of none."""
    array = make_array(kind)(context, builder)
    size = context.get_constant(types.intp, 8 * LANES)
    populate_array(
        array,
        data=builder.bitcast(address, array.data.type),
        shape=list(shape),
        strides=[builder.mul(shape[1], size), size] if kind == _TABLE else [size],
        itemsize=size,
        meminfo=owner.meminfo if owner else None,
        parent=owner.parent if owner else None,
    )
    if owner:
        context.nrt.incref(builder, kind, array._getvalue())
    return array._getvalue()


@intrinsic
def near(typing_context: Any) -> Any:
    """Return memory for NEAR vectors that lasts as long as the function that asks for it.

    Where all places in it are known when it is compiled, the vectors never leave the registers.
    """

    def emit(context: Any, builder: Any, signature: Any, nothing: Any) -> Any:
        memory = cgutils.alloca_once(builder, _FLOATS, NEAR)
        memory.align = 8 * LANES
        shape = [context.get_constant(types.intp, NEAR)]
        return _vectors_at(memory, shape, _ROW, None, context, builder)

    return signature(_ROW), emit


@intrinsic
def as_vectors(typing_context: Any, array: Any) -> Any:
    """Return the same memory, float64 of shape (n, LANES), as n vectors."""

    def emit(context: Any, builder: Any, signature: Any, arrays: Any) -> Any:
        owner = make_array(array)(context, builder, arrays[0])
        shape = cgutils.unpack_tuple(builder, owner.shape)[:1]
        return _vectors_at(owner.data, shape, _ROW, owner, context, builder)

    return signature(_ROW, array), emit


def _part_of(kind: Any) -> Any:
    """Cut a row or a table out of vectors; Numba's own slices hide places from the compiler."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        vectors, first, *shape = operands
        owner = make_array(_ROW)(context, builder, vectors)
        address = builder.gep(owner.data, [first])
        return _vectors_at(address, shape, kind, owner, context, builder)

    return emit


@intrinsic
def row(typing_context: Any, vectors: Any, first: Any, n: Any) -> Any:
    """Return n of the vectors, from the first one given."""
    return signature(_ROW, _ROW, types.intp, types.intp), _part_of(_ROW)


@intrinsic
def table(typing_context: Any, vectors: Any, first: Any, n: Any, m: Any) -> Any:
    """Return n · m of the vectors, from the first one given, as n rows."""
    return signature(_TABLE, _ROW, *[types.intp] * 3), _part_of(_TABLE)
