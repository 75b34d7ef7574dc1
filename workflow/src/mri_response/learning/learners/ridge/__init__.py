"""Kernel ridge regression on Gram matrices, in closed form for all permutations at once."""
