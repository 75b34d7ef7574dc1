from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.numbers.comparisons import (
        number_comparisons,
        permuted_predictions,
    )
    from mri_response.learning.decisions import Decisions

    given = snakemake.input
    numbers = ("repeat", "outer_fold", "outcome", "predicted", "reduced", "mean")
    dtype = {"participant_id": str, "session_id": str} | dict.fromkeys(numbers, float)
    parts = [read_tsv(path, dtype) for path in given.predictions]
    models = [part["model"].iloc[0] for part in parts]
    people = read_cohorts(["discovery"], [given.people])["discovery"]
    null = {
        model: permuted_predictions(people, Decisions.read(path))
        for model, path in zip(models, given.decisions, strict=True)
    }
    cohorts = snakemake.params.config["cohorts"]
    table = number_comparisons(
        dict(zip(models, parts, strict=True)),
        snakemake.params.pairs,
        {name: cohort["role"] for name, cohort in cohorts.items()},
        null,
    )
    write_tsv(table, snakemake.output[0])
