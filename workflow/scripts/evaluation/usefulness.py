from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.evaluation.calibration import calibration_table
    from mri_response.evaluation.decision_curves import decision_curve_table
    from mri_response.evaluation.operating_points import operating_point_table
    from mri_response.evaluation.scored import scored_cohorts
    from mri_response.evaluation.threshold_counts import threshold_counts

    config, given, model = snakemake.params.config, snakemake.input, snakemake.wildcards.model
    numbers = dict.fromkeys(("repeat", "outer_fold", "label"), float)
    numbers |= dict.fromkeys(("decision", "probability", "threshold"), float)
    roles = {name: cohort["role"] for name, cohort in config["cohorts"].items()}
    predictions, rules = (read_tsv(given[name], numbers) for name in ("predictions", "rules"))
    cohorts = list(scored_cohorts(predictions, rules, roles))
    small = {"min_class_size": config["min_class_size"]}
    tables = {
        "calibration": calibration_table(model, cohorts, seed=config["seed"], **small),
        "decision_curve": decision_curve_table(model, cohorts, seed=config["seed"], **small),
        "operating_points": operating_point_table(
            model,
            cohorts,
            read_tsv(given.performance),
            prevalence=config["prevalence"],
            **small,
        ),
        "threshold_counts": threshold_counts(model, cohorts, **small),
    }
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
