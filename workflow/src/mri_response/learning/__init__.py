"""Splits, preparation inside the fold, learners, and labellings under permutation."""
