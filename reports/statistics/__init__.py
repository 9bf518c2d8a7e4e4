"""What repeated trials say: medians, intervals, comparisons, the power-law fit."""
