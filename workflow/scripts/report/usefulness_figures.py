from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.report.figures.style import save_figure
    from mri_response.report.figures.usefulness import calibration, decision_curve
    from mri_response.report.naming import naming

    given, made, model = snakemake.input, snakemake.output, snakemake.wildcards.model
    names = naming(snakemake.params.config)
    figure = calibration(read_tsv(given.calibration), read_tsv(given.predictions), model, names)
    save_figure(figure, made.calibration_png, made.calibration_svg)
    figure = decision_curve(read_tsv(given.decision_curve), model, names)
    save_figure(figure, made.decision_curve_png, made.decision_curve_svg)
