from mri_response.core.job import job

with job(snakemake):
    from mri_response.learning.decisions import decisions_of_model
    from mri_response.learning.jobs import JobResult

    given, params = snakemake.input, snakemake.params
    decisions = decisions_of_model(
        snakemake.wildcards.model,
        {**params.config, **params.external},
        map(JobResult.read, given.jobs),
        map(JobResult.read, given.refits),
    )
    decisions.write(snakemake.output[0])
