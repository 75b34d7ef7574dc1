"""Compile the solver before the first run: python -m mri_response.learning.learners.svc.solver."""

import numpy as np

from mri_response.learning.learners.svc.solver.path_solver import PathSolver

if __name__ == "__main__":
    PathSolver(np.eye(2)).at(np.array([[1.0], [-1.0]]), np.array([1.0]))
