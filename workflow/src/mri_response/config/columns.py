"""Columns of the participants tables that mean the same in every study."""

from __future__ import annotations

from mri_response.core.tables import ID_COLUMNS

#: Columns that the cohort tables define themselves.
RESERVED_COLUMNS = (*ID_COLUMNS, "label", "outcome", "baseline_score", "endpoint_score")

#: Columns that always hold categories.
CATEGORIES = ("sex", "site")
