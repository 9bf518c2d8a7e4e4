"""Words: eight numbers side by side that are computed with as one.

Numba is taught a type here, the *word*, whose arithmetic is that of a processor's vectors. Code
in words reads like code for one number, and does the same to each of the eight *lanes* without
ever mixing two: a lane's result is the same, to the last bit, in whatever company it is computed.

The compiler is given no freedom (no fast-math, no contraction, no reordering). Where a product
and a sum are to be one operation with one rounding, `fma` says so; a processor without such an
instruction computes the same, only later. The exponential is made of these operations.
"""

import math
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

LANES = 8
"""Numbers in a word: one register of AVX-512, two of AVX2, four of NEON."""

inlined = numba.njit(error_model="numpy", forceinline=True, no_cpython_wrapper=True)
"""Decorates functions that become part of whatever calls them, and can't be called from Python."""


# ---- the type -------------------------------------------------------------------------------


class _WordType(types.Type):
    """LANES float64 numbers; a plain number among words counts for each lane."""

    def can_convert_from(self, typing_context: Any, other: Any) -> Any:
        return Conversion.safe if other == types.float64 else None


class _MaskType(types.Type):
    """LANES truth values: two words compared."""


_word, _mask = _WordType("word"), _MaskType("mask")
_FLOATS, _INTEGERS, _TRUTHS = (
    ir.VectorType(element, LANES) for element in (ir.DoubleType(), ir.IntType(64), ir.IntType(1))
)
register_model(_WordType)(lambda manager, kind: models.PrimitiveModel(manager, kind, _FLOATS))
register_model(_MaskType)(lambda manager, kind: models.PrimitiveModel(manager, kind, _TRUTHS))


@lower_cast(types.float64, _word)
def _repeat(context: Any, builder: Any, from_type: Any, to_type: Any, number: Any) -> Any:
    anything = ir.Constant(_FLOATS, ir.Undefined)
    first = builder.insert_element(anything, number, ir.IntType(32)(0))
    places = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, anything, places)


def _define(function: Callable[..., Any], result: Any, emit: Callable[..., Any]) -> None:
    """Teach Numba what an operator does between two words, or a word and a number."""

    @type_callable(function)
    def _(context: Any) -> Any:
        def result_type(a: Any, b: Any) -> Any:
            if _word in (a, b) and {a, b} <= {_word, types.float64}:
                return signature(result, _word, _word)
            return None

        return result_type

    @lower_builtin(function, _word, _word)
    def _(context: Any, builder: Any, signature: Any, words: Any) -> Any:
        return emit(builder, *words)


_define(operator.add, _word, lambda builder, a, b: builder.fadd(a, b))
_define(operator.sub, _word, lambda builder, a, b: builder.fsub(a, b))
_define(operator.mul, _word, lambda builder, a, b: builder.fmul(a, b))
_define(operator.truediv, _word, lambda builder, a, b: builder.fdiv(a, b))
_define(operator.lt, _mask, lambda builder, a, b: builder.fcmp_ordered("<", a, b))
_define(operator.gt, _mask, lambda builder, a, b: builder.fcmp_ordered(">", a, b))


# ---- operations -----------------------------------------------------------------------------


