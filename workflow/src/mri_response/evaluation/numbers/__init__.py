"""Outcomes that are numbers: metrics, intervals, tests, and whether it is the treatment."""
