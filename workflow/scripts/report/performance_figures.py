from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_tsv
    from mri_response.report.figures.performance import (
        confusion,
        decision_scores,
        null_distribution,
        roc,
    )
    from mri_response.report.figures.style import save_figure
    from mri_response.report.naming import naming

    config, model = snakemake.params.config, snakemake.wildcards.model
    names = naming(config)
    predictions, performance, null = (
        read_tsv(snakemake.input[name]) for name in ("predictions", "performance", "null")
    )
    figures = {
        "roc": roc(predictions, performance, model, names, config["seed"]),
        "null_distribution": null_distribution(null, performance, model, names),
        "decision_scores": decision_scores(predictions, model, names),
        "confusion": confusion(performance, model, names),
    }
    for name, figure in figures.items():
        save_figure(figure, snakemake.output[f"{name}_png"], snakemake.output[f"{name}_svg"])
