"""What a diagnosis says of records made by hand. Its guarantees are in test_calibration."""

import inspect
import json
import math
import random
from itertools import pairwise

import numpy as np
import pytest
from made_by_hand import counts, record

from unsteady.diagnosis import FINDINGS, SECTIONS, VERDICTS, Finding, Thresholds, compare_reruns, diagnose
from unsteady.diagnosis._statistics import change_and_sampling_variance
from unsteady.history import History
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.per_example import decompose_fluctuation
from unsteady.training import train


def test_a_report_has_its_sections_in_order_and_known_verdicts():
    found = diagnose(record(counts(400, 0.9, 8)), n_eval=400)
    places = [SECTIONS.index(finding.section) for finding in found.findings]
    assert places == sorted(places)
    assert {finding.verdict for finding in found.findings} <= set(VERDICTS)
    report = str(found)
    assert [line for line in report.splitlines() if line.lower() in SECTIONS] == [
        section.capitalize() for section in SECTIONS
        if any(finding.section == section for finding in found.findings)
    ]  # fmt: skip
    assert all(len(line) <= 110 for line in report.splitlines())
    assert found["next"].section == SECTIONS[-1]
    assert all(finding.name in FINDINGS[finding.section] for finding in found.findings)
    with pytest.raises(KeyError, match="no finding 'nothing'; there are read"):
        found["nothing"]


def test_every_threshold_has_a_value_and_a_reason():
    """A threshold without a line that says why is what this class exists to prevent."""
    lines = inspect.getsource(Thresholds).splitlines()
    names = list(Thresholds.__dataclass_fields__)
    fields = [k for k, line in enumerate(lines) if line.strip().partition(":")[0] in names]
    assert len(fields) == len(names)
    assert [lines[k] for k in fields if not lines[k + 1].strip().startswith('"""')] == []


def test_jitter_beyond_the_bound_moves_and_within_it_says_nothing():
    # The standard error of .9 on 400 examples is 6 of them.
    moving = diagnose(record(counts(400, 0.9, 18)), n_eval=400)
    assert moving["population-moves"].verdict == "supported"
    assert 0.4 < moving.numbers["model_share_lower_bound"] < 1 - 1 / 9
    for noise in (0.0, 2.0, 6.0):
        still = diagnose(record(counts(400, 0.9, noise)), n_eval=400)
        assert still["population-moves"].verdict == "not identifiable"


def test_rounding_raises_the_bound():
    # Of 50 000 examples, two decimals, on the border of two of them: what is seen is the rounding.
    rng = random.Random(0)
    accuracy = [round(0.805 + rng.gauss(0, 0.0018), 2) for _ in range(60)]
    found = diagnose(record(accuracy), n_eval=50_000)
    assert found.numbers["jitter"] > 0.004
    assert found["population-moves"].verdict == "not identifiable"
    exact = counts(50_000, 0.805, 250, evaluations=60)
    assert diagnose(record(exact), n_eval=50_000)["population-moves"].verdict == "supported"


def test_without_a_size_it_says_which_size_would_do():
    accuracy = [p - 1e-4 * math.pi for p in counts(400, 0.9, 18)]  # counts of nothing
    found = diagnose(record(accuracy))
    assert found["eval-size"].verdict == "not identifiable"
    assert found["next"].values["kind"] == "give size"
    enough = found["population-moves"].values["sufficient_n"]
    for n_eval, verdict in ((enough, "possible"), (enough - 1, "not identifiable")):
        assert diagnose(record(accuracy), n_eval=n_eval)["population-moves"].verdict == verdict


def test_small_changes_cannot_be_significant():
    accuracy = [0.90, 0.92, 0.89, 0.91, 0.88]  # of 100: at most three examples
    drop = diagnose(record(accuracy), n_eval=100)["largest-drop"].values
    assert drop["comparison"] == "cannot be significant"
    assert drop["net_examples"] == 3
    assert (drop["before"], drop["after"]) == (["epoch", 2], ["epoch", 3])


