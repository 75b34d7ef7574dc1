from mri_response.core.job import job

with job(snakemake):
    from mri_response.brain.weights import weight_evidence
    from mri_response.core.tables import read_people, write_tsv
    from mri_response.features.matrices import read_features, region_names
    from mri_response.features.region_sets import memberships, region_sets, set_table
    from mri_response.learning.jobs import JobResult
    from mri_response.learning.preparation.confounds import ConfoundCoding

    model = snakemake.params.config["model"]
    people = read_people(snakemake.input.people)
    regions = region_names(snakemake.input.features)
    sets = region_sets(snakemake.params.features, snakemake.params.region_sets)
    members = memberships(regions, sets)
    evidence = weight_evidence(
        read_features(snakemake.input.features, people),
        ConfoundCoding.of(people, model["confounds"]).matrix(people),
        [JobResult.read(path) for path in snakemake.input.refits],
        [JobResult.read(path) for path in snakemake.input.folds],
        members[:, members.any(axis=0)],
        standardize=model["standardize"],
    )
    evidence.features.insert(0, "region", regions)
    write_tsv(evidence.features, snakemake.output.table)
    name, n_regions = snakemake.wildcards.model, members.sum(axis=0)
    write_tsv(set_table(name, sets, members, n_regions, evidence.sets), snakemake.output.sets)
