from mri_response.core.job import job

with job(snakemake):
    import numpy as np

    from mri_response.core.tables import read_people, read_tsv, write_tsv
    from mri_response.evaluation.learning_curve import learning_curve
    from mri_response.evaluation.numbers.learning_curve import number_curve
    from mri_response.learning.decisions import Decisions
    from mri_response.learning.jobs import load_arrays

    given = snakemake.input
    jobs = [load_arrays(path) for path in given.parts]
    parts = {name: np.concatenate([job[name] for job in jobs]) for name in jobs[0]}
    whole = Decisions.read(given.decisions)
    is_number = whole.reduced is not None
    table = (number_curve if is_number else learning_curve)(
        snakemake.wildcards.model,
        snakemake.params.cohort,
        read_people(given.people),
        parts,
        whole if is_number else whole.decision[0],
        read_tsv(given.performance, {"ci_low": float, "ci_high": float}),
    )
    write_tsv(table, snakemake.output[0])
