"""The built-in support vector classifier: nested cross-validation on Gram matrices, solvers."""
