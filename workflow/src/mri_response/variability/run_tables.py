"""The tables of variability, read from a run.

Modules that draw figures import this one: it needs no library of statistics, which takes time.
"""

from __future__ import annotations

from functools import partial

from mri_response.core.tables import with_types

#: Columns that are text even where they look like numbers.
TEXT = (
    *("effect", "cohort", "reason", "block", "region", "side", "tissue", "other", "maps", "column"),
    *("map", "gene", "gene_set", "null", "null_maps", "hemisphere", "region_set", "cites", "note"),
    *("quantity", "what", "adjusted_for"),
)

#: A table of the run with numbers and truth values; :data:`TEXT` stays text.
typed = partial(with_types, text=TEXT)
