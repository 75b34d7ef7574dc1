"""How the outcome of each kind is derived; `config.outcome_kinds` has the properties of kinds."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd

from mri_response.people.outcomes.change import changed
from mri_response.people.outcomes.courses import outcome_from_course
from mri_response.people.outcomes.early_response import responded_early
from mri_response.people.outcomes.endpoint import ended
from mri_response.people.outcomes.label import label_outcome
from mri_response.people.outcomes.percent_change import changed_in_percent
from mri_response.people.outcomes.remission import remitted
from mri_response.people.outcomes.response import responded
from mri_response.people.outcomes.score import score_outcome
from mri_response.people.outcomes.scores import outcome_from_scores
from mri_response.people.outcomes.sustained_response import has_sustained
from mri_response.people.outcomes.trajectory import is_on_path

#: From the rows of a participants table, the configuration and the name of the cohort to a table
#: by line: ``outcome`` (name of the class, or a number), ``reason`` where it is missing, and
#: perhaps scores.
DERIVED: dict[str, Callable[[pd.DataFrame, Mapping[str, Any], str], pd.DataFrame]] = {
    "label": label_outcome,
    "response": partial(outcome_from_scores, reached=responded),
    "remission": partial(outcome_from_scores, reached=remitted),
    "early_response": partial(outcome_from_scores, reached=responded_early),
    "sustained_response": partial(outcome_from_course, followed=has_sustained),
    "trajectory": partial(outcome_from_course, followed=is_on_path),
    "change": partial(outcome_from_scores, reached=changed),
    "percent_change": partial(outcome_from_scores, reached=changed_in_percent),
    "endpoint": partial(outcome_from_scores, reached=ended),
    "score": score_outcome,
}
