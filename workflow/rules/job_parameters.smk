# Parameters of jobs.
import json


def patterns_of_outputs(wildcards):
    """Regular expressions of all files that rules make under this configuration."""
    return [output.regex().pattern for rule in workflow.rules for output in rule.output]


def features_and_confounds():
    """What models need of a person, as models that need it together, whichever of them needs what.

    A model that needs nothing else, or has another name, leaves out nobody else.
    """
    models = CONFIG["models"].values()
    sets = sorted({model["features"] for model in models})
    confounds = {json.dumps(each): each for model in models for each in model["confounds"]}
    ways = {json.dumps(model["harmonise"]): model["harmonise"] for model in models}
    ways = [ways[text] for text in sorted(ways) if ways[text]]
    return {
        str(i): {
            "features": sets[min(i, len(sets) - 1)],
            "confounds": [] if i else list(confounds.values()),
            "harmonise": ways[i] if i < len(ways) else None,
        }
        for i in range(max(len(sets), len(ways)))
    }


def belief_config(wildcards):
    """What decides which trials are used."""
    keys = ("participants", "columns", "codes", "format", "scores", "trials")
    cohorts = {
        name: {key: cohort[key] for key in keys} for name, cohort in CONFIG["cohorts"].items()
    }
    return section("belief", "sessions") | {"cohorts": cohorts}


def sizes_of_simulation(name):
    """Sizes of a module's simulated study, and what is planted."""
    given = CONFIG[name]["simulation"]
    return {key: value for key, value in given.items() if key != "directory"}


def variability_config(wildcards):
    """What decides who has an effect, and which."""
    keys = (
        "participants",
        "columns",
        "codes",
        "format",
        "scores",
        "where",
        "sources",
        "role",
        "tiv",
    )
    cohorts = {
        name: {key: cohort[key] for key in keys} for name, cohort in CONFIG["cohorts"].items()
    }
    more = section("effects", "variability", "outcome", "features", "models")
    return more | {"cohorts": cohorts}


def quality_config(wildcards):
    """What decides who could be analysed, and what is conspicuous about a scan."""
    applied = {"apply": CONFIG["apply"]} if CONFIG["apply"] else {}
    return {
        **section("outcome", "confounds", "quality_control"),
        **applied,
        "cohorts": untitled_cohorts(),
        "features": FEATURES,
        "models": features_and_confounds(),
        "cross_validation": {
            key: SCHEME[key]
            for key in ("outer", "outer_column", "held_out", "inner_column", "group")
        },
        "permutation": {"within": CONFIG["permutation"]["within"]},
    }


def described_config(wildcards):
    """Which columns of people finished predictions are looked at by."""
    needs = {
        key: value for key, value in quality_config(wildcards).items() if key != "quality_control"
    }
    return {
        **needs,
        "specificity": {"within": CONFIG["specificity"]["within"]},
        "subgroups": {"columns": CONFIG["subgroups"]["columns"]},
        "sites": {"column": CONFIG["sites"]["column"]},
    }


def reading_config(wildcards):
    """What decides which folders and tables of programs a simulated trial is read from, and how."""
    if "simulation" not in CONFIG:
        return None
    asked = CONFIG["variability"] and {"effects": CONFIG["variability"]["effects"]}
    return {
        **quality_config(wildcards),
        **section("effects", "run"),
        "variability": asked,
        "cohorts": AS_GIVEN["cohorts"],
    }


def cohort_config(wildcards):
    """What decides who is analysed."""
    rules = {"exclude": CONFIG["quality_control"]["exclude"]}
    return quality_config(wildcards) | {"quality_control": rules}


def outcome_config(wildcards):
    """What scores and treatments are read by."""
    keys = ("cohorts", "outcome", "features", "models", "confounds", "cross_validation")
    more = ("permutation", "specificity", "clinical_outcomes")
    return section(*keys, *more)


def numbers_config(wildcards):
    """What predicted numbers are compared with, and who may exchange residuals."""
    keys = ("seed", "cohorts", "outcome", "models", "stacks", "confounds", "permutation")
    return section(*keys) | {"cross_validation": {"group": SCHEME["group"]}}


def feasibility_config(wildcards):
    """What the people must still be enough for where quality control leaves some of them out."""
    keys = ("cohorts", "outcome", "models", "confounds", "min_class_size", "learning_curve")
    return section(*keys, "cross_validation", "permutation", "seed") if QUALITY_RULES else None


