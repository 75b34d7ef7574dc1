# What people read: figures, documents for the reviewer, the page.


rule flow_figure:
    """Who was in the table, who was left out and why, who is analysed."""
    input:
        flow=run_table("flow"),
    output:
        flow_svg=figure_file("flow", "svg"),
        flow_png=report(
            figure_file("flow", "png"), "../src/mri_response/data/report/flow.rst", "Cohorts"
        ),
    log:
        log_of("flow_figure"),
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
        quality_svg=figure_file("quality", "svg"),
        quality_png=report(
            figure_file("quality", "png"), "../src/mri_response/data/report/quality.rst", "Cohorts"
        ),
        people_svg=quality_picture("people", "svg"),
        people_png=quality_picture("people", "png"),
        scans_svg=quality_picture("scans", "svg"),
        scans_png=quality_picture("scans", "png"),
    log:
        log_of("quality_figure"),
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
        subgroups=run_table("subgroups"),
        performance=run_table("performance"),
    output:
        subgroups_svg=figure_file("subgroups_{model}", "svg"),
        subgroups_png=report(
            figure_file("subgroups_{model}", "png"),
            "../src/mri_response/data/report/subgroups.rst",
            "Result",
            "{model}",
        ),
    log:
        log_of("subgroups_figure", "model"),
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
        performance=run_table("performance"),
    output:
        svg=figure_file("comparisons", "svg"),
        png=report(
            figure_file("comparisons", "png"),
            "../src/mri_response/data/report/comparisons.rst",
            "Result",
        ),
    log:
        log_of("comparisons_figure"),
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
        predictions=run_table("predictions"),
        performance=run_table("performance"),
        null=run_table("null"),
    output:
        roc_svg=figure_file("roc_{model}", "svg"),
        roc_png=report(
            figure_file("roc_{model}", "png"),
            "../src/mri_response/data/report/roc.rst",
            "Result",
            "{model}",
        ),
        null_distribution_svg=figure_file("null_distribution_{model}", "svg"),
        null_distribution_png=report(
            figure_file("null_distribution_{model}", "png"),
            "../src/mri_response/data/report/null_distribution.rst",
            "Result",
            "{model}",
        ),
        decision_scores_svg=figure_file("decision_scores_{model}", "svg"),
        decision_scores_png=report(
            figure_file("decision_scores_{model}", "png"),
            "../src/mri_response/data/report/decision_scores.rst",
            "Result",
            "{model}",
        ),
        confusion_svg=figure_file("confusion_{model}", "svg"),
        confusion_png=report(
            figure_file("confusion_{model}", "png"),
            "../src/mri_response/data/report/confusion.rst",
            "Result",
            "{model}",
        ),
    log:
        log_of("performance_figures", "model"),
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
        calibration_svg=figure_file("calibration_{model}", "svg"),
        calibration_png=report(
            figure_file("calibration_{model}", "png"),
            "../src/mri_response/data/report/calibration.rst",
            "Usefulness",
            "{model}",
        ),
        decision_curve_svg=figure_file("decision_curve_{model}", "svg"),
        decision_curve_png=report(
            figure_file("decision_curve_{model}", "png"),
            "../src/mri_response/data/report/decision_curve.rst",
            "Usefulness",
            "{model}",
        ),
    log:
        log_of("usefulness_figures", "model"),
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
        specificity_svg=figure_file("specificity_{model}", "svg"),
        specificity_png=report(
            figure_file("specificity_{model}", "png"),
            "../src/mri_response/data/report/specificity.rst",
            "Control",
            "{model}",
        ),
    log:
        log_of("specificity_figure", "model"),
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
        run_table("roi_sets"),
    output:
        region_sets_svg=figure_file("region_sets_{model}", "svg"),
        region_sets_png=report(
            figure_file("region_sets_{model}", "png"),
            "../src/mri_response/data/report/region_sets.rst",
            "Brain",
            "{model}",
        ),
    log:
        log_of("region_sets_figure", "model"),
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
        run_table("learning_curve"),
    output:
        learning_curve_svg=figure_file("learning_curve_{model}", "svg"),
        learning_curve_png=report(
            figure_file("learning_curve_{model}", "png"),
            "../src/mri_response/data/report/learning_curve.rst",
            "Sample",
            "{model}",
        ),
    log:
        log_of("learning_curve_figure", "model"),
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
        weights=weight_table(),
    output:
        roi_weights_svg=figure_file("roi_weights_{model}", "svg"),
        roi_weights_png=report(
            figure_file("roi_weights_{model}", "png"),
            "../src/mri_response/data/report/roi_weights.rst",
            "Brain",
            "{model}",
        ),
    log:
        log_of("roi_weights_figure", "model"),
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
        weight_map_svg=figure_file("weight_map_{model}", "svg"),
        weight_map_png=report(
            figure_file("weight_map_{model}", "png"),
            "../src/mri_response/data/report/weight_map.rst",
            "Brain",
            "{model}",
        ),
    log:
        log_of("weight_map_figure", "model"),
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
        viewer_page(),
    log:
        log_of("slice_viewer", "model"),
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
        haufe=planted_image(),
    output:
        planted_viewer_page(),
    log:
        log_of("planted_viewer"),
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
        planted=planted_image(),
    output:
        planted_map_svg=figure_file("planted_map_{model}", "svg"),
        planted_map_png=report(
            figure_file("planted_map_{model}", "png"),
            "../src/mri_response/data/report/planted_map.rst",
            "Simulation",
            "{model}",
        ),
    log:
        log_of("planted_map_figure", "model"),
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
        planted=planted_table(),
        weights=weight_table(),
    output:
        planted_vs_found_svg=figure_file("planted_vs_found_{model}", "svg"),
        planted_vs_found_png=report(
            figure_file("planted_vs_found_{model}", "png"),
            "../src/mri_response/data/report/planted_vs_found.rst",
            "Simulation",
            "{model}",
        ),
    log:
        log_of("planted_vs_found_figure", "model"),
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


