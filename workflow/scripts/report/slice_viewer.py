from mri_response.core.job import job

with job(snakemake):
    from mri_response.brain.images import weight_image
    from mri_response.core.atomic import atomic_path
    from mri_response.report.figures.by_name import read_inputs
    from mri_response.report.figures.viewer import slice_viewer

    page = slice_viewer(weight_image(read_inputs(snakemake.input), "haufe"))
    with atomic_path(snakemake.output[0]) as temporary:
        temporary.write_text(page, encoding="utf-8")
