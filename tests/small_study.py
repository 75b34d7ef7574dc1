"""A made-up study on disk, small enough to be analysed within a test, and the `snakemake` command.

Three cohorts of people who do not exist, with an effect in two of eight regions: participants and
scores tables, grey-matter maps of 8 mm, an atlas of eight blocks, and tables of regions.
"""

from __future__ import annotations

import atexit
import copy
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pandas as pd
import yaml
from snakemake_starter import Starter

ROOT = Path(__file__).resolve().parents[1]
SIZES = {"discovery": 30, "external": 16, "control": 16}
LETTERS = {"discovery": "QD", "external": "QE", "control": "QC"}
REGIONS = [f"{side}_{end}_{level}" for side in "lr" for end in ("back", "front") for level in "du"]
# The day in a run's record is that of the epoch, so that runs may be compared over midnight.
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "SOURCE_DATE_EPOCH": "0",
}
EFFECT = {"l_front_u": 1.0, "r_back_d": -1.0}


@cache
def template() -> nib.Nifti1Image:
    """Grey-matter template of 8 mm."""
    from mri_response.inputs.images import template_map

    return template_map(8)


@cache
def block_labels() -> np.ndarray:
    """Labels 1 to 8 of the octants of the template's grey matter."""
    image = template()
    inside = image.get_fdata() > 0.15
    place = nib.affines.apply_affine(image.affine, np.moveaxis(np.indices(image.shape), 0, -1))
    right, front, up = np.moveaxis(place > [0, -20, 10], -1, 0)
    return np.where(inside, 1 + 4 * right + 2 * front + up, 0).astype(np.int16)


class Study:
    """The made-up study in a folder, and the configuration that describes it.

    Attributes
    ----------
    folder : Path
    people : dict of str to DataFrame
        Rows of the participants tables; `write` puts a changed one on disk.
    config : dict
        Complete, on tables of regions; `use` changes it.
    """

    def __init__(self, folder: Path, *, maps: bool = False, sessions: int = 1) -> None:
        self.folder = folder
        self.rng = np.random.default_rng(20260117)
        self.sessions = sessions
        self.people: dict[str, pd.DataFrame] = {}
        cohorts = {}
        for name, n in SIZES.items():
            (folder / name).mkdir(parents=True)
            self.people[name] = self._people(name, n)
            self._features(name, maps)
            self.write(name)
            gm = f"{name}/maps/mwp1{{participant_id}}{'_{session_id}' * (sessions > 1)}.nii.gz"
            cohorts[name] = {
                "role": name,
                "participants": f"{name}/participants.tsv",
                "sources": {"gm": gm, "fs": f"{name}/regions.tsv"},
                "tiv": {"column": "tiv"},
            }
        if maps:
            nib.save(nib.Nifti1Image(block_labels(), template().affine), folder / "atlas.nii.gz")
        atlas = pd.DataFrame({"index": range(1, 9), "region": REGIONS})
        atlas.to_csv(folder / "atlas.tsv", sep="\t", index=False)
        self.config: dict[str, Any] = {
            "run": "small",
            "seed": 3,
            "cohorts": cohorts,
            "outcome": {
                "kind": "label",
                "column": "group",
                "classes": ["patient", "healthy"],
                "positive_class": "patient",
            },
            "features": {
                "fs": {"kind": "table", "source": "fs"},
                "roi": {
                    "kind": "roi_maps",
                    "source": "gm",
                    "atlas": {"image": "atlas.nii.gz", "labels": "atlas.tsv"},
                },
                "voxels": {"kind": "voxels", "source": "gm", "smoothing_fwhm_mm": 10},
            },
            "models": {"fs_svc": {"features": "fs", "confounds": ["age", "sex", "tiv"]}},
            "cross_validation": {"repeats": 2, "outer_folds": 3, "inner_folds": 3},
            "permutation": {"n": 20},
        }
        for model in self.config["models"].values():
            model["C"] = {"log2_min": -6, "log2_max": 0, "log2_step": 2}

    def _people(self, name: str, n: int) -> pd.DataFrame:
        rng = self.rng
        people = pd.DataFrame(
            {
                "participant_id": [f"sub-{LETTERS[name]}{i:03d}" for i in range(n)],
                "group": ["patient", "healthy"] * (n // 2),
                "age": rng.integers(18, 70, n),
                "sex": rng.permutation(["F", "M"] * (n // 2)),
                "tiv": rng.normal(1500, 120, n).round(1),
                "site": ["A", "A", "B", "B", "C"] * (n // 5) + ["A"] * (n % 5),
                # Two people of one class; the last two are alone.
                "family": [f"f{2 * (i // 4) + i % 2}" for i in range(n)],
            }
        )
        if self.sessions == 1:
            return people
        visits = people.loc[people.index.repeat(self.sessions)].reset_index(drop=True)
        names = [f"ses-{1 + i % self.sessions}" for i in range(len(visits))]
        visits.insert(1, "session_id", names)
        return visits

    def _features(self, name: str, maps: bool) -> None:
        """Regions of every row, and maps that hold them."""
        people = self.people[name]
        effect = np.array([EFFECT.get(region, 0.0) for region in REGIONS])
        sign = np.where(people["group"] == "patient", 1.0, -1.0) * (name != "control")
        level = 1 + 0.1 * self.rng.normal(size=(len(people), 8)) + 0.05 * np.outer(sign, effect)
        level += 0.0005 * (people["tiv"].to_numpy()[:, None] - 1500)
        ids = people[[key for key in ("participant_id", "session_id") if key in people]]
        pd.concat([ids, pd.DataFrame(level, columns=REGIONS)], axis=1).to_csv(
            self.folder / name / "regions.tsv", sep="\t", index=False
        )
        if not maps:
            return
        (self.folder / name / "maps").mkdir()
        base = template().get_fdata(dtype=np.float32)
        for row, values in zip(ids.itertuples(index=False), level, strict=True):
            factor = np.concatenate([[1.0], values])[block_labels()]
            noise = 1 + 0.05 * self.rng.normal(size=base.shape)
            self.map(name, "_".join(row), base * factor * noise)

    def copied(self, folder: Path) -> Study:
        """The same in another folder, to be spoilt there."""
        shutil.copytree(self.folder, folder)
        other = copy.deepcopy(self)
        other.folder = folder
        return other

    def map(
        self, name: str, who: str, values: np.ndarray, affine: np.ndarray | None = None
    ) -> Path:
        """Write the map of a person (and session)."""
        affine = template().affine if affine is None else affine
        path = self.folder / name / "maps" / f"mwp1{who}.nii.gz"
        nib.save(nib.Nifti1Image(np.asarray(values, dtype=np.float32), affine), path)
        return path

    def write(self, name: str) -> None:
        """Write a cohort's participants table."""
        path = self.folder / name / "participants.tsv"
        self.people[name].to_csv(path, sep="\t", index=False, na_rep="n/a")

    def model(self, name: str, features: str, **options: Any) -> None:
        """Add a model with a small grid of C; the first call replaces the model that is there."""
        if "fs_svc" in self.config["models"] and name != "fs_svc":
            del self.config["models"]["fs_svc"]
        C = {"log2_min": -6, "log2_max": 0, "log2_step": 2, **options.pop("C", {})}
        self.config["models"][name] = {
            "features": features,
            "confounds": ["age", "sex", "tiv"],
            "C": C,
            **options,
        }

    def save(self, name: str = "study.yaml", **changes: Any) -> Path:
        """Write the configuration with other values for some top-level keys."""
        path = self.folder / name
        path.write_text(yaml.safe_dump({**copy.deepcopy(self.config), **changes}, sort_keys=False))
        return path


@cache
def starter(*, with_package: bool) -> Starter:
    """Starts of Snakemake, in which it need not be loaded anew."""
    return Starter({**os.environ, **ENVIRONMENT}, with_package=with_package)


@cache
def script_server() -> str:
    """Address of a process that runs scripts of rules, see `script_server.py`."""
    folder = tempfile.TemporaryDirectory()
    address = f"{folder.name}/scripts"
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("script_server.py"), address],
        env={**os.environ, **ENVIRONMENT},
    )
    while not Path(address).exists():
        assert server.poll() is None
        time.sleep(0.05)

    @atexit.register
    def end() -> None:
        server.kill()
        folder.cleanup()

    return address


def snakemake(
    *arguments: str | Path,
    cwd: Path,
    snakefile: Path | None = ROOT / "Snakefile",
    check: bool = True,
    scripts: str | None = None,
) -> subprocess.CompletedProcess:
    """Run the `snakemake` command; without a Snakefile it finds that of the folder.

    Scripts of rules are processes of their own, or run by the server at the address `scripts`.
    """
    options = [str(argument) for argument in arguments]
    if snakefile is not None:
        options += ["-s", str(snakefile)]
    if "--workflow-profile" in options or "--executor" in options:  # clusters: a start of its own
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *options],
            cwd=cwd,
            env={**os.environ, **ENVIRONMENT},
            capture_output=True,
            text=True,
            check=False,
        )
    else:
        done = starter(with_package=snakefile == ROOT / "Snakefile")(options, cwd, scripts)
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


