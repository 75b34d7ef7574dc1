from mri_response.job import job

with job(snakemake):
    from mri_response.characteristics import characteristics
    from mri_response.tables import read_people, write_tsv

    names, paths = snakemake.params.cohorts, snakemake.input.people
    people = {name: read_people(path) for name, path in zip(names, paths, strict=True)}
    write_tsv(characteristics(snakemake.params.config, people), snakemake.output[0])
