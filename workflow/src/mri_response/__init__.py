"""Prediction of treatment response from brain scans taken before treatment."""

__version__ = "0.1.0"
