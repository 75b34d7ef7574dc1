from mri_response.core.job import job

with job(snakemake):
    import nibabel as nib

    from mri_response.report.figures.brain import planted_map, weight_image
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    planted = nib.load(snakemake.input.planted)
    haufe = weight_image(snakemake.input, "haufe")
    names = naming(snakemake.params.config)
    figure = planted_map(planted, haufe, snakemake.wildcards.model, names)
    save_figure(figure, snakemake.output.planted_map_png, snakemake.output.planted_map_svg)
