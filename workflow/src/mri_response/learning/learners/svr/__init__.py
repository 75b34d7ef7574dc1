"""Linear support vector regression on Gram matrices, beside predictors without penalty."""
