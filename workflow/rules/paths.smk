# Paths and parameters of the rules. Every file of a run has one function, which gives its path with
# wildcards where no name is given.
import functools
import json

RUN = f"results/{CONFIG['run']}"
REFIT = "refit"  # in the place of a part of the outer folds


# ---------------------------------------------------------------- files of the run
def run_folder():
    """Folder of all files of the run."""
    return RUN


def log_of(rule, *wildcards):
    """Log of a rule, by the names of its wildcards.

    A job finds the run's folder by its log, which a prefix of a module changes as it does outputs.
    """
    return f"{RUN}/logs/{'_'.join([rule, *(f'{{{name}}}' for name in wildcards)])}.log"


def benchmark_of(rule, *wildcards):
    """Time and memory of a job of a heavy rule, by the names of its wildcards.

    They stand among the logs, since they differ from run to run.
    """
    return f"{RUN}/logs/benchmarks/{'_'.join([rule, *(f'{{{name}}}' for name in wildcards)])}.tsv"


def run_table(table="{table}"):
    """Table of the whole run."""
    return f"{RUN}/{table}.tsv"


def people_table(cohort="{cohort}"):
    """Analysed people of a cohort, with what models read of them."""
    return f"{RUN}/people/{cohort}.tsv"


def described_people(cohort="{cohort}"):
    """Analysed people of a cohort, also with the columns by which finished predictions are looked at."""
    return f"{RUN}/cohorts/{cohort}.tsv"


def features_table(features="{features}", cohort="{cohort}"):
    """Features of a cohort that have names."""
    return f"{RUN}/features/{features}/{cohort}.tsv"


def features_array(features="{features}", cohort="{cohort}"):
    """Voxels of a cohort."""
    return f"{RUN}/features/{features}/{cohort}.npy"


def atlas_image(features="{features}"):
    """Atlas on the grid of the maps."""
    return f"{RUN}/features/{features}/atlas.nii.gz"


def atlas_regions(features="{features}"):
    """Regions of the atlas on the grid of the maps."""
    return f"{RUN}/features/{features}/regions.tsv"


def mask_image(features="{features}"):
    """Analysed voxels."""
    return f"{RUN}/features/{features}/mask.nii.gz"


def gram_matrices(model="{model}", folds="{folds}"):
    """Gram matrices of a part of the outer folds, or of the refit."""
    return f"{RUN}/kernels/{model}/folds-{folds}.npz"


def fold_job(model="{model}", folds="{folds}", labels="{labels}"):
    """Result of a part of the outer folds, or of the refit, under a part of the labellings."""
    return f"{RUN}/crossval/{model}/folds-{folds}_labels-{labels}.npz"


def refit_job(model="{model}", labels="{labels}"):
    """Refit on all discovery people under a part of the labellings."""
    return fold_job(model, REFIT, labels)


def decisions_file(model="{model}"):
    """Joined decision values of a model, baseline or stack."""
    return f"{RUN}/decisions/{model}.npz"


def curve_job(model="{model}", part="{part}"):
    """The procedure on smaller samples of the people, for the learning curve."""
    return f"{RUN}/learning_curve/{model}/parts-{part}.npz"


def confound_control_fits(model="{model}"):
    """Decision values without the removal of confounds, and from shuffled features."""
    return f"{RUN}/confound_controls/{model}.npz"


def transport_scores(model="{model}"):
    """Decision values of models that were learned from each external cohort in turn."""
    return f"{RUN}/scores/transport/{model}.tsv"


def permuted_scans_job(model="{model}", part="{part}"):
    """Cross-validation under permuted scans."""
    return f"{RUN}/permuted_scans/{model}/{part}.npz"


def frozen_model(model="{model}"):
    """Description of a frozen model."""
    return f"{RUN}/models/{model}.json"


def frozen_arrays(model="{model}"):
    """Numbers of a frozen model."""
    return f"{RUN}/models/{model}.npz"


