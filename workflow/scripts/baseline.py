from mri_response.job import job

with job(snakemake):
    from mri_response.baselines import baseline_tables
    from mri_response.tables import read_people, write_tsv

    params = snakemake.params
    paths = zip(params.names, snakemake.input.people, strict=True)
    people = {name: read_people(path) for name, path in paths}
    baseline = snakemake.wildcards.baseline
    tables = baseline_tables(baseline, params.config, people, params.confounds)
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
