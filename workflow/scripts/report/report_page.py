from mri_response.core.job import job

with job(snakemake):
    from pathlib import Path

    from mri_response.core.atomic import atomic_path
    from mri_response.core.provenance import config_hash, versions
    from mri_response.core.tables import read_cohorts, read_tsv
    from mri_response.preflight.checks import input_warnings
    from mri_response.report.inputs import ReportInputs
    from mri_response.report.page import render_report

    config, given = snakemake.params.config, snakemake.input
    people = read_cohorts(given.people)
    warnings = [*input_warnings(config, people), *read_tsv(given.warnings)["warning"]]
    inputs = ReportInputs(
        config=config,
        performance=read_tsv(given.performance),
        null=read_tsv(given.null),
        flow=read_tsv(given.flow),
        exclusions=read_tsv(given.exclusions),
        figures={Path(path).stem: path for path in given.figures},
        weights={Path(path).stem: read_tsv(path) for path in given.weights},
        versions=versions(),
        config_hash=config_hash(config),
        warnings=warnings,
        planted=read_tsv(given.planted) if given.planted else None,
        predictions=read_tsv(given.predictions),
        viewers={
            Path(path).stem.removeprefix("viewer_"): Path(path).read_text("utf-8")
            for path in given.viewers
        },
        planted_viewer=Path(given.planted_viewer).read_text("utf-8")
        if given.planted_viewer
        else None,
        tables={Path(path).stem: read_tsv(path) for path in given.tables},
    )
    with atomic_path(snakemake.output[0]) as temporary:
        temporary.write_text(render_report(inputs), encoding="utf-8")
