from mri_response.core.job import job

with job(snakemake):
    from mri_response.belief_updating.results import found_table
    from mri_response.belief_updating.run_tables import typed
    from mri_response.core.tables import read_tsv, write_tsv

    tables = {name: typed(read_tsv(path)) for name, path in snakemake.input.items()}
    made = found_table(snakemake.params.config, tables, tables["planted"])
    write_tsv(made, snakemake.output[0])
