"""The sentences of a report: one template per finding and kind, filled with the finding's values.

A template names values as `str.format` does. A name in ``CLAUSES`` stands for a part of a sentence that one
of the values selects. The formats beyond Python's own are those of ``FORMATS``.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from unsteady._text import pluralize
from unsteady.diagnosis._thresholds import THRESHOLDS


def describe(name: str, values: Mapping[str, Any]) -> str:
    """Return a finding in a sentence, with its numbers.

    Examples
    --------
    >>> describe("smaller-set", {"n": 720, "smaller": 360})[:38]
    'all accuracies are counts over 360, to'
    """
    return _FORMATTER.vformat(_template(name, values).evidence, (), values)


def recommend(name: str, values: Mapping[str, Any]) -> str:
    """Return the test that would tell more about a finding, in a sentence, or an empty string.

    Examples
    --------
    >>> recommend("still-improving", {"gained": 0.02})
    'train on before you judge, or let the rate fall.'
    """
    return _FORMATTER.vformat(_template(name, values).next, (), values)


def format_points(share: float) -> str:
    """Return a difference of accuracies in points, with two digits.

    Examples
    --------
    >>> format_points(0.0123), format_points(0.01), format_points(0.123)
    ('1.2 points', '1 point', '12 points')
    """
    size = 100 * share
    number = f"{size:.0f}" if size >= 10 else f"{size:.2g}" if size >= 0.005 else "0"
    return f"{number} point{'' if number == '1' else 's'}"


def _format_curves(curves: Sequence[Sequence[str]]) -> str:
    """Return quantities, and the columns they were read from where these have other names."""
    named = (f"{name} (column {column!r})" if column != name else name for name, column in curves)
    return ", ".join(named) or "nothing"


def _format_position(position: Sequence[Any]) -> str:
    unit, number = position
    return f"{unit} {number:g}"


def _format_first_positions(positions: Sequence[Sequence[Any]]) -> str:
    listed = positions[: THRESHOLDS.listed_positions]
    return ", ".join(map(_format_position, listed)) + (" and others" if len(positions) > len(listed) else "")


def _format_range(ends: Sequence[int]) -> str:
    low, high = ends
    return f"{low}" if low == high else f"{low} to {high}"


FORMATS: Mapping[str, Callable[[Any], str]] = {
    "points": format_points,
    "signed_points": lambda share: f"{100 * share:+.1f} points",
    "fall": lambda fall: f"{'rose' if fall < 0 else 'fell'} by {abs(fall):.0%}",
    "evaluations": lambda count: pluralize(count, "evaluation"),
    "examples": lambda count: pluralize(count, "example"),
    "position": _format_position,
    "first_positions": _format_first_positions,
    "range": _format_range,
    "curves": _format_curves,
    "counts": lambda counts: ", ".join(f"{count} of {name}" for name, count in counts),
    "prefix": lambda name: f"{name}: " if name else "",
    "notes": lambda notes: "".join(f"; {note}" for note in notes),
    "chance": lambda chance: f"{max(chance, THRESHOLDS.shown_chance):.1%}",
    "p_at_most": lambda p: f"below {THRESHOLDS.shown_p:g}" if p < THRESHOLDS.shown_p else f"at most {p:.2g}",
    "least_share": lambda share: (
        f", and makes at least {share:.0%} of the squared jitter" if share > THRESHOLDS.shown_share else ""
    ),
}
"""The formats beyond Python's own, as functions from a value to a text."""


class Template(NamedTuple):
    """The sentence of a finding, and the one that says which test would tell more."""

    evidence: str
    next: str = ""


_PASS_N_EVAL = "pass n_eval (on the command line --n-eval N)."
_FLIPS_DECIDE = "keep which examples are right: the flips decide."
_SELECTION = "; as the largest of {changes} changes it must come below {alpha_adjusted:.1g}"
_JITTER_AND_BOUND = (
    "from {start:position} to {end:position} jitter is {jitter:points} (at least {jitter_low:points}), and a "
    "fixed set of {eval_set} can add at most {sampling_bound:points}"
)
_RERUNS = (
    "jitter of {base:points} became {quarter_rate:points} at a quarter of the rate and {large_batch:points} "
    "with eight times the batch: "
)

