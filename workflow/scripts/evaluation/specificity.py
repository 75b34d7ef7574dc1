from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.evaluation.specificity.table import specificity_table

    given, params = snakemake.input, snakemake.params
    people = read_cohorts(params.cohorts, given.people)
    predictions = read_tsv(given.predictions, {"decision": float, "label": int})
    write_tsv(specificity_table(params.config, predictions, people), snakemake.output[0])
