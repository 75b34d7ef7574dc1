from mri_response.core.job import job

with job(snakemake):
    from mri_response.brain.weights import map_values, weight_evidence
    from mri_response.core.tables import read_people, write_tsv
    from mri_response.features.matrices import read_features, region_names
    from mri_response.features.region_sets import (
        memberships,
        memberships_in_mask,
        region_sets,
        set_table,
    )
    from mri_response.inputs.images import masked_image, save_image
    from mri_response.learning.jobs import JobResult
    from mri_response.learning.preparation.confounds import ConfoundCoding

    given, params, made = snakemake.input, snakemake.params, snakemake.output
    people, model = read_people(given.people), params.config["model"]
    sets = region_sets(params.features, params.region_sets)
    if given.mask:
        members, n_regions = memberships_in_mask(given.mask, params.region_sets, sets)
    else:
        regions = region_names(given.features)
        members = memberships(regions, sets)
        n_regions = members.sum(axis=0)
    evidence = weight_evidence(
        read_features(given.features, people),
        # Weights are sums over training rows: what others are given does not matter.
        ConfoundCoding.of_model(people, model).stacked(people, unseen="mean"),
        [JobResult.read(path) for path in given.refits],
        [JobResult.read(path) for path in given.folds],
        members[:, members.any(axis=0)],
        standardize=model["standardize"],
    )
    if given.mask:
        for name, values in map_values(evidence.features).items():
            save_image(masked_image(values, given.mask), made[name])
    else:
        evidence.features.insert(0, "region", regions)
        write_tsv(evidence.features, made.table)
    name = snakemake.wildcards.model
    write_tsv(set_table(name, sets, members, n_regions, evidence.sets), made.sets)
