from mri_response.log import logged

with logged(snakemake.log[0], snakemake.rule, snakemake.threads):
    from mri_response.figures import flow, save_figure
    from mri_response.tables import read_tsv
    from mri_response.wording import naming

    figure = flow(read_tsv(snakemake.input.flow), naming(snakemake.params.config))
    save_figure(figure, snakemake.output.flow_png, snakemake.output.flow_svg)
