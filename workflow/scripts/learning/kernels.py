from mri_response.core.job import job

with job(snakemake):
    from mri_response.core.tables import read_people, read_tsv
    from mri_response.features.extract import read_features
    from mri_response.learning.jobs import save_arrays
    from mri_response.learning.preparation.confounds import ConfoundCoding
    from mri_response.learning.procedure import ModelOptions, fold_grams
    from mri_response.learning.splits import folds_from_table

    config = snakemake.params.config
    model, unseen = config["model"], config["confounds"]["unseen_site"]
    people = read_people(snakemake.input.people)
    folds = folds_from_table(read_tsv(snakemake.input.splits), people)
    grams = fold_grams(
        read_features(snakemake.input.features, people),
        ConfoundCoding.of(people, model["confounds"]).stacked(people, unseen=unseen),
        folds[slice(*snakemake.params.folds)],
        ModelOptions.from_config(model),
    )
    save_arrays({str(i): gram for i, gram in enumerate(grams)}, snakemake.output[0])
