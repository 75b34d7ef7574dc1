from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people
    from mri_response.learning.jobs import JobResult
    from mri_response.learning.procedure import row_weights
    from mri_response.models.stacking import refitted_stack, save_stack

    people = read_people(snakemake.input.people)
    refits = [[JobResult.read(path)] for path in snakemake.input.refits]
    second = refitted_stack(refits, people["label"].to_numpy(), row_weights(people))
    below = dict(zip(snakemake.params.models, snakemake.input.models, strict=True))
    save_stack(snakemake.output[0], snakemake.wildcards.stack, second, below)
