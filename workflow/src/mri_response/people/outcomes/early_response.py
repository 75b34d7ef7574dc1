"""Early response: a clinical score falls by at least x per cent by the first session.

References
----------
Szegedi A et al. (2009). Early improvement in the first 2 weeks as a predictor of treatment outcome
in patients with major depressive disorder: a meta-analysis including 6562 patients. Journal of
Clinical Psychiatry 70: 344-353.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.people.outcomes.response import responded
from mri_response.people.outcomes.scores import outcome_from_scores


def early_response_outcome(
    rows: pd.DataFrame, config: Mapping[str, Any], name: str
) -> pd.DataFrame:
    """Class of each row: early_responder or no_early_responder.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of the participants table as text, by line of the file.
    config : mapping
        The completed configuration; its outcome is of kind early_response.
    name : str
        Name of the cohort.

    Returns
    -------
    pandas.DataFrame
        By line: ``outcome`` (name of the class, or missing), ``reason`` (why it is missing),
        ``baseline_score`` and ``endpoint_score``.

    Raises
    ------
    InputError
        If the table of scores has a mistake, or nobody of the cohort is in it.
    """
    return outcome_from_scores(rows, config, name, responded)
