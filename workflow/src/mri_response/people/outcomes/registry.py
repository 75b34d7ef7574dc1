"""How the outcome of each kind is derived; `config.outcome_kinds` has the properties of kinds."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from mri_response.people.outcomes.change import change_outcome
from mri_response.people.outcomes.early_response import early_response_outcome
from mri_response.people.outcomes.endpoint import endpoint_outcome
from mri_response.people.outcomes.label import label_outcome
from mri_response.people.outcomes.percent_change import percent_change_outcome
from mri_response.people.outcomes.remission import remission_outcome
from mri_response.people.outcomes.response import response_outcome
from mri_response.people.outcomes.score import score_outcome
from mri_response.people.outcomes.sustained_response import sustained_response_outcome
from mri_response.people.outcomes.trajectory import trajectory_outcome

#: From the rows of a participants table, the configuration and the name of the cohort to a table
#: by line: ``outcome`` (name of the class, or a number), ``reason`` where it is missing, and
#: perhaps scores.
DERIVED: dict[str, Callable[[pd.DataFrame, Mapping[str, Any], str], pd.DataFrame]] = {
    "label": label_outcome,
    "response": response_outcome,
    "remission": remission_outcome,
    "early_response": early_response_outcome,
    "sustained_response": sustained_response_outcome,
    "trajectory": trajectory_outcome,
    "change": change_outcome,
    "percent_change": percent_change_outcome,
    "endpoint": endpoint_outcome,
    "score": score_outcome,
}
