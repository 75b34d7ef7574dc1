from mri_response.core.job import job

with job(snakemake):
    import numpy as np

    from mri_response.core.tables import read_people, read_tsv
    from mri_response.features.matrices import read_features
    from mri_response.learning.design import Design, Sample
    from mri_response.learning.jobs import save_arrays
    from mri_response.learning.learners.svc.options import SvcOptions
    from mri_response.learning.learners.svc.permuted_scans import cross_validate_permuted_scans
    from mri_response.learning.permutation import Exchangeability
    from mri_response.learning.preparation.confounds import ConfoundCoding
    from mri_response.learning.split_tables import folds_from_table
    from mri_response.people.rows import person_weights

    given, params, config = snakemake.input, snakemake.params, snakemake.params.config
    people = read_people(given.people)
    clinical, sets = np.array(params.clinical), [read_features(path, people) for path in given.sets]
    coding = ConfoundCoding.of(people, config["model"]["confounds"])
    decision = cross_validate_permuted_scans(
        [sets[i] for i in np.flatnonzero(~clinical)],
        Sample(
            np.hstack([sets[i] for i in np.flatnonzero(clinical)]),
            coding.stacked(people, unseen=config["confounds"]["unseen_site"]),
            person_weights(people["participant_id"])[0],
        ),
        folds_from_table(read_tsv(given.splits), people)[:-1],
        Design(Exchangeability.from_config(people, config), config["seed"]),
        params.permutations,
        SvcOptions.from_config(config["model"]),
    )
    save_arrays({"decision": decision}, snakemake.output[0])
