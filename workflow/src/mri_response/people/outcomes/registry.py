"""How the outcome of each kind is derived; `config.outcome_kinds` has the properties of kinds."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from mri_response.people.outcomes.early_response import early_response_outcome
from mri_response.people.outcomes.label import label_outcome
from mri_response.people.outcomes.remission import remission_outcome
from mri_response.people.outcomes.response import response_outcome
from mri_response.people.outcomes.sustained_response import sustained_response_outcome
from mri_response.people.outcomes.trajectory import trajectory_outcome

#: From the rows of a participants table, the configuration and the name of the cohort to a table
#: by line: ``outcome`` (name of the class), ``reason`` where it is missing, and perhaps scores.
DERIVED: dict[str, Callable[[pd.DataFrame, Mapping[str, Any], str], pd.DataFrame]] = {
    "label": label_outcome,
    "response": response_outcome,
    "remission": remission_outcome,
    "early_response": early_response_outcome,
    "sustained_response": sustained_response_outcome,
    "trajectory": trajectory_outcome,
}
