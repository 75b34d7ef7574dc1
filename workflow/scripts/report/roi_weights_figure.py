from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.report.figures.brain import roi_weights
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    weights = read_tsv(snakemake.input.weights)
    names = naming(snakemake.params.config)
    figure = roi_weights(weights, snakemake.wildcards.model, names)
    save_figure(figure, snakemake.output.roi_weights_png, snakemake.output.roi_weights_svg)
