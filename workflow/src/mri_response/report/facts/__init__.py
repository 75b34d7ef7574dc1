"""Facts of a run in sentences, each with the place where its numbers stand.

What a reporting guideline, a model card or a methods section asks for is composed of them
(:mod:`mri_response.report.documents`); what the run cannot know is no fact.
"""

from __future__ import annotations

from mri_response.report.facts import analysis, results, study, use
from mri_response.report.facts.evidence import Evidence, Fact, fact_names, gather

__all__ = ["Evidence", "Fact", "analysis", "fact_names", "gather", "results", "study", "use"]
