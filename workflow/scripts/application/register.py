from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.application.registration import register
    from mri_response.core.tables import read_tsv

    register(snakemake.params.config, read_tsv(snakemake.input.scores), snakemake.output[0])
    log.info("registered; deposit %s where others date it", snakemake.output[0])
