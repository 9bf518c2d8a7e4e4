"""The compiled engine: many training runs in lock-step."""

LANES = 8
"""Numbers in a vector: one register of AVX-512, two of AVX2, four of NEON."""
