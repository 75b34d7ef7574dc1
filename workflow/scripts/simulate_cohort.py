from mri_response.log import logged

with logged(snakemake.log[0], snakemake.rule, snakemake.threads):
    from mri_response.simulate import simulate_cohort

    simulation = snakemake.params.simulation
    simulate_cohort(simulation, snakemake.wildcards.cohort, simulation["directory"])