def input_warnings_config(wildcards):
    """What decides whether people and permutations are enough."""
    keys = ("cohorts", "outcome", "features", "models", "confounds", "quality_control")
    more = ("cross_validation", "permutation", "min_class_size", "seed", "sessions")
    return {
        **section(*keys, *more),
        "effects": {name: CONFIG["effects"][name] for name in EARLY_EFFECTS},
        **({"apply": CONFIG["apply"]} if CONFIG["apply"] else {}),
        "belief": CONFIG["belief"] and {"news": CONFIG["belief"]["news"]},
        "specificity": {"within": CONFIG["specificity"]["within"]},
        "subgroups": {"columns": CONFIG["subgroups"]["columns"]},
        "sites": {"column": CONFIG["sites"]["column"]},
    }


def tables_of_models(wildcards):
    """Tables of every model and baseline, or of those models that have one."""
    if wildcards.table == "roi_sets":
        return [region_set_table(model) for model in LINEAR]
    if wildcards.table == "numbers_curve":
        return [model_table("numbers_curve", name) for name in CURVES]
    if wildcards.table.startswith("numbers_"):
        return [model_table(wildcards.table, name) for name in (*MODELS, *STACKS)]
    names = MODELS if wildcards.table in OF_MODELS else [*MODELS, *STACKS, *BASELINES]
    names = CURVES if wildcards.table == "learning_curve" else names
    names = CONTROLLED if wildcards.table == "confound_controls" else names
    names = STABLE if wildcards.table in OF_STABILITY else names
    return [model_table(wildcards.table, name) for name in names]


def frozen_model_of(wildcards):
    """Description of a model of the configuration, nothing for baselines and stacks."""
    return [frozen_model(wildcards.model)] if wildcards.model in MODELS else []


def confounds_of_baseline(wildcards):
    """Columns of the confounds of all models, or of quality, where they are what predicts."""
    if wildcards.model == QUALITY_ONLY:
        return quality_predictors(CONFIG)
    return used_confounds(CONFIG) if wildcards.model == CONFOUNDS_ONLY else []


def columns_of_baseline(wildcards):
    """What a baseline predicts by, as the configuration has it."""
    quality = wildcards.baseline == QUALITY_ONLY
    return quality_predictors(CONFIG) if quality else all_confounds(CONFIG)


def sets_of_model(wildcards):
    """The feature sets that a model has side by side, in the discovery cohort."""
    sets = FEATURES[CONFIG["models"][wildcards.model]["features"]]["sets"]
    return [features_table(name, DISCOVERY) for name in sets]


def clinical_sets_of_model(wildcards):
    """Whether each feature set that a model has side by side is clinical."""
    sets = FEATURES[CONFIG["models"][wildcards.model]["features"]]["sets"]
    return [feature_kind(FEATURES[name]).is_clinical for name in sets]


def scan_permutations(wildcards):
    """Permutations of the scans that a job makes; 0, the scans as they are, in the first job."""
    part = int(wildcards.part)
    return [*([] if part else [0]), *(index + 1 for index in SCAN_BATCHES[part])]


def permuted_scans_of_models(wildcards):
    """Every job with permuted scans, all parts of a model before those of the next one."""
    parts = range(len(SCAN_BATCHES))
    return expand(permuted_scans_job(), model=ADDED, part=parts)


def model_config(wildcards):
    """What the engine must know of a model."""
    return {
        **section("seed", "cross_validation", "permutation", "confounds"),
        "model": fitted_model(CONFIG, wildcards.model),
    }


def stability_config(wildcards):
    """What a model is fitted again with."""
    return {**model_config(wildcards), **section("stability")}


def learned_matrices(wildcards):
    """Features of the cohorts that are learned from in turn, for a model."""
    return [matrix_of(wildcards.model, name) for name in LEARNED]


def site_config(wildcards):
    """What sites are predicted with."""
    return {**model_config(wildcards), **section("sites"), "cohort": DISCOVERY}


def frozen_config(wildcards):
    """What a frozen model is made with, nothing for a stack."""
    if wildcards.model in STACKS:
        return {}
    frozen = section("outcome", "external", "features", "operating_points")
    return {**model_config(wildcards), **frozen}


