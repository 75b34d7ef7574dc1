from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.evaluation.numbers.comparisons import number_comparisons

    numbers = ("repeat", "outer_fold", "outcome", "predicted", "reduced", "mean")
    dtype = {"participant_id": str, "session_id": str} | dict.fromkeys(numbers, float)
    parts = [read_tsv(path, dtype) for path in snakemake.input]
    cohorts = snakemake.params.config["cohorts"]
    table = number_comparisons(
        {part["model"].iloc[0]: part for part in parts},
        snakemake.params.pairs,
        {name: cohort["role"] for name, cohort in cohorts.items()},
    )
    write_tsv(table, snakemake.output[0])
