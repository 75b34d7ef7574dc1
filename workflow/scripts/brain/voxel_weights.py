from mri_response.core.job import job

with job(snakemake):
    from mri_response.brain.weights import map_values, weight_evidence
    from mri_response.core.tables import read_people, write_tsv
    from mri_response.features.matrices import read_features
    from mri_response.features.region_sets import memberships_in_mask, region_sets, set_table
    from mri_response.inputs.images import masked_image, save_image
    from mri_response.learning.jobs import JobResult
    from mri_response.learning.preparation.confounds import ConfoundCoding

    model, given = snakemake.params.config["model"], snakemake.params.region_sets
    people, mask = read_people(snakemake.input.people), snakemake.input.mask
    sets = region_sets(snakemake.params.features, given)
    members, n_regions = memberships_in_mask(mask, given, sets)
    evidence = weight_evidence(
        read_features(snakemake.input.features, people),
        ConfoundCoding.of(people, model["confounds"]).matrix(people),
        [JobResult.read(path) for path in snakemake.input.refits],
        [JobResult.read(path) for path in snakemake.input.folds],
        members[:, members.any(axis=0)],
        standardize=model["standardize"],
    )
    for name, values in map_values(evidence.features).items():
        save_image(masked_image(values, mask), snakemake.output[name])
    name = snakemake.wildcards.model
    write_tsv(set_table(name, sets, members, n_regions, evidence.sets), snakemake.output.sets)
