from mri_response.core.job import job

with job(snakemake):
    from mri_response.learning.job_inputs import read_job
    from mri_response.learning.jobs import save_arrays

    given = read_job(snakemake.input, snakemake.params)
    arrays = given.learner.prepare(given.sample, given.folds.folds)
    save_arrays({str(i): array for i, array in enumerate(arrays)}, snakemake.output[0])
