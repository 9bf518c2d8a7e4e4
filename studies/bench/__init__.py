"""Benchmarks, overheads and estimates of time."""
