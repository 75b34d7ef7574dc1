from mri_response.job import job

with job(snakemake):
    import pandas as pd

    from mri_response.comparisons import comparison_table
    from mri_response.tables import read_tsv, write_tsv

    config = snakemake.params.config
    dtype = {"participant_id": str, "session_id": str, "label": int, "decision": float}
    parts = [read_tsv(path, dtype) for path in snakemake.input]
    predictions = dict(list(pd.concat(parts).groupby("model"))) if parts else {}
    table = comparison_table(
        predictions,
        snakemake.params.pairs,
        {name: cohort["role"] for name, cohort in config["cohorts"].items()},
        seed=config["seed"],
        min_class_size=config["min_class_size"],
    )
    write_tsv(table, snakemake.output[0])
