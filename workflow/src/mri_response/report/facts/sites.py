"""Facts about sites, and how their tables came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mri_response.report.facts.fact import Fact, fact
from mri_response.report.facts.phrases import where
from mri_response.report.run import Run
from mri_response.report.site_words import sites_sentence

#: How tables of sites came about, by their names.
METHODS_OF_SITES = {
    "site_predictability": Fact(
        "The site of discovery people was predicted from the features before and after "
        "preparation, from the decision values and from the outcome, by a regularised linear "
        "discriminant analysis inside folds, and tested by exchanging sites between people of one "
        "class (from the outcome, between all people). Its interval over people is widened by the "
        "spread of the recall under these exchanges, as that of the balanced accuracy.",
        "site_predictability.tsv: predicted_from, ci_low, p_value",
    ),
    "site_spread": Fact(
        "Sites were combined by random effects (restricted maximum likelihood, interval of "
        "Hartung, Knapp, Sidik and Jonkman) on the logit scale.",
        "site_spread.tsv: tau_squared, prediction_low",
    ),
    "transport": Fact(
        "The whole procedure was also learned from each external cohort with people enough in "
        "turn, and scored in the others without a look at their labels, which were permuted "
        "for its test.",
        "transport.tsv: trained_on, cohort",
    ),
}


def own_sites_method(model: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Say how people of a new site are harmonised, where their own rows show how.

    Parameters
    ----------
    model : mapping
        Section of the model.
    config : mapping
        The completed configuration.

    Returns
    -------
    str
        A sentence with a space behind it, or nothing.
    """
    if not model.get("harmonise") or config["confounds"]["unseen_site"] != "own":
        return ""
    return (
        "Sites that a training set does not have were harmonised by the shift and scale of their "
        "own people, without labels (transductive). "
    )


@fact
def sites_told(run: Run) -> Fact | None:
    rows = run.numeric("site_predictability")
    if rows is None:
        return None
    return Fact(
        f"Sites, model {run.model}: {sites_sentence(rows[rows['model'] == run.model])}",
        where("site_predictability", model=run.model, column="estimate, ci_low, p_value"),
    )
