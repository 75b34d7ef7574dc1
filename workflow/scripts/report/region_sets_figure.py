from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.report.figures.region_sets import region_sets
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    names = naming(snakemake.params.config)
    figure = region_sets(read_tsv(snakemake.input[0]), snakemake.wildcards.model, names)
    save_figure(figure, snakemake.output.region_sets_png, snakemake.output.region_sets_svg)
