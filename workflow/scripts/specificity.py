from mri_response.job import job

with job(snakemake):
    from mri_response.specificity import specificity_table
    from mri_response.tables import read_people, read_tsv, write_tsv

    given, params = snakemake.input, snakemake.params
    people = {
        name: read_people(path) for name, path in zip(params.cohorts, given.people, strict=True)
    }
    predictions = read_tsv(given.predictions, {"decision": float, "label": int})
    write_tsv(specificity_table(params.config, predictions, people), snakemake.output[0])
