# Memory (MB) and time (minutes) that the larger jobs ask a cluster for: about five times what was
# seen on one core, never less than a floor, and more with every retry. The profile's
# default-resources are for all other jobs.
import math

SETS = 1 + SCHEME["inner_repeats"] * SCHEME["inner_folds"]


# ---------------------------------------------------------------- size of a job
def rows_of(*paths):
    """Analysed rows in tables of people."""
    total = 0
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            total += sum(1 for _ in lines) - 1
    return total


def rows_in(input):
    """Rows of the Gram matrices of a job."""
    return rows_of(input.people, *input.get("others", []))


def folds_in(wildcards):
    """Outer folds of a job; the refit is one."""
    return len(FOLD_BATCHES[int(wildcards.folds)]) if "folds" in wildcards.keys() else 1


def labellings_in(wildcards):
    """Labellings of a job."""
    parts = LABEL_BATCHES if "folds" in wildcards.keys() else REFIT_BATCHES
    return sum(map(len, parts[int(wildcards.labels)]))


def gram_mb(wildcards, input):
    """Size of the Gram matrices of all training sets of a job."""
    return 8e-6 * folds_in(wildcards) * SETS * rows_in(input) ** 2


def gram_minutes(wildcards, input):
    """Time for these Gram matrices, once."""
    values = 1e6 * input.size_mb / 4  # float32 as in .npy; text takes more
    return folds_in(wildcards) * SETS * rows_in(input) * values / 2e9 / 60


def solver_minutes(wildcards, input):
    """Time for the classifiers of a job; one of 100 people takes 0.1 ms."""
    n_C = len(grid_of_c(CONFIG["models"][wildcards.model]["C"]))
    classifiers = folds_in(wildcards) * SETS * n_C * labellings_in(wildcards)
    return 5 * classifiers * 1e-4 * (rows_in(input) / 100) ** 2 / 60


# ---------------------------------------------------------------- what the rules ask for
def kernels_mb(wildcards, input, attempt):
    """Operators and sums of the Gram matrices, these themselves, and the features."""
    return math.ceil(1000 + 4 * gram_mb(wildcards, input) + 3 * input.size_mb) * attempt


def kernels_minutes(wildcards, input, attempt):
    """All training sets once."""
    return math.ceil(15 + gram_minutes(wildcards, input)) * attempt


def nested_cv_mb(wildcards, input, attempt):
    """Gram matrices, and the decision values of all labellings."""
    decisions = 8e-6 * labellings_in(wildcards) * folds_in(wildcards) * rows_in(input)
    return math.ceil(1000 + 3 * gram_mb(wildcards, input) + 4 * decisions) * attempt


def nested_cv_minutes(wildcards, input, attempt):
    """Every classifier of every labelling."""
    return math.ceil(30 + solver_minutes(wildcards, input)) * attempt


def redrawn_minutes(wildcards, input, attempt):
    """New Gram matrices for every labelling."""
    grams = labellings_in(wildcards) * gram_minutes(wildcards, input)
    return math.ceil(30 + grams + solver_minutes(wildcards, input)) * attempt


def redrawn_mb(wildcards, input, attempt):
    """Gram matrices are made and used in the same job."""
    return nested_cv_mb(wildcards, input, attempt) + kernels_mb(wildcards, input, attempt)


def estimator_mb(wildcards, input, attempt):
    """Some copies of the features as float64, and of what the classifier makes of them."""
    return math.ceil(1500 + 15 * input.size_mb) * attempt


def estimator_minutes(wildcards, input, attempt):
    """Every fit of every labelling; a forest of 100 trees takes 0.1 s."""
    model = CONFIG["models"][wildcards.model]
    candidates = math.prod(map(len, model["grid"].values()))
    fits = folds_in(wildcards) * SETS * candidates * labellings_in(wildcards)
    return math.ceil(60 + fits * 0.1 * rows_in(input) / 100 / 60) * attempt


def voxel_features_mb(wildcards, input, attempt):
    """One map at a time: compressed on disk, some copies as float64 in memory."""
    return math.ceil(1000 + 100 * input.size_mb / len(input.maps)) * attempt


def voxel_features_minutes(wildcards, input, attempt):
    """Half a minute a map."""
    return math.ceil(30 + 0.5 * len(input.maps)) * attempt
