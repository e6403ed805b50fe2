"""What is known of a run that is diagnosed: its finite evaluations, its set, its stretches at one rate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from unsteady._plain_validation import integer
from unsteady.accuracy import infer_eval_size, jitter, jitter_interval, printed_digits
from unsteady.diagnosis import FEWEST, Stretch
from unsteady.history import History

STEP_OF_RATE = 1.5
DRIFT_OF_RATE = 4.0
"""What ends a stretch: a step of the rate between two evaluations, or a drift that leaves enough of both."""
INFERRED = "inferred from the digits"
ERROR = 0.005
"""One-sided level at which jitter is held against its ceiling, shared by all stretches of a run."""


@dataclass
class Run:
    """The finite evaluations of a run, at which places they are, and what is known of its set."""

    history: History
    correct: Sequence[Sequence[bool]] | None
    groups: Sequence[Hashable] | None
    at: list[int]
    accuracy: list[float]
    rates: list[float]
    printed: float
    n: int | None = None
    source: str = ""
    chance: float = 0.0
    independent: float | None = None
    smaller: int | None = None
    stretches: list[Stretch] = field(default_factory=list)
    short: list[tuple[int, int]] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)

    def ceiling(self, part: Sequence[float]) -> float:
        """Return the most that the set, and rounding where counts are lost, add to the jitter of a part."""
        if self.independent is None or self.n is None:
            return math.nan
        if self.groups is None:
            return ceiling_of(part, self.independent) + self.rounding
        mean = math.fsum(_shrunk(part, self.independent)) / len(part)
        return math.sqrt(_worst_of_groups(Counter(self.groups).values(), mean)) + self.rounding

    @property
    def inferred(self) -> bool:
        return self.source == INFERRED

    @property
    def sure_of_size(self) -> bool:
        """Return whether the accuracies are counts over a size that is known, and over no smaller one."""
        return not self.inferred and self.smaller is None and self.are_counts

    @property
    def rounding(self) -> float:
        """Return by how much printed accuracies may be off, where that is more than half an example."""
        exact = self.n is not None and self.printed * self.n <= 1 and self.are_counts
        return 0.0 if exact else self.printed / 2

    @property
    def are_counts(self) -> bool:
        """Return whether all accuracies are whole numbers of examples, but for their rounding."""
        n = self.n or 1
        off = max(self.printed / 2, 2e-7) * n * (1 + 1e-9)
        return all(abs(p * n - round(p * n)) <= off for p in self.accuracy)

    def place(self, index: int) -> str:
        """Return where an evaluation is, in words."""
        for name in ("epoch", "step"):
            column = getattr(self.history, name)
            if column is not None and column[self.at[index]] is not None:
                return f"{name} {column[self.at[index]]:g}"
        return f"evaluation {self.at[index] + 1}"


def ceiling_of(part: Sequence[float], n: float) -> float:
    """Return the most that a set of n independent examples adds to the jitter of a part."""
    return math.sqrt(math.fsum(p * (1 - p) for p in _shrunk(part, n)) / len(part) / n)


def _shrunk(part: Sequence[float], n: float) -> list[float]:
    """Return accuracies a little nearer to one half: a lucky set has too small a p(1-p).

    By as much as the centre of Wilson's interval at two standard errors.
    """
    return [(n * p + 2) / (n + 4) for p in part]


def column_of(history: History, name: str) -> list[float] | None:
    """Return a column as floats; one of many replicates is refused."""
    column = getattr(history, name)
    if column is None:
        return None
    try:
        return [math.nan if value is None else float(value) for value in column]
    except TypeError:
        raise ValueError(
            f"history must be one run, got {name} of many replicates: take one with history.replicate(k)"
        ) from None


def prepared(
    history: History,
    n_eval: int | None,
    correct: Sequence[Sequence[bool]] | None,
    groups: Sequence[Hashable] | None,
) -> Run:
    """Check what is given, and find out how large the set is and where the rate is constant."""
    column = column_of(history, "val_accuracy") or []
    for name in ("epoch", "step", "learning_rate", "loss", "accuracy", "val_loss"):
        other = getattr(history, name)
        if other is not None and column and len(other) != len(column):
            raise ValueError(
                f"history must have columns of one length, got {name} of {len(other)} beside val_accuracy of "
                f"{len(column)}"
            )
    if correct is None and history.val_correct is not None:
        correct = history.val_correct
    bad = [p for p in column if math.isfinite(p) and not 0 <= p <= 1]
    if bad:
        raise ValueError(f"history must hold accuracies from 0 to 1, got val_accuracy {bad[0]:g}")
    at = [index for index, p in enumerate(column) if math.isfinite(p)]
    accuracy = [column[index] for index in at]
    rates = _carried(column_of(history, "learning_rate") or [])
    rates = [rates[index] for index in at] if rates else []
    run = Run(history, correct, groups, at, accuracy, rates, _printed(accuracy))
    if n_eval is not None:
        n_eval = integer("n_eval", n_eval, 1)
    if correct is not None:
        run.n, run.source = _checked_size(correct, column), "that of correct"
        if n_eval not in (None, run.n):
            raise ValueError(f"n_eval must be the {run.n} examples of correct, got {n_eval}")
    elif n_eval is not None:
        run.n, run.source = n_eval, "as given"
    elif history.n_eval is not None:
        run.n, run.source = integer("history.n_eval", history.n_eval, 1), "as recorded"
    elif groups is None and accuracy and (found := infer_eval_size(accuracy)):
        run.n, run.chance, run.source = found.n, found.chance, INFERRED
    run.independent = _independent(run)
    run.smaller = _smaller(run)
    if run.n is not None and 0 < run.printed * run.n <= 1 and run.are_counts:
        run.accuracy = [round(p * run.n) / run.n for p in accuracy]  # as it was before it was printed
    _cut(run)
    run.numbers.update(evaluations=len(history), n_eval=run.n)
    return run


def _printed(accuracy: Sequence[float]) -> float:
    """Return the step to which accuracies are rounded; 0 if they have too many digits to tell."""
    digits = printed_digits(accuracy) if accuracy else 0
    return 10.0**-digits if 0 < digits <= 6 else 0.0


def _carried(rates: list[float]) -> list[float]:
    """Return rates with the last known one where none was logged, and the first one before it."""
    known, carried = next(filter(math.isfinite, rates), math.nan), []
    for rate in rates:
        known = rate if math.isfinite(rate) else known
        carried.append(known)
    return carried


def _worst_of_groups(sizes: Iterable[int], mean: float) -> float:
    """Return the largest variance of a mean over groups that are right or wrong together.

    It is the largest sum of squared sizes times p(1-p), over all ways to spread the mean accuracy.
    """
    sizes = list(sizes)
    n, low, high = sum(sizes), -float(max(sizes)), float(max(sizes))
    for _ in range(60):  # p of a group is (1 - t / size) / 2, for the t that gives the mean
        t = (low + high) / 2
        shares = [min(max((1 - t / size) / 2, 0.0), 1.0) for size in sizes]
        given = sum(size * p for size, p in zip(sizes, shares, strict=True)) / n
        low, high = (t, high) if given > mean else (low, t)
    return sum(size**2 * p * (1 - p) for size, p in zip(sizes, shares, strict=True)) / n**2


def _smaller(run: Run) -> int | None:
    """Return the size that the digits betray, if the one given is a multiple of it."""
    if run.n is None or run.inferred or run.correct is not None:
        return None
    found = infer_eval_size(run.accuracy)
    return found.n if found and found.n < run.n and run.n % found.n == 0 else None


def _checked_size(correct: Sequence[Sequence[bool]], accuracy: Sequence[float]) -> int:
    """Return the number of examples, after a look whether their means are the accuracies."""
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
        if math.isfinite(p) and abs(mean - p) > 0.006:  # two decimals, and a little
            raise ValueError(
                f"correct must have the means val_accuracy, got {mean:.4f} where it is {p:.4f} "
                f"(evaluation {index})"
            )
    return size


def _independent(run: Run) -> float | None:
    r"""Return how many independent examples the set is worth at least: :math:`n^2 / \sum m_g^2`."""
    if run.groups is None:
        return run.n
    sizes = Counter(run.groups).values()
    if run.n is not None and sum(sizes) != run.n:
        raise ValueError(f"groups must hold one label an example, {run.n} of them, got {sum(sizes)}")
    run.n, run.source = sum(sizes), run.source or "that of groups"
    if not sizes:
        raise ValueError("groups must hold one label an example, got none")
    return run.n**2 / sum(size**2 for size in sizes)


def _cut(run: Run) -> None:
    """Cut where the rate changes, and leave out the climb at the beginning of each part."""
    rates, size = run.rates, len(run.accuracy)
    steps = [k for k in range(1, len(rates)) if _ratio(rates[k - 1], rates[k]) > STEP_OF_RATE]
    cuts = [0]
    for end in (*steps, size):
        for k in range(cuts[-1], end if rates else 0):
            room = min(k - cuts[-1], end - k) >= FEWEST
            if room and _ratio(rates[cuts[-1]], rates[k]) > DRIFT_OF_RATE:
                cuts.append(k)
        cuts.append(end)
    parts = [(settled(run.accuracy, a, b), b) for a, b in pairwise(cuts)]
    long = [(a, b) for a, b in parts if b - a >= FEWEST]
    level = 1 - 2 * ERROR / max(len(long), 1)
    run.stretches = [_measured(run, a, b, level) for a, b in long]
    run.short = [(a, b) for a, b in parts if 5 <= b - a < FEWEST]


def _ratio(first: float, second: float) -> float:
    """Return how many times the one rate is the other; 1 where one is not known."""
    low, high = sorted((abs(first), abs(second)))
    if not math.isfinite(low + high) or low == high:
        return 1.0
    return high / low if low else math.inf


def _measured(run: Run, start: int, stop: int, level: float) -> Stretch:
    part = run.accuracy[start:stop]
    rate = sum(run.rates[start:stop]) / (stop - start) if run.rates else math.nan
    return Stretch(start, stop, rate, jitter(part), jitter_interval(part, level), run.ceiling(part))


def settled(curve: Sequence[float], start: int, stop: int) -> int:
    """Return the first evaluation at which a part has come to where it stays in its second half."""
    if stop - start < FEWEST:
        return start
    half = curve[(start + stop) // 2 : stop]
    level, reach = median(half), 2 * jitter(half)
    middle = (start + stop) // 2  # what still drifts there is no jump
    return next((k for k in range(start, middle) if abs(curve[k] - level) <= reach), middle)


def finite_of(column: Sequence[float] | None) -> list[float]:
    return [value for value in column or () if math.isfinite(value)]


def settled_curve(run: Any) -> list[float]:
    """Return the finite accuracies of a run, or of a plain sequence, after the first climb."""
    column = column_of(run, "val_accuracy") if isinstance(run, History) else [float(p) for p in run]
    curve = finite_of(column)
    return curve[settled(curve, 0, len(curve)) :]


def points(share: float) -> str:
    size = 100 * share
    told = f"{size:.0f}" if size >= 10 else f"{size:.2g}" if size >= 0.005 else "0"
    return f"{told} point{'' if told == '1' else 's'}"
