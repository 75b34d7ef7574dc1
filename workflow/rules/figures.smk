# Everything drawn, as PNG and SVG.


rule flow_figure:
    """Who was in the table, who was left out and why, who is analysed."""
    input:
        flow=f"{RUN}/flow.tsv",
    output:
        flow_svg=f"{RUN}/figures/flow.svg",
        flow_png=report(
            f"{RUN}/figures/flow.png", "../src/mri_response/data/report/flow.rst", "Cohorts"
        ),
    log:
        f"{RUN}/logs/flow_figure.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/flow_figure"),
    message:
        "Figure: flow of participants"
    script:
        "../scripts/report/flow_figure.py"


rule quality_figure:
    """Scans among those of their cohort, for the report; and with names, beside it."""
    input:
        rules.quality_control.output,
    output:
        quality_svg=f"{RUN}/figures/quality.svg",
        quality_png=report(
            f"{RUN}/figures/quality.png", "../src/mri_response/data/report/quality.rst", "Cohorts"
        ),
        people_svg=f"{RUN}/qc/people.svg",
        people_png=f"{RUN}/qc/people.png",
        scans_svg=f"{RUN}/qc/scans.svg",
        scans_png=f"{RUN}/qc/scans.png",
    log:
        f"{RUN}/logs/quality_figure.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        participant_level=CONFIG["report"]["participant_level"],
        code=code_of("report/quality_figure"),
    message:
        "Figure: quality of the scans"
    script:
        "../scripts/report/quality_figure.py"


rule subgroups_figure:
    """Performance by sex, age, site and the like."""
    input:
        subgroups=f"{RUN}/subgroups.tsv",
        performance=f"{RUN}/performance.tsv",
    output:
        subgroups_svg=f"{RUN}/figures/subgroups_{{model}}.svg",
        subgroups_png=report(
            f"{RUN}/figures/subgroups_{{model}}.png",
            "../src/mri_response/data/report/subgroups.rst",
            "Result",
            "{model}",
        ),
    log:
        f"{RUN}/logs/subgroups_figure_{{model}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/subgroups_figure"),
    message:
        "Figure: subgroups, {wildcards.model}"
    script:
        "../scripts/report/subgroups_figure.py"


rule comparisons_figure:
    """Models and baselines beside each other, and their differences."""
    input:
        table=rules.comparisons.output[0],
        performance=f"{RUN}/performance.tsv",
    output:
        svg=f"{RUN}/figures/comparisons.svg",
        png=report(
            f"{RUN}/figures/comparisons.png",
            "../src/mri_response/data/report/comparisons.rst",
            "Result",
        ),
    log:
        f"{RUN}/logs/comparisons_figure.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=comparisons_config,
        code=code_of("report/comparisons_figure"),
    message:
        "Figure: models beside each other"
    script:
        "../scripts/report/comparisons_figure.py"


rule performance_figures:
    """ROC curves, null distributions, decision values and confusion matrices of a model."""
    input:
        predictions=f"{RUN}/predictions.tsv",
        performance=f"{RUN}/performance.tsv",
        null=f"{RUN}/null.tsv",
    output:
        roc_svg=f"{RUN}/figures/roc_{{model}}.svg",
        roc_png=report(
            f"{RUN}/figures/roc_{{model}}.png",
            "../src/mri_response/data/report/roc.rst",
            "Result",
            "{model}",
        ),
        null_distribution_svg=f"{RUN}/figures/null_distribution_{{model}}.svg",
        null_distribution_png=report(
            f"{RUN}/figures/null_distribution_{{model}}.png",
            "../src/mri_response/data/report/null_distribution.rst",
            "Result",
            "{model}",
        ),
        decision_scores_svg=f"{RUN}/figures/decision_scores_{{model}}.svg",
        decision_scores_png=report(
            f"{RUN}/figures/decision_scores_{{model}}.png",
            "../src/mri_response/data/report/decision_scores.rst",
            "Result",
            "{model}",
        ),
        confusion_svg=f"{RUN}/figures/confusion_{{model}}.svg",
        confusion_png=report(
            f"{RUN}/figures/confusion_{{model}}.png",
            "../src/mri_response/data/report/confusion.rst",
            "Result",
            "{model}",
        ),
    log:
        f"{RUN}/logs/performance_figures_{{model}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/performance_figures"),
    message:
        "Figures: performance of {wildcards.model}"
    script:
        "../scripts/report/performance_figures.py"


