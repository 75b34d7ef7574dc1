"""What a simulated trial planted beside what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mri_response.config.variability import SCORE_CHANGE

#: Columns of the table.
COLUMNS = ["quantity", "what", "planted", "found", "ci_low", "ci_high", "p_value", "note"]


def found_table(config: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Every planted quantity beside its estimate, of the first effect.

    Parameters
    ----------
    config : mapping
        Section ``variability`` of the completed configuration.
    tables : mapping of str to pandas.DataFrame
        ``planted``, ``axes``, ``components``, ``loadings``, ``region_sets``, ``genes`` and
        ``associations``.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`: p and interval are those of the table that the estimate is from; the p of a gene
        is the largest of its nulls, and that of a component of its rank.
    """
    name = config["variability"]["effects"][0]
    own = {
        key: table[table["effect"] == name] if "effect" in table else table
        for key, table in tables.items()
    }
    find = {
        "axes": _axes,
        "cosine": _cosine,
        "ln_vr": _change,
        "mean": _change,
        "r_score": _score,
        "r_gene": _gene,
    }
    rows = []
    for planted in own["planted"].to_dict("records"):
        found = find[planted["quantity"]](own, planted["quantity"], planted["what"])
        rows.append({**planted, **found})
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def _axes(own: Mapping[str, pd.DataFrame], quantity: str, what: str) -> dict[str, Any]:
    components = own["components"]
    returned = int((components["retained"] & components["returns"]).sum())
    return {"found": int(components["retained"].sum()), "note": f"{returned} return in halves"}


def _cosine(own: Mapping[str, pd.DataFrame], quantity: str, what: str) -> dict[str, Any]:
    """Absolute cosine of a component with the planted axis of its number."""
    number = int(what.removeprefix("component "))
    loadings = _pattern(own, "loadings", "component", number)
    if loadings.empty:
        return {"note": "not retained"}
    axis = _pattern(own, "axes", "axis", number).loc[loadings.index]
    cosine = abs(loadings @ axis) / np.linalg.norm(axis) / np.linalg.norm(loadings)
    tested = own["components"].set_index("component")
    return {"found": cosine, "p_value": tested.loc[number, "p_value"]}


def _pattern(own: Mapping[str, pd.DataFrame], name: str, column: str, number: int) -> pd.Series:
    rows = own[name]
    return rows[rows[column] == number].set_index("region")["loading"]


def _change(own: Mapping[str, pd.DataFrame], quantity: str, what: str) -> dict[str, Any]:
    row = own["region_sets"].set_index("region_set").loc[what]
    if quantity == "mean":
        low, high, p_value = row["ci_low"], row["ci_high"], row["p_max"]
    else:
        low, high, p_value = row["ln_vr_low"], row["ln_vr_high"], row["p_max_vr"]
    return {"found": row[quantity], "ci_low": low, "ci_high": high, "p_value": p_value}


def _score(own: Mapping[str, pd.DataFrame], quantity: str, what: str) -> dict[str, Any]:
    """Absolute correlation, since the sign of a component says nothing."""
    number = int(what.removeprefix("component "))
    rows = own["associations"]
    rows = rows[(rows["component"] == number) & (rows["column"] == SCORE_CHANGE)]
    if rows.empty:
        return {"note": "not retained"}
    row = rows.iloc[0]
    limits = sorted(np.sign(row["r"]) * row[["ci_low", "ci_high"]].astype(float))
    return dict(_limits(limits), found=abs(row["r"]), p_value=row["p_max"])


def _gene(own: Mapping[str, pd.DataFrame], quantity: str, what: str) -> dict[str, Any]:
    """Resemblance of the first component, with the sign of the planted axis."""
    rows = own["genes"]
    rows = rows[(rows["gene"] == what) & (rows["map"] == "component 1")]
    if rows.empty:
        return {"note": "not retained"}
    row = rows.loc[rows["p_value"].idxmax()]
    loadings = _pattern(own, "loadings", "component", 1)
    sign = np.sign(loadings @ _pattern(own, "axes", "axis", 1).loc[loadings.index])
    limits = sorted(sign * row[["ci_low", "ci_high"]].astype(float))
    note = f"null {row['null']}"
    return dict(_limits(limits), found=sign * row["r"], p_value=row["p_max"], note=note)


def _limits(limits: list[float]) -> dict[str, float]:
    return {"ci_low": limits[0], "ci_high": limits[1]}