def model_folder(model="{model}"):
    """Files of the folder in which a model travels, by the names of outputs."""
    names = {
        "manifest": "manifest.json",
        "text": "model.json",
        "numbers": "model.npz",
        "card": "README.md",
    }
    return {key: f"{RUN}/models/{model}/{name}" for key, name in names.items()}


def frozen_scores(model="{model}"):
    """Decision values of a frozen model in the other cohorts."""
    return f"{RUN}/scores/{model}.tsv"


def model_table(table="{table}", model="{model}"):
    """Part of a table of the run that one model or baseline fills."""
    return f"{RUN}/performance/{model}_{table}.tsv"


def weight_table(model="{model}"):
    """Weights and patterns of a model with named features."""
    return f"{RUN}/weights/{model}.tsv"


def weight_map(name, model="{model}"):
    """Map of a voxel model, see `VOXEL_MAPS`."""
    return f"{RUN}/weights/{model}_{name}.nii.gz"


def region_set_table(model="{model}"):
    """Tests of the sets of regions of a model."""
    return f"{RUN}/weights/sets/{model}.tsv"


def planted_table():
    """What was planted in the simulated trial, region by region."""
    return f"{RUN}/simulation/planted.tsv"


def found_table():
    """What models found where something was planted."""
    return f"{RUN}/simulation/found.tsv"


def planted_image():
    """What was planted in the simulated trial, voxel by voxel."""
    return f"{RUN}/simulation/planted.nii.gz"


def planted_viewer_page():
    """Slice viewer of what was planted."""
    return f"{RUN}/simulation/viewer.html"


def figure_file(name, suffix):
    """Figure of the page; `name` ends with ``_{model}`` where each model has one."""
    return f"{RUN}/figures/{name}.{suffix}"


def viewer_page(model="{model}"):
    """Slice viewer of a model."""
    return f"{RUN}/figures/viewer_{model}.html"


def quality_picture(name, suffix):
    """Figure of the scans with the names of people, beside the report."""
    return f"{RUN}/qc/{name}.{suffix}"


def document(name):
    """Document for the reviewer."""
    return f"{RUN}/reporting/{name}.md"


def dataset_files():
    """What makes the run's folder a derivative of BIDS."""
    return [f"{RUN}/{name}" for name in ("dataset_description.json", "README.md", ".bidsignore")]


def report_html():
    """The page."""
    return f"{RUN}/report.html"


def report_pdf():
    """The page as it is printed."""
    return f"{RUN}/report.pdf"


def crate():
    """The record for machines."""
    return f"{RUN}/ro-crate-metadata.json"


def crate_workflow():
    """The workflow's own entry, which the record names as what was run."""
    return f"{RUN}/workflow/Snakefile"


# ---------------------------------------------------------------- lists of them
def frozen_models():
    """Every frozen model."""
    return [frozen_model(model) for model in MODELS]


def travelling_models():
    """Every file of the folders in which models and stacks travel."""
    return [path for name in (*MODELS, *STACKS) for path in model_folder(name).values()]


def reviewer_tables():
    """Tables of the documents for the reviewer."""
    return [run_table(name) for name in ("tripod", "probast", "cobidas", "model_card")]


def reviewer_texts():
    """Documents for the reviewer, by the names of outputs."""
    names = ("tripod", "probast", "model_card", "methods")
    return {f"{name}_md": document(name) for name in names}


def evidence_tables():
    """Tables of the sections of the page: what a reviewer asks for beside the result."""
    names = [
        *("comparisons", "specificity", "calibration", "decision_curve", "operating_points"),
        *("decision_rules", "qc", "subgroups", "precision", "verdict", "natural_frequencies"),
        *("leakage", "threshold_counts"),
    ]
    if CURVES:
        names.append("learning_curve")
    if LINEAR:
        names.append("roi_sets")
    if CONTROLLED:
        names.append("confound_controls")
    if SITES:
        names += OF_SITES[:3]
    if TRANSPORT:
        names.append("transport")
    return [*(run_table(name) for name in names), *reviewer_tables()]


