from mri_response.core.job import job

with job(snakemake) as log:
    from mri_response.core.tables import read_people, read_tsv, write_tsv
    from mri_response.features.extract import read_features
    from mri_response.learning.splits import folds_from_table
    from mri_response.models.frozen import scores
    from mri_response.models.recipe import Recipe

    given = snakemake.input
    recipe = Recipe.load(given.json)
    files = {"people": given.discovery, "features": given.matrix, "splits": given.splits}
    recipe.verify_inputs(files)
    people = read_people(given.discovery)
    folds = folds_from_table(read_tsv(given.splits), people)
    frozen = recipe.refit(read_features(given.matrix, people), people, folds)
    log.info("fitted again and the same, recipe sha256 %s", recipe.sha256)
    unseen = snakemake.params.config["confounds"]["unseen_site"]
    cohorts = zip(snakemake.params.cohorts, given.people, given.features, strict=True)
    write_tsv(scores(frozen, cohorts, unseen), snakemake.output[0])
