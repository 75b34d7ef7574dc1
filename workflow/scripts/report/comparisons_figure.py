from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.report.figures.comparisons import comparisons
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    config = snakemake.params.config
    tables = read_tsv(snakemake.input.table), read_tsv(snakemake.input.performance)
    figure = comparisons(*tables, config, naming(config))
    save_figure(figure, snakemake.output.png, snakemake.output.svg)
