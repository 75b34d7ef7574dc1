# Configuration, checks before the first job, names of files.
import os
import sys
from pathlib import Path

WORKFLOW = Path(workflow.current_basedir).parent
sys.path.insert(0, str(WORKFLOW / "src"))

from mri_response.checks import check_inputs
from mri_response.config import (
    discovery_name,
    grid_of_c,
    load_config,
    used_features,
)
from mri_response.errors import InputError
from mri_response.provenance import source_hash
from mri_response.resampling import batches, labelling_batches

try:
    CONFIG = load_config(config, WORKFLOW / "schemas" / "config.schema.yaml")
    # Jobs on other machines read this file too: the check is for the person who starts the run.
    if workflow.is_main_process and "simulation" not in CONFIG:
        for line in check_inputs(CONFIG, cache=".snakemake/mri_response_checked_maps.json"):
            print(line, file=sys.stderr)
except InputError as error:
    sys.exit(str(error))

# Captions and the report of Snakemake read the configuration with its defaults.
config.update(CONFIG)

RUN = f"results/{CONFIG['run']}"
ENVIRONMENT = str(WORKFLOW.parent / "envs" / "mri-response.yaml")

DISCOVERY = discovery_name(CONFIG)
OTHERS = [name for name in CONFIG["cohorts"] if name != DISCOVERY]
COHORTS = [DISCOVERY, *OTHERS]
MODELS = list(CONFIG["models"])
FEATURES = used_features(CONFIG)
SCHEME = CONFIG["cross_validation"]
FOLD_BATCHES = batches(SCHEME["repeats"] * SCHEME["outer_folds"], CONFIG["batch"]["outer_folds"])
LABEL_BATCHES = labelling_batches(CONFIG["permutation"]["n"], CONFIG["batch"]["permutations"])
# Nobody else is scored: the refit then needs the observed labels alone.
REFIT_BATCHES = LABEL_BATCHES if OTHERS else [[range(1)]]

TABLES = [
    f"{RUN}/{name}.tsv"
    for name in ("splits", "predictions", "performance", "null", "exclusions", "flow")
]
FROZEN_MODELS = expand(f"{RUN}/models/{{model}}.json", model=MODELS)


wildcard_constraints:
    cohort="|".join(COHORTS),
    model="|".join(MODELS),
    features="|".join(FEATURES),
    folds=r"\d+",
    labels=r"\d+",


def section(*keys):
    """Parts of the configuration, as a parameter: a changed value runs again what reads it."""
    return {key: CONFIG[key] for key in keys if key in CONFIG}


def naming_config(wildcards):
    """What figures must know: seed and the words for cohorts, classes and the run."""
    return section("run", "title", "seed", "simulation", "cohorts", "outcome")


def names_of_kind(*kinds):
    """Pattern of the feature sets of some kinds, one that never matches if there are none."""
    return "|".join(name for name, spec in FEATURES.items() if spec["kind"] in kinds) or "(?!)"


def source_of(features, cohort):
    """Path or path pattern of a feature set in a cohort."""
    return CONFIG["cohorts"][cohort]["sources"][FEATURES[features]["source"]]


def simulated(cohort):
    """Folder of a simulated cohort's maps, nothing for real data."""
    if "simulation" in CONFIG:
        return [f"{CONFIG['simulation']['directory']}/{cohort}/derivatives"]
    return []


def files_of(pattern):
    """Every file that a path pattern may mean for anyone."""
    import glob
    import re

    return sorted(glob.glob(re.sub(r"\{.*?\}", "*", pattern), recursive=True))


def maps_of(wildcards):
    """Images of a feature set in a cohort."""
    if "simulation" in CONFIG:
        return simulated(wildcards.cohort)
    return files_of(source_of(wildcards.features, wildcards.cohort))


def matrix_of(features, cohort):
    """File with the features of a cohort."""
    kind = "npy" if FEATURES[features]["kind"] == "voxels" else "tsv"
    return f"{RUN}/features/{features}/{cohort}.{kind}"


def discovery_matrix(wildcards):
    """Features of the discovery cohort for a model."""
    return matrix_of(CONFIG["models"][wildcards.model]["features"], DISCOVERY)


def other_matrices(wildcards):
    """Features of the external and control cohorts for a model."""
    return [matrix_of(CONFIG["models"][wildcards.model]["features"], name) for name in OTHERS]


def table_of(cohort):
    """Table of the analysed people of a cohort."""
    return f"{RUN}/cohorts/{cohort}.tsv"


def model_config(wildcards):
    """What the engine must know of a model."""
    return {
        **section("seed", "cross_validation", "permutation", "confounds"),
        "model": CONFIG["models"][wildcards.model],
    }