@pytest.mark.parametrize(
    ("accuracy", "n_eval", "comparison", "selection"),
    [
        ([0.9, 0.7], 1000, "significant", "passes"),
        ([0.9, 0.8], 100, "open", "open"),
        ([*[0.9, 0.91] * 20, 0.83], 100, "open", "fails"),
        ([0.91, 0.84, 0.9, 0.91, 0.9], 100, "open", "fails"),
        ([0.9, 0.8], None, "unknown", "irrelevant"),
    ],
)
def test_the_largest_of_many_changes_has_to_be_clearer(accuracy, n_eval, comparison, selection):
    drop = diagnose(record(accuracy), n_eval=n_eval)["largest-drop"].values
    assert (drop["comparison"], drop["selection"]) == (comparison, selection)
    assert drop["p_low"] <= drop["p_high"]
    assert drop["alpha_adjusted"] == pytest.approx(0.05 / (len(accuracy) - 1))


def test_too_few_evaluations_abstain():
    found = diagnose(record(counts(400, 0.9, 18, evaluations=11)), n_eval=400)
    assert found["too-short"].verdict == "not identifiable"
    assert "population-moves" not in found
    assert found.segments == ()


HIGH, LOW = counts(400, 0.88, 20, seed=1), counts(400, 0.92, 4, seed=2)


def test_a_step_of_the_rate_cuts():
    found = diagnose(record(HIGH + LOW, learning_rate=[0.1] * 40 + [0.01] * 40), n_eval=400)
    assert [round(segment.rate, 3) for segment in found.segments] == [0.1, 0.01]
    assert found["jitter-follows-rate"].verdict == "supported"


@pytest.mark.parametrize(
    ("period", "ends"),
    [(300, [80]), (100, [67, 80]), (80, [54, 76]), (110, [80])],
)
def test_a_rate_that_drifts_cuts_where_it_is_a_quarter_and_enough_is_left(period, ends):
    cosine = [0.05 * (1 + math.cos(math.pi * k / period)) for k in range(80)]
    found = diagnose(record(LOW + LOW, learning_rate=cosine), n_eval=400)
    assert [segment.stop for segment in found.segments] == ends


def test_a_rate_that_is_missing_at_first_hides_no_drift():
    rates = [0.1 * 0.94**k for k in range(80)]
    whole = diagnose(record(LOW + LOW, learning_rate=rates), n_eval=400).segments
    assert len(whole) > 1
    late = diagnose(record(LOW + LOW, learning_rate=[math.nan, *rates[1:]]), n_eval=400).segments
    assert len(late) == len(whole)


def test_a_drop_where_the_rate_goes_up_is_expected():
    accuracy = [*counts(400, 0.9, 2), 0.7, *counts(400, 0.9, 2, seed=1)]
    rates = [0.01] * 40 + [0.1] * 41
    restart = diagnose(record(accuracy, learning_rate=rates), n_eval=400)["restart"]
    assert restart.verdict == "fact"
    assert restart.values["position"] == ["epoch", 41]
    assert (restart.values["rate_before"], restart.values["rate_after"]) == (0.01, 0.1)
    assert "restart" not in diagnose(record(accuracy, learning_rate=rates[::-1]), n_eval=400)


@pytest.mark.parametrize(("loss", "verdict"), [("falls", "supported"), ("none", "possible")])
def test_overfitting_needs_a_rise_and_a_fall(loss, verdict):
    falling = [1 / (1 + k) for k in range(40)]
    rising = [1 - 0.1 * k for k in range(5)] + [0.5 + 0.02 * k for k in range(35)]
    columns = {"val_loss": rising, **({"loss": falling} if loss == "falls" else {})}
    found = diagnose(record(counts(400, 0.9, 2), **columns), n_eval=400)
    assert found["overfitting"].verdict == verdict
    assert "over-confident" in found
    # A gap alone is no evidence.
    level = diagnose(record(counts(400, 0.9, 2), val_loss=[2.0] * 40, loss=falling), n_eval=400)
    assert "overfitting" not in level