def cohort_files():
    """Who is analysed, who is not and why, and what the analysed people are like."""
    people = [described_people(name) for name in COHORTS]
    return [*people, run_table("inputs"), *dataset_files(), *page_of_cohorts()["tables"]]


def prediction_files():
    """Tables, documents for the reviewer and frozen models."""
    names = ("splits", "predictions", "performance", "null")
    tables = [*(run_table(name) for name in names), *evidence_tables()]
    return [*tables, *reviewer_texts().values(), *frozen_models(), *travelling_models()]


def page_of_cohorts():
    """What the page shows of who is analysed."""
    return {
        "tables": [run_table(name) for name in ("flow", "exclusions", "characteristics")],
        "summaries": [run_table("inputs_summary")],
        "warnings": [run_table("input_warnings")],
    }


def made_features():
    """Feature sets that jobs make of the scans and trials, for classes; others are told at the start."""
    if "prediction" not in asked_modules(CONFIG):
        return []
    kinds = {name: feature_kind(spec) for name, spec in FEATURES.items()}
    return [name for name, kind in kinds.items() if kind.has_image or kind.has_trials]


def separating_table():
    """What was found about features that separate the classes, where jobs make features."""
    return [run_table("separating_features")] if made_features() else []


def matrices_of_made_features(wildcards):
    """Features of the discovery cohort of each set that jobs make."""
    return [matrix(name, DISCOVERY) for name in made_features()]


def page_of_weights():
    """What the page shows of where in the brain."""
    mapped = [model for model in LINEAR if kind_of_features(model).has_image]
    return {
        "weights": [weight_table(model) for model in LINEAR if kind_of_features(model).has_names],
        "viewers": [viewer_page(model) for model in mapped],
    }


def page_of_prediction():
    """What the page shows of the models."""
    mapped = [model for model in LINEAR if kind_of_features(model).has_image]
    simulated = "simulation" in CONFIG
    planted = [planted_table()] if simulated else []
    found = [found_table()] if simulated else []
    tables = [run_table(name) for name in ("performance", "predictions")]
    return {
        "tables": [*tables, *evidence_tables(), *planted],
        "warnings": [run_table("warnings"), run_table("qc_warnings"), *separating_table()],
        "summaries": [*(run_table(name) for name in ("null_summary", "qc_summary")), *found],
        **page_of_weights(),
        "planted_viewer": [planted_viewer_page()] if mapped and simulated else [],
        "frozen": frozen_models(),
    }


# Tables of belief updating by the part of the analysis, each the run's table `belief_<name>`.
BELIEF_TABLES = {
    "trials": ("trials", "sessions", "people", "news"),
    "rates": ("rates", "reliability", "shrunk", "censored"),
    "models": ("evidence", "models", "same"),
    "recovery": ("recovery", "model_recovery", "predictions"),
    "effects": ("effects", "variances", "changes", "answers"),
    "agents": ("agents", "agents_effects"),
    "score": ("association", "mediation", "sensitivity"),
}


def belief_tables(*names):
    """Tables of belief updating by their names."""
    return {name: run_table(f"belief_{name}") for name in names}


def belief_outputs(part):
    """What a part of belief updating makes, by names; mediation only where it is asked for."""
    names = BELIEF_TABLES[part]
    if part == "score" and not CONFIG["belief"]["mediation"]:
        names = names[:1]
    return belief_tables(*names)


def belief_files():
    """Every table of belief updating."""
    parts = [part for part in BELIEF_TABLES if part != "score" or CONFIG["belief"]["score"]]
    files = [path for part in parts for path in belief_outputs(part).values()]
    found = [run_table("belief_found")] if "simulation" in CONFIG["belief"] else []
    return [*files, *found]


def page_of_beliefs():
    """What the page shows of how beliefs are updated; tables of trials and evidences are large."""
    large = {run_table(f"belief_{name}") for name in ("trials", "evidence")}
    return {"tables": [path for path in belief_files() if path not in large]}


