"""Power of the test of a difference in AUC, by the normal approximation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtr, ndtri, owens_t

from mri_response.evaluation.specificity.test import studentised

#: AUC with and without the drug for which the power is always printed.
ASSUMED = (0.65, 0.50)


ALPHA = 0.05


def binormal_auc_variance(auc: float, n_positive: float, n_negative: float) -> float:
    """Variance of an estimated AUC where both classes have normal scores of one variance.

    With Q the probability that two positives both exceed a negative, which equals that of one
    positive exceeding two negatives: (A (1 - A) + (n1 + n0 - 2) (Q - A^2)) / (n1 n0).

    Parameters
    ----------
    auc : float
        The true area, between 0 and 1.
    n_positive, n_negative : float
        People in each class.

    Returns
    -------
    float

    References
    ----------
    Bamber D (1975). The area above the ordinal dominance graph and the area below the receiver
    operating characteristic graph. Journal of Mathematical Psychology 12, 387-415 (the variance).
    Owen DB (1956). Tables for computing bivariate normal probabilities. Annals of Mathematical
    Statistics 27, 1075-1090 (Q).
    """
    both = auc - 2 * owens_t(ndtri(auc), 1 / np.sqrt(3))
    spread = auc * (1 - auc) + (n_positive + n_negative - 2) * (both - auc**2)
    return float(max(spread, 0.0) / (n_positive * n_negative))


def expected_power(
    auc_active: float, auc_control: float, sizes: Mapping[str, int], alpha: float = ALPHA
) -> tuple[float, float]:
    """Power of the one-sided test of an AUC difference, by the normal approximation.

    Parameters
    ----------
    auc_active, auc_control : float
        Assumed areas of both arms.
    sizes : mapping
        As `Arms.sizes` gives them.
    alpha : float
        Level of the one-sided test.

    Returns
    -------
    power, se : float
        ``se`` is the standard error that the difference would have, see `binormal_auc_variance`.
    """
    variance = sum(
        binormal_auc_variance(
            area, sizes[f"n_positive_{arm}"], sizes[f"n_{arm}"] - sizes[f"n_positive_{arm}"]
        )
        for arm, area in (("active", auc_active), ("control", auc_control))
    )
    se = float(np.sqrt(variance))
    expected = float(studentised(np.array(auc_active - auc_control), np.array(se)))
    return float(ndtr(expected + ndtri(alpha))), se
