"""The course's mathematics: data, model, training. It knows nothing of sweeps and reports."""
