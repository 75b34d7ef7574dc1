from mri_response.job import job

with job(snakemake):
    from mri_response.baselines import confounds_only_tables
    from mri_response.tables import read_people, write_tsv

    params = snakemake.params
    people = read_people(snakemake.input.people)
    tables = confounds_only_tables(params.config, params.cohort, people, params.confounds)
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