rule usefulness_figures:
    """Calibration curves and decision curves of a model."""
    input:
        predictions=rules.performance.output.predictions,
        calibration=rules.usefulness.output.calibration,
        decision_curve=rules.usefulness.output.decision_curve,
    output:
        calibration_svg=f"{RUN}/figures/calibration_{{model}}.svg",
        calibration_png=report(
            f"{RUN}/figures/calibration_{{model}}.png",
            "../src/mri_response/data/report/calibration.rst",
            "Usefulness",
            "{model}",
        ),
        decision_curve_svg=f"{RUN}/figures/decision_curve_{{model}}.svg",
        decision_curve_png=report(
            f"{RUN}/figures/decision_curve_{{model}}.png",
            "../src/mri_response/data/report/decision_curve.rst",
            "Usefulness",
            "{model}",
        ),
    log:
        f"{RUN}/logs/usefulness_figures_{{model}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/usefulness_figures"),
    message:
        "Figures: probabilities and decisions of {wildcards.model}"
    script:
        "../scripts/report/usefulness_figures.py"


rule specificity_figure:
    """External cohorts beside control cohorts, and the differences."""
    input:
        rules.specificity.output,
    output:
        specificity_svg=f"{RUN}/figures/specificity_{{model}}.svg",
        specificity_png=report(
            f"{RUN}/figures/specificity_{{model}}.png",
            "../src/mri_response/data/report/specificity.rst",
            "Control",
            "{model}",
        ),
    log:
        f"{RUN}/logs/specificity_figure_{{model}}.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/specificity_figure"),
    message:
        "Figure: {wildcards.model} with and without the treatment"
    script:
        "../scripts/report/specificity_figure.py"


rule region_sets_figure:
    """Sets of regions beside what chance gives."""
    input:
        rules.roi_sets.output,
    output:
        region_sets_svg=f"{RUN}/figures/region_sets_{{model}}.svg",
        region_sets_png=report(
            f"{RUN}/figures/region_sets_{{model}}.png",
            "../src/mri_response/data/report/region_sets.rst",
            "Brain",
            "{model}",
        ),
    log:
        f"{RUN}/logs/region_sets_figure_{{model}}.log",
    wildcard_constraints:
        model=pattern_of(LINEAR),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/region_sets_figure"),
    message:
        "Figure: sets of regions, {wildcards.model}"
    script:
        "../scripts/report/region_sets_figure.py"


rule learning_curve_figure:
    """Performance against the number of people."""
    input:
        f"{RUN}/learning_curve.tsv",
    output:
        learning_curve_svg=f"{RUN}/figures/learning_curve_{{model}}.svg",
        learning_curve_png=report(
            f"{RUN}/figures/learning_curve_{{model}}.png",
            "../src/mri_response/data/report/learning_curve.rst",
            "Sample",
            "{model}",
        ),
    log:
        f"{RUN}/logs/learning_curve_figure_{{model}}.log",
    wildcard_constraints:
        model=pattern_of(CURVES),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/learning_curve_figure"),
    message:
        "Figure: learning curve of {wildcards.model}"
    script:
        "../scripts/report/learning_curve_figure.py"


