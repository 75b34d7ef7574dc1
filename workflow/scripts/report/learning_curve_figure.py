from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.report.figures.sample import learning_curve
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    names = naming(snakemake.params.config)
    figure = learning_curve(read_tsv(snakemake.input[0]), snakemake.wildcards.model, names)
    given = snakemake.output
    save_figure(figure, given.learning_curve_png, given.learning_curve_svg)
