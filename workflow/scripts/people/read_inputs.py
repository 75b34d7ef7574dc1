from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.people.extraction import copy_tables, extract

    if snakemake.params.config is None:
        copy_tables(snakemake.input, snakemake.output)
    else:
        for text in extract(snakemake.params.config, snakemake.params.folder):
            log.warning("%s", text)
