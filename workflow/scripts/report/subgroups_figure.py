from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.report.figures.style import save_figure
    from mri_response.report.figures.subgroups import subgroups
    from mri_response.report.naming import naming

    tables = [read_tsv(snakemake.input[name]) for name in ("subgroups", "performance")]
    figure = subgroups(*tables, snakemake.wildcards.model, naming(snakemake.params.config))
    save_figure(figure, snakemake.output.subgroups_png, snakemake.output.subgroups_svg)
