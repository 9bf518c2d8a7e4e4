"""The models without a hidden layer: polynomials and the linear model."""
