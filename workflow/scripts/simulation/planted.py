from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import write_tsv
    from mri_response.inputs.atlases import load_atlas
    from mri_response.inputs.images import Grid, save_image
    from mri_response.simulation.maps import planted_image, planted_table

    simulation = snakemake.params.simulation
    image = planted_image(simulation)
    save_image(image, snakemake.output.image)
    atlas = load_atlas("neuromorphometrics", Grid.of(image))
    write_tsv(planted_table(simulation, atlas), snakemake.output.table)
