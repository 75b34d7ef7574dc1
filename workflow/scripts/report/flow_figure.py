from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.report.figures.cohorts import flow
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    figure = flow(read_tsv(snakemake.input.flow), naming(snakemake.params.config))
    save_figure(figure, snakemake.output.flow_png, snakemake.output.flow_svg)