def test_overfitting_is_seen_between_values_that_are_missing():
    rising = [1 - 0.1 * k for k in range(5)] + [0.5 + 0.02 * k for k in range(75)]
    gaps = [value if k % 2 else math.nan for k, value in enumerate(rising)]
    falling = [1 / (1 + k) if k % 4 else math.nan for k in range(80)]
    found = diagnose(record(LOW + LOW, val_loss=gaps, loss=falling), n_eval=400)
    assert found["overfitting"].verdict == "supported"
    # It fell before validation loss was lowest, and not after.
    early = [1 / (1 + k) if k < 5 else 0.2 for k in range(80)]
    found = diagnose(record(LOW + LOW, val_loss=gaps, loss=early), n_eval=400)
    assert found["overfitting"].verdict == "possible"


def test_overfitting_is_only_possible_where_the_training_loss_is_lost():
    rising = [1 - 0.1 * k for k in range(5)] + [0.5 + 0.02 * k for k in range(75)]
    falling = [1 / (1 + k) if k < 60 else math.nan for k in range(80)]
    found = diagnose(record(LOW + LOW, val_loss=rising, loss=falling), n_eval=400)
    assert found["overfitting"].verdict == "possible"


def test_trends_of_accuracy():
    climb = [0.5 + 0.01 * k for k in range(40)]
    assert "still-improving" in diagnose(record(climb), n_eval=1000)
    fall = [0.5 + 0.04 * k for k in range(10)] + [0.9 - 0.005 * k for k in range(40)]
    assert "declines" in diagnose(record(fall), n_eval=1000)
    assert "level" in diagnose(record(counts(400, 0.9, 4)), n_eval=400)


def test_a_training_metric_below_validation_is_handicapped():
    accuracy = counts(400, 0.9, 4)
    assert (
        diagnose(record(accuracy, accuracy=[0.8] * 40), n_eval=400)["handicapped-metric"].verdict
        == "supported"
    )
    assert "handicapped-metric" not in diagnose(record(accuracy, accuracy=[0.99] * 40), n_eval=400)


def test_a_plateau_is_one_label_for_three_causes():
    found = diagnose(record(counts(400, 0.6, 4), accuracy=[0.6] * 40, loss=[1.2] * 40), n_eval=400)
    assert found["training-plateau"].values == {"fell": 0, "loss": 1.2, "accuracy": 0.6}
    fitted = diagnose(record(counts(400, 0.9, 4), accuracy=[0.999] * 40, loss=[0.05] * 40), n_eval=400)
    assert "training-plateau" not in fitted


@pytest.fixture(scope="module")
def bits():
    """Correctness of 60 examples in 20 groups of three that are right or wrong together, 30 evaluations."""
    rng = np.random.default_rng(0)
    level = np.repeat(rng.normal(1, 1, 20), 3)
    return np.array([np.repeat(rng.normal(0, 0.7, 20), 3) < level for _ in range(30)])


def test_flips_settle_the_share_as_per_example_does(bits):
    groups = np.repeat(np.arange(20), 3)
    history = record(bits.mean(axis=1).tolist())
    found = diagnose(history, correct=bits)
    part = bits[found.segments[0].start : found.segments[0].stop]
    assert found.numbers["set_share"] == pytest.approx(decompose_fluctuation(part).share)
    grouped = diagnose(history, correct=bits.tolist(), groups=groups.tolist())
    part = bits[grouped.segments[0].start : grouped.segments[0].stop]
    assert grouped.numbers["set_share"] == pytest.approx(decompose_fluctuation(part, groups).share)
    assert grouped.numbers["set_share"] > found.numbers["set_share"]
    assert grouped.numbers["sampling_bound"] > 1.6 * found.numbers["sampling_bound"]
    assert found["population-moves"].values["assumption"] == "independent examples"
    assert grouped["population-moves"].values["assumption"] == "groups"


@pytest.mark.parametrize("labels", [None, np.arange(60) % 7], ids=["independent", "grouped"])
def test_both_ways_to_divide_a_change_agree(bits, labels):
    """The diagnosis divides one change at a time without NumPy, per_example all at once with it."""
    for first, second in pairwise(bits):
        d, variance = change_and_sampling_variance(first.tolist(), second.tolist(), labels)
        whole = decompose_fluctuation([first, second], labels)
        assert abs(d) == pytest.approx(whole.change)
        assert variance == pytest.approx(whole.sampling**2)


