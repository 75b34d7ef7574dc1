"""The result page in a browser, at the width of a laptop and of a phone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest
from made_up_run import one_cohort, six_cohorts
from test_report import page_inputs

from mri_response.report import render_report

# Runs in a copy of the page; the page itself has no script. The copy stands in a frame of
# the wanted width, since a window cannot be as narrow as a phone.
PROBE = """
<script>
addEventListener("load", () => {
  const root = document.documentElement;
  const wide = [...document.body.querySelectorAll("*")].filter((element) => {
    if (element.closest(".scroll") || element.matches(".skip, .hidden")) return false;
    const box = element.getBoundingClientRect();
    return box.width > 0 && (box.right > root.clientWidth + 1 || box.left < -1);
  });
  const images = [...document.images];
  const found = {
    width: innerWidth,
    scrollWidth: root.scrollWidth,
    clientWidth: root.clientWidth,
    wide: wide.map((element) => element.tagName + " " + element.textContent.slice(0, 40)),
    images: images.length,
    broken: images.filter((image) => !image.complete || image.naturalWidth === 0).length,
    narrowest: Math.min(...images.map((image) => image.getBoundingClientRect().width)),
    requests: performance.getEntriesByType("resource")
      .map((entry) => entry.name).filter((name) => !name.startsWith("data:")),
  };
  parent.postMessage(JSON.stringify(found), "*");
});
</script>
"""
WRAPPER = """<!DOCTYPE html><title>frame</title><link rel="icon" href="data:,">
<pre id="probe"></pre>
<script>
addEventListener("message", (event) => {
  document.getElementById("probe").textContent = event.data;
});
</script>
<iframe src="report.html" style="border: 0; width: WIDTHpx; height: 900px"></iframe>
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("no browser: chromium is not installed")


@pytest.fixture(scope="module", params=[six_cohorts, one_cohort], ids=["six", "one"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    html = render_report(page_inputs(request.param(), folder / "figures"))
    path = folder / "report.html"
    path.write_text(html.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    shutil.rmtree(folder / "figures")  # everything must be inside the page
    return path


@pytest.mark.parametrize("width", [1280, 390])
def test_page_fits_loads_and_is_silent(
    chromium: str, page: Path, width: int, tmp_path: Path
) -> None:
    wrapper = page.with_name(f"frame_{width}.html")
    wrapper.write_text(WRAPPER.replace("WIDTH", str(width)), encoding="utf-8")
    command = [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--enable-logging=stderr",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--window-size=1400,1000",
        "--virtual-time-budget=10000",
        "--dump-dom",
        wrapper.as_uri(),
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=180, check=True)
    probe = re.search(r'<pre id="probe">(.+?)</pre>', result.stdout, re.S)
    assert probe, result.stderr[-2000:]
    found = json.loads(unescape(probe[1]))
    assert found["width"] == width
    assert found["scrollWidth"] <= found["clientWidth"]
    assert found["wide"] == []
    assert found["images"] >= 6
    assert found["broken"] == 0
    assert found["narrowest"] > 250
    assert found["requests"] == []
    messages = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
    assert messages == []
