"""Slices of a map to click through, as a page of its own without a network."""

from __future__ import annotations

import numpy as np
from nibabel.nifti1 import Nifti1Image

from mri_response.brain.images import strongest_voxel, typical_limit
from mri_response.report.figures.style import DIVERGING, modules_kept

VOXEL_MM = 3  # finer maps make the page large: 0.4 MB at 3 mm, 0.7 MB at 2 mm
# The MNI152 template's field of view.
_CORNER_MM, _EXTENT_MM = (-90, -126, -72), (180, 216, 180)
# The scripts of the viewer run; nothing can be loaded or sent.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:\">"
    "<style>html, body { margin: 0; overflow: hidden; } #div_viewer { max-width: 640px; } "
    "canvas { display: block; }</style>"
)
# A browser may load a frame that is not in sight before it lays it out: drawn once it has a width.
_REDRAW = (
    '<script>new ResizeObserver(() => window.dispatchEvent(new Event("resize")))'
    '.observe(document.getElementById("div_viewer"));</script></body>'
)


@modules_kept()
def slice_viewer(image: Nifti1Image) -> str:
    """Make nilearn's viewer of a map on the MNI152 template.

    Parameters
    ----------
    image : Nifti1Image
        In MNI space; voxels equal to 0 or NaN are not drawn.

    Returns
    -------
    str
        HTML with scripts and pictures inside. The colours are centred at 0 and end at the 99th
        percentile of the absolute values; slices start where the smoothed map is largest, and at
        the origin of the template where the map is empty.
    """
    # Imported here: it costs seconds.
    from nilearn.datasets import load_mni152_template
    from nilearn.image import resample_img
    from nilearn.plotting import view_img

    affine = np.diag([*[float(VOXEL_MM)] * 3, 1.0])
    affine[:3, 3] = _CORNER_MM
    grid = {
        "target_affine": affine,
        "target_shape": tuple(extent // VOXEL_MM + 1 for extent in _EXTENT_MM),
        "copy_header": True,
        "force_resample": True,
    }
    finite = Nifti1Image(np.nan_to_num(image.get_fdata(dtype=np.float32)), image.affine)
    values = resample_img(finite, interpolation="nearest", **grid)
    drawn = values.get_fdata()
    start = (0.0, 0.0, 0.0)
    if drawn.any():
        start = tuple((affine @ [*strongest_voxel(drawn, 6 / VOXEL_MM), 1])[:3])
    template = load_mni152_template(resolution=2)
    view = view_img(
        values,
        # Not splines, which ring around the brain.
        bg_img=resample_img(template, interpolation="linear", **grid),
        cut_coords=start,
        threshold=1e-12,
        cmap=DIVERGING,
        vmax=typical_limit(drawn),
        symmetric_cmap=True,
        black_bg=False,
        dim=-0.6,
        resampling_interpolation="nearest",
        width_view=640,
    )
    page = view.get_standalone().replace("<head>", f"<head>{_POLICY}", 1)
    return page.replace("</body>", _REDRAW, 1)
