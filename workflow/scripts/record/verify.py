import sys

from mri_response.core.job import job, run_folder

with job(snakemake) as log:
    from mri_response.core.integrity import verify

    run = run_folder(snakemake)
    n, problems = verify(run, snakemake.params.temporary)
    lines = [f"{path}: {what}" for path, what in problems.items()]
    if problems:
        lines.append(f"make them anew: snakemake --force {' '.join(problems)}")
    lines.append(f"{run}: {n} files verified, {len(problems)} missing or not as written")
    log.info("%s", "\n".join(lines))

print("\n".join(lines), file=sys.stderr)
sys.exit(1 if problems else 0)
