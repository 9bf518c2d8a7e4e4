"""The exponential and its relatives, of vectors; see ``vectors.py``.

With x = k ln 2 + r and |r| ≤ ln 2 / 2 there is a quotient that needs one short polynomial q::

    e^x = 2^k · (q + r) / (q - r)        q = r · coth(r / 2) = 2 + r²/6 - r⁴/360 + …

The sigmoid divides anyway, so there the exponential costs no division of its own. Products and
sums are fused where `fma` stands, and nowhere else. In units in the last place, `exp` is off by
1.06 at most, `expm1` by 1.2, `log1p` by 2, `sigmoid` by 2.5, and `tanh` by 1.3 of those of 1.
"""

import math

from network.engine.vectors import fma, inlined, to_exponent, where

EXP_SMALLEST, EXP_LARGEST = -708.0, 709.0
"""Beyond these `exp` keeps its value there: it never overflows, and gives nothing subnormal."""

_LN2, _LN2_REST = math.log(2), 2.3190468138462996e-17  # ln 2 in 106 bits, in two parts
_TO_EXPONENT = 1.5 * 2.0**52 + 1023  # adding it rounds, and leaves an exponent in the low bits
_P = (  # of all polynomials of degree 4 in r² the one whose greatest error in e^r is least, 2e-19
    *(0.16666666666666555, -0.0027777777776696075, 6.613756250058045e-05),
    *(-1.6533837093261863e-06, 4.136045126225645e-08),
)


@inlined
def _exp_parts(x):
    """Return (2^k, r, r², p) for e^x, where q = 2 + r² p. NaN stays NaN."""
    x = where(x < EXP_SMALLEST, EXP_SMALLEST, x)
    x = where(x > EXP_LARGEST, EXP_LARGEST, x)
    rounded = fma(x, 1 / _LN2, _TO_EXPONENT)
    k = rounded - _TO_EXPONENT
    r = fma(k, -_LN2_REST, fma(k, -_LN2, x))
    r2 = r * r
    p = fma(r2, _P[4], _P[3])
    p = fma(r2, p, _P[2])
    p = fma(r2, p, _P[1])
    p = fma(r2, p, _P[0])
    return to_exponent(rounded), r, r2, p


@inlined
def _expm1_of_rest(r, r2, p):
    """Return e^r - 1 = 2r / (q - r), as r and a small correction."""
    h = r2 * p
    return fma(r, (r - h) / (2.0 + h - r), r)


@inlined
def exp(x):
    """Return e^x, for -708 ≤ x ≤ 709."""
    scale, r, r2, p = _exp_parts(x)
    return fma(scale, _expm1_of_rest(r, r2, p), scale)


@inlined
def expm1(x):
    """Return e^x - 1, also near 0 without cancellation."""
    scale, r, r2, p = _exp_parts(x)
    return fma(scale, _expm1_of_rest(r, r2, p), scale - 1.0)


@inlined
def sigmoid(x):
    """Return 1 / (1 + e^-x)."""
    scale, r, r2, p = _exp_parts(-x)
    q = fma(r2, p, 2.0)
    return (q - r) / fma(scale, q + r, q - r)


@inlined
def tanh(x):
    """Return (1 - e^-2x) / (1 + e^-2x)."""
    scale, r, r2, p = _exp_parts(-2.0 * x)
    q = fma(r2, p, 2.0)
    return fma(-scale, q + r, q - r) / fma(scale, q + r, q - r)


@inlined
def log1p(u):
    """Return ln(1 + u) for 0 ≤ u ≤ 1, as twice the series of artanh(u / (u + 2))."""
    s = u / (u + 2.0)
    s2 = s * s
    series = s2 * 0.0
    for k in range(35, 1, -2):
        series = s2 * (series + 1.0 / k)
    return 2.0 * fma(series, s, s)
