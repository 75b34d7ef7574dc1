"""The page as PDF."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from made_up_run import two_models
from test_report_browser import chromium, whole_page

from mri_response.core.errors import InputError
from mri_response.report.printing import print_page

__all__ = ["chromium"]


def test_without_a_browser_one_line_says_so(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    page, pdf = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text("<p>a page")
    with pytest.raises(
        InputError, match="found no browser to print with, expected one of chromium"
    ):
        print_page(page, pdf)
    assert not pdf.exists()


def test_a_browser_that_prints_nothing_is_told(tmp_path: Path, monkeypatch) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho no display >&2\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(
        InputError, match=r"found nothing printed by .* which ended with: no display"
    ):
        print_page(tmp_path / "report.html", tmp_path / "report.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chromium"]


def test_the_pdf_has_what_is_folded_and_every_model(chromium: str, tmp_path: Path) -> None:
    page, pdf = tmp_path / "report.html", tmp_path / "report.pdf"
    page.write_text(whole_page(two_models, tmp_path / "figures"), encoding="utf-8")
    print_page(page, pdf)
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF")
    whole = len(re.findall(rb"/Type\s*/Page\b", data))
    # The same page with folded parts taken out is shorter by pages.
    bare = re.sub(r"<details>.*?</details>", "", page.read_text(encoding="utf-8"), flags=re.S)
    page.write_text(bare, encoding="utf-8")
    print_page(page, pdf)
    assert whole > len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes())) + 5
