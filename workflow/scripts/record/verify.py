import sys

from mri_response.core.job import job, run_folder

with job(snakemake) as log:
    from mri_response.core.integrity import left_over, verify

    run = run_folder(snakemake)
    n, problems = verify(run, snakemake.params.temporary)
    lines = [f"{path}: {what}" for path, what in problems.items()]
    if problems:
        lines.append(f"make them anew: snakemake --force {' '.join(problems)}")
    former = left_over(run, snakemake.params.outputs)
    lines += [f"{path}: made by no rule of this configuration, remove it" for path in former]
    summary = f"{run}: {n} files verified, {len(problems)} missing or not as written"
    lines.append(summary + (f", {len(former)} of another configuration" if former else ""))
    log.info("%s", "\n".join(lines))

print("\n".join(lines), file=sys.stderr)
sys.exit(1 if problems else 0)
