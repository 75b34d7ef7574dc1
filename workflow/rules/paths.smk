# Every file of a run has one function, which gives its path with wildcards where no name is given.
# Files that use them: lists.smk (what a run makes and the page reads), user_files.smk, job_inputs.smk
# (what several rules read) and job_parameters.smk.
RUN = f"results/{CONFIG['run']}"
REFIT = "refit"  # in the place of a part of the outer folds


def run_folder():
    """Folder of all files of the run."""
    return RUN


def log_of(rule, *wildcards):
    """Log of a rule, by the names of its wildcards.

    A job finds the run's folder by its log, which a prefix of a module changes as it does outputs.
    """
    return f"{RUN}/logs/{'_'.join([rule, *(f'{{{name}}}' for name in wildcards)])}.log"


def benchmark_of(rule, *wildcards):
    """Time and memory of a job of a heavy rule, by the names of its wildcards.

    They stand among the logs, since they differ from run to run.
    """
    return f"{RUN}/logs/benchmarks/{'_'.join([rule, *(f'{{{name}}}' for name in wildcards)])}.tsv"


def run_table(table="{table}"):
    """Table of the whole run."""
    return f"{RUN}/{table}.tsv"


def people_table(cohort="{cohort}"):
    """Analysed people of a cohort, with what models read of them."""
    return f"{RUN}/people/{cohort}.tsv"


def described_people(cohort="{cohort}"):
    """Analysed people of a cohort, also with the columns by which finished predictions are looked at."""
    return f"{RUN}/cohorts/{cohort}.tsv"


def features_table(features="{features}", cohort="{cohort}"):
    """Features of a cohort that have names."""
    return f"{RUN}/features/{features}/{cohort}.tsv"


def features_array(features="{features}", cohort="{cohort}"):
    """Voxels of a cohort."""
    return f"{RUN}/features/{features}/{cohort}.npy"


def atlas_image(features="{features}"):
    """Atlas on the grid of the maps."""
    return f"{RUN}/features/{features}/atlas.nii.gz"


def atlas_regions(features="{features}"):
    """Regions of the atlas on the grid of the maps."""
    return f"{RUN}/features/{features}/regions.tsv"


def mask_image(features="{features}"):
    """Analysed voxels."""
    return f"{RUN}/features/{features}/mask.nii.gz"


def gram_matrices(model="{model}", folds="{folds}"):
    """Gram matrices of a part of the outer folds, or of the refit."""
    return f"{RUN}/kernels/{model}/folds-{folds}.npz"


def fold_job(model="{model}", folds="{folds}", labels="{labels}"):
    """Result of a part of the outer folds, or of the refit, under a part of the labellings."""
    return f"{RUN}/crossval/{model}/folds-{folds}_labels-{labels}.npz"


def refit_job(model="{model}", labels="{labels}"):
    """Refit on all discovery people under a part of the labellings."""
    return fold_job(model, REFIT, labels)


def decisions_file(model="{model}"):
    """Joined decision values of a model, baseline or stack."""
    return f"{RUN}/decisions/{model}.npz"


def curve_job(model="{model}", part="{part}"):
    """The procedure on smaller samples of the people, for the learning curve."""
    return f"{RUN}/learning_curve/{model}/parts-{part}.npz"


def confound_control_fits(model="{model}"):
    """Decision values without the removal of confounds, and from shuffled features."""
    return f"{RUN}/confound_controls/{model}.npz"


def resample_scores(model="{model}"):
    """What refits on resampled people say of everybody."""
    return f"{RUN}/scores/resamples/{model}.tsv"


def seed_decisions(model="{model}"):
    """Cross-validated decision values under other seeds of the folds."""
    return f"{RUN}/decisions/other_seeds/{model}.npz"


def transport_scores(model="{model}"):
    """Decision values of models that were learned from each external cohort in turn."""
    return f"{RUN}/scores/transport/{model}.tsv"


def permuted_scans_job(model="{model}", part="{part}"):
    """Cross-validation under permuted scans."""
    return f"{RUN}/permuted_scans/{model}/{part}.npz"


def frozen_model(model="{model}"):
    """Description of a frozen model."""
    return f"{RUN}/models/{model}.json"


def frozen_arrays(model="{model}"):
    """Numbers of a frozen model."""
    return f"{RUN}/models/{model}.npz"


def model_folder(model="{model}"):
    """Files of the folder in which a model travels, by the names of outputs."""
    names = {
        "manifest": "manifest.json",
        "text": "model.json",
        "numbers": "model.npz",
        "card": "README.md",
    }
    return {key: f"{RUN}/models/{model}/{name}" for key, name in names.items()}


def frozen_scores(model="{model}"):
    """Decision values of a frozen model in the other cohorts."""
    return f"{RUN}/scores/{model}.tsv"


def model_table(table="{table}", model="{model}"):
    """Part of a table of the run that one model or baseline fills."""
    return f"{RUN}/performance/{model}_{table}.tsv"


def weight_table(model="{model}"):
    """Weights and patterns of a model with named features."""
    return f"{RUN}/weights/{model}.tsv"


def weight_map(name, model="{model}"):
    """Map of a voxel model, see `VOXEL_MAPS`."""
    return f"{RUN}/weights/{model}_{name}.nii.gz"


def region_set_table(model="{model}"):
    """Tests of the sets of regions of a model."""
    return f"{RUN}/weights/sets/{model}.tsv"


def planted_table():
    """What was planted in the simulated trial, region by region."""
    return f"{RUN}/simulation/planted.tsv"


def found_table():
    """What models found where something was planted."""
    return f"{RUN}/simulation/found.tsv"


def planted_image():
    """What was planted in the simulated trial, voxel by voxel."""
    return f"{RUN}/simulation/planted.nii.gz"


def planted_viewer_page():
    """Slice viewer of what was planted."""
    return f"{RUN}/simulation/viewer.html"


def figure_file(name, suffix):
    """Figure of the page; `name` ends with ``_{model}`` where each model has one."""
    return f"{RUN}/figures/{name}.{suffix}"


def viewer_page(model="{model}"):
    """Slice viewer of a model."""
    return f"{RUN}/figures/viewer_{model}.html"


def quality_picture(name, suffix):
    """Figure of the scans with the names of people, beside the report."""
    return f"{RUN}/qc/{name}.{suffix}"


def document(name):
    """Document for the reviewer."""
    return f"{RUN}/reporting/{name}.md"


def dataset_files():
    """What makes the run's folder a derivative of BIDS."""
    return [f"{RUN}/{name}" for name in ("dataset_description.json", "README.md", ".bidsignore")]


def report_html():
    """The page."""
    return f"{RUN}/report.html"


def report_pdf():
    """The page as it is printed."""
    return f"{RUN}/report.pdf"


def crate():
    """The record for machines."""
    return f"{RUN}/ro-crate-metadata.json"


def crate_workflow():
    """The workflow's own entry, which the record names as what was run."""
    return f"{RUN}/workflow/Snakefile"


def effect_table(name="{name}", part="{part}"):
    """Maps of an effect, or of the session before it."""
    return f"{RUN}/effects/{name}_{part}.tsv"


def registration_file():
    """What the target `register` writes before labels are there."""
    return f"{RUN}/registration/registration.json"


def registration_date():
    """When it was written, apart from what is registered."""
    return f"{RUN}/registration/date.json"
