"""What can be computed from a model: activations, dead units, curvature, plateaus."""
