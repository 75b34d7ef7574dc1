from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, write_tsv
    from mri_response.evaluation.baselines import baseline_decisions

    params = snakemake.params
    people = read_cohorts(params.cohorts, snakemake.input.people)
    baseline = snakemake.wildcards.baseline
    decisions, scores = baseline_decisions(baseline, params.config, people, params.confounds)
    decisions.write(snakemake.output.decisions)
    write_tsv(scores, snakemake.output.scores)
