# Lists of files of the run: what a run must make, what the page and the documents read.
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
    if STABLE:
        names += OF_STABILITY
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
    files = {part: [effect_table(name, part) for name in names] for part in ("maps", "before")}
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
    tables = [run_table("splits"), run_table("leakage"), *tables]
    return [*tables, *further_number_tables(), *documents, *models]


def further_number_tables():
    """Tables that a run with predicted numbers has where its models give rise to them."""
    sets = [run_table("roi_sets")] if LINEAR else []
    pairs = [run_table("numbers_comparisons")] if PAIRS else []
    stable = [run_table(name) for name in OF_STABILITY] if STABLE else []
    return [*sets, *pairs, *stable, *([run_table("numbers_curve")] if CURVES else [])]


def page_of_numbers():
    """What the page shows of predicted numbers; no table of single people."""
    names = ("groups", "performance", "specificity")
    shown = [run_table("leakage"), *(run_table(f"numbers_{name}") for name in names)]
    tables = [*shown, *further_number_tables(), *reviewer_tables()]
    return {"tables": tables, "frozen": frozen_models(), **page_of_weights()}


def applied_tables():
    """Scores of an applied model, what is unusual about the people, performance, registration."""
    names = ("scores", "checks", "performance", "registration")
    return {name: run_table(f"applied_{name}") for name in names}


def application_files():
    """Every table of an applied model."""
    return list(applied_tables().values())


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


def answers_of_modules():
    """What modules answer that predict no classes, beside the page; by the name of the output."""
    further = {*asked_modules(CONFIG)} - {"prediction"}
    return {"answers": run_table("answers")} if further else {}


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
    return [crate(), report_html(), *answers_of_modules().values(), *files_of_modules()]
