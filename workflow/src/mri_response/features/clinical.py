"""Features of kind clinical: columns of the participants table."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mri_response.config.columns import CATEGORIES
from mri_response.core.errors import InputError
from mri_response.core.tables import as_categories, read_tsv, shorten
from mri_response.features.job import FeatureJob


def make(job: FeatureJob) -> None:
    """Columns of the participants table, categories as indicators; nothing is filled in yet.

    Parameters
    ----------
    job : FeatureJob
        With the file ``discovery``: the rows of the discovery cohort.
    """
    # As text: a category that is written as a number stays as it is written.
    job.write(clinical_features(job.people(), read_tsv(job.files["discovery"]), job.spec))


def clinical_features(
    people: pd.DataFrame, discovery: pd.DataFrame, spec: Mapping[str, Any]
) -> pd.DataFrame:
    """Columns of the cohort table as features; nothing is learned but which categories exist.

    Parameters
    ----------
    people : pandas.DataFrame
        Analysed rows of a cohort.
    discovery : pandas.DataFrame
        Those of the discovery cohort, whose categories become features.
    spec : mapping
        The feature set's section of the configuration: columns, categorical, unseen; of a model
        that is applied also ``levels``, the categories of its training people.

    Returns
    -------
    pandas.DataFrame, shape (people, features)
        Numbers as they are; for categories 1 and 0 in a column each (of two categories, the
        second). NaN where missing, to be filled inside the folds.

    Raises
    ------
    InputError
        For an unseen category, or a column without a value in this cohort.
    """
    features: dict[str, pd.Series] = {}
    for column in spec["columns"]:
        values = people[column].reset_index(drop=True)
        if values.isna().all():
            raise InputError(
                f"column {column}: found no value for any of {len(people)} analysed rows, expected "
                "some, since it is a clinical feature; fill it or leave the column out"
            )
        if column not in (*CATEGORIES, *spec["categorical"]):
            features[column] = values.astype(float)
            continue
        # A model that travels says which categories its training people had.
        own = spec.get("levels", {}).get(column)
        levels = own or sorted(as_categories(discovery[column].dropna()).unique())
        text = as_categories(values)
        strange = text[text.notna() & ~text.isin(levels)]
        if len(strange) and spec["unseen"] == "error":
            raise InputError(
                f"column {column}: found {strange.iloc[0]!r} for "
                f"{people['participant_id'].iloc[strange.index[0]]}, expected a category that the "
                f"discovery cohort has ({shorten(levels)}); recode it or write unseen: mean at the "
                "feature set"
            )
        for level in levels[1:] if len(levels) == 2 else levels:
            indicator = (text == level).astype("Float64")
            indicator[~text.isin(levels)] = pd.NA
            features[f"{column}={level}"] = indicator.astype(float)
    return pd.DataFrame(features)