def _fma_of(kind: Any, vector: Any, name: str) -> Any:
    """Make a fused multiply-add of words or of numbers."""

    def fused(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
        """Return a · b + c, rounded once."""

        def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
            function = ir.FunctionType(vector, [vector] * 3)
            return builder.call(
                cgutils.get_or_insert_function(builder.module, function, name), operands
            )

        return signature(kind, kind, kind, kind), emit

    return intrinsic(fused)


fma = _fma_of(_word, _FLOATS, f"llvm.fma.v{LANES}f64")
"""Returns a · b + c of words, rounded once."""

fma_of_numbers = _fma_of(types.float64, ir.DoubleType(), "llvm.fma.f64")
"""Returns a · b + c of plain numbers, rounded once: the same as in a lane of a word."""


@intrinsic
def where(typing_context: Any, condition: Any, a: Any, b: Any) -> Any:
    """Return a in the lanes that meet the condition, b in the others."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.select(*operands)

    return signature(_word, _mask, _word, _word), emit


@intrinsic
def with_lane(typing_context: Any, a: Any, lane: Any, number: Any) -> Any:
    """Return the word a with another number in one lane."""

    def emit(context: Any, builder: Any, signature: Any, operands: Any) -> Any:
        return builder.insert_element(operands[0], operands[2], operands[1])

    return signature(_word, _word, types.intp, types.float64), emit


@intrinsic
def as_words(typing_context: Any, array: Any) -> Any:
    """Return the same memory, float64 of shape (n, LANES), as n words."""
    words = types.Array(_word, 1, "C", aligned=False)

    def emit(context: Any, builder: Any, signature: Any, arrays: Any) -> Any:
        old = make_array(array)(context, builder, arrays[0])
        new = make_array(words)(context, builder)
        populate_array(
            new,
            data=builder.bitcast(old.data, new.data.type),
            shape=cgutils.unpack_tuple(builder, old.shape)[:1],
            strides=cgutils.unpack_tuple(builder, old.strides)[:1],
            itemsize=context.get_constant(types.intp, 8 * LANES),
            meminfo=old.meminfo,
            parent=old.parent,
        )
        context.nrt.incref(builder, words, new._getvalue())
        return new._getvalue()

    return signature(words, array), emit


@intrinsic
def _with_exponent(typing_context: Any, a: Any) -> Any:
    """Return the numbers whose exponent bits are the lowest bits of a."""

    def emit(context: Any, builder: Any, signature: Any, words: Any) -> Any:
        shifted = builder.shl(builder.bitcast(words[0], _INTEGERS), _INTEGERS([52] * LANES))
        return builder.bitcast(shifted, _FLOATS)

    return signature(_word, _word), emit


# ---- the exponential and its relatives ------------------------------------------------------

EXP_SMALLEST, EXP_LARGEST = -708.0, 709.0
"""Beyond these `exp` keeps its value there: it never overflows, and gives nothing subnormal."""

_LN2, _LN2_REST = math.log(2), 2.3190468138462996e-17  # ln 2 in 106 bits, in two parts
_TO_EXPONENT = 1.5 * 2.0**52 + 1023  # adding it rounds, and leaves an exponent in the low bits
_C = tuple(1 / math.factorial(k) for k in range(14))  # Taylor's series of e^r


@inlined
def _exp_parts(x):
    """Return (s, t) with e^x = s · (1 + t), where s = 2^k, 1 + t = e^r, and |r| ≤ ln 2 / 2.

    Taylor's polynomial of degree 13 leaves a remainder below 5e-18. NaN stays NaN.
    """
    x = where(x < EXP_SMALLEST, EXP_SMALLEST, x)
    x = where(x > EXP_LARGEST, EXP_LARGEST, x)
    rounded = fma(x, 1 / _LN2, _TO_EXPONENT)
    k = rounded - _TO_EXPONENT
    r = fma(k, -_LN2_REST, fma(k, -_LN2, x))
    r2 = r * r  # two short chains of operations instead of a long one
    odd, even = fma(r2, _C[13], _C[11]), fma(r2, _C[12], _C[10])
    odd, even = fma(r2, odd, _C[9]), fma(r2, even, _C[8])
    odd, even = fma(r2, odd, _C[7]), fma(r2, even, _C[6])
    odd, even = fma(r2, odd, _C[5]), fma(r2, even, _C[4])
    odd, even = fma(r2, odd, _C[3]), fma(r2, even, _C[2])
    return _with_exponent(rounded), fma(r2, fma(r, odd, even), r)


@inlined
def exp(x):
    """Return e^x to within one unit in the last place, for -708 ≤ x ≤ 709."""
    scale, t = _exp_parts(x)
    return fma(scale, t, scale)


@inlined
def expm1(x):
    """Return e^x - 1, also near 0 without cancellation."""
    scale, t = _exp_parts(x)
    return fma(scale, t, scale - 1.0)


@inlined
def log1p(u):
    """Return ln(1 + u) for 0 ≤ u ≤ 1, as twice the series of artanh(u / (u + 2))."""
    s = u / (u + 2.0)
    s2 = s * s
    series = s2 * 0.0
    for k in range(35, 1, -2):
        series = s2 * (series + 1.0 / k)
    return 2.0 * fma(series, s, s)
