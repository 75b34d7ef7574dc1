from mri_response.core.job import job

with job(snakemake):
    from mri_response.clinical_outcomes.study import read_outcomes
    from mri_response.core.tables import write_tsv

    study = read_outcomes(snakemake.params.config)
    made = {"scores": study.scores, "periods": study.periods}
    for name, path in snakemake.output.items():
        write_tsv(made[name], path)
