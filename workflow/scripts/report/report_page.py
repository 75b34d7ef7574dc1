from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.atomic import atomic_path
    from mri_response.report.page import render_report
    from mri_response.report.run import read_run

    run = read_run(snakemake.input, snakemake.params.config)
    with atomic_path(snakemake.output[0]) as temporary:
        temporary.write_text(render_report(run), encoding="utf-8")
