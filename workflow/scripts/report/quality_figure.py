from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.inputs.paths import map_paths
    from mri_response.report.figures.quality import quality, scans, shown_scans
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    qc, out, config = read_tsv(snakemake.input[0]), snakemake.output, snakemake.params.config
    names, cohorts = naming(config), config["cohorts"]
    figure = quality(qc, names, identified=snakemake.params.participant_level)
    save_figure(figure, out.quality_png, out.quality_svg)
    save_figure(quality(qc, names, identified=True), out.people_png, out.people_svg)
    paths = {}
    for row in shown_scans(qc):
        pattern = cohorts[qc.loc[row, "cohort"]]["sources"][qc.loc[row, "source"]]
        paths[row] = map_paths(pattern, qc.loc[[row]])[0]
    save_figure(scans(qc, paths, names), out.scans_png, out.scans_svg)
