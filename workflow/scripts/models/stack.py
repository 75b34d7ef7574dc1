from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people
    from mri_response.learning.decisions import Decisions
    from mri_response.models.stacking import stacked_folds
    from mri_response.people.rows import person_weights

    people = read_people(snakemake.input.people)
    models = [Decisions.read(path).first(1) for path in snakemake.input.decisions]
    weights, _ = person_weights(people["participant_id"])
    decisions = stacked_folds(models, people["label"].to_numpy(), weights)
    decisions.write(snakemake.output[0])
