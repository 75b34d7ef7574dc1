from mri_response.core.job import job

with job(snakemake) as log:
    import numpy as np

    from mri_response.core.tables import read_people
    from mri_response.features.matrices import read_features
    from mri_response.learning.jobs import save_arrays
    from mri_response.learning.subsamples import draw_subsamples, run_subsamples

    params = snakemake.params
    people = read_people(snakemake.input.people)
    subsamples = draw_subsamples(people, {**params.config, **params.curve})[slice(*params.draws)]
    features = read_features(snakemake.input.features, people)
    result = run_subsamples(people, features, subsamples, params.config)
    done = int((~np.isnan(result["decision"])).any(axis=1).sum())
    log.info("%d subsamples, %d of them large enough", len(subsamples), done)
    save_arrays(result, snakemake.output[0])
