"""Steps that the tests of patterns and the agreement of weights share."""

import numpy as np


def averaging(members: np.ndarray) -> np.ndarray:
    """Matrix whose product with values of the features is their mean in each set.

    Parameters
    ----------
    members : numpy.ndarray of bool, shape (p, k)
        Which features belong to each set; every set has one at least.

    Returns
    -------
    numpy.ndarray, shape (p, k)
    """
    return members / members.sum(axis=0)


def divided(rows: np.ndarray, norm: np.ndarray) -> np.ndarray:
    """Divide rows by their norms.

    Parameters
    ----------
    rows : numpy.ndarray, shape (m, p)
        Rows to be divided, in a type that can hold fractions.
    norm : numpy.ndarray, shape (m,)
        Norm of each row, or another scale.

    Returns
    -------
    numpy.ndarray, shape (m, p)
        Zero in rows whose norm is zero.
    """
    return np.divide(rows, norm[:, None], out=np.zeros_like(rows), where=norm[:, None] > 0)
