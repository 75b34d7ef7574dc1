"""Rotations of a map over the sphere of a hemisphere.

Each rotated region is assigned to one place, all together so that the distances add up to the least
(Hungarian algorithm): a spin is a permutation of the regions, which loses and doubles none. Both
hemispheres are turned as mirror images: one permutation serves both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


def spin_orders(sphere: NDArray, n: int, rng: np.random.Generator) -> NDArray:
    """Permutations of the regions of one hemisphere by random rotations.

    Parameters
    ----------
    sphere : ndarray, shape (regions, 3)
        Places of the regions on the sphere.
    n : int
        Number of rotations.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    ndarray of int, shape (n, regions)
        ``values[orders]`` are rotated maps.
    """
    points = sphere / np.linalg.norm(sphere, axis=1, keepdims=True)
    turns, upper = np.linalg.qr(rng.standard_normal((n, 3, 3)))
    turns *= np.sign(np.diagonal(upper, axis1=1, axis2=2))[:, None]
    turns[np.linalg.det(turns) < 0, :, 0] *= -1
    orders = np.empty((n, len(points)), dtype=int)
    for row, turn in enumerate(turns):
        # The squared distance is 2 less twice this product.
        _, orders[row] = linear_sum_assignment(-(points @ (points @ turn).T))
    return orders


def distinct_orders(orders: NDArray) -> int:
    """Number of different permutations: with few regions, rotations repeat each other.

    Parameters
    ----------
    orders : ndarray, shape (n, regions)
        As `spin_orders` returns it.

    Returns
    -------
    int
    """
    return len(np.unique(orders, axis=0))


def smallest_p(n: int, distinct: int) -> float:
    """Smallest p that some surrogates can give.

    Parameters
    ----------
    n : int
        Number of surrogates.
    distinct : int
        Number of different ones among them.

    Returns
    -------
    float
    """
    return 1 / (1 + min(n, distinct))
