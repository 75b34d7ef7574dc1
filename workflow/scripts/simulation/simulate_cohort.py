from mri_response.core.job import job

with job(snakemake):
    from mri_response.simulation.files import simulate_cohort

    simulation = snakemake.params.simulation
    simulate_cohort(simulation, snakemake.wildcards.cohort, simulation["directory"])