# Tables of variability by the part of the analysis, each the run's table `variability_<name>`.
VARIABILITY_TABLES = {
    "components": ("components", "loadings", "scores"),
    "people": ("dimensions", "influence", "similarity"),
    "regions": ("regions", "region_sets", "spread"),
    "associations": ("associations",),
    "genes": ("genes", "gene_nulls", "gene_ranks", "gene_sets"),
    "found": ("found",),
}


def effect_maps():
    """People with effects, and maps of every effect and of the session before."""
    names = CONFIG["variability"]["effects"]
    files = {
        part: [f"{RUN}/effects/{name}_{part}.tsv" for name in names] for part in ("maps", "before")
    }
    return {"people": run_table("variability_people"), **files}


def variability_tables(*names):
    """Tables of variability by their names."""
    return {name: run_table(f"variability_{name}") for name in names}


def variability_outputs(part):
    """What a part of variability makes, by names; sets of genes only where they are asked for."""
    names = VARIABILITY_TABLES[part]
    if part == "genes" and not CONFIG["variability"]["genes"]["sets"]:
        names = names[:-1]
    return variability_tables(*names)


def variability_parts():
    """Parts of variability that the configuration asks for."""
    asked = CONFIG["variability"]
    wanted = {
        "associations": bool(clinical_columns(asked)),
        "genes": bool(asked["genes"]),
        "found": "simulation" in asked,
    }
    return [part for part in VARIABILITY_TABLES if wanted.get(part, True)]


def variability_files():
    """Every table of variability."""
    tables = [path for part in variability_parts() for path in variability_outputs(part).values()]
    return [run_table("variability_people"), *tables]


def page_of_variability():
    """What the page shows of variability; tables of single people only where they may be shown."""
    people = {
        run_table(f"variability_{name}") for name in ("people", "scores", "influence", "similarity")
    }
    shown = CONFIG["report"]["participant_level"]
    return {"tables": [path for path in variability_files() if shown or path not in people]}


def outcome_outputs(part):
    """Tables of a part of the clinical outcomes, by their names."""
    return {name: run_table(f"outcome_{name}") for name in OUTCOME_TABLES[part]}


def outcome_files():
    """Every table of the clinical outcomes."""
    return [path for part in OUTCOME_TABLES for path in outcome_outputs(part).values()]


def page_of_outcomes():
    """What the page shows of the scores; no table of single people."""
    return {
        "tables": [
            path for path in outcome_files() if path not in outcome_outputs("scores").values()
        ]
    }


# Tables of an outcome that is a number, each the run's table `numbers_<name>`.
NUMBER_TABLES = ("predictions", "groups", "performance", "null", "specificity")


def number_files():
    """Tables of predicted numbers, weights and frozen models."""
    tables = [run_table(f"numbers_{name}") for name in NUMBER_TABLES]
    documents = [*reviewer_tables(), *reviewer_texts().values()]
    models = [*frozen_models(), *travelling_models()]
    return [run_table("splits"), *tables, *further_number_tables(), *documents, *models]


def further_number_tables():
    """Tables that a run with predicted numbers has where its models give rise to them."""
    sets = [run_table("roi_sets")] if LINEAR else []
    pairs = [run_table("numbers_comparisons")] if PAIRS else []
    return [*sets, *pairs, *([run_table("numbers_curve")] if CURVES else [])]


def page_of_numbers():
    """What the page shows of predicted numbers; no table of single people."""
    names = ("groups", "performance", "specificity")
    shown = [run_table(f"numbers_{name}") for name in names]
    tables = [*shown, *further_number_tables(), *reviewer_tables()]
    return {"tables": tables, "frozen": frozen_models(), **page_of_weights()}


def applied_tables():
    """Scores of an applied model, what is unusual about the people, performance, registration."""
    names = ("scores", "checks", "performance", "registration")
    return {name: run_table(f"applied_{name}") for name in names}


def application_files():
    """Every table of an applied model."""
    return list(applied_tables().values())