rule roi_weights_figure:
    """Regions with the strongest patterns, weights beside them."""
    input:
        weights=f"{RUN}/weights/{{model}}.tsv",
    output:
        roi_weights_svg=f"{RUN}/figures/roi_weights_{{model}}.svg",
        roi_weights_png=report(
            f"{RUN}/figures/roi_weights_{{model}}.png",
            "../src/mri_response/data/report/roi_weights.rst",
            "Brain",
            "{model}",
        ),
    log:
        f"{RUN}/logs/roi_weights_figure_{{model}}.log",
    wildcard_constraints:
        model=weighted_models("roi_maps", "table"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/roi_weights_figure"),
    message:
        "Figure: regions of {wildcards.model}"
    script:
        "../scripts/report/roi_weights_figure.py"


rule weight_map_figure:
    """Weights and Haufe patterns on the brain."""
    input:
        unpack(brain_inputs),
    output:
        weight_map_svg=f"{RUN}/figures/weight_map_{{model}}.svg",
        weight_map_png=report(
            f"{RUN}/figures/weight_map_{{model}}.png",
            "../src/mri_response/data/report/weight_map.rst",
            "Brain",
            "{model}",
        ),
    log:
        f"{RUN}/logs/weight_map_figure_{{model}}.log",
    wildcard_constraints:
        model=weighted_models("roi_maps", "voxels"),
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/weight_map_figure"),
    message:
        "Figure: {wildcards.model} on the brain"
    script:
        "../scripts/report/weight_map_figure.py"


rule slice_viewer:
    """The Haufe pattern as slices to click through, for the page."""
    input:
        unpack(brain_inputs),
    output:
        f"{RUN}/figures/viewer_{{model}}.html",
    log:
        f"{RUN}/logs/slice_viewer_{{model}}.log",
    wildcard_constraints:
        model=weighted_models("roi_maps", "voxels"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        code=code_of("report/slice_viewer"),
    message:
        "Slice viewer of {wildcards.model}"
    script:
        "../scripts/report/slice_viewer.py"


rule planted_viewer:
    """The same of what was planted."""
    input:
        haufe=f"{RUN}/simulation/planted.nii.gz",
    output:
        f"{RUN}/simulation/viewer.html",
    log:
        f"{RUN}/logs/planted_viewer.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        code=code_of("report/slice_viewer"),
    message:
        "Slice viewer of what was planted"
    script:
        "../scripts/report/slice_viewer.py"


rule planted_map_figure:
    """What was planted beside what was found, on the brain."""
    input:
        unpack(brain_inputs),
        planted=f"{RUN}/simulation/planted.nii.gz",
    output:
        planted_map_svg=f"{RUN}/figures/planted_map_{{model}}.svg",
        planted_map_png=report(
            f"{RUN}/figures/planted_map_{{model}}.png",
            "../src/mri_response/data/report/planted_map.rst",
            "Simulation",
            "{model}",
        ),
    log:
        f"{RUN}/logs/planted_map_figure_{{model}}.log",
    wildcard_constraints:
        model=weighted_models("roi_maps", "voxels"),
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/planted_map_figure"),
    message:
        "Figure: planted and found on the brain, {wildcards.model}"
    script:
        "../scripts/report/planted_map_figure.py"


rule planted_vs_found_figure:
    """What was planted against what was found, region by region."""
    input:
        planted=f"{RUN}/simulation/planted.tsv",
        weights=f"{RUN}/weights/{{model}}.tsv",
    output:
        planted_vs_found_svg=f"{RUN}/figures/planted_vs_found_{{model}}.svg",
        planted_vs_found_png=report(
            f"{RUN}/figures/planted_vs_found_{{model}}.png",
            "../src/mri_response/data/report/planted_vs_found.rst",
            "Simulation",
            "{model}",
        ),
    log:
        f"{RUN}/logs/planted_vs_found_figure_{{model}}.log",
    wildcard_constraints:
        model=weighted_models("roi_maps"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=naming_config,
        code=code_of("report/planted_vs_found_figure"),
    message:
        "Figure: planted and found by region, {wildcards.model}"
    script:
        "../scripts/report/planted_vs_found_figure.py"
