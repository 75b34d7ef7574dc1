from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people
    from mri_response.evaluation.stacking import refitted_stack, save_stack
    from mri_response.learning.procedure import load_arrays, row_weights

    people = read_people(snakemake.input.people)
    refits = [[load_arrays(path)] for path in snakemake.input.refits]
    second = refitted_stack(refits, people["label"].to_numpy(), row_weights(people))
    below = dict(zip(snakemake.params.models, snakemake.input.models, strict=True))
    save_stack(snakemake.output[0], snakemake.wildcards.stack, second, below)