def registration_file():
    """What the target `register` writes before labels are there."""
    return f"{RUN}/registration/registration.json"


def registration_date():
    """When it was written, apart from what is registered."""
    return f"{RUN}/registration/date.json"


def page_of_application():
    """What the page shows of an applied model; scores of single people only where they may be."""
    tables = applied_tables()
    scores = tables.pop("scores")
    shown = [scores] if CONFIG["report"]["participant_level"] else []
    text = [local(path) for path in folder_of_model() if path.endswith("model.json")]
    return {"tables": [*tables.values(), *shown], "applied": text}


def registration_of_run(wildcards):
    """The registration with which the run is compared, if there is one."""
    path = CONFIG["apply"]["registration"]
    return [] if path is None else [local(path)]


def folder_of_model(wildcards=None):
    """Files of the folder of the model that is applied."""
    return [local(f"{CONFIG['apply']['model']}/{name}") for name in (*FILES, MANIFEST)]


# What each module of a run brings, see config/modules.py of the package: the files that it is for,
# and by the names that `read_run` of report/run.py knows what the page shows of it.
FINAL_FILES = {
    "cohorts": cohort_files,
    "clinical_outcomes": outcome_files,
    "belief": belief_files,
    "variability": variability_files,
    "apply": application_files,
    "prediction": prediction_files,
    "numbers": number_files,
}
PAGE_FILES = {
    "cohorts": page_of_cohorts,
    "clinical_outcomes": page_of_outcomes,
    "belief": page_of_beliefs,
    "variability": page_of_variability,
    "apply": page_of_application,
    "prediction": page_of_prediction,
    "numbers": page_of_numbers,
}


def files_of_modules():
    """The files that the modules asked for are for."""
    return [path for name in asked_modules(CONFIG) for path in FINAL_FILES[name]()]


def page_files(*kinds):
    """What the page shows, or some kinds of it, from all modules asked for."""
    files = {}
    for name in asked_modules(CONFIG):
        for kind, paths in PAGE_FILES[name]().items():
            if kind in kinds or not kinds:
                files.setdefault(kind, []).extend(paths)
    return files


def files_of_documents():
    """What the documents for the reviewer are written from."""
    files = page_files("tables", "warnings", "summaries", "frozen")
    own = reviewer_tables()
    return files | {"tables": [path for path in files["tables"] if path not in own]}


def final_files():
    """Everything that the configuration asks for, the page and the record of it."""
    return [crate(), report_html(), *files_of_modules()]


# ---------------------------------------------------------------- the user's files
# They are `local`: where they are is what the configuration says, also when the workflow is used
# as a module with a prefix for its results.
def source_of(features, cohort):
    """Path or path pattern of a feature set in a cohort."""
    return source_path(CONFIG["cohorts"][cohort]["sources"][source_in(FEATURES[features], cohort)])


def files_of(pattern):
    """Every file that a path pattern may mean for anyone; of a table of the run, its images too."""
    if pattern in READ_INPUTS:
        if not pattern.endswith(IMAGES):
            return [pattern]
        read = pattern.replace(inputs_folder(), READ, 1)
        return [pattern, *local([] if "simulation" in CONFIG else found_files(read))]
    if pattern and "{" not in pattern:
        return [of_the_user(pattern)]
    return local(found_files(pattern)) if pattern else []


@functools.cache
def found_files(pattern):
    """What `files_of_anyone` finds, looked for once: every rule that reads images asks for it."""
    return files_of_anyone(pattern)


def of_the_user(path):
    """A table of the user's, on whose content a job depends and not on its age.

    Whoever reads it has `contents_of` among its parameters: a blank line or another line end runs
    nothing again. A table that a rule simulates is one of the run.
    """
    return local(path) if is_simulated(CONFIG) else ancient(local(path))


def contents_of(files):
    """Function that gives hashes of what the user's tables among a job's files say.

    Levels in a file beside a table, which decode its codes, are part of what it says.
    """

    def given(wildcards):
        own = [path for path in files(wildcards) if is_flagged(path, "ancient")]
        return [table_digest(each) for path in own for each in (path, levels_beside(path))]

    return given


