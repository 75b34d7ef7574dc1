"""A folder of a model of made-up weights, for the made-up study."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
from small_study import REGIONS, Study

from mri_response.core.provenance import config_hash
from mri_response.core.tables import write_tsv
from mri_response.learning.preparation.confounds import ConfoundCoding, SiteCoding
from mri_response.models.harmonised import FrozenHarmonised
from mri_response.models.linear import FrozenLinear
from mri_response.models.packing import pack

RULES = {"n": 30, "platt": {"slope": 1.5, "intercept": -0.25}, "thresholds": {"decision_zero": 0.0}}
OUTCOME = {
    "kind": "label",
    "column": "group",
    "classes": {"patient": ["patient"], "healthy": ["healthy"]},
    "positive_class": "patient",
}
MODEL = {"confounds": ["age", "sex", "tiv"], "pca": None, "harmonise": None, "standardize": True}
SPECS = {
    "fs": {"kind": "table", "source": "fs", "columns": ["*"], "exclude": []},
    "roi": {
        "kind": "roi_maps",
        "source": "gm",
        "sessions": [],
        "atlas": {"image": "atlas.nii.gz", "labels": "atlas.tsv"},
        "statistic": "sum",
        "grid": "native",
        "tables": {},
    },
}
#: A registration of something else.
OTHER_PLAN = {"format": 1, "study": "another", "plan": {}, "plan_sha256": config_hash({})} | {
    "model_sha256": "0" * 64,
    "test": "none",
    "cohorts": {},
}


def config_models(features: str, changes: dict[str, Any]) -> dict[str, Any]:
    return changes.get("models", {"made": MODEL | {"features": features}})


def made_folder(study: Study, features: str, out: Path, **changes: Any) -> Path:
    """Write the folder of a linear model of random weights for the regions of the study.

    Where the model harmonises, the sites of the discovery cohort show their shifts and factors.
    """
    rng = np.random.default_rng(4)
    work = out.parent / f"{out.name}_made"
    (work / features).mkdir(parents=True)
    people = study.people["discovery"].rename(columns={"group": "outcome"})
    people.insert(1, "label", (people["outcome"] == "patient").astype(int))
    write_tsv(people, work / "people.tsv")
    table = pd.read_csv(study.folder / "discovery" / "regions.tsv", sep="\t")
    write_tsv(table, work / features / "discovery.tsv")
    images = []
    if features == "roi":
        images = [Path(shutil.copy(study.folder / "atlas.nii.gz", work / "roi" / "atlas.nii.gz"))]
    coding = ConfoundCoding.of(people, MODEL["confounds"])
    p, q = len(REGIONS), len(coding.names)
    numbers = rng.normal(size=p), rng.normal(size=p), rng.normal(size=q) / 50, rng.normal(size=q)
    linear = FrozenLinear(*numbers, 0.1, coding, {"decision_rules": RULES})
    harmonise = config_models(features, changes)["made"]["harmonise"]
    if harmonise:
        sites = SiteCoding.of(people, harmonise)
        rows = sites.rows(people, unseen="mean")
        values = table[REGIONS].to_numpy()
        FrozenHarmonised.learn(values, rows, sites, lambda _: linear).save(work / "made.json")
    else:
        linear.save(work / "made.json")
    columns = ["cohort", "source", "program", "version", "site", "class", "n"]
    write_tsv(pd.DataFrame(columns=columns), work / "summary.tsv")
    found = {"cohort": "discovery", "aggregation": "mean_over_repeats", "metric": "auc"}
    found |= {"n": 40, "estimate": 0.7, "ci_low": 0.5, "ci_high": 0.9}
    found |= {"p_value": 0.01, "n_permutations": 99}
    write_tsv(pd.DataFrame([found]), work / "performance.tsv")
    config = {
        "models": config_models(features, changes),
        "features": {features: SPECS[features]},
        "outcome": OUTCOME,
        "confounds": {"unseen_site": "error", "categorical": [], "missing": "exclude"},
        "seed": 5,
        "licence": "CC-BY-4.0",
        "title": "A made-up study",
        "below": [],
        "discovery": ["discovery", {"sources": {"fs": "regions.tsv", "gm": "maps"}}],
        **changes,
    }
    given = SimpleNamespace(
        frozen=[work / "made.json"],
        people=work / "people.tsv",
        features=[work / features / "discovery.tsv"],
        images=images,
        summary=work / "summary.tsv",
        performance=work / "performance.tsv",
    )
    pack("made", config, given, out)
    shutil.rmtree(work)
    return out
