from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, write_tsv
    from mri_response.people.cohorts import describe_people

    people = read_cohorts(snakemake.params.cohorts, snakemake.input.people)
    for (name, rows), path in zip(people.items(), snakemake.output.people, strict=True):
        write_tsv(describe_people(snakemake.params.config, name, rows), path)