def inputs_folder(wildcards=None):
    """Tables of the run into which the folders and tables of programs are read, by cohort."""
    return inputs_of_run(CONFIG)


def read_inputs(cohort):
    """Tables of the run into which a cohort's folders and tables of programs are read."""
    return files_of_cohort(AS_GIVEN, cohort, inputs_folder())


READ_INPUTS = {path for cohort in AS_GIVEN["cohorts"] for path in read_inputs(cohort)}


def inputs_to_read(wildcards):
    """What the main process has read; of a simulated trial, the trial."""
    if "simulation" in CONFIG:
        files = [f"{CONFIG['simulation']['directory']}/{name}" for name in AS_GIVEN["cohorts"]]
        return [
            local(f"{path}/{part}")
            for path in files
            for part in ("participants.tsv", "derivatives")
        ]
    return [local(path.replace(inputs_folder(), READ, 1)) for path in sorted(READ_INPUTS)]


def simulated(cohort):
    """Folder of a simulated cohort's maps, nothing for real data."""
    if "simulation" in CONFIG:
        return [local(f"{CONFIG['simulation']['directory']}/{cohort}/derivatives")]
    return []


def simulated_beliefs():
    """Files of a simulated study of belief updating, by the names of outputs."""
    names = ("participants", "scores", "trials", "planted")
    folder = CONFIG["belief"]["simulation"]["directory"]
    files = {name: local(f"{folder}/{name}.tsv") for name in names}
    return files | {"description": local(f"{folder}/dataset_description.json")}


def simulated_variability():
    """Files of a simulated trial of brain change, by the names of outputs."""
    folder = CONFIG["variability"]["simulation"]["directory"]
    arms = ("participants", "regions", "scores")
    files = {
        f"{arm}_{name}": local(f"{folder}/{arm}/{name}.tsv")
        for arm in SIMULATED_ARMS
        for name in arms
    }
    others = {name: local(f"{folder}/{name}.tsv") for name in ("genes", "planted", "axes")}
    return files | others | {"description": local(f"{folder}/dataset_description.json")}


def variability_inputs(wildcards):
    """Tables of the people and the regions of every effect."""
    paths, asked = [], CONFIG["variability"]
    for name in asked["effects"]:
        for cohort in cohorts_of_effect(CONFIG["effects"][name]):
            own = CONFIG["cohorts"][cohort]
            paths += [own["participants"], scores_path(own) if asked["score"] else None]
    tables = [*filter(None, paths), *effect_tables(CONFIG, asked["effects"])]
    return [path for table in dict.fromkeys(tables) for path in files_of(table)]


def variability_geometry(wildcards):
    """The user's table of coordinates, if there is one."""
    return [of_the_user(path) for path in own_geometry(CONFIG["variability"])]


def variability_genes(wildcards):
    """The user's tables of coordinates, of expression and of sets of genes."""
    files = gene_files(CONFIG["variability"])
    # Sets of genes are no table: their age counts.
    paths = [of_the_user(path) for path in files[:1]] + [local(path) for path in files[1:]]
    return [*variability_geometry(wildcards), *paths]


def effects_of_features(wildcards):
    """Tables of the regions of an effect that is a feature set, in every cohort."""
    name = FEATURES[wildcards.features]["effect"]
    cohorts = dict.fromkeys([DISCOVERY, wildcards.cohort])
    return [path for table in effect_tables(CONFIG, [name], cohorts) for path in files_of(table)]


def found_inputs():
    """What was planted in a simulated trial, and the tables in which it is looked for."""
    files = simulated_variability()
    names = ["components", "loadings", "region_sets", "genes", "associations"]
    return {**variability_tables(*names), "planted": files["planted"], "axes": files["axes"]}


