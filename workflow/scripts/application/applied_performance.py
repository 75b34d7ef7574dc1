from mri_response.core.job import job

with job(snakemake):
    from mri_response.application.performance import applied_performance
    from mri_response.application.registration import registered
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.models.folder import read_text

    config, given = snakemake.params.config, snakemake.input
    scores = read_tsv(given.scores)
    text = read_text(config["apply"]["model"])
    write_tsv(applied_performance(config, text, scores), snakemake.output.performance)
    write_tsv(registered(config, scores), snakemake.output.registration)
