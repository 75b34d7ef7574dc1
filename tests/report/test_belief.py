"""The section and the figures of how beliefs are updated."""

from __future__ import annotations

from pathlib import Path

import pytest
from belief_files import write_study
from flat_blocks import flat

from mri_response.belief_updating import results
from mri_response.belief_updating.models import MODELS
from mri_response.belief_updating.run_tables import typed
from mri_response.belief_updating.study import read_study
from mri_response.config.load import load_config
from mri_response.core.tables import read_tsv, write_tsv
from mri_response.report.facts.methods import METHODS
from mri_response.report.facts.study import missing_handling
from mri_response.report.figures.belief_plan import BELIEF_FIGURES
from mri_response.report.figures.by_name import drawn
from mri_response.report.figures.plan import figure_plan
from mri_response.report.glossary import Marker
from mri_response.report.naming import naming
from mri_response.report.run import Run
from mri_response.report.sections.belief import SECTION, TABLES
from mri_response.report.sections.blocks import Answers, Lead, Table, Text, Warnings
from mri_response.report.sections.comparisons import _by_scan as by_scan


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Configuration and tables of a small simulated study, as the page reads them: text."""
    folder = tmp_path_factory.mktemp("beliefs") / "study"
    raw = write_study(folder)
    config = load_config(raw)
    tables = results.study_tables(config, read_study(config))
    known = (tables["trials"], tables["people"])
    tables |= results.rate_tables(config, *known)
    tables |= results.model_tables(config, *known)
    tables |= results.recovery_tables(config, tables["trials"])
    tables |= results.effect_tables(config, tables["trials"], tables["rates"], tables["people"])
    tables |= results.agent_tables(config, *known)
    tables |= results.score_tables(config, tables["rates"], tables["people"])
    planted = read_tsv(folder / "planted.tsv", {"planted": float})
    tables["found"] = results.found_table(config, tables, planted)
    text = {}
    for name, table in tables.items():
        write_tsv(table, folder / f"{name}.tsv")
        text[f"belief_{name}"] = read_tsv(folder / f"{name}.tsv")
    raw["belief"]["simulation"] = {"directory": str(folder)}
    return load_config(raw), text


def run_of(made, **changes) -> Run:
    config, tables = made
    shown = {name: table for name, table in tables.items() if name in TABLES}
    return Run(config | changes, tables=shown)


def words(blocks) -> str:
    parts = [block.text for block in blocks if isinstance(block, Lead | Text)]
    for block in blocks:
        if isinstance(block, Table):
            parts += [block.caption, block.note, *(str(row) for row in block.rows)]
        if isinstance(block, Warnings):
            parts += block.items
    return " ".join(parts)


def test_the_section_says_what_changed_beside_agents(made):
    run = run_of(made)
    blocks = flat(SECTION.blocks_of(run))
    changes = typed(made[1]["belief_changes"]).set_index(["session_id", "parameter", "contrast"])
    row = changes.loc[("ses-4h", "A", "patients - controls")]
    assert not [block for block in blocks if isinstance(block, Answers)], "they are told before"
    lead = next(block.text for block in blocks if isinstance(block, Lead))
    assert lead.startswith("Change of asymmetry A since ses-before, patients minus controls: ")
    assert f"{row['estimate']:+.3f} in ses-4h" in lead
    captions = [block.caption for block in blocks if isinstance(block, Table)]
    assert len(captions) == 5
    assert all(caption.endswith("(simulated data)") for caption in captions)
    (effects,) = (
        block for block in blocks if isinstance(block, Table) and "agents" in block.caption
    )
    triple = [row for row in effects.rows if row[1] == "group x time x valence"]
    agents = typed(made[1]["belief_agents_effects"]).query("term == 'group x time x valence'")
    assert len(triple) == 2
    for shown, linear in zip(triple, agents["linear"], strict=True):
        assert shown[6][0] == f"{linear:.2f}".replace("-", "\u2212")
    # The table has the rows of every session.
    assert "patients minus controls; time: the row's session minus ses-before" in effects.note


def test_both_intervals_of_the_mediation_stand_beside_each_other(made):
    text = words(flat(SECTION.blocks_of(run_of(made))))
    row = typed(made[1]["belief_mediation"]).set_index("path").loc["ab"]
    for name in ("estimate", "ci_low", "ci_high", "bca_low", "bca_high"):
        assert f"{row[name]:.2f}".replace("-", "\u2212") in text
    assert "the mediator was not randomised" in text


def test_tables_of_scores_and_of_recovery_say_of_whom_and_what(made):
    notes = words(flat(SECTION.blocks_of(run_of(made))))
    score = made[0]["belief"]["score"]
    of = f"n: people with {score['scale']} in {score['baseline']} and {score['endpoint']} and"
    assert of in notes
    assert "r, error (root mean square) and bias: found beside true." in notes


def test_every_part_of_the_name_of_a_model_is_explained():
    (caption,) = (one.caption for one in BELIEF_FIGURES if one.name == "belief_models")
    told = caption[caption.index("Names of models:") :]
    for family, *suffixes in (name.split("_") for name in MODELS):
        assert f" {family}, " in told
        assert all(f" _{suffix}, " in told for suffix in suffixes)
    assert "<abbr" not in Marker().mark(told), "a null model is no null of the glossary"


def test_nobody_is_named_and_no_number_is_missing(made):
    text = words(flat(SECTION.blocks_of(run_of(made))))
    assert "sub-" not in text
    assert "nan" not in text
    alt = " ".join(SECTION.alt_text(spec, run_of(made)) for spec in figures(run_of(made)))
    assert "sub-" not in alt
    assert "nan" not in alt


def figures(run: Run):
    return [spec for spec in figure_plan(run.config) if spec.section == "belief"]


def test_without_a_score_there_is_no_mediation(made):
    config, tables = made
    belief = config["belief"] | {"score": None, "mediation": None}
    left = {name: t for name, t in tables.items() if "mediation" not in name}
    left = {n: t for n, t in left.items() if n not in ("belief_association", "belief_sensitivity")}
    run = run_of((config | {"belief": belief}, left))
    assert "belief_mediation" not in [spec.kind for spec in figures(run)]
    text = words(flat(SECTION.blocks_of(run)))
    assert "Mediation" not in text
    assert "learning rates and change of the score" not in text


def test_what_disagrees_by_news_is_warned_of(made):
    config, tables = made
    news = tables["belief_news"].copy()
    news.loc[0, ["disagree", "warning"]] = ["True", "the asymmetry is another one"]
    blocks = flat(SECTION.blocks_of(run_of((config, tables | {"belief_news": news}))))
    (warned,) = (block for block in blocks if isinstance(block, Warnings))
    assert "ses-before, patients: the asymmetry is another one." in warned.items


@pytest.mark.parametrize("kind", BELIEF_FIGURES, ids=lambda kind: kind.name)
def test_every_figure_is_drawn(made, kind):
    config, tables = made
    given = {name: tables[name] for name in kind.inputs}
    figure = drawn(kind.name, {**given, "names": naming(config), "config": config})
    assert figure._suptitle.get_text().replace("\n", " ").endswith("(simulated data)")
    sizes = {text.get_fontsize() for text in figure.findobj(lambda a: hasattr(a, "get_fontsize"))}
    assert min(sizes) >= 8


def lines(made, participant_level: bool) -> int:
    config, tables = made
    config = config | {"report": {"participant_level": participant_level}}
    given = {name: tables[name] for name in ("belief_reliability", "belief_rates", "belief_people")}
    figure = drawn("belief_rates", {**given, "names": naming(config), "config": config})
    return sum(len(axes.lines) for axes in figure.axes)


def test_single_people_are_drawn_with_the_privacy_key_alone(made):
    hidden = lines(made, participant_level=False)
    assert lines(made, participant_level=True) == hidden + 24 * 2


def test_means_are_those_of_the_table(made):
    config, tables = made
    given = {name: tables[name] for name in ("belief_reliability", "belief_rates", "belief_people")}
    figure = drawn("belief_rates", {**given, "names": naming(config), "config": config})
    table = typed(tables["belief_reliability"]).set_index(["group", "parameter"])
    for axes, group in zip(figure.axes, ("patients", "controls"), strict=False):
        drawn_means = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == 3]
        expected = [table.loc[(group, f"LR_{kind}"), "mean"].tolist() for kind in ("good", "bad")]
        assert [list(values) for values in drawn_means] == expected


def test_the_methods_tell_rules_models_and_controls(made):
    facts = METHODS["belief"](run_of(made))
    text = " ".join(fact.text for fact in facts)
    assert "fewer than 5 trials" in text
    assert "prior counts that add up to one" in text
    assert "group x time x valence" in text
    assert "exposure: time, since one arm was analysed" in text
    assert "sensitivity" not in text, "it has another meaning in the glossary"
    assert "The mediator was not randomised, which" in text
    assert "agents without any bias" in text
    belief = run_of(made).config["belief"]
    assert f"({belief['draws'] // 10} for the mixed model)" in text
    assert "nor those in which all first or all second estimates are equal" in text
    assert "recalled no better" not in text
    other = belief | {"prior_count": "one_each"}
    other["score"] = belief["score"] | {"endpoint": belief["mediation"]["session"]}
    other["exclude"] = {"one_answer": False, "recall": True, "limits": {"rt_E1": [0.2, None]}}
    facts = METHODS["belief"](run_of(made, belief=other))
    text = " ".join(fact.text for fact in facts)
    assert "add up to the number of models" in text
    assert "estimates are equal" not in text
    assert "was not randomised and was measured with the score, which" in text
    assert "recalled no better than by chance; trials outside limits of rt_E1" in text
    cited = {key for fact in facts for key in fact.cites}
    references = Path(__file__).resolve().parents[2] / "workflow/src/mri_response/data/documents"
    listed = (references / "references.yaml").read_text(encoding="utf-8")
    assert all(f"\n{key}:" in listed for key in cited)


# ---------------------------------------------------------------- features made of beliefs
@pytest.fixture
def predicted(made):
    """The study with models of the clinic, of beliefs and of regions."""
    sources = {"sources": {"fs": "fs.tsv"}}
    here = made[0]["cohorts"]["here"] | sources
    features = {
        "own": {"kind": "belief", "session": "ses-before", "parameters": ["S", "A"]},
        "clinic": {"kind": "clinical", "columns": ["age"], "categorical": []},
        "fs": {"kind": "table", "source": "fs"},
        "both": {"kind": "concatenated", "sets": ["clinic", "own"]},
    }
    models = {name: {"features": name, "confounds": []} for name in features}
    return made[0] | {"cohorts": {"here": here}, "features": features, "models": models}


def test_a_model_of_beliefs_is_no_model_of_a_scan(predicted):
    for first in ("own", "both"):
        assert not by_scan((first, "clinic"), predicted)
    assert by_scan(("fs", "clinic"), predicted)


def test_how_missing_learning_rates_are_filled_is_told(predicted):
    told = missing_handling(Run(predicted)).text
    assert "Missing clinical values and learning rates were given the mean of the training" in told
    alone = {"own": predicted["models"]["own"], "fs": predicted["models"]["fs"]}
    assert (
        "Missing learning rates were" in missing_handling(Run(predicted | {"models": alone})).text
    )