def belief_inputs(wildcards):
    """Tables of the cohorts that have trials."""
    cohorts = [cohort for cohort in CONFIG["cohorts"].values() if cohort["trials"] is not None]
    paths = [cohort[key] for cohort in cohorts for key in ("participants", "trials")]
    scores = [scores_path(cohort) for cohort in cohorts if CONFIG["belief"]["score"]]
    return [of_the_user(path) for path in dict.fromkeys(filter(None, [*paths, *scores]))]


def cohort_inputs(wildcards):
    """Tables and images on which it depends who can be analysed."""
    paths = []
    for name, cohort in CONFIG["cohorts"].items():
        tiv = cohort["tiv"] or {}
        tables = (cohort["participants"], scores_path(cohort), tiv.get("table"))
        paths += [of_the_user(path) for path in tables if path]
        paths += simulated(name)
        if "simulation" not in CONFIG:
            patterns = [source_of(features, name) for features in SOURCED]
            reports = "" if "read_into" in tiv else tiv.get("cat12_report") or ""
            for pattern in (*patterns, reports):
                paths += files_of(pattern)
        paths += read_inputs(name)
    return list(dict.fromkeys(paths))


def outcome_inputs(wildcards):
    """Tables of the cohorts whose clinical outcomes are analysed."""
    paths = []
    for name in outcome_cohorts(CONFIG):
        cohort = CONFIG["cohorts"][name]
        paths += [cohort["participants"], scores_path(cohort)]
    return [of_the_user(path) for path in dict.fromkeys(paths)]


def files_of_cohorts(wildcards):
    """Files of `cohort_inputs` for rules that record the very bytes: for them the age counts too."""
    paths = cohort_inputs(wildcards)
    return [path if path in READ_INPUTS else local(str(path)) for path in paths]


def maps_of(wildcards):
    """Images of a feature set in a cohort."""
    return maps_in(wildcards, wildcards.cohort)


def maps_in(wildcards, cohort):
    """Images of a feature set in a cohort, and the table in which they were found."""
    pattern = source_of(wildcards.features, cohort)
    table = [pattern] if pattern in READ_INPUTS else []
    return [*table, *simulated(cohort)] if simulated(cohort) else files_of(pattern)


def all_maps():
    """Images of all feature sets in all cohorts."""
    paths = []
    for name in COHORTS:
        paths += simulated(name)
        for features, spec in SOURCED.items() if "simulation" not in CONFIG else ():
            if feature_kind(spec).has_image and not gives_regions(spec, name):
                paths += files_of(source_of(features, name))
        paths += [path for path in read_inputs(name) if path.endswith(IMAGES)]
    return list(dict.fromkeys(paths))


def first_cohort_maps(wildcards):
    """Images of the discovery cohort, whose first one sets the grid."""
    return maps_in(wildcards, DISCOVERY)


def own_atlas(wildcards):
    """The user's own atlas, if a feature set has one."""
    atlas = FEATURES[wildcards.features]["atlas"]
    return [] if isinstance(atlas, str) else [local(atlas["image"]), local(atlas["labels"])]


def measured_atlases():
    """Atlases by which quality control measures scans, one per source of images."""
    chosen = [measured_set(sets) for sets in sets_by_source(CONFIG).values()]
    return [atlas_of_measures(spec) for spec in chosen if spec is not None]


def own_measured_atlases(wildcards):
    """Image and table of each atlas of the user's by which quality control measures scans."""
    own = [atlas for atlas in measured_atlases() if not isinstance(atlas, str)]
    return [local(path) for atlas in own for path in (atlas["image"], atlas["labels"])]


def own_mask(wildcards):
    """The user's own mask, if a feature set has one."""
    mask = FEATURES[wildcards.features]["mask"]
    return [] if mask == "template" else [local(mask)]


