from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import read_people
    from mri_response.learning.decision_rules import out_of_fold
    from mri_response.learning.jobs import JobResult
    from mri_response.learning.preparation.confounds import ConfoundCoding
    from mri_response.models.frozen import describe, fitted_models
    from mri_response.models.recipe import recipe

    config = {**snakemake.params.config, **snakemake.params.outcome}
    people = read_people(snakemake.input.people)
    jobs = [JobResult.read(path) for path in snakemake.input.fitted]
    fitted, decision = fitted_models(jobs, len(people)), out_of_fold(jobs, len(people))
    frozen = recipe(
        fitted,
        {name: snakemake.input[name] for name in ("people", "features", "splits")},
        ConfoundCoding.of(people, config["model"]["confounds"]),
        describe(snakemake.wildcards.model, config, fitted, people, decision),
        config["seed"],
    )
    frozen.save(snakemake.output.json)
    log.info("recipe of the frozen model, sha256 %s", frozen.sha256)