def test_one_replicate_of_what_train_returned(blobs):
    history = train(MLP((4,), classes=3), blobs, SGD(0.3), batch_size=10, epochs=20, replicates=(2, 3))
    found = diagnose(history.replicate(1, 2))
    assert found.numbers["n_eval"] == len(blobs.y_eval)
    with pytest.raises(ValueError, match=r"history.replicate\(k\)"):
        diagnose(history)


def test_bad_input_is_named(bits):
    history = record(bits.mean(axis=1).tolist())
    with pytest.raises(TypeError, match="history must be a History, got dict"):
        diagnose({"val_accuracy": [0.5]})
    with pytest.raises(ValueError, match="n_eval must be the 60 examples of correct, got 50"):
        diagnose(history, n_eval=50, correct=bits)
    with pytest.raises(ValueError, match="correct must hold one row an evaluation, 30 of them, got 29"):
        diagnose(history, correct=bits[:-1])
    with pytest.raises(ValueError, match="correct must have the means val_accuracy"):
        diagnose(history, correct=bits[::-1])
    with pytest.raises(ValueError, match="correct must hold rows of one length"):
        diagnose(record([1.0, 1.0]), correct=[[True], [True, True]])
    with pytest.raises(ValueError, match="groups must hold one label an example, 60 of them, got 3"):
        diagnose(history, n_eval=60, groups=[1, 2, 3])
    with pytest.raises(ValueError, match="n_eval must be an integer >= 1, got 0"):
        diagnose(history, n_eval=0)
    with pytest.raises(ValueError, match="accuracies from 0 to 1, got val_accuracy 50"):
        diagnose(record([50.0]))


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (TypeError, "groups must be .*got 5", lambda: diagnose(record(LOW), groups=5)),
        (TypeError, "groups must be .*hashed", lambda: diagnose(record(LOW), groups=[[1], [2]])),
        (TypeError, "correct must be .*got 5", lambda: diagnose(record(LOW), correct=5)),
        (TypeError, "correct must be .*got 5 at index 0", lambda: diagnose(record(LOW), correct=[5] * 40)),
        (TypeError, "correct must be .*at index 0", lambda: diagnose(record([0.5]), correct=[[0.5]])),
        (TypeError, "history.val_accuracy must be .*got '0.5'", lambda: diagnose(record(["0.5"] * 20))),
        (TypeError, "history.loss must be .*got .5.", lambda: diagnose(History(epoch=[1], loss="5"))),
        (TypeError, "base must be .*got 'x' of type str", lambda: compare_reruns(["x"] * 20, LOW, LOW)),
        (TypeError, "large_batch must be .*got 5", lambda: compare_reruns(LOW, LOW, 5)),
        (ValueError, "base must be of one run", lambda: compare_reruns([[0.5, 0.6]] * 20, LOW, LOW)),
        (
            ValueError,
            "got loss of 3 beside val_loss of 2",
            lambda: diagnose(History(loss=[1] * 3, val_loss=[1] * 2)),
        ),
        (ValueError, "name must be one of 'read', .*got 'nothing'", lambda: Finding("nothing", "fact")),
        (ValueError, "verdict must be one of 'fact', .*got 'sure'", lambda: Finding("level", "sure")),
    ],
)
def test_arguments_of_another_kind_are_named(error, message, call):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "history",
    [
        History(),
        History(epoch=[1], val_accuracy=[0.5]),
        record([math.nan] * 20),
        record([1.0] * 20),
        record([0.0] * 20),
        record([0.5, math.nan] * 20, loss=[math.inf] * 40, val_loss=[0.0] * 40),
        History(step=[1, 2, 3], val_loss=[1.0, 0.5, 0.2]),
        record(counts(50, 0.5, 5), learning_rate=[0.0] * 40),
        record(counts(50, 0.5, 5), learning_rate=[math.nan] * 40),
        record(counts(50, 0.5, 5), learning_rate=[-0.1, 0.1] * 20),
    ],
)
def test_odd_records_give_a_report(history):
    for n_eval in (None, 1, 50):
        found = diagnose(history, n_eval=n_eval)
        assert str(found)
        json.dumps(found.to_dict(), allow_nan=False)


