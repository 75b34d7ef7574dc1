from mri_response.core.job import job

with job(snakemake):
    from mri_response.simulation.belief_study import BeliefStudy, simulate_belief_study

    sizes = dict(snakemake.params.simulation)
    simulate_belief_study(BeliefStudy(**sizes), snakemake.params.directory)
