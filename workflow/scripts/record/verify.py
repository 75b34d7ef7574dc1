import sys

from mri_response.core.job import job, run_folder

with job(snakemake) as log:
    from mri_response.core.integrity import left_over, verify, without_record
    from mri_response.core.tables import shorten

    run, outputs = run_folder(snakemake), snakemake.params.outputs
    n, problems = verify(run, snakemake.params.temporary)
    named, foreign = without_record(run, outputs, ["logs", *snakemake.params.temporary])
    problems |= dict.fromkeys(named, "without a record of its content (SHA-256)")
    lines = [f"{path}: {what}" for path, what in problems.items()]
    if problems:
        lines.append(f"make them anew: snakemake --force {' '.join(problems)}")
    former = left_over(run, outputs)
    lines += [f"{path}: made by no rule of this configuration, remove it" for path in former]
    if foreign:
        lines.append(f"not written by the workflow and not compared: {shorten(foreign, 8)}")
    summary = f"{run}: {n} files verified, {len(problems)} missing or not as written"
    lines.append(summary + (f", {len(former)} of another configuration" if former else ""))
    log.info("%s", "\n".join(lines))

print("\n".join(lines), file=sys.stderr)
sys.exit(1 if problems or former else 0)
