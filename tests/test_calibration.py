"""What a diagnosis guarantees, on runs of known cause: two families, seeds on which no rule was tuned."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from known_causes import CAUSES, FAMILIES, RUNS, Cause, as_logged, rerun, simulate

from unsteady.accuracy import infer_eval_size, mcnemar_bounds, mcnemar_test
from unsteady.diagnosis import Diagnosis, compare_reruns, diagnose
from unsteady.history import History
from unsteady.per_example import decompose_fluctuation

SEED = 4711


@dataclass
class Case:
    """A run, its diagnosis, and what a large pool knows."""

    family: str
    cause: str
    found: Diagnosis
    correct: Any
    model_share: float  # of the squared jitter, by the pool
    sampled: float  # what the draw of the set adds to its mean squared change, by the pool


@pytest.fixture(scope="module")
def cases():
    rng = np.random.default_rng(SEED)
    made = []
    for family in FAMILIES:
        for name, cause in CAUSES.items():
            history = simulate(family, cause._replace(n_eval=0), SEED)
            for run in range(RUNS):
                examples = rng.choice(history.val_correct.shape[-1], cause.n_eval, replace=False)
                logged, correct = as_logged(history, run, examples)
                found = diagnose(logged)
                made.append(
                    Case(
                        family,
                        name,
                        found,
                        correct,
                        model_share(found, history, run, cause.n_eval),
                        sampling_variance(history, run, cause.n_eval),
                    )
                )
    return made


def model_share(found, history, run, n):
    """Return the pool's share in the squared jitter expected of sets of n, where the finding looks."""
    if not found.segments:
        return np.nan
    segment = max(found.segments, key=lambda s: s.interval.low / s.sampling_bound)
    right = history.val_correct[segment.start : segment.stop, run].astype(np.int8)
    bends = np.diff(right, n=2, axis=0)
    size = bends.shape[1]
    pool = (bends.mean(axis=1) ** 2).mean()
    sampled = bends.var(axis=1).mean() / n * (size - n) / (size - 1)
    return pool / (pool + sampled) if pool + sampled else 0.0


def sampling_variance(history, run, n):
    """Return the mean variance of the change on sets of n independent examples."""
    changes = np.diff(history.val_correct[:, run].astype(np.int8), axis=0)
    return changes.var(axis=1).mean() / n


def test_it_never_says_moves_where_half_or_more_is_the_set(cases):
    mostly_set = [case for case in cases if case.model_share <= 0.5]
    moved = [case for case in mostly_set if case.found["population-moves"].verdict == "supported"]
    assert len(mostly_set) >= 100
    assert moved == []


def test_it_does_say_moves_where_the_model_moves(cases):
    moved = Counter(c.cause for c in cases if c.found.numbers.get("model_share_lower_bound"))
    assert moved["small batch"] + moved["wrong labels"] >= RUNS
    assert moved["decayed, small set"] + moved["decayed"] == 0


def test_the_lower_bound_holds(cases):
    bounded = [c for c in cases if c.found.numbers.get("model_share_lower_bound", 0.0) > 0]
    held = [case for case in bounded if case.found.numbers["model_share_lower_bound"] <= case.model_share]
    assert len(bounded) >= RUNS
    assert len(held) >= 0.97 * len(bounded)


def test_what_cannot_be_significant_never_is(cases):
    insignificant = 0
    for case in cases:
        right = case.correct.sum(axis=1)
        for first, second, a, b in zip(case.correct, case.correct[1:], right, right[1:], strict=False):
            p = mcnemar_test(int((~first & second).sum()), int((first & ~second).sum()))
            low, high = mcnemar_bounds(int(a), int(b), len(first))
            assert low <= p * (1 + 1e-12)
            assert p <= high * (1 + 1e-12)
            insignificant += low > 0.05
    assert insignificant > 1000


