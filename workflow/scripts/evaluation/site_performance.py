from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.sites.performance import site_performance, site_spread
    from mri_response.learning.decisions import Decisions

    given = snakemake.input
    table = site_performance(
        snakemake.wildcards.model,
        snakemake.params.config,
        read_cohorts(snakemake.params.cohorts, given.people),
        Decisions.read(given.decisions),
        read_tsv(given.scores, {"decision": float}),
    )
    write_tsv(table, snakemake.output.performance)
    write_tsv(site_spread(table), snakemake.output.spread)
