from mri_response.job import job

with job(snakemake):
    from mri_response.figures.quality import quality
    from mri_response.figures.style import save_figure
    from mri_response.tables import read_tsv
    from mri_response.wording import naming

    qc, names = read_tsv(snakemake.input[0]), naming(snakemake.params.config)
    out = snakemake.output
    figure = quality(qc, names, identified=snakemake.params.participant_level)
    save_figure(figure, out.quality_png, out.quality_svg)
    save_figure(quality(qc, names, identified=True), out.people_png, out.people_svg)
