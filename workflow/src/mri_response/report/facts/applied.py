"""The methods of a run that applies a model from its folder."""

from __future__ import annotations

from mri_response.report.facts.fact import Fact
from mri_response.report.run import Run


def applied_methods(run: Run) -> list[Fact]:
    """How people were scored by a model that others trained.

    Parameters
    ----------
    run : Run
        A run that applies a model.

    Returns
    -------
    list of Fact
        A paragraph each.
    """
    text, asked = run.applied, run.config["apply"]
    unseen = run.config["confounds"]["unseen_site"]
    words = {
        "error": "would have ended the run",
        "mean": "counted as the mean of the training people",
        "own": "was harmonised by the shift and scale of its own people, without labels "
        "(transductive: the score of a person depends on who else of the site is scored)",
    }
    paragraphs = [
        Fact(
            f"People were scored by the model {text['name']}, trained by others on "
            f"{text['training']['n_people']} people and applied unchanged from its folder (SHA-256 "
            f"{asked['folder_sha256']}). A site or category that training did not have "
            f"{words[unseen]}.",
            "config: apply",
        )
    ]
    if asked["outcome"] is not None:
        paragraphs.append(
            Fact(
                "Performance is that of the people who have a label, with 95 % intervals over "
                "people; where there are classes it was tested one-sided by "
                f"{run.config['permutation']['n']} permutations of each cohort's own labels.",
                "applied_performance.tsv",
            )
        )
    return paragraphs
