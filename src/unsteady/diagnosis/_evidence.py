"""What is known of a run before anything is concluded: evaluations, evaluation set, segments at one rate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from reprlib import repr as shorten
from typing import Literal, NamedTuple

from unsteady._plain_validation import integer, number
from unsteady.accuracy import (
    FLOAT32_ERROR,
    are_counts,
    infer_eval_size,
    jitter,
    jitter_interval,
    printed_digits,
)
from unsteady.diagnosis._finding import Segment
from unsteady.diagnosis._statistics import (
    burn_in_end,
    grouped_sampling_bound,
    independent_examples,
    sampling_bound,
)
from unsteady.diagnosis._thresholds import THRESHOLDS, Thresholds
from unsteady.history import Correct, History

Position = list[str | float]
"""Where an evaluation is: a unit, ``"epoch"``, ``"step"`` or ``"evaluation"``, and its number."""

_COLUMNS = ("val_accuracy", "val_loss", "loss", "accuracy", "epoch", "step", "learning_rate")


@dataclass(frozen=True)
class EvalSet:
    """What is known of the evaluation set.

    Attributes
    ----------
    n : int or None
        Its size; None where nothing says it.
    source : str
        Where the size is from.
    chance : float
        How probable it is at most that an inferred size is a coincidence.
    effective_n : float or None
        How many independent examples it is worth at least: n, or fewer where examples come in groups.
    smaller : int or None
        A smaller size that the digits fit as well, where one divides n.
    group_sizes : tuple of int or None
        Examples in each group, where they come in groups.
    """

    n: int | None = None
    source: Literal["unknown", "given", "recorded", "correct", "groups", "inferred"] = "unknown"
    chance: float = 0.0
    effective_n: float | None = None
    smaller: int | None = None
    group_sizes: tuple[int, ...] | None = None

    @classmethod
    def resolve(
        cls,
        accuracy: Sequence[float],
        n_eval: int | None = None,
        recorded: int | None = None,
        n_correct: int | None = None,
        groups: Sequence[Hashable] | None = None,
    ) -> EvalSet:
        """Return what is known from all that may say a size, which must not contradict each other.

        Parameters
        ----------
        accuracy : sequence of float
            The finite accuracies, as printed.
        n_eval, recorded, n_correct : int, optional
            The size as the caller gives it, as the log has it, and of the rows of correctness.
        groups : sequence, optional
            The group of each example.

        Raises
        ------
        ValueError
            If sizes contradict each other.

        Examples
        --------
        >>> EvalSet.resolve([0.9, 0.8], n_eval=500).source
        'given'
        """
        known = _known_size(n_eval, recorded, n_correct)
        if known.n is None and groups is None and accuracy and (found := infer_eval_size(accuracy)):
            return cls(found.n, "inferred", found.chance, effective_n=found.n)
        n, source, group_sizes = known.n, known.source, None
        if groups is not None:
            group_sizes = _checked_group_sizes(groups, n)
            n = sum(group_sizes)
            source = "groups" if source == "unknown" else source
        effective_n = n if group_sizes is None else independent_examples(group_sizes)
        smaller = _smaller_size(accuracy, n) if n is not None and n_correct is None else None
        return cls(n, source, effective_n=effective_n, smaller=smaller, group_sizes=group_sizes)

    @property
    def is_inferred(self) -> bool:
        """Whether the size comes from the digits alone."""
        return self.source == "inferred"

    def bound(self, accuracies: Sequence[float]) -> float:
        """Return the most that the set adds to the jitter of accuracies; NaN where its size is not known."""
        if self.effective_n is None:
            return math.nan
        if self.group_sizes is None:
            return sampling_bound(accuracies, self.effective_n)
        return grouped_sampling_bound(accuracies, self.group_sizes)


@dataclass(frozen=True)
class Evidence:
    """The finite evaluations of a run, where they are, and what is known of its evaluation set.

    Attributes
    ----------
    thresholds : Thresholds
        What decides.
    history : History
        The run as it was logged.
    correct : sequence of sequences of bool or None
        Which examples are right at each evaluation of the history.
    groups : sequence or None
        The group of each example.
    indices : list of int
        The evaluations of the history that have a finite accuracy.
    accuracy : list of float
        Their accuracies; exact counts where the printed digits determine them.
    rates : list of float
        Their learning rates, without gaps; empty where none is logged.
    rounding_unit : float
        One unit of the last printed digit of accuracy; 0 where it has too many digits to say.
    eval_set : EvalSet
        What is known of the evaluation set.
    are_counts : bool
        Whether all accuracies are whole numbers of examples, but for their rounding.
    segments : tuple of Segment
        The parts at one rate that are long enough.
    short_segments : tuple of pairs of int
        Start and stop of the parts that are too short.
    """

    thresholds: Thresholds
    history: History
    correct: Correct | None
    groups: Sequence[Hashable] | None
    indices: list[int]
    accuracy: list[float]
    rates: list[float]
    rounding_unit: float
    eval_set: EvalSet
    are_counts: bool
    segments: tuple[Segment, ...]
    short_segments: tuple[tuple[int, int], ...]

    @property
    def size_is_certain(self) -> bool:
        """Whether the accuracies are counts over a size that is known, and over no smaller one."""
        return self.are_counts and not self.eval_set.is_inferred and self.eval_set.smaller is None

    @property
    def rounding(self) -> float:
        """By how much printed accuracies may be off, where that is more than half an example."""
        return _rounding(self.rounding_unit, self.eval_set.n, self.are_counts)

    def position(self, index: int) -> Position:
        """Return where an evaluation is in the log, as it counts."""
        for unit in ("epoch", "step"):
            column = getattr(self.history, unit)
            if column is not None and column[self.indices[index]] is not None:
                number = float(column[self.indices[index]])
                return [unit, int(number) if number.is_integer() else number]
        return ["evaluation", self.indices[index] + 1]


class Parts(NamedTuple):
    """The parts of a curve at one rate."""

    segments: tuple[Segment, ...]
    """Those that are long enough to say something of jitter."""
    short: tuple[tuple[int, int], ...]
    """Start and stop of the parts that are too short, but worth a line."""


def collect_evidence(
    history: History,
    n_eval: int | None = None,
    correct: Correct | None = None,
    groups: Sequence[Hashable] | None = None,
    thresholds: Thresholds = THRESHOLDS,
) -> Evidence:
    """Check what is given, and find the size of the evaluation set and the segments at one rate.

    The parameters are those of :func:`unsteady.diagnosis.diagnose`, and the thresholds that all of its
    sections use.

    Raises
    ------
    TypeError
        If a column holds what is no number, or `correct` or `groups` is no sequence.
    ValueError
        If `history` has replicates, or sizes do not fit.

    Examples
    --------
    >>> evidence = collect_evidence(History(val_accuracy=[0.7, float("nan"), 0.8]), n_eval=10)
    >>> evidence.accuracy, evidence.position(1)
    ([0.7, 0.8], ['evaluation', 3])
    """
    columns = {name: column_of(history, name) for name in _COLUMNS}
    _check_lengths(columns)
    column = columns["val_accuracy"] or []
    correct = history.val_correct if correct is None else correct
    for p in filter(math.isfinite, column):
        if not 0 <= p <= 1:
            raise ValueError(f"history must hold accuracies from 0 to 1, got val_accuracy {p:g}")
    indices = [index for index, p in enumerate(column) if math.isfinite(p)]
    printed = [column[index] for index in indices]
    rates = _forward_fill(columns["learning_rate"] or [])
    rates = [rates[index] for index in indices] if rates else []
    eval_set = EvalSet.resolve(
        printed,
        n_eval,
        history.n_eval,
        None if correct is None else _checked_size(correct, column, thresholds.correct_tolerance),
        groups,
    )
    n, unit = eval_set.n, _rounding_unit(printed, thresholds.max_printed_digits)
    counted = n is not None and are_counts(printed, n, max(unit / 2, FLOAT32_ERROR))
    accuracy = _restore_counts(printed, n, unit) if n is not None and counted else printed
    parts = split_at_rate_changes(accuracy, rates, eval_set, thresholds, _rounding(unit, n, counted))
    return Evidence(
        thresholds, history, correct, groups, indices, accuracy, rates, unit, eval_set, counted, *parts
    )


def column_of(history: History, name: str) -> list[float] | None:
    """Return a column as floats, with NaN for what is missing.

    Raises
    ------
    TypeError
        If the column holds what is no number.
    ValueError
        If the column has replicates.

    Examples
    --------
    >>> column_of(History(loss=[1, None]), "loss")
    [1.0, nan]
    """
    column = getattr(history, name)
    return None if column is None else floats_of(f"history.{name}", column)


def floats_of(name: str, column: object) -> list[float]:
    """Return a sequence of numbers as floats, with NaN for None; errors call it `name`.

    Raises
    ------
    TypeError
        If it is no sequence of numbers.
    ValueError
        If it has replicates.

    Examples
    --------
    >>> floats_of("base", [0.5, None])
    [0.5, nan]
    >>> floats_of("base", ["0.5"])
    Traceback (most recent call last):
    TypeError: base must be a sequence of numbers, got '0.5' of type str at index 0
    """
    if isinstance(column, str | bytes) or not isinstance(column, Iterable):
        raise TypeError(f"{name} must be a sequence of numbers, got {shorten(column)}")
    floats = []
    for index, value in enumerate(column):
        try:
            floats.append(math.nan if value is None else number(name, value, index))
        except TypeError:
            if isinstance(value, str | bytes) or not isinstance(value, Collection):
                raise
            raise ValueError(
                f"{name} must be of one run, got many replicates: take one with history.replicate(k)"
            ) from None
    return floats


def finite_values(column: Sequence[float] | None) -> list[float]:
    """Return the finite values of a column.

    Examples
    --------
    >>> finite_values([1.0, math.nan]), finite_values(None)
    ([1.0], [])
    """
    return [value for value in column or () if math.isfinite(value)]


def split_at_rate_changes(
    accuracy: Sequence[float],
    rates: Sequence[float],
    eval_set: EvalSet,
    thresholds: Thresholds,
    rounding: float = 0.0,
) -> Parts:
    """Split a curve where the learning rate changes, and leave out the climb at the start of each part.

    Examples
    --------
    >>> curve = [0.5, 0.52] * 20
    >>> parts = split_at_rate_changes(curve, [0.1] * 20 + [0.01] * 20, EvalSet(), THRESHOLDS)
    >>> [(segment.start, segment.stop) for segment in parts.segments]
    [(0, 20), (20, 40)]
    """
    boundaries = [0]
    for end in (*_rate_steps(rates, thresholds), len(accuracy)):
        boundaries += [*_rate_drifts(rates, boundaries[-1], end, thresholds), end]
    parts = [(burn_in_end(accuracy, start, stop, thresholds), stop) for start, stop in pairwise(boundaries)]
    long = [(start, stop) for start, stop in parts if stop - start >= thresholds.min_evaluations]
    level = 1 - 2 * thresholds.jitter_alpha / max(len(long), 1)

    def measure(start: int, stop: int) -> Segment:
        part = accuracy[start:stop]
        rate = sum(rates[start:stop]) / (stop - start) if rates else math.nan
        bound = eval_set.bound(part) + rounding
        return Segment(start, stop, rate, jitter(part), jitter_interval(part, level), bound)

    short = [(a, b) for a, b in parts if thresholds.min_listed <= b - a < thresholds.min_evaluations]
    return Parts(tuple(measure(*ends) for ends in long), tuple(short))


def _rate_steps(rates: Sequence[float], thresholds: Thresholds) -> list[int]:
    """Return the evaluations before which the rate takes a step."""
    return [k for k in range(1, len(rates)) if _factor(rates[k - 1], rates[k]) > thresholds.rate_step_factor]


def _rate_drifts(rates: Sequence[float], start: int, end: int, thresholds: Thresholds) -> list[int]:
    """Return where the rate has drifted far from the start of a part, while enough of both is left."""
    boundaries: list[int] = []
    for k in range(start, end if rates else 0):
        long_enough = min(k - start, end - k) >= thresholds.min_evaluations
        if long_enough and _factor(rates[start], rates[k]) > thresholds.rate_drift_factor:
            boundaries.append(k)
            start = k
    return boundaries


def _factor(first: float, second: float) -> float:
    """Return how many times one rate is the other, at least 1; 1 where one is not known."""
    low, high = sorted((abs(first), abs(second)))
    if not math.isfinite(low + high) or low == high:
        return 1.0
    return high / low if low else math.inf


def _forward_fill(rates: list[float]) -> list[float]:
    """Return rates with the last known one where none was logged, and the first one before it."""
    known, filled = next(filter(math.isfinite, rates), math.nan), []
    for rate in rates:
        known = rate if math.isfinite(rate) else known
        filled.append(known)
    return filled


def _rounding_unit(accuracy: Sequence[float], max_digits: int) -> float:
    """Return one unit of the last digit to which accuracies are printed; 0 if they have too many digits."""
    digits = printed_digits(accuracy) if accuracy else 0
    return 10.0**-digits if 0 < digits <= max_digits else 0.0


def resolves_examples(unit: float, n: int) -> bool:
    """Return whether the printed digits are fine enough to determine the counts of n examples.

    Examples
    --------
    >>> resolves_examples(0.01, 100), resolves_examples(0.01, 101)
    (True, False)
    """
    return unit * n <= 1


def _restore_counts(accuracy: list[float], n: int, unit: float) -> list[float]:
    """Return accuracies as they were before they were printed, where the digits determine the counts."""
    if unit == 0 or not resolves_examples(unit, n):
        return accuracy
    return [round(p * n) / n for p in accuracy]


def _rounding(unit: float, n: int | None, counted: bool) -> float:
    """Return by how much accuracies may be off: by nothing where the digits determine their counts."""
    return 0.0 if n is not None and counted and resolves_examples(unit, n) else unit / 2


def _check_lengths(columns: Mapping[str, Sequence[float] | None]) -> None:
    lengths = {name: len(column) for name, column in columns.items() if column is not None}
    first, expected = next(iter(lengths.items()), ("", 0))
    for name, length in lengths.items():
        if length != expected:
            raise ValueError(
                f"history must have columns of one length, got {name} of {length} beside {first} of "
                f"{expected}"
            )


def _checked_size(correct: Correct, accuracy: Sequence[float], tolerance: float) -> int:
    """Return the number of examples, after a look whether their means are the accuracies."""
    _check_rows(correct)
    if len(correct) != len(accuracy) or not accuracy:
        raise ValueError(
            f"correct must hold one row an evaluation, {len(accuracy)} of them, got {len(correct)}"
        )
    sizes = {len(row) for row in correct}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError(f"correct must hold rows of one length, got lengths {sorted(sizes)[:5]}")
    size = sizes.pop()
    for index, (row, p) in enumerate(zip(correct, accuracy, strict=True)):
        mean = sum(map(bool, row)) / size
        if math.isfinite(p) and abs(mean - p) > tolerance:
            raise ValueError(
                f"correct must have the means val_accuracy, got {mean:.4f} where it is {p:.4f} "
                f"(evaluation {index})"
            )
    return size


def _check_rows(correct: object) -> None:
    """Raise a TypeError unless `correct` holds rows of booleans, or of 0 and 1."""
    allowed = "correct must be a sequence of rows of True and False, one row an evaluation"
    if isinstance(correct, str | bytes) or not isinstance(correct, Collection):
        raise TypeError(f"{allowed}, got {shorten(correct)}")
    for index, row in enumerate(correct):
        try:
            valid = set(row) <= {False, True}
        except TypeError:  # not iterable, or of lists or arrays
            valid = False
        if not valid:
            raise TypeError(f"{allowed}, got {shorten(row)} at index {index}")


def _known_size(n_eval: int | None, recorded: int | None, n_correct: int | None) -> EvalSet:
    """Return the size that is given, by the most reliable source."""
    given = None if n_eval is None else integer("n_eval", n_eval, 1)
    if n_correct is not None:
        if given not in (None, n_correct):
            raise ValueError(f"n_eval must be the {n_correct} examples of correct, got {given}")
        return EvalSet(n_correct, "correct")
    if given is not None:
        return EvalSet(given, "given")
    if recorded is not None:
        return EvalSet(integer("history.n_eval", recorded, 1), "recorded")
    return EvalSet()


def _checked_group_sizes(groups: Sequence[Hashable], n: int | None) -> tuple[int, ...]:
    allowed = "groups must be a sequence of labels that can be hashed, one an example"
    if not isinstance(groups, Collection):
        raise TypeError(f"{allowed}, got {shorten(groups)}")
    try:
        sizes = tuple(Counter(groups).values())
    except TypeError:
        raise TypeError(f"{allowed}, got {shorten(groups)}") from None
    if n is not None and sum(sizes) != n:
        raise ValueError(f"groups must hold one label an example, {n} of them, got {sum(sizes)}")
    if not sizes:
        raise ValueError("groups must hold one label an example, got none")
    return sizes


def _smaller_size(accuracy: Sequence[float], n: int) -> int | None:
    """Return the size that the digits reveal, if n is a multiple of it."""
    found = infer_eval_size(accuracy)
    return found.n if found and found.n < n and n % found.n == 0 else None