TEMPLATES: Mapping[str, Template | Mapping[str, Template]] = {
    "read": Template("{log:prefix}{evaluations:evaluations} of {curves:curves}{notes:notes}."),
    "not-finite": Template(
        "values that are no finite numbers: {counts:counts}; they are left out.",
        "where did the first one come from: a rate that is too high, a logarithm of 0, a missing value?",
    ),
    "no-accuracy": Template("the log has no validation accuracy.", "log it, or name its column."),
    "eval-size": {
        "unknown": Template(
            "the digits do not reveal the size of the evaluation set: rounded, too few values, or a mean "
            "over batches.",
            _PASS_N_EVAL,
        ),
        "inferred": Template(
            "{n} examples, or a multiple: the fewest of which all accuracies are counts (by chance in at "
            "most {chance:chance}). Of means over batches the set may be far smaller.",
            _PASS_N_EVAL,
        ),
        "known": Template("{n} examples, {size_source}: one is {resolution:points}."),
    },
    "smaller-set": Template(
        "all accuracies are counts over {smaller}, too: is that its size? What rests on {n} is called "
        "possible.",
        "count the examples of the evaluation set.",
    ),
    "no-counts": Template(
        "the accuracies are not counts over {n}: a mean over batches of unequal size, or of another set than "
        "you think. So nothing follows for sure from that size.",
        "count right answers over the whole set.",
    ),
    "last": Template(
        "at the end {right:range} of {n} are right, {accuracy:.2%}; on the population that is {low:.1%} to "
        "{high:.1%} (95 %, {independence})."
    ),
    "largest-drop": {
        "none": Template("accuracy never falls from one evaluation to the next."),
        "drop": Template(
            "{drop:points} from {before:position} to {after:position}{net_change}; {comparison_text}"
            "{selection_text}.",
            "{flips_decide}",
        ),
    },
    "best-epoch": Template(
        "the best evaluation, {best:position}, is {ahead:points} ahead of the last{net_change}; "
        "{comparison_text}. Having been chosen, it flatters itself.",
        "score it on examples that it was not chosen on.",
    ),
    "too-short": Template(
        "no {needed} evaluations without a step of the rate, after the first climb: too few to say anything "
        "of jitter.",
        "evaluate more often: the cost is that of the evaluation.",
    ),
    "population-moves": {
        "unknown size": Template(
            "jitter is {jitter:points}, and the size of the set unknown{sufficient_size}.", _PASS_N_EVAL
        ),
        "beyond": Template(
            _JITTER_AND_BOUND + ": accuracy on the population moves{model_share_lower_bound:least_share}. "
            "{assumption_text}",
            "keep which examples are right, which settles the share; then average, or let the rate fall.",
        ),
        "no jitter": Template("from {start:position} to {end:position} there is no jitter at all."),
        "within": Template(
            _JITTER_AND_BOUND + ". So the set may make all of it; that is no evidence that it does. "
            "{assumption_text}",
            "keep which examples are right, one bit an example and evaluation: the flips settle it.",
        ),
    },
    "short-stretch": Template(
        "from {start:position} to {end:position}, at another rate, {evaluations} evaluations: too few to say "
        "anything of jitter, for which it takes {needed}."
    ),
    "set-share": {
        "no change": Template("accuracy does not change from one evaluation to the next."),
        "share": Template(
            "by the flips, the set adds about {share:.0%} ({low:.0%} to {high:.0%}) of the mean squared "
            "change of accuracy, and the model makes the rest ({changes} changes of {rms_change:points}, "
            "root mean square).",
            "a larger set against the one; decay, averages or a larger batch against the other.",
        ),
    },
    "restart": Template(
        "accuracy falls by {fall:points} at {position:position}, where the rate goes up from "
        "{rate_before:g} to {rate_after:g}: expected."
    ),
    "jitter-follows-rate": Template(
        "jitter is {jitter_high_rate:points} at the rate {high_rate:.3g} and {jitter_low_rate:points} at "
        "{low_rate:.3g}: it comes of the steps. That holds for too high a rate, small batches and wrong "
        "labels alike."
    ),
    "rate-or-batch": Template(
        "no single log distinguishes too high a rate from too small a batch{rate_note}.",
        "two short reruns, at a quarter of the rate and with eight times the batch: "
        "unsteady.diagnosis.compare_reruns.",
    ),
    "batch-noise": Template(
        _RERUNS + "both calm it, as they calm batch noise.",
        "a larger batch, averages, or a rate that falls.",
    ),
    "instability": Template(
        _RERUNS + "the larger batch leaves it, so too high a rate is likelier than batch noise.",
        "lower the rate, or warm up.",
    ),
    "not-the-steps": Template(
        _RERUNS + "shorter steps hardly calm it, so it does not come of the steps.",
        "look at the evaluation: its size, its mode, whether the set is fixed.",
    ),
    "spikes": Template(
        "accuracy falls for a single evaluation at {positions:first_positions}, by up to {largest:points}.",
        "log the gradient's norm: does it leap there, and with the full batch, too?",
    ),
    "collapsed": Template(
        "accuracy fell at {position:position}, from about {before:.1%}, and has not been above "
        "{best_since:.1%} since.",
        "go back to a checkpoint before it, and log the gradient's norm; a lower rate, or clipping.",
    ),
    "declines": Template(
        "accuracy peaked about {peak:position} and has fallen by {fallen:points} since.",
        "look at the labels of the training examples that are learned last; stop earlier, or penalise.",
    ),
    "still-improving": Template(
        "accuracy rose by {gained:points} over the second half: the run is not finished.",
        "train on before you judge, or let the rate fall.",
    ),
    "level": Template("accuracy changed by {changed:signed_points} over the second half."),
    "overfitting": Template(
        "validation loss has risen by {risen:.0%} from its lowest{training_text}.",
        "stop at the lowest, penalise, or get more data; a temperature shows whether it is mere certainty.",
    ),
    "over-confident": Template(
        "meanwhile accuracy changed by {changed:signed_points}: the model grows more certain, and hardly "
        "worse.",
        "calibrate with a temperature, or stop, knowingly.",
    ),
    "handicapped-metric": Template(
        "training {metric} is worse than validation {metric} at {worse} of {evaluations} evaluations: a mean "
        "over the epoch, dropout or augmentation may handicap it, or the validation set is easier.",
        "re-evaluate the training set in evaluation mode.",
    ),
    "training-plateau": Template(
        "training loss {fell:fall} over the second half, to about {loss:.2g}{fitted_text}: too small a "
        "model, wrong labels, a penalty or augmentation, or a rate too low or too high, which this log does "
        "not distinguish.",
        "a larger model, and a higher rate, for some epochs each: does training loss fall further?",
    ),
    "share": Template("how much of the jumps the set adds: it takes the flips of single examples."),
    "groups": Template(
        "whether examples come in groups; then fewer are independent, and the set can add more."
    ),
    "seeds": Template("how another seed would have come out."),
    "mode": Template("whether the evaluation was in evaluation mode, on a fixed set."),
    "next": {
        "log accuracy": Template("the same run, with validation accuracy logged."),
        "resume earlier": Template(
            "the same from a checkpoint before it broke down, at a lower rate or with clipped gradients."
        ),
        "give size": Template("none yet: say how large the evaluation set is."),
        "stop earlier": Template(
            "the same, stopped where it was best, or with a penalty, and scored on other examples."
        ),
        "evaluate longer": Template(
            "a run with at least {needed} evaluations without a step of the rate, near its end."
        ),
        "reruns": Template(
            "two short reruns from one checkpoint, at a quarter of the rate and with eight times the batch "
            "(unsteady.diagnosis.compare_reruns)."
        ),
        "keep flips": Template(
            "keep which examples are right at each evaluation (diagnose(..., correct=) in Python): it costs "
            "a file, and settles how much of the jumps the set adds."
        ),
    },
}
"""For each finding its template, or one for each value of its ``kind``."""

