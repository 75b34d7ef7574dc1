"""What a reader must keep in mind, and what each null asks."""

from __future__ import annotations

from mri_response.core.vocabulary import Null
from mri_response.report.facts.caveats import caveats
from mri_response.report.naming import NULL_NAMES
from mri_response.report.run import Run
from mri_response.report.sections.blocks import Block, Bullets, Definitions, Details
from mri_response.report.sections.section import Section

_EXPLAINED_NULLS = {
    Null.WHOLE_PROCEDURE: (
        "The labels of the discovery people were permuted, then everything that depends on labels "
        "ran again: every fit of every fold, the choice of hyperparameters included."
    ),
    Null.GIVEN_CONFOUNDS: (
        "The labels of the discovery people were drawn anew given their confounds (the conditional "
        "permutation test of Berrett, Wang, Barber and Samworth 2020; the probability of a label "
        "given the confounds is a logistic regression on them and their squares or splines, "
        "without products, so that the test is approximate), then everything that depends on "
        "labels ran again. Asks: do the features say anything of the outcome that such an "
        "additive model of the confounds does not?"
    ),
    Null.OWN_LABELS: (
        "The labels of the cohort's own people were permuted and the model stayed as it was. "
        "Asks: do this model's scores go along with the outcome in this cohort? Where cohorts are "
        "taken together, labels are permuted within each, and the metric is that within cohorts."
    ),
    Null.DISCOVERY_LABELS: (
        "The labels of the discovery people were permuted, models were fitted to them, and these "
        "were scored on the cohort's true labels. Asks: does a model that learned from true labels "
        "do better here than models that learned from none?"
    ),
}


def _blocks(run: Run) -> list[Block]:
    """The caveats of the run, and an explanation of every null in its tables."""
    used = set(run.performance["null"])
    return [
        Bullets(caveats(run)),
        Details(
            "The nulls behind the p values",
            [
                Definitions(
                    [
                        (NULL_NAMES[null].capitalize(), text)
                        for null, text in _EXPLAINED_NULLS.items()
                        if null in used
                    ]
                )
            ],
        ),
    ]


SECTION = Section("caveats", "Caveats", "Caveats", _blocks)
