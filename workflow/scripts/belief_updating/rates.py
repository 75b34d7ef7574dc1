from mri_response.core.job import job

with job(snakemake):
    from mri_response.belief_updating.results import rate_tables
    from mri_response.belief_updating.run_tables import typed
    from mri_response.core.tables import read_tsv, write_tsv

    tables = {name: typed(read_tsv(path)) for name, path in snakemake.input.items()}
    made = rate_tables(snakemake.params.config, tables["trials"], tables["people"])
    for name, table in made.items():
        write_tsv(table, snakemake.output[name])
