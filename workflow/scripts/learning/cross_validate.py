from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.learning.job_inputs import read_job

    given = read_job(snakemake.input, snakemake.params, redrawn=snakemake.params.redrawn)
    result = given.learner.run(
        given.sample,
        given.folds,
        given.design,
        [range(*block) for block in snakemake.params.blocks],
        given.prepared,
    )
    log.info("%s", given.learner.fits_words(result))
    result.write(snakemake.output[0])
