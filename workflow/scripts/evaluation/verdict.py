from mri_response.core.job import job

with job(snakemake):
    from mri_response.config.queries import CONFOUNDS_ONLY, is_clinical
    from mri_response.core.tables import read_tsv, write_tsv
    from mri_response.evaluation.natural_frequencies import natural_frequencies
    from mri_response.evaluation.verdict import NUMBERS, verdict_table

    config, given = snakemake.params.config, snakemake.input
    names = ("performance", "comparisons", "specificity", "subgroups", "operating_points")
    tables = {name: read_tsv(given[name], dict.fromkeys(NUMBERS, float)) for name in names}
    model = config["primary_model"]
    clinical = [name for name in config["models"] if is_clinical(config, name) and name != model]
    verdict = verdict_table(
        tables,
        {name: cohort["role"] for name, cohort in config["cohorts"].items()},
        model,
        clinical or [CONFOUNDS_ONLY],
        config["verdict"],
    )
    write_tsv(verdict, snakemake.output.verdict)
    points = tables["operating_points"]
    write_tsv(natural_frequencies(points, model), snakemake.output.natural_frequencies)
