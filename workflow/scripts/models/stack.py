from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_cohorts, read_tsv, write_tsv
    from mri_response.learning.decisions import Decisions
    from mri_response.models.frozen import score_table
    from mri_response.models.stacking import load_stack, stack_scores, stacked_folds
    from mri_response.people.rows import person_weights

    given = snakemake.input
    (_, home), *others = read_cohorts(given.people).items()
    models = [Decisions.read(path).observed() for path in given.decisions]
    weights, _ = person_weights(home["participant_id"])
    stacked_folds(models, home["label"].to_numpy(), weights).write(snakemake.output.decisions)
    second, _ = load_stack(given.frozen)
    scores = [read_tsv(path, {"decision": float}) for path in given.scores]
    values = stack_scores(second, scores, dict(others))
    parts = ((*own, decision) for own, decision in zip(others, values, strict=True))
    write_tsv(score_table(parts), snakemake.output.scores)
