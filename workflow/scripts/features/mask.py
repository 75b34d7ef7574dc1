from mri_response.core.job import job

with job(snakemake) as log:
    import nibabel as nib
    import numpy as np

    from mri_response.core.tables import read_tsv
    from mri_response.features.voxels import voxel_mask
    from mri_response.inputs.images import reference_grid, save_image
    from mri_response.inputs.paths import map_paths

    spec = snakemake.params.spec
    first = map_paths(snakemake.params.pattern, read_tsv(snakemake.input.people).head(1))[0]
    grid = reference_grid(spec["grid"], first)
    mask = voxel_mask(spec["mask"], grid, spec["mask_threshold"])
    log.info("%d voxels on a grid of %s", mask.sum(), grid)
    save_image(nib.Nifti1Image(mask.astype(np.uint8), grid.affine), snakemake.output[0])
