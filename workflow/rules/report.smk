# What people read: figures, documents for the reviewer, the page.


for figures in figure_jobs(CONFIG):

    rule:
        """Figures of the run or of a model, see `report/figures/plan.py`."""
        name:
            figures.name
        input:
            unpack(figure_inputs(figures)),
        output:
            **figure_outputs(figures),
        log:
            log_of(figures.name, *(["model"] if figures.models else [])),
        wildcard_constraints:
            model=pattern_of(figures.models),
        localrule: figures.light
        conda:
            ENVIRONMENT
        params:
            config=titled_section(*NAMING, *figures.union("settings")),
            pictures=figures.pictures,
            code=code_of(
                "report/figure",
                modules=[f"report.figures.{name}" for name in figures.pictures],
            ),
        message:
            f"Figures: {figures.words}" + (", {wildcards.model}" if figures.models else "")
        script:
            "../scripts/report/figure.py"


rule slice_viewer:
    """The Haufe pattern as slices to click through, for the page.

    The rule `planted_viewer` does so for what a simulation planted.
    """
    input:
        unpack(brain_inputs),
    output:
        viewer_page(),
    log:
        log_of("slice_viewer", "model"),
    wildcard_constraints:
        model=weighted_models(lambda kind: kind.has_image),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        code=code_of("report/slice_viewer"),
    message:
        "Slice viewer of {wildcards.model}"
    script:
        "../scripts/report/slice_viewer.py"


use rule slice_viewer as planted_viewer with:
    input:
        haufe=planted_image(),
    output:
        planted_viewer_page(),
    log:
        log_of("planted_viewer"),
    message:
        "Slice viewer of what was planted"


rule reporting:
    """TRIPOD+AI, PROBAST+AI, model card and methods, from the tables of the run."""
    input:
        **files_of_documents(),
        features=[matrix(name, DISCOVERY) for name in FEATURES],
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
        config=titled_section(*(key for key in CONFIG if key != "batch")),
        texts=resources_of("documents"),
        code=code_of("report/reporting"),
    message:
        "Documents for the reviewer"
    script:
        "../scripts/report/reporting.py"


rule report_page:
    """The result on one self-contained page, from what the modules of the run bring."""
    input:
        **page_files(),
        figures=[figure_file(figure.name, "svg") for figure in FIGURES],
        images=[figure_file(figure.name, "png") for figure in FIGURES],
    output:
        report(report_html(), "../src/mri_response/data/report/report.rst", "Report"),
        **answers_of_modules(),
    log:
        log_of("report_page"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=titled_section(*(key for key in CONFIG if key != "batch")),
        texts=texts_of(*page_texts()),
        references=resources_of("documents"),
        code=code_of("report/report_page"),
    message:
        "Report: {output[0]}"
    script:
        "../scripts/report/report_page.py"


rule pdf:
    """The page as PDF, printed by Chromium; made where it is asked for (`snakemake pdf`)."""
    input:
        report_html(),
    output:
        report_pdf(),
    log:
        log_of("pdf"),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        code=code_of("report/pdf"),
    message:
        "PDF: {output}"
    script:
        "../scripts/report/pdf.py"
