"""Studies of single neurons and of what happens inside a network."""