rule reporting:
    """TRIPOD+AI, PROBAST+AI, model card and methods, from the tables of the run."""
    input:
        performance=run_table("performance"),
        null=run_table("null"),
        flow=run_table("flow"),
        input_warnings=run_table("input_warnings"),
        warnings=run_table("warnings"),
        tables=[path for path in evidence_tables() if path not in reviewer_tables()],
        features=[matrix(name, DISCOVERY) for name in FEATURES],
        frozen=frozen_models(),
        answers=answers_of_the_authors,
    output:
        **{Path(path).stem: path for path in reviewer_tables()},
        **reviewer_texts(),
    log:
        log_of("reporting"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section(*(key for key in CONFIG if key != "batch")),
        texts=resources_of("documents"),
        code=code_of("report/reporting"),
    message:
        "Documents for the reviewer"
    script:
        "../scripts/report/reporting.py"


REGION_MODELS = [model for model in LINEAR if feature_kind(model) != "voxels"]


MAPPED_MODELS = [model for model in LINEAR if feature_kind(model) in ("roi_maps", "voxels")]


VIEWERS = expand(viewer_page(), model=MAPPED_MODELS)


rule report_page:
    """The result on one self-contained page."""
    input:
        performance=run_table("performance"),
        predictions=run_table("predictions"),
        null=run_table("null"),
        flow=run_table("flow"),
        exclusions=run_table("exclusions"),
        input_warnings=run_table("input_warnings"),
        warnings=run_table("warnings"),
        tables=evidence_tables(),
        figures=[figure_file(figure.name, "svg") for figure in FIGURES],
        images=[figure_file(figure.name, "png") for figure in FIGURES],
        weights=expand(weight_table(), model=REGION_MODELS),
        viewers=VIEWERS,
        frozen=frozen_models(),
        planted=planted_table() if "simulation" in CONFIG else [],
        planted_viewer=planted_viewer_page() if VIEWERS and "simulation" in CONFIG else [],
    output:
        report(report_html(), "../src/mri_response/data/report/report.rst", "Report"),
    log:
        log_of("report_page"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section(*(key for key in CONFIG if key != "batch")),
        texts=texts_of("report.html.jinja", *(f"{figure.kind}.rst" for figure in FIGURES)),
        references=resources_of("documents"),
        code=code_of("report/report_page"),
    message:
        "Report: {output[0]}"
    script:
        "../scripts/report/report_page.py"
