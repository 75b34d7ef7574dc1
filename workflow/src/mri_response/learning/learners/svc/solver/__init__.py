"""Solvers of the linear support vector problem."""
