from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.stacking import load_stack, stack_tables
    from mri_response.learning.procedure import load_arrays

    given = snakemake.input
    people = read_cohorts(given.people)
    second, models = load_stack(given.frozen)
    jobs = {
        model: [load_arrays(path) for path in given.folds if f"/crossval/{model}/" in path]
        for model in models
    }
    scores = [read_tsv(path, {"decision": float}) for path in given.scores]
    tables = stack_tables(
        snakemake.wildcards.stack, snakemake.params.config, people, jobs, second, scores
    )
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
