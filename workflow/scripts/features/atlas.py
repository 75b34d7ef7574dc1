from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.inputs.atlases import load_atlas
    from mri_response.inputs.images import reference_grid, save_image
    from mri_response.inputs.paths import map_paths

    spec = snakemake.params.spec
    first = map_paths(snakemake.params.pattern, read_tsv(snakemake.input.people).head(1))[0]
    atlas = load_atlas(spec["atlas"], reference_grid(spec["grid"], first))
    save_image(atlas.image, snakemake.output.image)
    write_tsv(atlas.regions, snakemake.output.regions)
