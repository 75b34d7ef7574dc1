from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.atomic import atomic_path
    from mri_response.core.tables import read_tsv
    from mri_response.features.voxels import voxel_features
    from mri_response.inputs.images import Grid, open_image, read_values
    from mri_response.inputs.paths import map_paths

    spec = snakemake.params.spec
    mask = open_image(snakemake.input.mask)
    with atomic_path(snakemake.output[0]) as temporary:
        voxel_features(
            map_paths(snakemake.params.pattern, read_tsv(snakemake.input.people)),
            read_values(mask, snakemake.input.mask) > 0,
            Grid.of(mask),
            temporary,
            smoothing_fwhm_mm=spec["smoothing_fwhm_mm"],
            resample=spec["grid"] != "native",
            threads=snakemake.threads,
        )
