from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, write_tsv
    from mri_response.evaluation.baselines import baseline_tables

    params = snakemake.params
    people = read_cohorts(snakemake.input.people)
    baseline = snakemake.wildcards.baseline
    tables = baseline_tables(baseline, params.config, people, params.confounds)
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
