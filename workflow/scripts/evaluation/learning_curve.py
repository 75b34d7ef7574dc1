from mri_response.core.job import job

with job(snakemake):
    import numpy as np

    from mri_response.core.tables import read_people, read_tsv, write_tsv
    from mri_response.evaluation.learning_curve import learning_curve
    from mri_response.learning.procedure import collected, load_arrays

    given, params = snakemake.input, snakemake.params
    cv = params.config["cross_validation"]
    jobs = [load_arrays(path) for path in given.parts]
    parts = {name: np.concatenate([job[name] for job in jobs]) for name in jobs[0]}
    observed = [load_arrays(path) for path in given.folds]
    for job_arrays in observed:
        for name in ("permutation", "decision", "candidate"):
            job_arrays[name] = job_arrays[name][:1]
    whole = collected(observed, cv["repeats"], held_out=cv["outer"] == "held_out").decision[0]
    limits = {"ci_low": float, "ci_high": float}
    table = learning_curve(
        snakemake.wildcards.model,
        params.cohort,
        read_people(given.people),
        parts,
        whole,
        read_tsv(given.performance, limits),
    )
    write_tsv(table, snakemake.output[0])
