from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.evaluation.null_summary import null_summary
    from mri_response.evaluation.sample_size import precision_table

    numbers = dict.fromkeys(("estimate", "ci_low", "ci_high", "n", "n_positive"), float)
    performance = read_tsv(snakemake.input.performance, numbers)
    performance = performance[performance["model"].isin(snakemake.params.models)]
    null = read_tsv(snakemake.input.null, {"value": float})
    write_tsv(precision_table(performance, null), snakemake.output.precision)
    write_tsv(null_summary(performance, null), snakemake.output.null_summary)
