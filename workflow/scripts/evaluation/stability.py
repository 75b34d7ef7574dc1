from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people, read_tsv, write_tsv
    from mri_response.evaluation.stability import instability, other_seeds
    from mri_response.learning.jobs import load_arrays

    given, model = snakemake.input, snakemake.wildcards.model
    numbers = {"resample": int, "decision": float, "probability": float}
    fits = read_tsv(given.resamples, numbers)
    write_tsv(instability(model, fits), snakemake.output.instability)
    seeds = load_arrays(given.seeds)
    write_tsv(other_seeds(model, read_people(given.people), seeds), snakemake.output.seeds)
