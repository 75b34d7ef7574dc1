from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.report.figures.brain import planted_vs_found
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    tables = [read_tsv(snakemake.input[name]) for name in ("planted", "weights")]
    names = naming(snakemake.params.config)
    figure = planted_vs_found(*tables, snakemake.wildcards.model, names)
    save_figure(
        figure, snakemake.output.planted_vs_found_png, snakemake.output.planted_vs_found_svg
    )
