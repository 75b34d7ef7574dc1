# Memory (MB) and time (minutes) that the larger jobs ask a cluster for: a floor, and some times the
# estimate. Estimates are orders of magnitude: a job that was killed asks for twice, then three times
# the memory, and for four, then nine times the time. All other jobs have the default-resources of
# the profile.
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
    n_features = SIZE[1][CONFIG["models"][wildcards.model]["features"]]
    return estimated_work(CONFIG, wildcards.model, rows, n_features, SIZE[3])


def job_size(wildcards, input):
    """What memory and time of a job of cross-validation or of a refit depend on."""
    plan, refit = PLANS[wildcards.model], wildcards.folds == REFIT
    labels = (plan.refits if refit else plan.labels)[int(wildcards.get("labels", 0))]
    return JobSize(
        work=work_of(wildcards, input),
        folds=1 if refit else len(plan.folds[int(wildcards.folds)]),
        labellings=sum(map(len, labels)),
        rows=rows_of(input.people),
        input_mb=input.size_mb,
        redrawn=are_redrawn(wildcards),
    )


# ---------------------------------------------------------------- what the rules ask for
def prepare_mb(wildcards, input, attempt):
    """Operators and sums of the Gram matrices, these themselves, and the features."""
    size = job_size(wildcards, input)
    copies = 12 if CONFIG["models"][wildcards.model]["harmonise"] else 3
    grams = 4 * size.folds * size.work.gram_mb
    return math.ceil(1000 + grams + copies * size.input_mb) * attempt


def prepare_minutes(wildcards, input, attempt):
    """All training sets once."""
    size = job_size(wildcards, input)
    return math.ceil(15 + 5 * size.folds * size.work.gram_s / 60) * attempt**2


def cross_validate_mb(wildcards, input, attempt):
    """Memory that the learner of the model asks for."""
    return LEARNERS[wildcards.model].memory_mb(job_size(wildcards, input)) * attempt


def cross_validate_minutes(wildcards, input, attempt):
    """Time that the learner of the model asks for."""
    return math.ceil(LEARNERS[wildcards.model].minutes(job_size(wildcards, input))) * attempt**2


def score_mb(wildcards, input, attempt):
    """Models without weights are fitted again, for which their features are copied several times."""
    copies = 1 if wildcards.model in LINEAR else 15
    return math.ceil(1500 + copies * input.size_mb) * attempt


def decisions_mb(wildcards, input, attempt):
    """One job at a time, and the decision values of all of them without what was not tested."""
    return math.ceil(1000 + 1.5 * input.size_mb) * attempt


def weights_mb(wildcards, input, attempt):
    """Jobs are read whole, features in chunks."""
    return math.ceil(1500 + 3 * input.size_mb) * attempt


def weights_minutes(wildcards, input, attempt):
    """A minute or two for 400,000 voxels, 100 outer models and 256 permutations of each."""
    return math.ceil(15 + input.size_mb / 20) * attempt**2


def feature_sizes(kind):
    """What a job asks for that makes features of a kind; nothing is the profile's default."""
    if FEATURE_KINDS[kind].has_names:
        return {}
    return {"mem_mb": voxel_features_mb, "runtime": voxel_features_minutes}


def voxel_features_mb(wildcards, input, attempt):
    """One map at a time: compressed on disk, some copies as float64 in memory."""
    return math.ceil(1000 + 100 * input.size_mb / len(input.maps)) * attempt


def voxel_features_minutes(wildcards, input, attempt):
    """Half a minute per map."""
    return math.ceil(30 + 0.5 * len(input.maps)) * attempt


def quality_minutes(wildcards, input, attempt):
    """A quarter of a minute per file."""
    return math.ceil(30 + 0.25 * len(input)) * attempt


def belief_mb(wildcards, input, attempt):
    """Trials some times over; the mixed model has a matrix of people and events beside them."""
    return math.ceil(1500 + 50 * input.size_mb) * attempt


def belief_minutes(wildcards, input, attempt):
    """Seconds for a megabyte of trials (60 people, 3 sessions, 40 events), most for agents."""
    return math.ceil(15 + 10 * input.size_mb) * attempt**2


def variability_mb(wildcards, input, attempt):
    """Effects some times over: samples of people, random maps, surrogates of each gene's map."""
    return math.ceil(2000 + 100 * input.size_mb) * attempt


def variability_minutes(wildcards, input, attempt):
    """Seconds for 165 people and 148 regions; components of samples grow with both."""
    return math.ceil(20 + 20 * input.size_mb) * attempt**2


