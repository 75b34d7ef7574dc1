from mri_response.core.job import job

with job(snakemake):
    from mri_response.report.figures.brain import weight_image, weight_map
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    names = naming(snakemake.params.config)
    images = [weight_image(snakemake.input, kind) for kind in ("weight", "haufe")]
    figure = weight_map(*images, snakemake.wildcards.model, names)
    save_figure(figure, snakemake.output.weight_map_png, snakemake.output.weight_map_svg)
