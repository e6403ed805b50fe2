"""What is to be said has claims and pages, each symptom a run that shows it, each law a line on the sheet."""

import inspect
import json
import re
from pathlib import Path

import pytest

from unsteady import theory

TOP = Path(__file__).parents[2]

# What the article of 30 January 2025 says, and more: the claims that carry it, the pages that tell it.
STATEMENTS = {
    "landscape: local minima, saddle points, flat regions": (
        ("saddle-logarithm", "plateau-exponential", "wells-trapped", "edge-reached"),
        ("steps", "sources"),
    ),
    "too high a rate overshoots and bounces": (("gd-climbs-above", "wells-escape"), ("steps", "sources")),
    "too low a rate crawls or stays trapped": (("wells-trapped",), ("steps", "sources")),
    "adaptive methods still fluctuate, at first most of all": (
        ("first-step-rmsprop", "first-leap", "adam-comes-back"),
        ("steps", "sources"),
    ),
    "small batches give noisy gradients": (
        ("batch-noise-ratio", "article-tail-law", "noise-scale"),
        ("batches",),
    ),
    "hard batches raise the error, easy ones flatter": (
        ("step-illusion", "step-hard", "flips-top-tenth"),
        ("batches", "sources", "measuring"),
    ),
    "a step can overfit its batch and hurt the rest": (
        ("step-rises", "step-promise-ratio"),
        ("batches", "sources"),
    ),
    "large batches are calmer and slower": (("calm-left", "calm-slower", "calm-gain"), ("calming",)),
    "too small a model plateaus low": (("capacity-underfit",), ("capacity",)),
    "too large a model: low training error, high test error": (("capacity-test-rises",), ("capacity",)),
    "too large a model: unstable on unseen data": (
        ("capacity-spread", "descent-spread", "noise-rough"),
        ("capacity", "short_answer"),
    ),
    "dropout, L1, L2 limit capacity": (("noise-penalty", "dropout-ridge"), ("capacity",)),
    "they add stochasticity of their own": (("l2-same", "regularizers-full"), ("capacity",)),
    "their strength affects stability": (("regularizers-batches",), ("capacity", "sources")),
    "example 1, as it stands": (("article-rate-rises", "article-rate-crossings"), ("steps", "sources")),
    "example 2, as it stands": (
        ("article-own-ranking", "article-proper-ranking", "article-slope-as-written"),
        ("batches", "sources"),
    ),
    "example 3, as it stands": (("raw-cut", "capacity-price-140"), ("capacity", "sources")),
    "one run taken apart": (
        ("apart-blur", "apart-same-blur", "apart-share", "apart-drop", "apart-seeds-points"),
        ("short_answer",),
    ),
    "what calms it, and its price": (
        ("calm-left", "calm-gain", "calm-slower", "calm-clipped", "calm-seeds", "calm-larger-set"),
        ("calming",),
    ),
    "order": (("order-range", "order-lag"), ("batches",)),
    "rate and batch together": (("scaling-breaks", "scaling-networks"), ("batches",)),
    "seeds and selection": (("seeds-halves", "seeds-kept", "best-fresh", "best-optimism"), ("calming",)),
    "modes": (("mode-gap", "mode-masks", "norm-lag"), ("capacity",)),
}
FURTHER_READING = ("Ian Goodfellow, Yoshua Bengio", "Géron", "Ng", "fast.ai")

UNMEASURED = {"batch_stability_bound", "descent_factor", "least_squares_test_error", "momentum_factor"}
"""Closed forms that tests/test_theory.py alone holds against what they predict."""

