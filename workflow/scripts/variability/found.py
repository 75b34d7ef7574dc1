from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.variability.found import found_table
    from mri_response.variability.run_tables import typed

    tables = {name: typed(read_tsv(path)) for name, path in snakemake.input.items()}
    write_tsv(found_table(snakemake.params.config, tables), snakemake.output[0])
