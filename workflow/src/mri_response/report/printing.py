"""The page on paper, by a browser without a window."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from mri_response.core.atomic import atomic_path
from mri_response.core.errors import InputError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = 300


def print_page(page: Path | str, pdf: Path | str) -> None:
    """Print a page as PDF, everything unfolded and every model shown.

    Parameters
    ----------
    page : path-like
        The HTML file to print.
    pdf : path-like
        Where to write. The file appears only once it is complete.

    Raises
    ------
    InputError
        If no browser is found, or it does not print.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise InputError(
            f"{pdf}: found no browser to print with, expected one of {', '.join(BROWSERS)} on the "
            f"PATH; install Chromium, or print {page} from any browser"
        )
    with atomic_path(pdf) as temporary, tempfile.TemporaryDirectory() as profile:
        # Chromium writes to the path that it is given only if the name ends with .pdf.
        printed = Path(profile) / "page.pdf"
        command = [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}/profile",
            f"--print-to-pdf={printed}",
            Path(page).resolve().as_uri(),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        if not printed.is_file():
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise InputError(
                f"{pdf}: found nothing printed by {browser}, which ended with: {last}; expected a "
                f"PDF; print {page} from any browser"
            )
        shutil.copyfile(printed, temporary)
