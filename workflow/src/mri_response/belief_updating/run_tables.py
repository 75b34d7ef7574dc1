"""The tables of belief updating, read from a run.

Modules that draw figures import this one: it needs no library of statistics, which takes time.
"""

from __future__ import annotations

from functools import partial

from mri_response.core.tables import with_types

#: Columns that are text even where they look like numbers.
TEXT = (
    *("event", "event_valence", "cohort", "group", "name", "level", "model", "family"),
    *("news", "news_E1", "news_eBR", "reason", "warning", "contrast", "parameter", "baseline"),
)

#: A table of the run with numbers and truth values; :data:`TEXT` stays text.
typed = partial(with_types, text=TEXT)