CLAUSES: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    "size_source": (
        "source",
        {
            "given": "as given",
            "recorded": "as recorded",
            "correct": "that of correct",
            "groups": "that of groups",
        },
    ),
    "independence": ("grouped", {False: "independent examples", True: "in groups worth {worth} examples"}),
    "net_change": ("net_examples", {None: "", ...: ", {net_examples:examples} net"}),
    "comparison_text": (
        "comparison",
        {
            "unknown": "what it is worth cannot be said without counts of independent examples",
            "cannot be significant": (
                "that cannot be significant, whichever examples flipped (p at least {p_low:.2f}, exact test)"
            ),
            "significant": "whichever examples flipped, p is {p_high:p_at_most}",
            "open": "p lies between {p_low:.2g} and {p_high:.2g}, by how many flipped",
        },
    ),
    "selection_text": (
        "selection",
        {
            "irrelevant": "",
            "passes": _SELECTION + ": it does",
            "open": _SELECTION + ": it may",
            "fails": _SELECTION + ", and cannot",
        },
    ),
    "flips_decide": (
        "comparison",
        {"unknown": _FLIPS_DECIDE, "open": _FLIPS_DECIDE, "cannot be significant": "", "significant": ""},
    ),
    "sufficient_size": (
        "sufficient_n",
        {
            None: "",
            ...: "; from {sufficient_n} independent examples on it would be more than a set can make",
        },
    ),
    "eval_set": (
        "grouped",
        {
            False: "{n} independent examples",
            True: "{n} examples, in groups worth {independent:.0f} independent ones at least,",
        },
    ),
    "assumption_text": (
        "assumption",
        {
            "groups": "(Were all examples of a group right or wrong together.)",
            "inferred size": (
                "(If the set is fixed, its examples are independent, and it is not smaller than its digits "
                "say.)"
            ),
            "independent examples": (
                "(If the set is fixed and its examples are independent: where they come in groups, as "
                "patients or videos, pass groups= in Python.)"
            ),
        },
    ),
    "rate_note": (
        "rate_logged",
        {True: "", False: "; and the rate is not in this log, so it was taken for constant"},
    ),
    "training_text": (
        "training_loss_fell",
        {
            True: " while training loss fell",
            False: "; that training loss fell meanwhile is not shown",
        },
    ),
    "fitted_text": ("accuracy", {None: "", ...: ", with {accuracy:.1%} right"}),
}
"""Parts of sentences: the value that selects one, and the texts by that value (``...`` for any other)."""


def _template(name: str, values: Mapping[str, Any]) -> Template:
    template = TEMPLATES[name]
    return template if isinstance(template, Template) else template[values["kind"]]


class _Formatter(string.Formatter):
    """`str.format` with the clauses and the formats of reports."""

    def get_value(self, key: int | str, args: Sequence[Any], values: Mapping[str, Any]) -> Any:
        if key not in CLAUSES:
            return values[str(key)]
        selector, texts = CLAUSES[str(key)]
        selected = values[selector]
        return self.vformat(texts[selected] if selected in texts else texts[...], args, values)

    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec in FORMATS:
            return FORMATS[format_spec](value)
        return super().format_field(value, format_spec)


_FORMATTER = _Formatter()
