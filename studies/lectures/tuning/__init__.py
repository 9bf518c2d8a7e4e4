"""Studies of hyperparameters."""
