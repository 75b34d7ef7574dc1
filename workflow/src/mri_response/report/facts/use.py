"""Facts about how to read and apply the models."""

from __future__ import annotations

from mri_response.config.queries import categorical_confounds, used_confounds
from mri_response.config.travel import why_not
from mri_response.core.vocabulary import EXTERNAL_POOLED
from mri_response.report.facts.caveats import caveats, coins
from mri_response.report.facts.fact import Fact, fact
from mri_response.report.facts.phrases import predictors, warned, where
from mri_response.report.lookup import is_computed
from mri_response.report.run import Run


@fact
def best_of_chance(run: Run) -> Fact:
    cohorts = [c for c in run.cohorts if c != EXTERNAL_POOLED]
    cohorts = [c for c in cohorts if is_computed(run.performance, run.model, c)]
    return Fact(
        " ".join(filter(None, (coins(run, c) for c in cohorts)))
        or "No cohort is large enough for figures.",
        where("performance", model=run.model, column="n and n_positive"),
    )


@fact
def limitations(run: Run) -> Fact:
    return Fact(
        " ".join([*caveats(run), *warned(run)]),
        "performance.tsv; null.tsv" + ("; warnings.tsv" if run.warnings else ""),
    )


@fact
def input_quality(run: Run) -> Fact:
    unseen = run.config["confounds"]["unseen_site"]
    left_out = run.config["confounds"]["missing"] == "exclude"
    text = (
        "A person with a missing confound is left out here (confounds.missing); in the frozen "
        "formula itself a missing confound counts as its mean in the training rows."
        if left_out and used_confounds(run.config)
        else "A missing confound counts as its mean in the training rows."
    )
    if "brain" in predictors(run.config):
        text = f"A person without brain measures gets no score. {text}"
    for column in categorical_confounds(run.config):
        if column != "sex":
            text += f" A {column} that training did not have " + (
                "is an error." if unseen == "error" else "counts as the mean of the training rows."
            )
    text += _new_sites(run)
    return Fact(
        f"{text} Features must be made as those of the discovery cohort were.",
        f"models/{run.model}.json: coding; config: confounds",
    )


def _new_sites(run: Run) -> str:
    """What becomes of people of a site by which features are harmonised and that is new."""
    options = (run.config["models"].get(run.model) or {}).get("harmonise")
    if not options:
        return ""
    sentences = {
        "error": "people of a site that training did not have get no score.",
        "mean": "those of a site that training did not have stay as they are.",
        "own": "a site that training did not have gets the shift and scale that its own people "
        "show together, without a look at their labels. Such scores are transductive: those of one "
        "person depend on who else of the site is scored, nobody can be scored alone, and what all "
        "people of the site share is taken off, as the mean of a control group is.",
    }
    told = sentences[run.config["confounds"]["unseen_site"]]
    return f" Features are harmonised by {options['column']}: {told}"


@fact
def users(run: Run) -> Fact:
    return Fact(
        "Users prepare images as for the discovery cohort, look at their quality and describe the "
        "cohort in the configuration; scoring itself asks nothing of them. It takes experience "
        "with brain images and the command line.",
        "terms of the workflow (README.md)",
    )


@fact
def apply(run: Run) -> Fact:
    reason = why_not(run.config, run.config["stacks"].get(run.model, [run.model]))
    folder = f"models/{run.model}/"
    elsewhere = (
        f"Elsewhere the folder {folder} is all that is needed: a configuration that names it at "
        "apply.model scores cohorts with or without labels, once hashes, made-up people, columns, "
        "units, grid and atlas have been compared (docs/travel.md)."
        if reason is None
        else f"Elsewhere it cannot be applied without the training data, since {reason}."
    )
    return Fact(
        f"{elsewhere} Where the training data are, new people can also be added to the "
        "configuration as a cohort of the role external. Either way the frozen model scores them, "
        "and must come out with the hash that stands here; it is verified at every reading.",
        f"{folder}manifest.json; config: cohorts.*.role",
    )


@fact
def privacy(run: Run) -> Fact:
    return Fact(
        "Frozen models, tables of results and these documents hold no rows of single people, but "
        "can still say something about them; treat them as you treat the data.",
        "terms of the workflow (README.md)",
    )


@fact
def code(run: Run) -> Fact:
    version = run.versions.get("mri-response", "unknown")
    return Fact(
        f"Code of the analysis: mri-response {version} (BSD-3-Clause), a workflow of Snakemake; "
        f"SHA-256 of the configuration {run.config_hash or 'not recorded'}, seed "
        f"{run.config['seed']}.",
        "ro-crate-metadata.json",
        ("snakemake",),
    )
