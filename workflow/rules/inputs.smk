# Functions of the rules: input files, and parameters that depend on the job.
import glob
import re


# ---------------------------------------------------------------- the user's files
# They are `local`: where they are is what the configuration says, also when the workflow is used
# as a module with a prefix for its results.
def source_of(features, cohort):
    """Path or path pattern of a feature set in a cohort."""
    return CONFIG["cohorts"][cohort]["sources"][FEATURES[features]["source"]]


def files_of(pattern):
    """Every file that a path pattern may mean for anyone."""
    return local(sorted(glob.glob(re.sub(r"\{.*?\}", "*", pattern), recursive=True)))


def simulated(cohort):
    """Folder of a simulated cohort's maps, nothing for real data."""
    if "simulation" in CONFIG:
        return [local(f"{CONFIG['simulation']['directory']}/{cohort}/derivatives")]
    return []


def cohort_inputs(wildcards):
    """Tables and images on which it depends who can be analysed."""
    paths = []
    for name, cohort in CONFIG["cohorts"].items():
        tiv = cohort["tiv"] or {}
        tables = (cohort["participants"], cohort["scores"], tiv.get("table"))
        paths += [local(path) for path in tables if path]
        paths += simulated(name)
        if "simulation" not in CONFIG:
            patterns = [source_of(features, name) for features in SOURCED]
            for pattern in (*patterns, tiv.get("cat12_report") or ""):
                paths += files_of(pattern)
    return list(dict.fromkeys(paths))


def maps_of(wildcards):
    """Images of a feature set in a cohort."""
    return simulated(wildcards.cohort) or files_of(source_in_cohort(wildcards))


def first_cohort_maps(wildcards):
    """Images of the discovery cohort, whose first one sets the grid."""
    return simulated(DISCOVERY) or files_of(source_in_discovery(wildcards))


def own_atlas(wildcards):
    """The user's own atlas, if a feature set has one."""
    atlas = FEATURES[wildcards.features]["atlas"]
    return [] if isinstance(atlas, str) else [local(atlas["image"]), local(atlas["labels"])]


def own_mask(wildcards):
    """The user's own mask, if a feature set has one."""
    mask = FEATURES[wildcards.features]["mask"]
    return [] if mask == "template" else [local(mask)]


def tables_of_features(wildcards):
    """ROI tables of a cohort and of the discovery cohort, which sets the columns."""
    return [local(source_in_cohort(wildcards)), local(source_in_discovery(wildcards))]


def answers_of_the_authors(wildcards):
    """The user's file of answers to TRIPOD+AI, if there is one."""
    answers = CONFIG["reporting"]["tripod"]
    return local(answers) if isinstance(answers, str) else []


def sets_in_cohort(wildcards):
    """The feature sets that a concatenated one consists of."""
    sets = FEATURES[wildcards.features]["sets"]
    return [f"{RUN}/features/{name}/{wildcards.cohort}.tsv" for name in sets]


# ---------------------------------------------------------------- files of the run
def table_of(cohort):
    """Table of the analysed people of a cohort."""
    return f"{RUN}/cohorts/{cohort}.tsv"


def other_tables(wildcards):
    """Analysed people of the external and control cohorts."""
    return [table_of(name) for name in OTHERS]


def matrix(features, cohort):
    """Features of a cohort, by the name of their set."""
    suffix = "npy" if FEATURES[features]["kind"] == "voxels" else "tsv"
    return f"{RUN}/features/{features}/{cohort}.{suffix}"


def matrix_of(model, cohort):
    """Features of a cohort for a model."""
    return matrix(CONFIG["models"][model]["features"], cohort)


def discovery_matrix(wildcards):
    """Features of the discovery cohort for a model."""
    return matrix_of(wildcards.model, DISCOVERY)


def other_matrices(wildcards):
    """Features of the external and control cohorts for a model."""
    return [matrix_of(wildcards.model, name) for name in OTHERS]


