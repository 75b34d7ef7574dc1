from mri_response.core.job import job

with job(snakemake):
    from mri_response.application.scoring import apply_model
    from mri_response.core.tables import write_tsv

    scores, checks = apply_model(snakemake.params.config, snakemake.input)
    write_tsv(scores, snakemake.output.scores)
    write_tsv(checks, snakemake.output.checks)
