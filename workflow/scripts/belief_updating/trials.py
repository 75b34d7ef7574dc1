from mri_response.core.job import job

with job(snakemake):
    from mri_response.belief_updating.results import study_tables
    from mri_response.belief_updating.study import read_study
    from mri_response.core.tables import write_tsv

    config = snakemake.params.config
    for name, table in study_tables(config, read_study(config)).items():
        write_tsv(table, snakemake.output[name])
