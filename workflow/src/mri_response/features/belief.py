"""Features of kind belief: how a person updates beliefs in one session."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.belief_updating.run_tables import typed
from mri_response.core.errors import InputError
from mri_response.core.tables import read_tsv
from mri_response.features.job import FeatureJob


def make(job: FeatureJob) -> None:
    """How people update beliefs in one session, each from their own trials.

    Parameters
    ----------
    job : FeatureJob
        With the file ``rates``.
    """
    job.write(belief_features(job.people(), typed(read_tsv(job.files["rates"])), job.spec))


def belief_features(
    people: pd.DataFrame, rates: pd.DataFrame, spec: Mapping[str, Any]
) -> pd.DataFrame:
    """Parameters of one session; each person's come from the own trials, and nothing is learned.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of a cohort.
    rates : pandas.DataFrame
        As :func:`mri_response.belief_updating.rates.estimates` returns it, of all cohorts.
    spec : mapping
        The feature set's section of the configuration: session, parameters.

    Returns
    -------
    pandas.DataFrame, shape (people, parameters)
        NaN for people without a session that is used, to be filled inside the folds.

    Raises
    ------
    InputError
        If nobody of the cohort has the session.
    """
    own = rates[rates["session_id"] == spec["session"]].set_index("participant_id")
    values = own[spec["parameters"]].astype(float).reindex(people["participant_id"])
    if values.isna().all(axis=None):
        raise InputError(
            f"belief updating: found no used trials of session {spec['session']!r} for any of "
            f"{len(people)} analysed people, expected some, since they are features; name another "
            "session or leave the feature set out"
        )
    return values.reset_index(drop=True)
