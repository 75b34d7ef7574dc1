from mri_response.core.job import job

with job(snakemake):
    from itertools import islice

    import pandas as pd

    from mri_response.config.queries import discovery_name
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.added_value import added_rows
    from mri_response.evaluation.comparisons import comparison_table
    from mri_response.evaluation.null_folds import null_folds
    from mri_response.learning.decisions import Decisions
    from mri_response.learning.jobs import load_arrays

    config, given = snakemake.params.config, snakemake.input
    dtype = {"participant_id": str, "session_id": str, "label": int, "decision": float}
    parts = [read_tsv(path, dtype) for path in given.predictions]
    predictions = dict(list(pd.concat(parts).groupby("model"))) if parts else {}
    people = read_cohorts(["discovery"], [given.people])["discovery"]
    null = {
        model: null_folds(Decisions.read(path), people)
        for model, path in zip(snakemake.params.compared, given.decisions, strict=True)
    }
    added = []
    jobs, n_parts = iter(given.permuted_scans), snakemake.params.n_parts
    for model, clinic in snakemake.params.added.items():
        permuted = [load_arrays(path)["decision"] for path in islice(jobs, n_parts)]
        added += added_rows(model, clinic, discovery_name(config), predictions, permuted)
    table = comparison_table(
        predictions,
        snakemake.params.pairs,
        {name: cohort["role"] for name, cohort in config["cohorts"].items()},
        seed=config["seed"],
        min_class_size=config["min_class_size"],
        null=null,
        added=added,
    )
    write_tsv(table, snakemake.output[0])
