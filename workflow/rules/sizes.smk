# Memory (MB) and time (minutes) that the larger jobs ask a cluster for: a floor, and five times what
# is estimated. Estimates are orders of magnitude: a job that was killed asks for twice, then three
# times the memory, and for four, then nine times the time. The profile's default-resources are for
# all other jobs.
import math


# ---------------------------------------------------------------- size of a job
def rows_of(*paths):
    """Analysed rows in tables of people."""
    total = 0
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            total += sum(1 for _ in lines) - 1
    return total


def work_of(wildcards, input):
    """Estimated work of a job's outer folds and labellings, its Gram matrices as large as they are."""
    rows = rows_of(input.people, *input.get("others", []))
    # Values in the features: float32 as in .npy; text takes more.
    return estimated_work(CONFIG, wildcards.model, rows, 1e6 * input.size_mb / 4 / rows)


def folds_in(wildcards):
    """Outer folds of a job; the refit is one."""
    plan = PLANS[wildcards.model]
    return len(plan.folds[int(wildcards.folds)]) if "folds" in wildcards.keys() else 1


def labellings_in(wildcards):
    """Labellings of a job."""
    plan = PLANS[wildcards.model]
    parts = plan.labels if "folds" in wildcards.keys() else plan.refits
    return sum(map(len, parts[int(wildcards.labels)]))


# ---------------------------------------------------------------- what the rules ask for
def kernels_mb(wildcards, input, attempt):
    """Operators and sums of the Gram matrices, these themselves, and the features."""
    grams = folds_in(wildcards) * work_of(wildcards, input).gram_mb
    return math.ceil(1000 + 4 * grams + 3 * input.size_mb) * attempt


def kernels_minutes(wildcards, input, attempt):
    """All training sets once."""
    seconds = folds_in(wildcards) * work_of(wildcards, input).gram_s
    return math.ceil(15 + 5 * seconds / 60) * attempt**2


def nested_cv_mb(wildcards, input, attempt):
    """Gram matrices, and the decision values of all labellings."""
    grams = folds_in(wildcards) * work_of(wildcards, input).gram_mb
    decisions = 8e-6 * labellings_in(wildcards) * folds_in(wildcards) * rows_of(input.people)
    return math.ceil(1000 + 3 * grams + 4 * decisions) * attempt


def nested_cv_minutes(wildcards, input, attempt):
    """Every classifier of every labelling."""
    fits = folds_in(wildcards) * labellings_in(wildcards)
    return math.ceil(30 + 5 * fits * work_of(wildcards, input).solver_s / 60) * attempt**2


def redrawn_minutes(wildcards, input, attempt):
    """New Gram matrices for every labelling."""
    work = work_of(wildcards, input)
    fits = folds_in(wildcards) * labellings_in(wildcards)
    return math.ceil(30 + 5 * fits * (work.gram_s + work.solver_s) / 60) * attempt**2


def redrawn_mb(wildcards, input, attempt):
    """Gram matrices are made and used in the same job."""
    return nested_cv_mb(wildcards, input, attempt) + kernels_mb(wildcards, input, attempt)


def estimator_mb(wildcards, input, attempt):
    """Some copies of the features as float64, and of what the classifier makes of them."""
    return math.ceil(1500 + 15 * input.size_mb) * attempt


def estimator_minutes(wildcards, input, attempt):
    """Every fit of every labelling."""
    fits = folds_in(wildcards) * labellings_in(wildcards)
    return math.ceil(60 + 5 * fits * work_of(wildcards, input).solver_s / 60) * attempt**2


def decisions_mb(wildcards, input, attempt):
    """One job at a time, and the decision values of all of them without what was not tested."""
    return math.ceil(1000 + 1.5 * input.size_mb) * attempt


def voxel_weights_mb(wildcards, input, attempt):
    """Jobs are read whole, features in chunks."""
    return math.ceil(1500 + 3 * input.size_mb) * attempt


def voxel_weights_minutes(wildcards, input, attempt):
    """A minute or two for 400,000 voxels, 100 outer models and 256 permutations of each."""
    return math.ceil(15 + input.size_mb / 20) * attempt**2


def voxel_features_mb(wildcards, input, attempt):
    """One map at a time: compressed on disk, some copies as float64 in memory."""
    return math.ceil(1000 + 100 * input.size_mb / len(input.maps)) * attempt


def voxel_features_minutes(wildcards, input, attempt):
    """Half a minute a map."""
    return math.ceil(30 + 0.5 * len(input.maps)) * attempt


def quality_minutes(wildcards, input, attempt):
    """A quarter of a minute a file."""
    return math.ceil(30 + 0.25 * len(input)) * attempt


def curve_mb(wildcards, input, attempt):
    """Gram matrices of some outer folds at a time, and a copy of the features."""
    grams = 10 * work_of(wildcards, input).gram_mb
    return math.ceil(1500 + 4 * grams + 15 * input.size_mb) * attempt


def curve_minutes(wildcards, input, attempt):
    """The procedure once for each part of the people."""
    work, parts = work_of(wildcards, input), CURVE_PLANS[wildcards.model][int(wildcards.part)]
    seconds = len(parts) * part_seconds(CONFIG, wildcards.model, work, SIZE[2])
    return math.ceil(30 + 5 * seconds / 60) * attempt**2
