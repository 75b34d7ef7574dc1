from mri_response.core.job import job

with job(snakemake):
    from mri_response.report.figures.by_name import drawn, read_inputs
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    config, made = snakemake.params.config, snakemake.output
    inputs = read_inputs(snakemake.input)
    words = {"names": naming(config), "model": snakemake.wildcards.get("model"), "config": config}
    for name in snakemake.params.pictures:
        figure = drawn(name, {**inputs, **words, "inputs": inputs})
        save_figure(figure, made[f"{name}_png"], made[f"{name}_svg"])
