"""Sweeps and searches as Optuna studies."""
