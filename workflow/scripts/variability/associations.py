from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.variability.region_results import association_table
    from mri_response.variability.run_tables import typed
    from mri_response.variability.study import load_effects

    config, given = snakemake.params.config, snakemake.input
    studies = load_effects(config["variability"]["effects"], given)
    names = ("scores", "components", "loadings")
    tables = [typed(read_tsv(given[name])) for name in names]
    write_tsv(association_table(config, studies, *tables), snakemake.output[0])
