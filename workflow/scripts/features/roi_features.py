from mri_response.core.job import job

with job(snakemake):
    from mri_response.config.source_kinds import gives_regions
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.features.matrices import identified
    from mri_response.features.roi_maps import cat12_regions, roi_features
    from mri_response.inputs.atlases import load_atlas
    from mri_response.inputs.images import Grid, open_image
    from mri_response.inputs.paths import map_paths

    spec = snakemake.params.spec
    labels = {"image": snakemake.input.image, "labels": snakemake.input.regions}
    atlas = load_atlas(labels, Grid.of(open_image(snakemake.input.image)))
    people = read_tsv(snakemake.input.people)
    if gives_regions(spec, snakemake.wildcards.cohort):
        regions = cat12_regions(snakemake.params.pattern, people)[list(atlas.regions["region"])]
    else:
        regions = roi_features(
            map_paths(snakemake.params.pattern, people),
            atlas,
            statistic=spec["statistic"],
            resample=spec["grid"] != "native",
            threads=snakemake.threads,
        )
    write_tsv(identified(people, regions), snakemake.output[0])
