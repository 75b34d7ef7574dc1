from mri_response.core.job import job

with job(snakemake):
    from mri_response.simulation.variability_study import (
        VariabilityStudy,
        simulate_variability_study,
    )

    sizes = dict(snakemake.params.simulation)
    simulate_variability_study(VariabilityStudy(**sizes), snakemake.params.directory)
