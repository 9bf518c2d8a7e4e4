"""Studies of what a model can represent."""