def control_size(wildcards, input):
    """The model's outer folds under one labelling, twice."""
    return JobSize(
        work=work_of(wildcards, input),
        folds=2 * sum(map(len, PLANS[wildcards.model].folds)),
        labellings=1,
        rows=rows_of(input.people),
        input_mb=input.size_mb,
        redrawn=False,
    )


def control_mb(wildcards, input, attempt):
    """Memory that the learner of the model asks for."""
    return LEARNERS[wildcards.model].memory_mb(control_size(wildcards, input)) * attempt


def control_minutes(wildcards, input, attempt):
    """Time that the learner of the model asks for."""
    return math.ceil(LEARNERS[wildcards.model].minutes(control_size(wildcards, input))) * attempt**2


def transport_mb(wildcards, input, attempt):
    """Gram matrices of one refit, and two copies of the features."""
    grams = sum(8e-6 * rows_of(*input.people) ** 2 for _ in range(1 + SCHEME["inner_repeats"] * 10))
    return math.ceil(1500 + 2 * grams + 20 * input.size_mb) * attempt


def stability_mb(wildcards, input, attempt):
    """Gram matrices of a refit on copies beside everybody, or of all outer folds."""
    grams = 4 * (2 + SCHEME["inner_repeats"] * 10) * 8e-6 * rows_of(input.people) ** 2
    return (
        math.ceil(1500 + 2 * grams + 10 * work_of(wildcards, input).gram_mb + 20 * input.size_mb)
        * attempt
    )


def stability_minutes(wildcards, input, attempt):
    """A refit of twice as many rows for each resample, and the outer folds for each seed."""
    folds = sum(map(len, PLANS[wildcards.model].folds))
    seconds = stability_seconds(CONFIG, work_of(wildcards, input), folds)
    return math.ceil(30 + 5 * seconds / 60) * attempt**2


def site_mb(wildcards, input, attempt):
    """Ten Gram matrices at a time, and a copy of the features."""
    grams = 10 * 8e-6 * rows_of(input.people) ** 2
    return math.ceil(1500 + 4 * grams + 15 * input.size_mb) * attempt


def site_minutes(wildcards, input, attempt):
    """Every exchange of sites in every fold, four times."""
    p = SIZE[1][CONFIG["models"][wildcards.model]["features"]]
    folds = SIZE[2] * SCHEME["repeats"]
    seconds = site_seconds(CONFIG, wildcards.model, rows_of(input.people), p, folds)
    return math.ceil(30 + 5 * seconds / 60) * attempt**2


def curve_mb(wildcards, input, attempt):
    """Gram matrices of some outer folds at a time, and a copy of the features."""
    grams = 10 * work_of(wildcards, input).gram_mb
    return math.ceil(1500 + 4 * grams + 15 * input.size_mb) * attempt


def curve_minutes(wildcards, input, attempt):
    """The procedure once for each part of the people."""
    work, parts = work_of(wildcards, input), CURVE_PLANS[wildcards.model][int(wildcards.part)]
    seconds = len(parts) * work.redrawn_s(SIZE[2])
    return math.ceil(30 + 5 * seconds / 60) * attempt**2


# ---------------------------------------------------------------- what was estimated before the run
def planned_jobs(wildcards):
    """Kind, model, benchmark and estimated seconds of every job whose work was planned."""
    jobs = []
    for model, plan in PLANS.items():
        folds, parts = range(len(plan.folds)), range(len(plan.labels))
        fits = benchmark_of("cross_validate", "model", "folds", "labels")
        places = {
            "prepare": expand(benchmark_of("prepare", "model", "folds"), model=model, folds=folds),
            "cross_validate": expand(fits, model=model, folds=folds, labels=parts),
            "refit": expand(fits, model=model, folds=REFIT, labels=range(len(plan.refits))),
        }
        for kind, seconds in plan.jobs.items():
            jobs += [(kind, model, *job) for job in zip(places[kind], seconds)]
    places = {
        "learning_curve": lambda model, parts: expand(
            benchmark_of("learning_curve", "model", "part"), model=model, part=range(parts)
        ),
        **{
            kind: lambda model, _, kind=kind: expand(benchmark_of(kind, "model"), model=model)
            for kind in OTHER_SECONDS
            if kind != "learning_curve"
        },
    }
    for kind, of_models in OTHER_SECONDS.items():
        for model, seconds in of_models.items():
            jobs += [(kind, model, *job) for job in zip(places[kind](model, len(seconds)), seconds)]
    return jobs
