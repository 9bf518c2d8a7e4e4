"""Building blocks of the compiled engine: a fused multiply-add and an exponential.

The compiled engine gives the same bits for a lane whatever else is in its pack. So the compiler
is given no freedom (no fast-math, no contraction): where a multiplication and an addition are to
be one operation with one rounding, `fma` says so, and `exp` is made of such operations, which
vectorise. On a processor without such an instruction the results are the same, only later.
"""

import math
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

_LOG2_E = 1.4426950408889634  # 1 / ln 2
_LN2_HIGH = 6.93147180369123816490e-01  # ln 2 in two parts: k times the first one is exact,
_LN2_LOW = 1.90821492927058770002e-10  # as W. Cody and W. Waite reduce arguments, 1980
_ROUND = 1.5 * 2.0**52  # adding it leaves the nearest whole number in the last bits
_ONE_BITS = 0x3FF0000000000000  # the bits of 1.0; adding k << 52 makes 2^k of them
_C = tuple(1.0 / math.factorial(k) for k in range(14))  # Taylor's series of e^r

EXP_SMALLEST, EXP_LARGEST = -708.0, 709.0
"""Beyond these `exp` stays at its value there: no overflow, and nothing subnormal."""


@intrinsic  # type: ignore[untyped-decorator]
def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a · b + c with a single rounding."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(types.float64, types.float64, types.float64), generate


@intrinsic
def _bits(typing_context: Any, x: Any) -> Any:
    """Return the 64 bits of a float as a whole number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _from_bits(typing_context: Any, n: Any) -> Any:
    """Return the float that has these 64 bits."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@njit(error_model="numpy")
def exp(x: float) -> float:
    """Return e^x to within one unit in the last place, for -708 ≤ x ≤ 709; NaN for NaN.

    e^x = 2^k · e^r, where k is the whole number nearest to x / ln 2 and |r| ≤ ln 2 / 2; e^r is
    Taylor's polynomial of degree 13, whose remainder is below 5e-18.
    """
    x = EXP_SMALLEST if x < EXP_SMALLEST else x  # in this form NaN stays NaN
    x = EXP_LARGEST if x > EXP_LARGEST else x
    rounded = fma(x, _LOG2_E, _ROUND)
    k = rounded - _ROUND
    r = fma(k, -_LN2_LOW, fma(k, -_LN2_HIGH, x))
    p = fma(_C[13], r, _C[12])
    p = fma(p, r, _C[11])
    p = fma(p, r, _C[10])
    p = fma(p, r, _C[9])
    p = fma(p, r, _C[8])
    p = fma(p, r, _C[7])
    p = fma(p, r, _C[6])
    p = fma(p, r, _C[5])
    p = fma(p, r, _C[4])
    p = fma(p, r, _C[3])
    p = fma(p, r, _C[2])
    p = fma(p, r, 1.0)
    p = fma(p, r, 1.0)
    return p * _from_bits(_ONE_BITS + (_bits(rounded) << 52))
