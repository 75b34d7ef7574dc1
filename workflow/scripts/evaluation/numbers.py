from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.numbers.table import number_tables
    from mri_response.learning.decisions import Decisions

    given, params = snakemake.input, snakemake.params
    tables = number_tables(
        snakemake.wildcards.model,
        params.config,
        read_cohorts(params.cohorts, given.people),
        Decisions.read(given.decisions),
        read_tsv(given.scores, {"decision": float}),
    )
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
