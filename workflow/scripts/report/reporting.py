from mri_response.core.job import job

with job(snakemake):
    from mri_response.config.answers import read_answers
    from mri_response.core.atomic import atomic_path
    from mri_response.core.tables import write_tsv
    from mri_response.report.documents import reviewer_files
    from mri_response.report.run import read_run

    run = read_run(snakemake.input, snakemake.params.config)
    tables, texts = reviewer_files(run, read_answers(run.config["reporting"]["tripod"]))
    for name, table in tables.items():
        write_tsv(table, snakemake.output[name])
    for name, text in texts.items():
        with atomic_path(snakemake.output[f"{name}_md"]) as temporary:
            temporary.write_text(text, encoding="utf-8")
