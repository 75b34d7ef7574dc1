# report.html: one page that opens without a network.
from mri_response.report import figure_plan

FIGURES = [figure.name for figure in figure_plan(CONFIG)]
REGION_MODELS = [m for m in MODELS if not weights_of(m)[0].endswith(".nii.gz")]


rule report_page:
    """The result on one self-contained page."""
    input:
        performance=f"{RUN}/performance.tsv",
        predictions=f"{RUN}/predictions.tsv",
        null=f"{RUN}/null.tsv",
        flow=f"{RUN}/flow.tsv",
        exclusions=f"{RUN}/exclusions.tsv",
        warnings=f"{RUN}/warnings.tsv",
        people=[table_of(name) for name in COHORTS],
        figures=expand(f"{RUN}/figures/{{figure}}.svg", figure=FIGURES),
        images=expand(f"{RUN}/figures/{{figure}}.png", figure=FIGURES),
        weights=expand(f"{RUN}/weights/{{model}}.tsv", model=REGION_MODELS),
        frozen=FROZEN_MODELS,
        planted=f"{RUN}/simulation/planted.tsv" if "simulation" in CONFIG else [],
        template=WORKFLOW / "report" / "report.html.jinja",
    output:
        report(f"{RUN}/report.html", "../report/report.rst", "Report"),
    log:
        f"{RUN}/logs/report_page.log",
    params:
        config=CONFIG,
        cohorts=COHORTS,
        code=source_hash(["report", "checks"]),
    conda:
        ENVIRONMENT
    message:
        "Report: {output[0]}"
    script:
        "../scripts/report_page.py"
