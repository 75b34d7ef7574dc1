from mri_response.job import job

with job(snakemake):
    from mri_response.splits import Scheme, draw_folds, folds_table
    from mri_response.tables import read_people, write_tsv

    config = snakemake.params.config
    people = read_people(snakemake.input.people)
    scheme = Scheme.from_config(config["cross_validation"])
    units = people[config["cross_validation"]["group"] or "participant_id"]
    folds = draw_folds(units, people["label"].to_numpy(), scheme, config["seed"])
    write_tsv(folds_table(folds, people, scheme.inner_folds), snakemake.output[0])
