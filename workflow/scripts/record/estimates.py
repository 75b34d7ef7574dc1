import sys

from mri_response.core.job import job, run_folder

with job(snakemake) as log:
    from mri_response.record.timing import PlannedJob, measured, timing_lines

    # Parameters have the paths without the prefix that a module may have.
    folder, run = snakemake.params.run, run_folder(snakemake)
    jobs = [PlannedJob(*planned) for planned in snakemake.params.jobs]
    lines = timing_lines(measured(jobs, folder, run))
    log.info("%s", "\n".join(lines))

print("\n".join(lines), file=sys.stderr)
