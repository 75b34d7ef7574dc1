from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import write_tsv
    from mri_response.variability.results import people_tables
    from mri_response.variability.study import load_effects

    config, given = snakemake.params.config, snakemake.input
    studies = load_effects(config["variability"]["effects"], given)
    for name, table in people_tables(config, studies).items():
        write_tsv(table, snakemake.output[name])
