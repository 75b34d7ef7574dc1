"""Regions are known by side and name, and their places come from what is installed."""

import numpy as np
import pandas as pd
import pytest

from mri_response.core.errors import InputError
from mri_response.inputs.parcels import (
    PARCEL_ATLASES,
    POSITION,
    SPHERE,
    atlas_parcels,
    pairs_of,
    parcel_key,
    parcels_of,
)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("lh_G&S_frontomargin_thickness", ("left", "gandsfrontomargin")),
        ("ctx_rh_G_and_S_frontomargin", ("right", "gandsfrontomargin")),
        ("L G_and_S_frontomargin", ("left", "gandsfrontomargin")),
        ("ctx-lh-bankssts", ("left", "bankssts")),
        ("R_thalamusproper", ("right", "thalamusproper")),
        ("Left-Thalamus", ("left", "thalamusproper")),
        ("Amygdala_L", ("left", "amygdala")),
        ("Right_Accumbens_Area", ("right", "accumbens")),
        ("L_accumbensarea", ("left", "accumbens")),
        ("Brain-Stem", ("", "brainstem")),
        ("lingual", ("", "lingual")),
    ],
)
def test_spellings_of_a_region(name, key):
    assert parcel_key(name) == key


@pytest.mark.parametrize(
    ("atlas", "cortex"), list(zip(PARCEL_ATLASES, (74, 34, 41, 49), strict=True))
)
def test_atlases_have_as_many_regions_on_either_side(atlas, cortex):
    table = atlas_parcels(atlas)
    counts = table[table["tissue"] == "cortex"]["side"].value_counts()
    assert dict(counts) == {"left": cortex, "right": cortex}
    inside = table[table["tissue"] == "cortex"]
    assert (inside.loc[inside["side"] == "left", "x"] < 2).all()
    np.testing.assert_allclose(np.linalg.norm(inside[SPHERE], axis=1), 1)
    pairs = pairs_of(inside.reset_index(drop=True))
    left, right = (inside[POSITION].to_numpy()[rows] for rows in pairs)
    assert np.median(np.linalg.norm(left - right * [-1, 1, 1], axis=1)) < 8


def test_all_columns_of_real_thickness_have_a_place(shared_data):
    path = shared_data / "schizophrenia" / "nimh" / "freesurfer.tsv"
    columns = [name for name in pd.read_csv(path, sep="\t", nrows=1) if "thickness" in name]
    found = parcels_of("destrieux", columns, "variability.atlas")
    assert list(found["region"]) == columns
    assert dict(found["side"].value_counts()) == {"left": 74, "right": 74}
    assert found[[*POSITION, *SPHERE]].notna().all(axis=None)
    front = found.set_index("region").loc["lh_G&S_transv_frontopol_thickness", "y"]
    assert front > 40


def test_order_of_columns_changes_no_place():
    names = ["lh_insula", "rh_insula", "lh_cuneus", "rh_cuneus"]
    plain = parcels_of("desikan_killiany", names, "k").set_index("region")
    turned = parcels_of("desikan_killiany", names[::-1], "k").set_index("region")
    pd.testing.assert_frame_equal(plain, turned.loc[names])


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["lh_insula", "rh_nowhere"], "k: found the region 'rh_nowhere' without a place in atlas"),
        (["lh_insula", "rh_insula", "lh_cuneus"], "'lh_cuneus' without one of the same name"),
        (["lh_insula", "ctx-lh-insula"], "'ctx-lh-insula' and 'lh_insula', which are one region"),
    ],
)
def test_what_does_not_fit_is_named(names, said):
    with pytest.raises(InputError, match=said):
        parcels_of("desikan_killiany", names, "k")


def test_own_coordinates(tmp_path):
    path = tmp_path / "parcels.tsv"
    rows = ["region\themisphere\tx\ty\tz", "one\tL\t-40\t10\t5", "one\tright\t40\t10\t5"]
    path.write_text("\n".join(rows))
    found = parcels_of({"coordinates": str(path)}, ["lh_one_thickness", "rh_one_thickness"], "k")
    assert found[POSITION].to_numpy().tolist() == [[-40, 10, 5], [40, 10, 5]]
    assert found[SPHERE].notna().all(axis=None)
    path.write_text("\n".join([*rows, "two\tmiddle\t0\t0\t0"]))
    with pytest.raises(InputError, match="line 4: column hemisphere: found 'middle'"):
        parcels_of({"coordinates": str(path)}, ["lh_one"], "k")
    path.write_text("\n".join([*rows, "one\tR\t0\t0\t0"]))
    with pytest.raises(InputError, match="line 4: found region 'one' of the same side again"):
        parcels_of({"coordinates": str(path)}, ["lh_one"], "k")


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ([(-400, 100, 50), (400, 100, 50)], "line 2: column x: found -400, expected mm in MNI"),
        ([(-4.0, 1.0, 0.5), (4.0, 1.0, 0.5)], "found no coordinate beyond 4, expected mm in MNI"),
        ([(40, 10, 5), (-40, 10, 5)], "line 2: column x: found 40, expected the left hemisphere"),
    ],
)
def test_coordinates_in_other_units_or_mirrored(tmp_path, places, said):
    path = tmp_path / "parcels.tsv"
    sides = zip("LR", places, strict=True)
    rows = ["\t".join(map(str, ("one", side, *place))) for side, place in sides]
    path.write_text("\n".join(["region\themisphere\tx\ty\tz", *rows]))
    with pytest.raises(InputError, match=said):
        parcels_of({"coordinates": str(path)}, ["lh_one", "rh_one"], "k")
