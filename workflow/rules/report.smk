# report.html: one page that opens without a network.

REGION_MODELS = [model for model in LINEAR if feature_kind(model) != "voxels"]
MAPPED_MODELS = [model for model in LINEAR if feature_kind(model) in ("roi_maps", "voxels")]
VIEWERS = expand(f"{RUN}/figures/viewer_{{model}}.html", model=MAPPED_MODELS)


rule report_page:
    """The result on one self-contained page."""
    input:
        performance=f"{RUN}/performance.tsv",
        predictions=f"{RUN}/predictions.tsv",
        null=f"{RUN}/null.tsv",
        flow=f"{RUN}/flow.tsv",
        exclusions=f"{RUN}/exclusions.tsv",
        warnings=f"{RUN}/warnings.tsv",
        tables=EVIDENCE,
        people=[table_of(name) for name in COHORTS],
        figures=[f"{RUN}/figures/{figure.name}.svg" for figure in FIGURES],
        images=[f"{RUN}/figures/{figure.name}.png" for figure in FIGURES],
        weights=expand(f"{RUN}/weights/{{model}}.tsv", model=REGION_MODELS),
        viewers=VIEWERS,
        frozen=FROZEN_MODELS,
        planted=f"{RUN}/simulation/planted.tsv" if "simulation" in CONFIG else [],
        planted_viewer=f"{RUN}/simulation/viewer.html" if VIEWERS and "simulation" in CONFIG else [],
    output:
        report(f"{RUN}/report.html", "../src/mri_response/data/report/report.rst", "Report"),
    log:
        f"{RUN}/logs/report_page.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        config=section(*(key for key in CONFIG if key != "batch")),
        texts=texts_of("report.html.jinja", *(f"{figure.kind}.rst" for figure in FIGURES)),
        code=code_of("report/report_page"),
    message:
        "Report: {output[0]}"
    script:
        "../scripts/report/report_page.py"