_MANY = """
import contextlib, io, json, sys
from snakemake.cli import main
found = {}
for path in sys.argv[2:]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            main(["-n", "-q", "host", "--configfile", path, "-s", sys.argv[1]])
        except SystemExit as end:
            print(end, file=out)
    found[path] = out.getvalue()
print(json.dumps(found))
"""


def dry_runs(
    configs: Iterable[str], cwd: Path, snakefile: Path = ROOT / "Snakefile"
) -> dict[str, dict[str, int]]:
    """Jobs of each rule under each of many configurations, listed in one process."""
    done = subprocess.run(
        [sys.executable, "-c", _MANY, str(snakefile), *configs],
        cwd=cwd,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=True,
    )
    texts = json.loads(done.stdout)
    return {
        path: job_counts(subprocess.CompletedProcess([], 0, text, ""))
        for path, text in texts.items()
    }


def job_counts(done: subprocess.CompletedProcess) -> dict[str, int]:
    """Jobs of each rule as a dry run lists them; nothing where nothing is to be done."""
    table = re.search(r"Job stats:\n.*?\n-[- ]+\n(.*?)\ntotal ", done.stdout + done.stderr, re.S)
    if table is None:
        assert "Nothing to be done" in done.stdout + done.stderr, done.stdout + done.stderr
        return {}
    rows = (line.split() for line in table[1].splitlines())
    return {rule: int(count) for rule, count in rows}


def digests(folder: Path, *leave_out: str) -> dict[str, str]:
    """SHA-256 of every file below a folder, but for some folders directly in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in leave_out
    }


# ---------------------------------------------------------------- faults of the disk
def spoil(path: Path, how: Callable[[bytes], bytes]) -> None:
    """Another content of the same age."""
    status = path.stat()
    path.write_bytes(how(path.read_bytes()))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def truncated(content: bytes) -> bytes:
    """Cut in half."""
    return content[: len(content) // 2]


def corrupted(content: bytes) -> bytes:
    """One bit changed."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
