from mri_response.core.job import job

with job(snakemake) as log:
    import numpy as np

    from mri_response.core.tables import read_people
    from mri_response.features.extract import read_features
    from mri_response.learning.jobs import save_arrays
    from mri_response.learning.subsamples import draw_parts, run_parts

    params = snakemake.params
    people = read_people(snakemake.input.people)
    draws = draw_parts(people, {**params.config, **params.curve})[slice(*params.draws)]
    parts = run_parts(people, read_features(snakemake.input.features, people), draws, params.config)
    done = int((~np.isnan(parts["decision"])).any(axis=1).sum())
    log.info("%d parts of the people, %d of them large enough", len(draws), done)
    save_arrays(parts, snakemake.output[0])
