from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, write_tsv
    from mri_response.people.characteristics import characteristics

    people = read_cohorts(snakemake.params.cohorts, snakemake.input.people)
    write_tsv(characteristics(snakemake.params.config, people), snakemake.output[0])
