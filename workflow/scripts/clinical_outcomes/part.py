from mri_response.core.job import job

with job(snakemake):
    from mri_response.clinical_outcomes.results import outcome_part
    from mri_response.clinical_outcomes.study import study_of
    from mri_response.core.tables import read_tsv, write_tsv

    study = study_of({name: read_tsv(path) for name, path in snakemake.input.items()})
    made = outcome_part(snakemake.params.section, study, snakemake.params.part)
    for name, table in made.items():
        write_tsv(table, snakemake.output[name])
