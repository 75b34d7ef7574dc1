"""Two visits of real people without a known treatment: the negative control, in a small size."""

import numpy as np
import pytest
import yaml

from mri_response.config.load import load_config
from mri_response.inputs.parcels import parcels_of
from mri_response.variability.components import principal_components, rank_test
from mri_response.variability.dimensions import participation_ratio
from mri_response.variability.study import read_effect
from mri_response.variability.surrogates import modes_of, people_surrogates


def test_real_visits_without_a_treatment(root, shared_data):
    """What is found is scanner, time and anatomy; the change as it is has no axis of its own.

    The shares, the correlation with the mean and the participation ratio were computed beforehand
    by other code, which took neither age nor sex out.
    """
    if not (shared_data / "schizophrenia" / "nimh_visit2" / "freesurfer.tsv").is_file():
        pytest.skip("real data absent: no second visit in ../shared/data/schizophrenia")
    text = (root / "tests" / "configs" / "variability.yaml").read_text(encoding="utf-8")
    config = load_config(yaml.safe_load(text.replace("../shared/data", str(shared_data))))
    retained = {}
    for name, shares in (
        ("thickness", [0.250, 0.092, 0.047]),
        ("thickness_centred", [0.143, 0.062, 0.046]),
    ):
        study = read_effect(config, name)
        maps, before = study.treated, study.baseline
        assert maps.shape == (165, 148)
        found = principal_components(maps, 5)
        assert found.explained[:3] == pytest.approx(shares, abs=3e-3)
        # Scores fall with the value before: regression to the mean, and nobody was treated.
        projected = (before - before.mean(axis=0)) @ found.loadings.T
        for own, other in zip(found.scores.T, projected.T, strict=True):
            assert np.corrcoef(own, other)[0, 1] < 0
        modes = modes_of(parcels_of("destrieux", study.regions, "variability.atlas"))
        for null in ("smooth", "within_region"):
            source = people_surrogates(maps, modes, null, np.random.default_rng(1))
            tested = rank_test(maps, source, 59, largest=10)
            retained[name, null] = tested.retained
        if name == "thickness":
            mean = np.corrcoef(found.scores[:, 0], maps.mean(axis=1))[0, 1]
            assert abs(mean) == pytest.approx(0.975, abs=0.002)
            assert participation_ratio(maps) == pytest.approx(12.4, abs=0.1)
            assert tested.p_value[0] <= 0.05  # of the null that takes smoothness for components
    assert retained["thickness", "smooth"] == 0
    # Of 499 sets five exceed theirs; the fifth is near the limit.
    assert retained["thickness_centred", "smooth"] in (4, 5, 6)
    assert retained["thickness", "within_region"] > retained["thickness", "smooth"]
