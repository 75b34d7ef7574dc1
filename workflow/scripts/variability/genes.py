from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.variability.gene_results import gene_tables
    from mri_response.variability.run_tables import typed
    from mri_response.variability.study import load_effects

    config, given = snakemake.params.config, snakemake.input
    studies = load_effects(config["variability"]["effects"], given)
    components = typed(read_tsv(given.components))
    for name, table in gene_tables(config, studies, components).items():
        write_tsv(table, snakemake.output[name])