def mask_of(wildcards):
    """Mask of a model's voxels."""
    return f"{RUN}/features/{CONFIG['models'][wildcards.model]['features']}/mask.nii.gz"


def all_folds(wildcards):
    """Every cross-validation job of a model."""
    return expand(
        f"{RUN}/crossval/{wildcards.model}/folds-{{folds}}_labels-{{labels}}.npz",
        folds=range(len(PLANS[wildcards.model].folds)),
        labels=range(len(PLANS[wildcards.model].labels)),
    )


def observed_folds(wildcards):
    """The jobs among them that hold the outer models of the observed labels."""
    return [path for path in all_folds(wildcards) if path.endswith("_labels-0.npz")]


def curve_parts(wildcards):
    """Every job of a model's learning curve."""
    return expand(
        f"{RUN}/learning_curve/{wildcards.model}/parts-{{part}}.npz",
        part=range(len(CURVE_PLANS[wildcards.model])),
    )


def all_refits(wildcards):
    """Every refit job of a model."""
    return expand(
        f"{RUN}/refit/{wildcards.model}/labels-{{labels}}.npz",
        labels=range(len(PLANS[wildcards.model].refits)),
    )


def frozen_from(wildcards):
    """Jobs that hold the models to be frozen: the refitted one or all outer models."""
    if CONFIG["external"]["model"] == "ensemble":
        return observed_folds(wildcards)
    return all_refits(wildcards)[:1]


def brain_inputs(wildcards):
    """Weights of a model, and what puts them into space."""
    weights = f"{RUN}/weights/{wildcards.model}"
    if feature_kind(wildcards.model) == "voxels":
        return {kind: f"{weights}_{kind}.nii.gz" for kind in ("weight", "haufe")}
    folder = f"{RUN}/features/{CONFIG['models'][wildcards.model]['features']}"
    return {
        "table": f"{weights}.tsv",
        "atlas": f"{folder}/atlas.nii.gz",
        "regions": f"{folder}/regions.tsv",
    }


# ---------------------------------------------------------------- parameters of a job
def quality_config(wildcards):
    """What decides who could be analysed, and what is conspicuous about a scan."""
    return {
        **section("cohorts", "outcome", "features", "models", "confounds", "quality_control"),
        "cross_validation": {
            key: SCHEME[key] for key in ("outer", "outer_column", "held_out", "group")
        },
        "permutation": {"within": CONFIG["permutation"]["within"]},
        "specificity": {"within": CONFIG["specificity"]["within"]},
        "subgroups": {"columns": CONFIG["subgroups"]["columns"]},
    }


def cohort_config(wildcards):
    """What decides who is analysed."""
    config = quality_config(wildcards) | section("min_class_size")
    # Whoever is left must still fill the folds.
    return config | section("cross_validation", "permutation") if QUALITY_RULES else config


def naming_config(wildcards):
    """What figures must know: seed and the words for cohorts, classes and the run."""
    return section("run", "title", "seed", "simulation", "cohorts", "outcome")


def comparisons_config(wildcards):
    """What the figure of all models must know."""
    models = section("models", "stacks", "features", "primary_model", "comparisons")
    return {**naming_config(wildcards), **models}


def tables_of_models(wildcards):
    """A table of every model and baseline; what is shown of models only, of these."""
    names = MODELS if wildcards.table in OF_MODELS else [*MODELS, *STACKS, *BASELINES]
    names = CURVES if wildcards.table == "learning_curve" else names
    return [f"{RUN}/performance/{name}_{wildcards.table}.tsv" for name in names]


def of_stacked(path, wildcards):
    """A file of each of the models of a stack."""
    return expand(path, model=CONFIG["stacks"][wildcards.stack])


def stacked_refits(wildcards):
    """Refits of the observed labels of the models of a stack."""
    return of_stacked(f"{RUN}/refit/{{model}}/labels-0.npz", wildcards)