def test_reruns_distinguish_the_rate_from_the_batch():
    base, much, little = (counts(400, 0.9, noise, seed=noise) for noise in (20, 22, 4))
    findings = {
        "instability": compare_reruns(record(base), record(little), record(much)),
        "batch-noise": compare_reruns(base, little, little),
        "not-the-steps": compare_reruns(base, much, little),
    }
    assert all(finding.name == name for name, finding in findings.items())
    assert {finding.verdict for finding in findings.values()} == {"supported"}
    assert {finding.section for finding in findings.values()} == {"cause"}
    middling = [0.9 + 0.6 * (p - 0.9) for p in base]
    assert compare_reruns(base, little, middling).verdict == "possible"
    with pytest.raises(ValueError, match="large_batch must hold at least 12 evaluations"):
        compare_reruns(base, much, base[:8])


def test_the_picture_has_the_band_and_the_ratio():
    figure = diagnose(record(counts(400, 0.9, 18)), n_eval=400).plot()
    above, below = figure.axes
    assert above.get_ylabel() == "accuracy"
    assert len(above.collections) == 1
    assert "jitter" in below.get_ylabel()
    [drawn] = [line for line in below.lines if len(line.get_ydata()) == 2 and line.get_linestyle() == "--"]
    assert set(drawn.get_ydata()) == {1.0}
    for history in (
        record([0.9, 0.8]),
        record(counts(400, 0.9, 18)),
        record([*counts(400, 0.9, 18)[1:], 1 / 3]),
    ):
        [reason] = diagnose(history).plot().axes[1].texts or [None]  # too few, inferred, or not known
        assert (reason is None) == ("n_eval_chance" in diagnose(history).numbers)
    with pytest.raises(ValueError, match="validation accuracy"):
        diagnose(History(step=[1], loss=[1.0])).plot()


def test_a_collapse_is_neither_level_nor_a_plateau():
    accuracy = counts(1000, 0.95, 4, evaluations=30) + [0.1] * 20
    found = diagnose(record(accuracy, loss=[0.5] * 30 + [2.3] * 20), n_eval=1000)
    assert found["collapsed"].values["position"] == ["epoch", 31]
    assert {"level", "training-plateau", "declines"} & {finding.name for finding in found.findings} == set()
    assert found["next"].values["kind"] == "resume earlier"
    assert "collapsed" not in diagnose(record(counts(1000, 0.9, 30)), n_eval=1000)


def test_spikes_are_single_evaluations():
    accuracy = counts(1000, 0.95, 4, evaluations=40)
    accuracy[12] = accuracy[30] = 0.6
    spikes = diagnose(record(accuracy), n_eval=1000)["spikes"].values
    assert spikes["positions"] == [["epoch", 13], ["epoch", 31]]
    assert "spikes" not in diagnose(record(counts(1000, 0.9, 30)), n_eval=1000)


def test_a_size_that_does_not_fit_supports_nothing():
    accuracy = counts(360, 0.9, 18)
    assert diagnose(record(accuracy), n_eval=360)["population-moves"].verdict == "supported"
    multiple = diagnose(record(accuracy), n_eval=720)
    assert multiple["smaller-set"].verdict == multiple["population-moves"].verdict == "possible"
    other = diagnose(record(accuracy), n_eval=500)
    assert other["no-counts"].verdict == "fact"
    assert other["population-moves"].verdict == "possible"
    assert "last" not in other
    inferred = diagnose(record(accuracy))
    assert inferred["population-moves"].verdict == "possible"


def test_a_run_that_alternates_is_not_supported():
    """Every example of a set may flip back and forth: then the set adds more than its bound to jitter."""
    rng = np.random.default_rng(0)
    states = rng.random((2, 200)) < 0.8
    accuracy = [states[k % 2].mean() for k in range(40)]
    found = diagnose(record(accuracy), n_eval=200)
    assert found["population-moves"].verdict != "supported"
    assert "short-stretch" in diagnose(record(accuracy, learning_rate=[0.1] * 33 + [0.01] * 7), n_eval=200)
