"""Fixtures shared by the tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from small_study import snakemake

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real tables; the test skips where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real data absent: ../shared/data is not beside the project")
    return SHARED_DATA


@pytest.fixture(scope="session")
def schizophrenia(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a local run of real people on two cores, few repeats and permutations."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real data absent: ../shared/data is not beside the project")
    raw = yaml.safe_load((ROOT / "tests" / "configs" / "schizophrenia.yaml").read_text())
    raw["cross_validation"]["repeats"] = 2
    raw["permutation"]["n"] = 20
    raw["batch"] = {"outer_folds": 10}
    text = yaml.safe_dump(raw, sort_keys=False).replace("../shared/data", str(SHARED_DATA))
    folder = tmp_path_factory.mktemp("schizophrenia")
    (folder / "study.yaml").write_text(text)
    snakemake("--cores", "2", "--configfile", "study.yaml", cwd=folder)
    return folder


# ---------------------------------------------------------------- the table of faults
FAULT_ROWS = pytest.StashKey[dict[str, tuple[str, ...]]]()
FAULT_PAGE = """\
# What was done to runs, and how they ended

Made by `make test-slow`, on a real SLURM of two nodes on one machine. In every case the run itself,
or the same command given again, ended with result tables of the same bytes as an
undisturbed run on one machine. "Lost work" is what was computed more than once or in vain.

| fault | what was done | lost work | result identical |
|---|---|---|---|
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-table", help="Markdown file for the table of the tests of faults")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FAULT_ROWS] = {}


@pytest.fixture
def fault_row(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Put a row into the table: fault, what was done, lost work, whether the result is the same."""

    def add(fault: str, done: str, lost: str, identical: bool) -> None:
        row = (fault, done, lost, "yes" if identical else "no")
        request.config.stash[FAULT_ROWS][request.node.nodeid] = row

    return add


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that make a row, directly or through a fixture; files of whole runs first."""
    for item in items:
        if "fault_row" in getattr(item, "fixturenames", ()):
            item.add_marker("fault")
    # Beside each other, processes end at about the same time if the long files come first.
    items.sort(key=lambda item: not ("slurm" in item.path.parts or "runs" in item.path.parts))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the table if all rows are there."""
    path = session.config.getoption("--fault-table")
    rows = session.config.stash[FAULT_ROWS]
    asked = [item for item in session.items if item.get_closest_marker("fault")]
    if path and asked and len(rows) == len(asked):
        lines = (f"| {' | '.join(rows[item.nodeid])} |\n" for item in asked)
        Path(path).write_text(FAULT_PAGE + "".join(lines))
