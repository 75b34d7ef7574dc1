"""Names of regions as a reader sees them."""

from __future__ import annotations

import pytest

from mri_response.report.region_names import readable_region, readable_regions


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Left_SFG_superior_frontal_gyrus", "Superior frontal gyrus, left"),
        ("Right_Accumbens_Area", "Accumbens area, right"),
        ("Left_PCu_precuneus", "Precuneus, left"),
        ("Right_Ventral_DC", "Ventral DC, right"),
        ("Cerebellar_Vermal_Lobules_I-V", "Cerebellar vermal lobules I-V"),
        ("Frontal_Sup_2_L", "Frontal superior 2, left"),
        ("Cerebelum_7b_R", "Cerebellum 7b, right"),
        ("Cerebelum_4_5_L", "Cerebellum 4/5, left"),
        ("lh_G_front_sup_thickness", "Frontal superior gyrus, thickness, left"),
        (
            "rh_S_oc_middle&Lunatus_thickness",
            "Occipital middle and lunatus sulcus, thickness, right",
        ),
        ("Left-Accumbens-area", "Accumbens area, left"),
        ("Right-Cerebellum-Cortex", "Cerebellum cortex, right"),
        ("rh_superiorfrontal_volume", "Superiorfrontal, volume, right"),
        ("EstimatedTotalIntraCranialVol", "EstimatedTotalIntraCranialVol"),
        ("x", "X"),
    ],
)
def test_readable_region(name: str, text: str) -> None:
    assert readable_region(name) == text


def test_regions_that_would_collide_keep_their_names() -> None:
    names = ["lh_S_a&b_thickness", "lh_S_a_and_b_thickness", "Left_Amygdala"]
    assert readable_regions(names) == [*names[:2], "Amygdala, left"]
