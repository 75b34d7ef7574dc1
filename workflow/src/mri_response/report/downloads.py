"""Tables that can be saved from the page."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from typing import Any

import pandas as pd

from mri_response.report.embedding import data_uri
from mri_response.report.lookup import left_out_by_reason
from mri_response.report.run import Run
from mri_response.report.sections.section import Section

# Tables larger than this are compressed: the page is sent by mail.
MOST_BYTES = 75_000


def downloads(run: Run, sections: Iterable[Section]) -> list[dict[str, Any]]:
    """Return the tables of a run as the template offers them.

    Parameters
    ----------
    run : Run
        The run.
    sections : iterable of Section
        Sections of the page, which have the titles of their tables.

    Returns
    -------
    list of dict
        ``name`` of the file, which ends in ``.gz`` where it is large, ``text``, ``uri`` and
        ``size`` of each table. Tables with rows of single people are among them only with
        ``report: participant_level: true``.
    """
    titles = {name: title for section in sections for name, title in section.tables.items()}
    frames = {"performance": run.performance, "flow": run.flow}
    if run.flow is not None:
        frames["exclusions_by_reason"] = left_out_by_reason(run.flow, run.names)
    for model, frame in run.weights.items():
        frames[f"weights_{model}"] = frame
        titles[f"weights_{model}"] = titles["weights"].format(model=model)
    last = {"exclusions": run.exclusions, "predictions": run.predictions}
    frames |= {"planted": run.planted, **run.tables, **last}
    return [
        _download(f"{name}.tsv", frame, run.names.title(titles[name]))
        for name, frame in frames.items()
        if frame is not None and (run.participant_level or "participant_id" not in frame)
    ]


def _download(name: str, frame: pd.DataFrame, text: str) -> dict[str, Any]:
    data = frame.to_csv(sep="\t", index=False, na_rep="n/a", lineterminator="\n").encode()
    kind = "text/tab-separated-values;charset=utf-8"
    if len(data) > MOST_BYTES:
        # Without a time, so that the same table gives the same bytes.
        data, name, kind = gzip.compress(data, mtime=0), f"{name}.gz", "application/gzip"
    return {
        "name": name,
        "text": text,
        "uri": data_uri(data, kind),
        "size": f"{max(1, round(len(data) / 1024))} kB",
    }
