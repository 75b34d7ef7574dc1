from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import read_cohorts, write_tsv
    from mri_response.people.inputs_record import inputs_summary, inputs_table

    config = snakemake.params.config
    table = inputs_table(config)
    log.info("%d rows, %d of them not read", len(table), table["reason"].notna().sum())
    write_tsv(table, snakemake.output.inputs)
    people = read_cohorts(snakemake.params.cohorts, snakemake.input.people)
    write_tsv(inputs_summary(config, table, people), snakemake.output.summary)
