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
        "discovery people, copies of a person and families together in the inner folds, under the "
        "observed outcomes alone.",
        "config: stability; instability.tsv",
        ("instability",),
    ),
    "other_seeds": Fact(
        "How far the result depends on the folds was looked at by cross-validation with other "
        "seeds of the folds, under the observed outcomes alone.",
        "config: stability; other_seeds.tsv",
    ),
}


@fact
def stability(run: Run) -> Fact | None:
    found = []
    for name in ("instability", "other_seeds"):
        rows = run.numeric(name)
        rows = None if rows is None else rows[rows["model"] == run.model]
        if rows is not None and len(rows):
            moved = name == "instability"
            words = instability_sentence(rows, run.names.unit) if moved else seeds_sentence(rows)
            found.append((words, where(name, model=run.model)))
    if not found:
        return None
    text = " ".join(f"Stability of model {run.model}: {sentence}" for sentence, _ in found)
    return Fact(text, "; ".join(source for _, source in found), ("instability",))
