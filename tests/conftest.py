"""Fixtures shared by the tests."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"


@pytest.fixture
def root() -> Path:
    """The project's root folder."""
    return ROOT


@pytest.fixture
def shared_data() -> Path:
    """Folder of the real tables; the test skips where they are absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real data absent: ../shared/data is not beside the project")
    return SHARED_DATA
