from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.atomic import atomic_path
    from mri_response.core.tables import write_tsv
    from mri_response.report.page import render_report
    from mri_response.report.run import read_run
    from mri_response.report.sections.found import run_answers

    run = read_run(snakemake.input, snakemake.params.config)
    with atomic_path(snakemake.output[0]) as temporary:
        temporary.write_text(render_report(run), encoding="utf-8")
    if len(snakemake.output) > 1:
        write_tsv(run_answers(run), snakemake.output.answers)