# What a reader may see, as a heading of the page for diagnosing, and the example that shows it.
SYMPTOMS = {
    "any-wiggle-at-all": "plot_chance",
    "differs-with-frozen-weights": "plot_training_mode",
    "training-smooth-validation-noisy": "plot_flips",
    "noisy-at-every-step": "plot_one_step",
    "loss-alternates-with-the-full-batch": "plot_sharpness",
    "accuracy-dips-while-the-loss-only-falls": "plot_loss",
    "accuracy-jumps-the-auc-does-not": "plot_threshold",
    "jumps-bigger-than-the-set-allows-and-examples-come-in-groups": "plot_chance",
    "a-noise-floor-that-never-shrinks": "plot_batch_noise",
    "an-isolated-spike": "plot_spikes",
    "a-saw-tooth-with-the-period-of-one-epoch": "plot_order",
    "training-below-validation": "plot_logged",
    "loss-falls-accuracy-is-flat": "plot_loss",
    "validation-loss-up-accuracy-holds": "plot_loss",
    "good-in-training-mode-bad-in-evaluation-mode": "plot_training_mode",
    "a-peak-then-a-decline": "plot_label_noise",
    "a-drop-right-after-the-schedule-changes": "plot_batch_noise",
    "jumps-between-two-values": "plot_threshold",
    "every-run-is-another": "plot_another_seed",
    "the-best-epoch-does-not-hold": "plot_best_epoch",
    "worse-when-inputs-are-not-scaled": "plot_capacity",
    "swings-in-online-training": "plot_order",
}


@pytest.fixture(scope="module")
def made(site: Path) -> dict[str, str]:
    """Return the example that makes each claim."""
    found = {}
    for file in (TOP / "docs/gallery").rglob("*.claims.json"):
        found |= {record["id"]: record["script"] for record in json.loads(file.read_text("utf-8"))}
    return found


@pytest.mark.parametrize("statement", STATEMENTS)
def test_each_statement_has_its_claims_and_its_pages(
    statement: str, site: Path, made: dict[str, str]
) -> None:
    claims, pages = STATEMENTS[statement]
    assert [name for name in claims if name not in made] == []
    quoted = {page: (site / f"{page}.html").read_text("utf-8") for page in pages}
    for page, text in quoted.items():
        own = [name for name in claims if f'ledger.html#claim-{name}"' in text]
        assert own, f"{page} quotes none of {claims}"
    everywhere = "".join(quoted.values())
    assert [name for name in claims if f'ledger.html#claim-{name}"' not in everywhere] == []


def test_further_reading_is_named(site: Path) -> None:
    text = (site / "references.html").read_text("utf-8")
    assert [name for name in FURTHER_READING if name not in text] == []


def section(text: str, name: str) -> str:
    found = re.search(rf'<section id="{name}">(.*?)</section>', text, re.DOTALL)
    assert found, f"no symptom has the heading {name}"
    return found[1]


@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_each_symptom_has_test_cause_remedy_and_a_run_that_shows_it(symptom: str, site: Path) -> None:
    own = section((site / "diagnose.html").read_text("utf-8"), symptom)
    assert [part for part in ("Test:", "Cause:", "Do:") if part not in own] == []
    assert "Seen in:" in own or "Nearest:" in own
    links = re.findall(r'href="(gallery/[^"#]+)', own)
    assert any(Path(link).stem == SYMPTOMS[symptom] for link in links), links
    assert all((site / link).is_file() for link in links)


def test_the_cards_at_home_lead_to_symptoms_and_show_a_curve_each(site: Path) -> None:
    home = (site / "index.html").read_text("utf-8")
    cards = re.findall(r'<div class="symptom docutils container">(.*?)</div>', home, re.DOTALL)
    assert 6 <= len(cards) <= 8
    diagnose = (site / "diagnose.html").read_text("utf-8")
    for card in cards:
        assert card.count("<img") == 1
        [target] = re.findall(r'href="diagnose\.html#([^"]+)"', card)
        assert section(diagnose, target)


def test_every_closed_form_is_on_the_sheet_and_measured_somewhere(site: Path) -> None:
    sheet = (site / "formulas.html").read_text("utf-8")
    laws = [name for name, law in inspect.getmembers(theory, inspect.isfunction)
            if law.__module__ == theory.__name__ and not name.startswith("_")]  # fmt: skip
    assert len(laws) > 25
    assert [name for name in laws if f"unsteady.theory.{name}" not in sheet] == []
    used = "".join(script.read_text("utf-8") for script in TOP.glob("examples/*/plot_*.py"))
    unused = {name for name in laws if f"theory.{name}(" not in used}
    assert unused == UNMEASURED
