"""The figures of weights on the brain, as entries of `mri_response.report.figures.plan`."""

from __future__ import annotations

from collections.abc import Callable

from mri_response.config.atlases import has_region_sets
from mri_response.config.feature_kinds import FeatureKind, feature_kind
from mri_response.config.learner_kinds import is_linear
from mri_response.report.figures.kind import SIMULATED, Config, FigureKind, When

# Maps on slices: nilearn takes longer to start than to draw them.
_MAPS = "map_figures"


def _with_region_sets(config: Config, model: str) -> bool:
    spec = config["models"][model]
    return is_linear(spec) and has_region_sets(config, spec["features"])


def _weights_of(is_wanted: Callable[[FeatureKind], bool], simulated: bool = False) -> When:
    """Whether a model has weights, with features of the wanted kinds, perhaps if simulated."""

    def there(config: Config, model: str) -> bool:
        spec = config["models"][model]
        kind = feature_kind(config["features"][spec["features"]])
        wanted = bool(config.get("simulation")) or not simulated
        return wanted and is_linear(spec) and is_wanted(kind)

    return there


BRAIN_FIGURES = (
    FigureKind(
        "region_sets",
        "brain",
        "Sets of regions",
        ("roi_sets",),
        when=_with_region_sets,
        also="numbers",
        caption=SIMULATED
        + """Mean Haufe pattern of the regions of each set (point; their number in brackets) beside
        what it was under permuted
        {% if "positive_class" in snakemake.config["outcome"] %}labels{% else %}residuals{% endif %}
        (grey: 2.5 to 97.5 % of the permutations; a point inside is what chance gives). The
        pattern has unit norm over all regions or voxels, so numbers are comparable within a
        model and not between models. p: two-sided, from the same permutations; FDR: adjusted
        for the number of sets. Signs: share of the outer models in which the mean weight of
        the set has its commoner sign, and, where the folds keep it, that under permuted
        {% if "positive_class" in snakemake.config["outcome"] %}labels{% else %}residuals{% endif %}
        in brackets, where it is far above one half, since models share most of their people.""",
    ),
    FigureKind(
        "roi_weights",
        "brain",
        "Regions",
        ("weights",),
        when=_weights_of(lambda kind: kind.has_regions),
        also="numbers",
        caption=SIMULATED
        + """The regions with the strongest Haufe pattern, and the weights of the same regions. The
        Haufe pattern says how a region's value goes along with the score of the model, and
        can be read as where the signal is. A weight says how the model filters the regions,
        and may be large where there is no signal at all, to cancel noise. Grey: 2.5 to 97.5 % of
        the patterns under permuted
        {% if "positive_class" in snakemake.config["outcome"] %}labels{% else %}residuals{% endif %}
        of each region alone; so many were looked at that some bars reach beyond it by chance.
        Positive values
        lean towards {% if "positive_class" in snakemake.config["outcome"] %}the class
        {{ snakemake.config["outcome"]["positive_class"] }}{% else %}higher values of the
        outcome{% endif %}.""",
    ),
    FigureKind(
        "weight_map",
        "brain",
        "Weights on the brain",
        ("weights_on_brain",),
        when=_weights_of(lambda kind: kind.has_image),
        together=_MAPS,
        light=False,
        also="numbers",
        caption=SIMULATED
        + """Haufe pattern and weights of the refitted model on slices of the MNI152 template, left
        side of the brain on the left. The Haufe pattern can be read as where the signal is;
        the weights are a filter and cannot. Red leans towards
        {% if "positive_class" in snakemake.config["outcome"] %}the class
        {{ snakemake.config["outcome"]["positive_class"] }}{% else %}higher values of the
        outcome{% endif %}. The colour scale ends at the 99th percentile of the absolute
        values. Below the slices the glass brain: along each line of sight the value of
        largest size. No threshold was applied: colour is not a test.""",
        alt="Slices of the brain with colour for each voxel or region.",
    ),
    FigureKind(
        "planted_vs_found",
        "simulation",
        "Planted beside found, by region",
        ("planted", "weights"),
        when=_weights_of(lambda kind: kind.has_atlas, simulated=True),
        caption=SIMULATED
        + """What the simulation planted in each region, against the Haufe pattern that the
        analysis found without knowing it. Planted is the relative difference in grey matter
        between the classes in per cent. The noise field is smooth, so that regions beside a
        planted one can show a pattern too.""",
    ),
    FigureKind(
        "planted_map",
        "simulation",
        "Planted beside found, on the brain",
        ("planted_image", "weights_on_brain"),
        when=_weights_of(lambda kind: kind.has_image, simulated=True),
        together=_MAPS,
        light=False,
        caption=SIMULATED
        + """What the simulation planted, above, and the Haufe pattern that the analysis found
        without knowing it, below, on slices of the MNI152 template, left side of the brain on
        the left. The colour scales end at the 99th percentile of the absolute values.""",
        alt="Slices of the brain with colour for each voxel or region.",
    ),
)
