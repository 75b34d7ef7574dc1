from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.sites.transport import transport_table

    given = snakemake.input
    numbers = dict.fromkeys(["estimate", "ci_low", "ci_high", "p_value"], float)
    table = transport_table(
        snakemake.wildcards.model,
        snakemake.params.config,
        read_cohorts(snakemake.params.cohorts, given.people),
        read_tsv(given.scores, {"decision": float}),
        read_tsv(given.performance, numbers),
    )
    write_tsv(table, snakemake.output[0])
