"""The figures of predicted classes, as entries of `mri_response.report.figures.plan`."""

from __future__ import annotations

from mri_response.config.queries import compared_pairs, curve_models, stability_models
from mri_response.core.vocabulary import Role
from mri_response.report.figures.kind import SIMULATED, Config, FigureKind

_PERFORMANCE = "performance_figures"
# Models, their stacks and what they are compared with, in the figure of all of them.
_COMPARED = ("models", "stacks", "features", "primary_model", "comparisons")


def _in_both_arms(config: Config, model: str | None) -> bool:
    roles = {cohort["role"] for cohort in config["cohorts"].values()}
    return {Role.EXTERNAL, Role.CONTROL} <= roles


def _refitted(config: Config, model: str | None) -> bool:
    return bool(config["stability"]["resamples"] and model in stability_models(config))


PREDICTION_FIGURES = (
    FigureKind(
        "comparisons",
        "comparisons",
        "Models beside each other",
        ("comparisons", "performance"),
        settings=_COMPARED,
        per_model=False,
        when=lambda config, _: bool(compared_pairs(config)),
        caption=SIMULATED
        + """Above: balanced accuracy and AUC of each model and of what needs no scan, with 95 %
        intervals over people. Below: differences between two models on the same people; above
        0 the first one is better. In cross-validation they are those of the means over
        repeats above, with the interval of the corrected resampled t-test, which allows for
        the training people that folds share (none where single people are left out); in
        other cohorts, and people held out, the models are compared as they are
        (balanced accuracy: Tango's intervals of both classes combined; AUC: DeLong), in
        external cohorts together within each cohort.""",
    ),
    FigureKind(
        "roc",
        "result",
        "ROC curves",
        model_inputs=("predictions", "performance"),
        settings=("seed",),
        together=_PERFORMANCE,
        caption=SIMULATED
        + """ROC curves. Each point is one threshold: how many of the class
        {{ snakemake.config["outcome"]["positive_class"] }} are found (sensitivity), and how
        many of the other class are taken for it by mistake (1 − specificity). Discovery: mean
        over the repeats of cross-validation, or of people held out their one curve, with a
        pointwise 95 % band from a bootstrap over people within each class; in
        cross-validation folds are not drawn again, so the band is somewhat too narrow.
        Other cohorts: people whom the frozen model had not seen; external cohorts
        together: the curve is across all their people, the AUC in the legend within cohorts.
        These curves have no band: the intervals of their AUC tell how uncertain they are. The
        dashed diagonal is chance.""",
    ),
    FigureKind(
        "null_distribution",
        "result",
        "What chance gives",
        model_inputs=("null", "performance"),
        together=_PERFORMANCE,
        caption=SIMULATED
        + """What chance gives. The histograms show balanced accuracy and AUC after the labels were
        permuted, the vertical line what was observed. Whole procedure permuted: discovery
        labels were permuted (given the confounds: drawn by how likely the confounds make
        them) and everything was fitted again, the choice of hyperparameters included.
        Own labels permuted: labels within the cohort were permuted and the model
        stayed frozen; in external cohorts together the metric is that within cohorts.
        Discovery labels permuted: models of permuted discovery labels scored on the true
        labels of the cohort. p is the share of permutations at or above the observed value,
        the observed one counted among them.""",
    ),
    FigureKind(
        "decision_scores",
        "result",
        "Decision values",
        model_inputs=("predictions",),
        together=_PERFORMANCE,
        external="apart",
        caption=SIMULATED
        + """Decision values of all people, by cohort and true class. Each point is one person, the
        box spans the quartiles and the bar is the median. Right of the dashed line a person
        is taken for the class {{ snakemake.config["outcome"]["positive_class"] }}. Discovery
        values are means over the repeats of cross-validation; those of the other cohorts come
        from the frozen model, so the two scales need not agree.""",
    ),
    FigureKind(
        "probabilities",
        "result",
        "Probabilities",
        model_inputs=("predictions",),
        together=_PERFORMANCE,
        external="apart",
        caption=SIMULATED
        + """Probabilities of the class {{ snakemake.config["outcome"]["positive_class"] }}, by
        cohort and true class. Each point is one person, the box spans the quartiles and the
        bar is the median. Dashed: the share of this class in the cohort, which somebody would
        say who knows nothing of a person. The probabilities come from the decision values by
        a curve that was learned inside the training data; where they are far to one side of
        the dashed line in both classes they are not right on average. In the discovery cohort
        means over the repeats of cross-validation.""",
    ),
    FigureKind(
        "confusion",
        "result",
        "Confusion matrices",
        model_inputs=("performance",),
        together=_PERFORMANCE,
        caption=SIMULATED
        + """Confusion matrices: rows are the true classes, columns what the model took people for.
        Numbers are people, percentages are of the true class (the row). In the discovery
        cohort each person is counted once, by the mean decision value over repeats. External
        cohorts together: all their people, so that the percentages are not those within
        cohorts.""",
    ),
    FigureKind(
        "calibration",
        "usefulness",
        "Are the probabilities right?",
        model_inputs=("calibration", "predictions"),
        together=_PERFORMANCE,
        external="together",
        caption=SIMULATED
        + """Calibration: of the people to whom the model gives a probability (horizontal), how
        many turn out to be of the class {{ snakemake.config["outcome"]["positive_class"] }}
        (vertical). On the dashed line the probabilities are right. Smooth curve (loess) with
        a pointwise 95 % band from a bootstrap over people; in cross-validation all
        repeats together, and the band is too narrow since people share training data.
        Bars below: how many people get which probability, by class. External
        cohorts together: curve and bars are of all their people.""",
    ),
    FigureKind(
        "decision_curve",
        "usefulness",
        "Would acting on the answers help?",
        model_inputs=("decision_curve",),
        together=_PERFORMANCE,
        external="together",
        caption=SIMULATED
        + """Decision curves: net benefit of acting on the people whose probability of the class
        {{ snakemake.config["outcome"]["positive_class"] }} reaches a threshold: rightly
        chosen people minus wrongly chosen ones, the latter weighted with the odds of the
        threshold, as a share of all people. The model helps where its curve lies above both
        acting on everybody and acting on nobody; what falls below the axis is not drawn.
        External cohorts together: all their people. Bands: 95 % intervals over people at each
        threshold by itself, too narrow in cross-validation.""",
    ),
    FigureKind(
        "subgroups",
        "subgroups",
        "Subgroups",
        model_inputs=("subgroups", "performance"),
        together=_PERFORMANCE,
        caption=SIMULATED
        + """Performance in subgroups, with 95 % intervals over people. n: people, in brackets
        those of the class {{ snakemake.config["outcome"]["positive_class"] }}. Diamonds:
        everybody of the cohort. Groups with too few people of a class have no number. In
        external cohorts together people are compared within their own cohort. The dashed line
        is chance.""",
        alt="Balanced accuracy and AUC with 95 % intervals; the table has the numbers.",
    ),
    FigureKind(
        "site_forest",
        "sites",
        "Sites",
        model_inputs=("site_performance", "site_spread"),
        when=lambda config, _: config["sites"]["column"] is not None,
        together=_PERFORMANCE,
        external="apart",
        caption=SIMULATED
        + """Performance at every site, with 95 % intervals over people. n: people, in brackets
        those of the class {{ snakemake.config["outcome"]["positive_class"] }}. Sites with too
        few people of a class have no number. Diamonds: mean over sites by random effects
        (three sites or more), with its interval; the grey bar behind it is the 95 %
        prediction interval of a new
        site (five sites or more). The dashed line is chance.""",
        alt="Balanced accuracy and AUC of every site with 95 % intervals, and their mean; the "
        "tables have the numbers.",
    ),
    FigureKind(
        "transport",
        "sites",
        "Learned here, scored there",
        model_inputs=("transport",),
        when=lambda config, _: config["sites"]["transport"],
        together=_PERFORMANCE,
        caption=SIMULATED
        + """Every cohort as the training set in turn: the whole procedure learned in one cohort
        (rows) and scored in another (columns, by the numbers of the rows), with 95 % intervals
        over people and p from permutations of the scored cohort's labels. The diagonal:
        cross-validation in the discovery cohort, p from permutations of the whole procedure. Red
        is above chance, blue below. n: people. †: no permutation
        reached the number.""",
        alt="Balanced accuracy and AUC by the cohort learned from and scored; see the table.",
    ),
    FigureKind(
        "instability",
        "stability",
        "Refits on resampled people",
        ("instability",),
        also="numbers",
        when=_refitted,
        caption=SIMULATED
        + """The whole procedure fitted again to people drawn with replacement from the discovery
        cohort: what the refits say of bands of people (fifths, as wide as what the procedure on
        all people says of them). Where the answers were stable the boxes would lie close to the
        diagonal.""",
        alt="What refits say against what all people say, by bands; see the table.",
    ),
    FigureKind(
        "instability_people",
        "stability",
        "Refits on resampled people, person by person",
        ("resamples",),
        settings=("report",),
        also="numbers",
        when=lambda config, model: (
            _refitted(config, model) and config["report"]["participant_level"]
        ),
        caption=SIMULATED
        + """A point is a person of the discovery cohort. Above: median and middle 90 % of what the
        refits on resampled people say, against what the procedure on all people says. Below: the
        mean absolute difference between the two and, of classes, the share of refits that give
        the other class.""",
        alt="What refits say of each person; the table has it by bands of people.",
    ),
    FigureKind(
        "specificity",
        "specificity",
        "With and without the treatment",
        ("specificity",),
        when=_in_both_arms,
        together=_PERFORMANCE,
        caption=SIMULATED
        + """The frozen model in people with the treatment (external cohorts) and without (control
        cohorts). Left: AUC and balanced accuracy of each group with 95 % intervals over
        people. Right: treated minus control; above 0 the model does better with the
        treatment. The AUC difference is the primary one and has the p-value (one-sided,
        groups permuted within outcome); where a group has several cohorts it is within
        cohorts, while the AUC of each group is across all its people. A shift of all scores
        of a group changes its balanced accuracy but not its AUC. The groups were not
        randomised by this analysis.""",
    ),
    FigureKind(
        "learning_curve",
        "sample",
        "Performance by number of people",
        ("learning_curve",),
        when=lambda config, model: model in curve_models(config),
        caption=SIMULATED
        + """The whole procedure, choice of hyperparameters included, run on parts of the discovery
        people that were drawn
        {% if snakemake.config.get("cross_validation", {}).get("scheme") == "stratified" %}so
        that both classes keep their share, as in the folds{% else %}without looking at their
        outcome{% endif %}. Points are means over the parts of a size (the last: over the
        repeats with all people), the band is the 95 % interval over people. Neither a curve
        that rises at its right end nor one that looks flat shows what more people would do.
        The grey band is the performance with all people ±3 points.""",
    ),
)
