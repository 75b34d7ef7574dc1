# Inputs that several rules share, and those of figures.
def other_tables(wildcards):
    """Analysed people of the external and control cohorts."""
    return [people_table(name) for name in OTHERS]


def matrix(features, cohort):
    """Features of a cohort, by the name of their set."""
    path = features_table if feature_kind(FEATURES[features]).has_names else features_array
    return path(features, cohort)


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
    """Mask of a model's voxels, nothing for named features."""
    if kind_of_features(wildcards.model).has_names:
        return []
    return mask_image(CONFIG["models"][wildcards.model]["features"])


def are_redrawn(wildcards):
    """Whether the outer folds of a job are redrawn for every labelling, as never in the refit."""
    return SCHEME["scheme"] == "stratified" and wildcards.folds != REFIT


def prepared(wildcards):
    """Gram matrices of a job, nothing where it makes them itself or needs none."""
    if are_redrawn(wildcards) or wildcards.model not in PREPARED:
        return []
    return gram_matrices(wildcards.model, wildcards.folds)


def cohorts_of_job(wildcards):
    """Cohorts behind the discovery cohort in a job: a refit predicts all of them."""
    return OTHERS if wildcards.folds == REFIT else []


def other_tables_of_job(wildcards):
    """Analysed people of the cohorts behind the discovery cohort in a job."""
    return [people_table(name) for name in cohorts_of_job(wildcards)]


def matrices_of_job(wildcards):
    """Features of the discovery cohort and of the cohorts behind it."""
    return [matrix_of(wildcards.model, name) for name in [DISCOVERY, *cohorts_of_job(wildcards)]]


def matrices_of_fits(wildcards):
    """Features of a job that starts from them; what was prepared of them holds all that fits need."""
    return [] if prepared(wildcards) else matrices_of_job(wildcards)


def all_folds(wildcards):
    """Every cross-validation job of a model."""
    return expand(
        fold_job(wildcards.model),
        folds=range(len(PLANS[wildcards.model].folds)),
        labels=range(len(PLANS[wildcards.model].labels)),
    )


def observed_folds(wildcards):
    """Cross-validation jobs of a model that hold the outer models of the observed labels."""
    return [path for path in all_folds(wildcards) if path.endswith("_labels-0.npz")]


def curve_parts(wildcards):
    """Every job of a model's learning curve."""
    return expand(
        curve_job(wildcards.model),
        part=range(len(CURVE_PLANS[wildcards.model])),
    )


def all_refits(wildcards):
    """Every refit job of a model."""
    return expand(
        refit_job(wildcards.model),
        labels=range(len(PLANS[wildcards.model].refits)),
    )


def frozen_from(wildcards):
    """Jobs that hold the models to be frozen: the refits or, of an ensemble, all outer models."""
    if wildcards.model in STACKS:
        return of_models_below(refit_job(labels=0), wildcards)
    if CONFIG["external"]["model"] == "ensemble":
        return observed_folds(wildcards)
    return all_refits(wildcards)[:1]


def matrix_to_freeze(wildcards):
    """Features of the discovery cohort for a model, nothing for a stack."""
    return [] if wildcards.model in STACKS else discovery_matrix(wildcards)


def splits_of_recipe(wildcards):
    """All splits, for a model that is fitted again from a recipe."""
    return run_table("splits") if wildcards.model in NONLINEAR else []


def people_of_recipe(wildcards):
    """People of the discovery cohort, for a model that is fitted again from a recipe."""
    return people_table(DISCOVERY) if wildcards.model in NONLINEAR else []


def matrix_of_recipe(wildcards):
    """Features of the discovery cohort, for a model that is fitted again from a recipe."""
    return discovery_matrix(wildcards) if wildcards.model in NONLINEAR else []


def arrays_of_frozen(wildcards):
    """Numbers of a frozen model that has weights."""
    return frozen_arrays(wildcards.model) if wildcards.model in LINEAR else []


def matrices_to_score(wildcards):
    """Features of the other cohorts for a model, nothing for a stack."""
    return [] if wildcards.model in STACKS else other_matrices(wildcards)


