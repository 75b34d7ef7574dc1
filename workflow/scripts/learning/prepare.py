from mri_response.core.job import job

with job(snakemake):
    from mri_response.learning.job_inputs import read_job, write_prepared

    write_prepared(read_job(snakemake.input, snakemake.params), snakemake.output[0])
