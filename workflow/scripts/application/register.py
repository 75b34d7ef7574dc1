from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.application.registration import register
    from mri_response.core.tables import read_tsv

    path = snakemake.output.registration
    register(snakemake.params.config, read_tsv(snakemake.input.scores), path)
    log.info("registered; deposit %s where others date it", path)