def test_an_inferred_size_is_right_as_often_as_it_says(cases):
    wrong, chance, given = 0, 0.0, 0
    for case in cases:
        n = case.correct.shape[1]
        for digits in (2, 3, 4, 16):
            found = infer_eval_size([round(float(p), digits) for p in case.correct.mean(axis=1)])
            if found is not None:
                given, wrong, chance = given + 1, wrong + (found.n != n), chance + found.chance
    assert given >= 100
    assert wrong <= chance + 3 * np.sqrt(chance + 1)


def test_flips_settle_the_share(cases):
    """By the flips of the sets alone, over many runs, it is what the pool knows."""
    for family in FAMILIES:
        some = [case for case in cases if case.family == family and case.found.segments]
        parts = [decompose_fluctuation(case.correct) for case in some]
        by_flips = sum(part.sampling**2 for part in parts) / sum(part.change**2 for part in parts)
        known = sum(case.sampled for case in some) / sum(part.change**2 for part in parts)
        assert by_flips == pytest.approx(known, rel=0.1), family


@pytest.mark.parametrize("size", [5, 20])
def test_clusters_break_the_bound_and_groups_mend_it(size):
    """Each example of a group is right when the group's noise is below its own level: no pool ever moves."""
    rng = np.random.default_rng(SEED)
    false, mended, shares = 0, 0, []
    for _ in range(RUNS):
        groups = np.repeat(np.arange(400 // size), size)
        level = rng.normal(1.2, 1, 400 // size)
        correct = np.array([(rng.normal(size=400 // size) < level)[groups] for _ in range(40)])
        logged = History(epoch=list(range(40)), val_accuracy=correct.mean(axis=1).tolist(), n_eval=400)
        plain, grouped = diagnose(logged), diagnose(logged, groups=groups.tolist())
        false += plain["population-moves"].verdict != "not identifiable"
        mended += grouped["population-moves"].verdict == "not identifiable"
        assert plain["population-moves"].values["assumption"] == "independent examples"
        assert "groups" in plain
        shares.append(diagnose(logged, correct=correct, groups=groups).numbers["set_share"])
    assert np.mean(shares) > 0.8  # all of it, but for chance; a plain count would say 1 / size
    assert mended == RUNS
    assert false >= RUNS / 2  # the assumption matters, hence the warning


@pytest.mark.parametrize(
    ("cause", "name"),
    [
        (Cause(batch_size=4, rate=0.05, flipped=0.1), "batch-noise"),
        (Cause(batch_size=16, rate=0.2, flipped=0.2), "batch-noise"),
        (Cause(batch_size=300, rate=1.0, flipped=0.1, epochs=200), "instability"),
    ],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_reruns_distinguish_the_rate_from_the_batch(family, cause, name):
    curves = rerun(family, cause, SEED)
    answers = Counter()
    for run in range(RUNS):
        found = compare_reruns(*(curve[:, run] for curve in curves))
        answers[found.name, found.verdict] += 1
    right = {verdict: answers[name, verdict] for verdict in ("supported", "possible")}
    assert sum(right.values()) >= 0.9 * RUNS, answers
    assert sum(answers[n, "supported"] for n, _ in answers if n != name) <= 1, answers


def table(cases):
    """Return how often each finding was made for each cause, family by family."""
    made = {}
    for case in cases:
        row = made.setdefault((case.family, case.cause), Counter())
        row.update(f.name for f in case.found.findings if f.verdict in ("supported", "possible"))
    return made


def test_the_table(cases, capsys):
    made = table(cases)
    with capsys.disabled():
        names = ("population-moves", "overfitting", "over-confident", "declines", "still-improving", "level",
                 "training-plateau")  # fmt: skip
        print("\n" + " " * 26 + "".join(f"{name[:11]:>12}" for name in names))
        for (family, cause), row in made.items():
            print(f"{family:8}{cause:18}" + "".join(f"{row[name]:12d}" for name in names))
    for family in FAMILIES:
        assert made[family, "wrong labels"]["overfitting"] >= RUNS * 0.8
        assert made[family, "decayed"]["overfitting"] <= RUNS * 0.1
        assert made[family, "too low a rate"]["still-improving"] >= RUNS * 0.8
