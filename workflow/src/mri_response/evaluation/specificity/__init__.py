"""Comparison of cohorts with and without the treatment under one frozen model."""