def files_of_the_user(wildcards):
    """Every file of the user's whose hash is in the record for machines."""
    paths = [path for path in files_of_cohorts(wildcards) if path not in READ_INPUTS]
    trials = belief_inputs(wildcards) if CONFIG["belief"] else []
    paths += [local(str(path)) for path in trials]
    if CONFIG["variability"]:
        tables = [*variability_inputs(wildcards), *variability_geometry(wildcards)]
        tables = [path for path in tables if path not in READ_INPUTS]
        paths += [local(str(path)) for path in [*tables, *gene_files(CONFIG["variability"])]]
    tables = set(effect_tables(CONFIG, EARLY_EFFECTS, COHORTS)) - READ_INPUTS
    paths += [local(path) for path in sorted(tables)]
    for spec in FEATURES.values():
        atlas, mask = spec.get("atlas"), spec.get("mask", "template")
        paths += [local(path) for path in atlas.values()] if isinstance(atlas, dict) else []
        paths += [] if mask == "template" else [local(mask)]
    return list(dict.fromkeys(paths))


def tables_of_features(wildcards):
    """ROI tables of a cohort and of the discovery cohort, which sets the columns."""
    return [*files_of(source_in_cohort(wildcards)), *files_of(source_in_discovery(wildcards))]


def tables_of_warnings(wildcards):
    """Tables of regions and of effects that are features, and participants tables of all cohorts."""
    names = [name for name, spec in FEATURES.items() if feature_kind(spec).has_table]
    tables = [source_of(name, cohort) for cohort in COHORTS for name in names]
    tables += effect_tables(CONFIG, EARLY_EFFECTS, [DISCOVERY])
    paths = [path for table in tables for path in files_of(table)]
    told = [path for path in sorted(READ_INPUTS) if path.endswith(("warnings.tsv", "record.tsv"))]
    return list(dict.fromkeys([*participants_tables(wildcards), *paths, *told]))


def participants_tables(wildcards):
    """Participants tables of all cohorts."""
    paths = [CONFIG["cohorts"][cohort]["participants"] for cohort in COHORTS]
    return [of_the_user(path) for path in dict.fromkeys(paths)]


def answers_of_the_authors(wildcards):
    """The user's file of answers to TRIPOD+AI, if there is one."""
    answers = CONFIG["reporting"]["tripod"]
    return local(answers) if isinstance(answers, str) else []


def sets_in_cohort(wildcards):
    """The feature sets that a concatenated one consists of."""
    sets = FEATURES[wildcards.features]["sets"]
    return [features_table(name, wildcards.cohort) for name in sets]


# What features are made from, by the names of inputs in the entries of their kinds.
FEATURE_FILES = {
    "maps": maps_of,
    "image": atlas_image(),
    "regions": atlas_regions(),
    "mask": mask_image(),
    "tables": tables_of_features,
    "discovery": people_table(DISCOVERY),
    "rates": run_table("belief_rates"),
    "effects": effects_of_features,
    "sets": sets_in_cohort,
}


def feature_files(kind):
    """Files from which features of a kind are made, by the names of inputs in its entry."""
    return {name: FEATURE_FILES[name] for name in FEATURE_KINDS[kind].inputs}


def features_of_cohort(kind):
    """Features of a kind and a cohort: a table where they have names."""
    return features_table() if FEATURE_KINDS[kind].has_names else features_array()


# ---------------------------------------------------------------- inputs of several rules
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
        caption = f"../src/mri_response/data/report/{kind.name}.rst"
        of_model = ("{model}",) if kind.per_model else ()
        png = report(figure_file(name, "png"), caption, kind.category, *of_model)
        files |= {f"{kind.name}_svg": figure_file(name, "svg"), f"{kind.name}_png": png}
    return files


# ---------------------------------------------------------------- parameters of a job
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


def compared_predictions(wildcards):
    """Predictions of the models and baselines that are compared."""
    names = dict.fromkeys(name for pair in (*PAIRS, *ADDED.items()) for name in pair)
    return [model_table("predictions", name) for name in names]


def model_config(wildcards):
    """What the engine must know of a model."""
    return {
        **section("seed", "cross_validation", "permutation", "confounds"),
        "model": fitted_model(CONFIG, wildcards.model),
    }


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
