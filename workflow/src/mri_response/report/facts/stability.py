"""Facts about stability, and how its tables came about."""

from __future__ import annotations

from mri_response.report.facts.fact import Fact, fact
from mri_response.report.facts.phrases import where
from mri_response.report.run import Run
from mri_response.report.stability_words import instability_sentence, seeds_sentence

#: How tables of stability came about, by their names.
METHODS_OF_STABILITY = {
    "instability": Fact(
        "Stability was looked at by fitting the whole procedure again to bootstrap samples of the "
        "discovery people, copies of a person and families together in the inner folds, and by "
        "cross-validation with other seeds of the folds, both under the observed labels alone.",
        "config: stability; instability.tsv; other_seeds.tsv",
        ("instability",),
    ),
}


@fact
def stability(run: Run) -> Fact | None:
    found = []
    for name, words in (("instability", instability_sentence), ("other_seeds", seeds_sentence)):
        rows = run.numeric(name)
        rows = None if rows is None else rows[rows["model"] == run.model]
        if rows is not None and len(rows):
            found.append((words(rows), where(name, model=run.model)))
    if not found:
        return None
    text = " ".join(f"Stability of model {run.model}: {sentence}" for sentence, _ in found)
    return Fact(text, "; ".join(source for _, source in found), ("instability",))