def names_below(wildcards):
    """Names of the models below a stack, none for a model."""
    return CONFIG["stacks"].get(wildcards.model, [])


def of_models_below(path, wildcards):
    """A file of each of the models below a stack."""
    return expand(path, model=names_below(wildcards))


def models_below(wildcards):
    """The frozen models below a stack."""
    return of_models_below(frozen_model(), wildcards)


def packed_models(wildcards):
    """The models below a stack and the stack, or the model alone."""
    return [*names_below(wildcards), wildcards.model]


def packed_sets(wildcards):
    """Feature sets of the models that are packed, behind those that they consist of."""
    models = names_below(wildcards) or [wildcards.model]
    names = [CONFIG["models"][model]["features"] for model in models]
    return list(dict.fromkeys(n for name in names for n in (*FEATURES[name].get("sets", ()), name)))


def packed_arrays(wildcards):
    """Numbers of the models that are packed, of those that have weights."""
    return [frozen_arrays(name) for name in packed_models(wildcards) if name in LINEAR]


def packed_matrices(wildcards):
    """Features of the discovery cohort, of every set of the models that are packed."""
    return [matrix(name, DISCOVERY) for name in packed_sets(wildcards)]


def packed_images(wildcards):
    """Masks and atlases of the feature sets of the models that are packed."""
    kinds = {name: feature_kind(FEATURES[name]) for name in packed_sets(wildcards)}
    return [
        atlas_image(name) if kind.has_atlas else mask_image(name)
        for name, kind in kinds.items()
        if kind.has_image
    ]


def performance_of_packed(wildcards):
    """Performance of the model that is packed."""
    numbers = "numbers" in asked_modules(CONFIG)
    return model_table("numbers_performance" if numbers else "performance", wildcards.model)


def scores_below(wildcards):
    """Scores of the models below a stack in the other cohorts."""
    return of_models_below(frozen_scores(), wildcards)


def decisions_below(wildcards):
    """Joined decision values of the models below a stack."""
    return of_models_below(decisions_file(), wildcards)


def brain_inputs(wildcards):
    """Weights of a model, and what puts them into space."""
    if not kind_of_features(wildcards.model).has_names:
        return {kind: weight_map(kind, wildcards.model) for kind in ("weight", "haufe")}
    features = CONFIG["models"][wildcards.model]["features"]
    return {
        "weights": weight_table(wildcards.model),
        "atlas": atlas_image(features),
        "regions": atlas_regions(features),
    }


# ---------------------------------------------------------------- figures
# Their entries are in `report/figures/plan.py`. What an entry names as an input and is not in this
# list is a table of the run.
FIGURE_FILES = {
    "maps": lambda wildcards: {"maps": all_maps()},
    "planted": lambda wildcards: {"planted": planted_table()},
    "planted_image": lambda wildcards: {"planted_image": planted_image()},
    "resamples": lambda wildcards: {"resamples": resample_scores(wildcards.model)},
    "weights": lambda wildcards: {"weights": weight_table(wildcards.model)},
    "weights_on_brain": brain_inputs,
}


def figure_inputs(job):
    """Function that gives the files of a job's figures, by the names of inputs in their entries."""

    def given(wildcards):
        files = {name: model_table(name, wildcards.model) for name in job.union("model_inputs")}
        for name in job.union("inputs"):
            known = FIGURE_FILES.get(name)
            files.update(known(wildcards) if known else {name: run_table(name)})
        return files

    return given


def figure_outputs(job):
    """Figures of a job with their captions, and the pictures beside them."""
    files = {}
    for name in job.union("beside"):
        files |= {f"{name}_{suffix}": quality_picture(name, suffix) for suffix in ("svg", "png")}
    for kind in job.kinds:
        name = f"{kind.name}_{{model}}" if kind.per_model else kind.name
        caption = CAPTIONS and f"{CAPTIONS}/{kind.name}.rst"
        of_model = ("{model}",) if kind.per_model else ()
        png = report(figure_file(name, "png"), caption, kind.category, *of_model)
        files |= {f"{kind.name}_svg": figure_file(name, "svg"), f"{kind.name}_png": png}
    return files