def stacked_models(wildcards):
    """The frozen models of a stack."""
    return of_stacked(f"{RUN}/models/{{model}}.json", wildcards)


def stacked_scores(wildcards):
    """Scores of the models of a stack in the other cohorts."""
    return of_stacked(f"{RUN}/scores/{{model}}.tsv", wildcards)


def stacked_folds(wildcards):
    """The jobs with the outer models of the observed labels, of all models of a stack."""
    paths = []
    for model in CONFIG["stacks"][wildcards.stack]:
        for part in range(len(PLANS[model].folds)):
            paths.append(f"{RUN}/crossval/{model}/folds-{part}_labels-0.npz")
    return paths


def models_of_stack(wildcards):
    """Names of the models of a stack."""
    return CONFIG["stacks"][wildcards.stack]


def sets_of_model(wildcards):
    """The feature sets that a model has side by side, in the discovery cohort."""
    sets = FEATURES[CONFIG["models"][wildcards.model]["features"]]["sets"]
    return [f"{RUN}/features/{name}/{DISCOVERY}.tsv" for name in sets]


def clinical_sets_of_model(wildcards):
    """Which of them are clinical."""
    sets = FEATURES[CONFIG["models"][wildcards.model]["features"]]["sets"]
    return [FEATURES[name]["kind"] == "clinical" for name in sets]


def scan_permutations(wildcards):
    """Permutations of the scans that a job makes, from 1."""
    return [index + 1 for index in SCAN_BATCHES[int(wildcards.part)]]


def permuted_scans_of_models(wildcards):
    """Every job with permuted scans, model by model."""
    parts = range(len(SCAN_BATCHES))
    return expand(f"{RUN}/permuted_scans/{{model}}/{{part}}.npz", model=ADDED, part=parts)


def compared_predictions(wildcards):
    """Predictions of the models and baselines that are compared."""
    names = dict.fromkeys(name for pair in (*PAIRS, *ADDED.items()) for name in pair)
    return [f"{RUN}/performance/{name}_predictions.tsv" for name in names]


def model_config(wildcards):
    """What the engine must know of a model."""
    return {
        **section("seed", "cross_validation", "permutation", "confounds"),
        "model": CONFIG["models"][wildcards.model],
    }


def feature_spec(wildcards):
    """Configuration of a feature set."""
    return FEATURES[wildcards.features]


def feature_spec_of_model(wildcards):
    """Configuration of a model's feature set."""
    return FEATURES[CONFIG["models"][wildcards.model]["features"]]


def region_sets_of_model(wildcards):
    """What the configuration says of the region sets of a model's features."""
    return CONFIG["region_sets"].get(CONFIG["models"][wildcards.model]["features"], {})


def source_in_discovery(wildcards):
    """Path pattern of a feature set in the discovery cohort."""
    return source_of(wildcards.features, DISCOVERY)


def source_in_cohort(wildcards):
    """Path or path pattern of a feature set in a cohort."""
    return source_of(wildcards.features, wildcards.cohort)


def fold_batch(wildcards):
    """First outer fold of a job, counted through all repeats, and the one after its last."""
    members = PLANS[wildcards.model].folds[int(wildcards.folds)]
    return [members.start, members.stop]


def label_blocks(wildcards):
    """First and last labelling of each block of a job; labelling 0 is observed."""
    blocks = PLANS[wildcards.model].labels[int(wildcards.labels)]
    return [[block.start, block.stop] for block in blocks]


def curve_batch(wildcards):
    """First part of the people of a learning curve's job, by size and repeat, and that after its last."""
    parts = CURVE_PLANS[wildcards.model][int(wildcards.part)]
    return [parts.start, parts.stop]


def refit_blocks(wildcards):
    """First and last labelling of each block of a refit job; labelling 0 is observed."""
    blocks = PLANS[wildcards.model].refits[int(wildcards.labels)]
    return [[block.start, block.stop] for block in blocks]