def packed_config(wildcards):
    """What the folder of a model says of where it comes from."""
    return {
        **section("seed", "title", "licence", "outcome", "confounds"),
        "models": {model: fitted_model(CONFIG, model) for model in MODELS},
        "features": {name: FEATURES[name] for name in packed_sets(wildcards)},
        "below": names_below(wildcards),
        "discovery": [DISCOVERY, untitled_cohorts()[DISCOVERY]],
    }


def application_config(wildcards):
    """What decides the scores of an applied model, and how they are judged."""
    keys = ("apply", "cohorts", "confounds", "features", "models", "outcome", "permutation")
    return section(*keys, "seed", "min_class_size", "quality_control", "title", "cross_validation")


def matrices_to_apply(wildcards):
    """Features of every cohort that an applied model reads."""
    sets = dict.fromkeys(model["features"] for model in CONFIG["models"].values())
    return [matrix(name, cohort) for name in sets for cohort in COHORTS]


def feature_spec(wildcards):
    """Configuration of a feature set."""
    return FEATURES[wildcards.features]


def feature_spec_of_model(wildcards):
    """Configuration of a model's feature set."""
    return FEATURES[CONFIG["models"][wildcards.model]["features"]]


def effect_config(wildcards):
    """What decides the regions of an effect that is a feature set, and what it is."""
    keys = ("sources", "where", "tiv", "role")
    cohorts = {
        name: {key: cohort[key] for key in keys} for name, cohort in CONFIG["cohorts"].items()
    }
    name = FEATURES[wildcards.features]["effect"]
    own = {"effects": {name: CONFIG["effects"][name]}, "cohorts": cohorts}
    return section("outcome", "features", "models") | own


def list_of_atlas(wildcards):
    """Shipped list of regions of a feature set's atlas."""
    return lists_of(FEATURES[wildcards.features]["atlas"])


def shipped_sets_of_model(wildcards):
    """Shipped region sets of a model's features."""
    name = region_sets_file(feature_spec_of_model(wildcards), region_sets_of_model(wildcards))
    return resources_of("region_sets", [f"{name}.yaml"])


def list_of_voxel_sets(wildcards):
    """Shipped list of regions of the atlas that says which voxels are in which region set."""
    if kind_of_features(wildcards.model).has_names:
        return {}
    return lists_of(region_sets_file({"kind": "voxels"}, region_sets_of_model(wildcards)))


def region_sets_of_model(wildcards):
    """What the configuration says of the region sets of a model's features."""
    return CONFIG["region_sets"].get(CONFIG["models"][wildcards.model]["features"], {})


def source_in_discovery(wildcards):
    """Path pattern of a feature set in the discovery cohort."""
    return source_of(wildcards.features, DISCOVERY)


def source_in_cohort(wildcards):
    """Path or path pattern of a feature set in a cohort."""
    return source_of(wildcards.features, wildcards.cohort)


def feature_params(kind):
    """What a job must know of the source of features of a kind."""
    if FEATURE_KINDS[kind].has_table:
        return {"never": not_regions(CONFIG), "contents": contents_of(tables_of_features)}
    if FEATURE_KINDS[kind].has_effect:
        return {"config": effect_config, "contents": contents_of(effects_of_features)}
    names = {"names": resources_of("cat12")} if FEATURE_KINDS[kind].has_atlas else {}
    return {"pattern": source_in_cohort, **names} if FEATURE_KINDS[kind].has_image else {}


def fold_batch(wildcards):
    """First outer fold of a job, counted through all repeats, and the one after its last."""
    if wildcards.folds == REFIT:
        return REFIT
    members = PLANS[wildcards.model].folds[int(wildcards.folds)]
    return [members.start, members.stop]


def label_blocks(wildcards):
    """First and last labelling of each block of a job; labelling 0 is observed."""
    plan = PLANS[wildcards.model]
    jobs = plan.refits if wildcards.folds == REFIT else plan.labels
    return [[block.start, block.stop] for block in jobs[int(wildcards.labels)]]


def curve_batch(wildcards):
    """First part of the people of a learning curve's job, by size and repeat, and the one after its last."""
    parts = CURVE_PLANS[wildcards.model][int(wildcards.part)]
    return [parts.start, parts.stop]
