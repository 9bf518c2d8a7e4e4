"""The homework: the table of batch sizes and learning rates."""
