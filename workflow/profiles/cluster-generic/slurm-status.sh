#!/bin/sh
# Tell Snakemake how a SLURM job is doing, without accounting: running, success or failed.
# usage: slurm-status.sh JOB_ID

if ! found=$(scontrol --oneliner show job "$1" 2>&1); then
    case $found in
        *"Invalid job id"*) echo failed ;; # SLURM forgot it: it ended some minutes ago
        *) echo running ;;                 # the controller does not answer: ask again
    esac
    exit 0
fi
case $found in
    *JobState=COMPLETED*) echo success ;;
    *JobState=PENDING* | *JobState=CONFIGURING* | *JobState=RUNNING* | *JobState=COMPLETING* | \
        *JobState=SUSPENDED* | *JobState=REQUEUED*) echo running ;;
    *) echo failed ;;
esac
