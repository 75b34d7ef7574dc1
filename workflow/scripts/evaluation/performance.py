from mri_response.core.job import job

with job(snakemake):
    import json
    from pathlib import Path

    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.predictions import model_tables
    from mri_response.learning.procedure import load_arrays

    config = {**snakemake.params.config, **snakemake.params.cohorts}
    tables = model_tables(
        snakemake.wildcards.model,
        config,
        read_cohorts(snakemake.input.people),
        [load_arrays(path) for path in snakemake.input.jobs],
        [load_arrays(path) for path in snakemake.input.refits],
        read_tsv(snakemake.input.scores, {"decision": float}),
        json.loads(Path(snakemake.input.frozen).read_text(encoding="utf-8"))["description"],
    )
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
