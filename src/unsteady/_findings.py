"""What a diagnosis finds, section by section, but for the trend."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Any

from unsteady._run import STEP_OF_RATE, Run, ceiling_of, points
from unsteady._text import pluralize
from unsteady.accuracy import Interval, accuracy_interval, jitter, mcnemar_bounds
from unsteady.diagnosis import FEWEST, Finding, Stretch
from unsteady.history import History


def reading(run: Run) -> Iterable[Finding]:
    history = run.history
    kept = [n for n in ("accuracy", "loss", "val_accuracy", "val_loss", "learning_rate") if _has(history, n)]
    named = [
        f"{n} (column {history.columns[n]!r})" if history.columns and history.columns.get(n, n) != n else n
        for n in kept
    ]
    told = "; ".join(
        (f"{pluralize(len(history), 'evaluation')} of {', '.join(named) or 'nothing'}", *history.notes)
    )
    yield Finding("read", "fact", f"{history.name}: {told}" if history.name else told)
    lost = {n: _lost(history, n) for n in ("loss", "val_loss", "val_accuracy") if _has(history, n)}
    if any(lost.values()):
        told = ", ".join(f"{count} of {n}" for n, count in lost.items() if count)
        yield Finding(
            "not-finite",
            "fact",
            f"values that are no finite numbers: {told}; they are left out.",
            "where did the first one come from: a rate that is too high, a logarithm of 0, a missing value?",
        )


def _has(history: History, name: str) -> bool:
    return getattr(history, name) is not None


def _lost(history: History, name: str) -> int:
    """Count what is no finite number; what was not logged does not count."""
    return sum(value is not None and not math.isfinite(value) for value in getattr(history, name))


def resolution(run: Run) -> Iterable[Finding]:
    if not run.accuracy:
        yield Finding(
            "no-accuracy",
            "not identifiable",
            "the log has no validation accuracy.",
            "log it, or name its column.",
        )
        return
    if run.n is None:
        yield Finding(
            "eval-size",
            "not identifiable",
            "the digits do not betray the size of the evaluation set: rounded, too few values, or a mean "
            "over batches.",
            "pass n_eval (on the command line --n-eval N).",
        )
        yield from _changes(run)
        return
    if run.inferred:
        run.numbers["n_eval_chance"] = run.chance
        yield Finding(
            "eval-size",
            "supported",
            f"{run.n} examples, or a multiple: the fewest of which all accuracies are counts (by chance in "
            f"at most {max(run.chance, 0.001):.1%}). Of means over batches the set may be far smaller.",
            "pass n_eval (on the command line --n-eval N).",
        )
    else:
        yield Finding("eval-size", "fact", f"{run.n} examples, {run.source}: one is {points(1 / run.n)}.")
        if run.smaller:
            yield Finding(
                "smaller-set",
                "possible",
                f"all accuracies are counts over {run.smaller}, too: is that its size? What rests on {run.n} "
                "is called possible.",
                "count the examples of the evaluation set.",
            )
        if not run.are_counts:
            yield Finding(
                "no-counts",
                "fact",
                f"the accuracies are not counts over {run.n}: a mean over batches of unequal size, or of "
                "another set than you think. So nothing follows for sure from that size.",
                "count right answers over the whole set.",
            )
    if run.are_counts:
        yield _last(run)
    yield from _changes(run)


def _changes(run: Run) -> Iterable[Finding]:
    if len(run.accuracy) > 1:
        yield _largest_drop(run)
        yield from _best(run)


def _last(run: Run) -> Finding:
    assert run.n is not None
    fewest, most = _counts(run, run.accuracy[-1])
    worth = run.n if run.independent is None else max(int(run.independent), 1)
    low = accuracy_interval(round(fewest * worth / run.n), worth).low
    high = accuracy_interval(round(most * worth / run.n), worth).high
    run.numbers.update(last=run.accuracy[-1], last_low=low, last_high=high)
    right = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    grouped = "independent examples" if run.groups is None else f"in groups worth {worth} examples"
    return Finding(
        "last",
        "possible" if run.inferred else "supported",
        f"at the end {right} of {run.n} are right, {run.accuracy[-1]:.2%}; on the population that is "
        f"{low:.1%} to {high:.1%} (95 %, {grouped}).",
    )


def _counts(run: Run, p: float) -> tuple[int, int]:
    """Return the least and the most right answers that a printed accuracy allows."""
    assert run.n is not None
    nearest = round(p * run.n)
    if run.printed * run.n <= 1:
        return nearest, nearest
    off = (run.printed / 2 + 1e-9) * run.n
    return max(0, math.ceil(p * run.n - off)), min(run.n, math.floor(p * run.n + off))


def _compared(run: Run, first: float, second: float) -> tuple[str, Interval]:
    """Return what two accuracies say of each other by their counts, and between which ends p lies."""
    if run.n is None or run.groups is not None or not run.sure_of_size:
        return "what it is worth cannot be told without counts of independent examples", Interval(0.0, 1.0)
    a, b = _counts(run, first), _counts(run, second)
    most = max(((x, y) for x in a for y in b), key=lambda pair: abs(pair[0] - pair[1]))
    apart = a[0] > b[1] or b[0] > a[1]
    least = min(((x, y) for x in a for y in b), key=lambda pair: abs(pair[0] - pair[1]))
    low = mcnemar_bounds(*most, run.n).low
    high = mcnemar_bounds(*least, run.n).high if apart else 1.0
    if low > 0.05:
        return (
            f"that cannot be significant, whichever examples flipped (p at least {low:.2f}, exact test)",
            Interval(low, high),
        )
    if high <= 0.05:
        at_most = "below 1e-12" if high < 1e-12 else f"at most {high:.2g}"
        return f"whichever examples flipped, p is {at_most}", Interval(low, high)
    return f"p lies between {low:.2g} and {high:.2g}, by how many flipped", Interval(low, high)


def _largest_drop(run: Run) -> Finding:
    changes = [b - a for a, b in pairwise(run.accuracy)]
    index = min(range(len(changes)), key=changes.__getitem__)
    if changes[index] >= 0:
        return Finding("largest-drop", "fact", "accuracy never falls from one evaluation to the next.")
    said, bounds = _compared(run, run.accuracy[index], run.accuracy[index + 1])
    run.numbers.update(
        largest_drop=-changes[index], largest_drop_p_low=bounds.low, largest_drop_p_high=bounds.high
    )
    asked = 0.05 / len(changes)
    picked = (
        ""
        if bounds.low > 0.05 or bounds == (0.0, 1.0)
        else (
            f"; as the largest of {len(changes)} changes it must come below {asked:.1g}"
            + (": it does" if bounds.high <= asked else ": it may" if bounds.low <= asked else ", and cannot")
        )
    )
    return Finding(
        "largest-drop",
        "fact",
        f"{points(-changes[index])} from {run.place(index)} to {run.place(index + 1)}"
        f"{_in_examples(run, -changes[index])}; {said}{picked}.",
        "keep which examples are right: the flips decide." if bounds.low <= 0.05 < bounds.high else "",
    )


def _best(run: Run) -> Iterable[Finding]:
    best = max(range(len(run.accuracy)), key=run.accuracy.__getitem__)
    ahead = run.accuracy[best] - run.accuracy[-1]
    if ahead <= 0:
        return
    said, bounds = _compared(run, run.accuracy[-1], run.accuracy[best])
    run.numbers.update(best_ahead=ahead, best_p_low=bounds.low)
    yield Finding(
        "best-epoch",
        "fact",
        f"the best evaluation, {run.place(best)}, is {points(ahead)} ahead of the last"
        f"{_in_examples(run, ahead)}; {said}. Having been chosen, it flatters itself.",
        "score it on examples that it was not chosen on.",
    )


def _in_examples(run: Run, share: float) -> str:
    if run.n is None or not run.sure_of_size:
        return ""
    return f", {pluralize(round(share * run.n), 'example')} net"


def movement(run: Run) -> Iterable[Finding]:
    if not run.accuracy:
        return
    if not run.stretches:
        yield Finding(
            "too-short",
            "not identifiable",
            f"no {FEWEST} evaluations without a step of the rate, after the first climb: too few to say "
            "anything of jitter.",
            "evaluate more often: the cost is that of the evaluation.",
        )
    else:
        yield _against_ceiling(run)
        for start, stop in run.short:
            yield Finding(
                "short-stretch",
                "not identifiable",
                f"from {run.place(start)} to {run.place(stop - 1)}, at another rate, {stop - start} "
                f"evaluations: too few to say anything of jitter, for which it takes {FEWEST}.",
            )
    if run.correct is not None:
        yield _set_share(run, run.correct)


def _against_ceiling(run: Run) -> Finding:
    if run.independent is None:
        worst = max(run.stretches, key=lambda s: s.interval.low)
        part = run.accuracy[worst.start : worst.stop]
        run.numbers.update(jitter=worst.jitter, jitter_low=worst.interval.low)
        beyond = worst.interval.low - run.rounding
        sizes = range(1, 10**6)
        needed = bisect_left(sizes, True, key=lambda n: ceiling_of(part, n) < beyond)
        enough = (
            f"; from {sizes[needed]} independent examples on it would be more than a set can make"
            if needed < len(sizes)
            else ""
        )
        return Finding(
            "population-moves",
            "not identifiable",
            f"jitter is {points(worst.jitter)}, and the size of the set unknown{enough}.",
            "pass n_eval (on the command line --n-eval N).",
        )
    worst = _worst_of(run.stretches)
    low, ceiling = worst.interval.low, worst.ceiling
    share = _least_share(worst)
    run.numbers.update(
        jitter=worst.jitter,
        jitter_low=low,
        ceiling=ceiling,
        jitter_over_ceiling=worst.jitter / ceiling,
        real_share_low=share,
    )
    where = f"from {run.place(worst.start)} to {run.place(worst.stop - 1)}"
    told = (
        f"{where} jitter is {points(worst.jitter)} (at least {points(low)}), and a fixed set of "
        f"{_worth(run)} can add at most {points(ceiling)}"
    )
    if low > ceiling:
        least = f", and makes at least {share:.0%} of the squared jitter" if share > 0.005 else ""
        return Finding(
            "population-moves",
            _how_sure(run, worst),
            f"{told}: accuracy on the population moves{least}. {_assumed(run)}",
            "keep which examples are right, which settles the share; then average, or let the rate fall.",
        )
    if worst.jitter == 0:
        return Finding("population-moves", "not identifiable", f"{where} there is no jitter at all.")
    return Finding(
        "population-moves",
        "not identifiable",
        f"{told}. So the set may make all of it; that is no evidence that it does. {_assumed(run)}",
        "keep which examples are right, one bit an example and evaluation: the flips settle it.",
    )


def _worst_of(stretches: Sequence[Stretch]) -> Stretch:
    """Return the stretch whose jitter is farthest above its ceiling."""
    return max(stretches, key=lambda s: s.interval.low / s.ceiling if s.ceiling else 0.0)


def _how_sure(run: Run, stretch: Stretch) -> str:
    """Return the verdict on movement: supported only where the set cannot make half of the squared jitter.

    Where examples flip back and forth, as when a run alternates between two states, the set may add more than
    its ceiling to the jitter, but not to changes over two, three and four evaluations, too.
    """
    part = run.accuracy[stretch.start : stretch.stop]
    surely = stretch.interval.low / stretch.jitter
    over = min(
        math.hypot(*(b - a for a, b in zip(part, part[lag:], strict=False)))
        / math.sqrt(2 * (len(part) - lag))
        for lag in (1, 2, 3, 4)
    )
    enough = min(stretch.jitter, over) * surely > math.sqrt(2) * stretch.ceiling
    return "supported" if enough and run.sure_of_size else "possible"


def _least_share(stretch: Stretch) -> float:
    """Return the least share of the squared jitter seen that is the model's.

    The set's part may agree with the model's movement by chance, which adds twice their covariance.
    """
    if stretch.interval.low <= stretch.ceiling:
        return 0.0
    ratio = stretch.ceiling / stretch.jitter
    degrees = 18 * (stretch.stop - stretch.start - 2) / 35
    by_level = 1 - (stretch.ceiling / stretch.interval.low) ** 2
    return max(0.0, min(by_level, 1 - ratio**2 - 5.5 * ratio / math.sqrt(degrees)))


def _worth(run: Run) -> str:
    if run.groups is None:
        return f"{run.n} independent examples"
    return f"{run.n} examples, in groups worth {run.independent:.0f} independent ones at least,"


def _assumed(run: Run) -> str:
    if run.groups is not None:
        return "(Were all examples of a group right or wrong together.)"
    if run.inferred:
        return (
            "(If the set is fixed, its examples are independent, and it is not smaller than its digits say.)"
        )
    return (
        "(If the set is fixed and its examples are independent: where they come in groups, as patients or "
        "videos, pass groups= in Python.)"
    )


def _set_share(run: Run, correct: Sequence[Sequence[bool]]) -> Finding:
    """Divide the squared changes of accuracy into what the set adds and what the model does."""
    spans = [(s.start, s.stop) for s in run.stretches] or [(0, len(run.at))]
    pairs = [(run.at[k], run.at[k + 1]) for a, b in spans for k in range(a, b - 1)]
    moved = [_change(correct[i], correct[j], run.groups) for i, j in pairs]
    squared = math.fsum(d * d for d, _ in moved)
    if squared == 0:
        return Finding("set-share", "fact", "accuracy does not change from one evaluation to the next.")
    ratio = math.fsum(v for _, v in moved) / squared
    share = min(1.0, ratio)
    # The mean square of so many changes is itself known to some 1.4 over the root of their number.
    spread = math.sqrt(2 / len(pairs))
    low, high = (min(1.0, ratio * math.exp(sign * 2 * spread)) for sign in (-1, 1))
    run.numbers.update(set_share=share, set_share_low=low, set_share_high=high)
    return Finding(
        "set-share",
        "supported",
        f"by the flips, the set adds about {share:.0%} ({low:.0%} to {high:.0%}) of the mean squared change "
        f"of accuracy, and the model makes the rest ({len(pairs)} changes of "
        f"{points(math.sqrt(squared / len(pairs)))}, root mean square).",
        "a larger set against the one; decay, averages or a larger batch against the other.",
    )


def _change(first: Sequence[bool], second: Sequence[bool], groups: Any) -> tuple[float, float]:
    """Return the change of accuracy, and what the draw of the examples, or groups, adds to its square."""
    changes = [int(b) - int(a) for a, b in zip(first, second, strict=True)]
    n, total = len(changes), sum(changes)
    d = total / n
    if groups is None:
        flips = sum(map(abs, changes)) / n
        return d, (flips - d * d) / (n - 1) if n > 1 else 0.0
    sums: dict[Hashable, list[float]] = {}
    for label, change in zip(groups, changes, strict=True):
        sums.setdefault(label, []).append(change - d)
    many = len(sums)
    spread = math.fsum(math.fsum(part) ** 2 for part in sums.values())
    return d, many / (many - 1) * spread / n**2 if many > 1 else 0.0


def driver(run: Run) -> Iterable[Finding]:
    yield from _restart(run)
    if not run.stretches:
        return
    for before, after in pairwise(run.stretches):
        high, low = sorted((before, after), key=lambda s: -s.rate)
        if high.interval.low > low.interval.high and high.rate > low.rate > 0:
            run.numbers["jitter_ratio"] = high.jitter / low.jitter if low.jitter else math.inf
            # The set's part may have fallen as well: with fewer flips, or as accuracy rose.
            beyond = math.isfinite(high.ceiling) and high.interval.low > high.ceiling
            yield Finding(
                "jitter-follows-rate",
                "supported" if beyond else "possible",
                f"jitter is {points(high.jitter)} at the rate {high.rate:.3g} and {points(low.jitter)} at "
                f"{low.rate:.3g}: it comes of the steps. That holds for too high a rate, small batches and "
                "wrong labels alike.",
            )
            break
    yield Finding(
        "rate-or-batch",
        "not identifiable",
        "no single log tells too high a rate from too small a batch"
        + ("." if run.rates else "; and the rate is not in this log, so it was taken for constant."),
        "two short reruns, at a quarter of the rate and with eight times the batch: "
        "unsteady.diagnosis.compare_reruns.",
    )


def _restart(run: Run) -> Iterable[Finding]:
    rates = run.rates
    size = jitter(run.accuracy) if len(run.accuracy) > 2 else 0.0
    for k in range(1, len(rates)):
        fall = run.accuracy[k - 1] - run.accuracy[k]
        if rates[k - 1] > 0 and rates[k] > STEP_OF_RATE * rates[k - 1] and fall > 2 * size > 0:
            yield Finding(
                "restart",
                "fact",
                f"accuracy falls by {points(fall)} at {run.place(k)}, where the rate goes up from "
                f"{rates[k - 1]:g} to {rates[k]:g}: expected.",
            )
            return


def unknown(run: Run) -> Iterable[Finding]:
    if run.accuracy and run.correct is None:
        yield Finding(
            "share",
            "not identifiable",
            "how much of the jumps the set adds: it takes the flips of single examples.",
        )
    if run.accuracy and run.groups is None:
        yield Finding(
            "groups",
            "not identifiable",
            "whether examples come in groups; then fewer are independent, and the set can add more.",
        )
    yield Finding("seeds", "not identifiable", "how another seed would have come out.")
    yield Finding(
        "mode", "not identifiable", "whether the evaluation was in evaluation mode, on a fixed set."
    )


def next_run(run: Run) -> Iterable[Finding]:
    reruns = (
        "two short reruns from one checkpoint, at a quarter of the rate and with eight times the batch "
        "(unsteady.diagnosis.compare_reruns)."
    )
    flips = (
        "keep which examples are right at each evaluation (diagnose(..., correct=) in Python): it costs a "
        "file, and settles how much of the jumps the set adds."
    )
    if not run.accuracy:
        todo = "the same run, with validation accuracy logged."
    elif "collapsed" in run.found:
        todo = "the same from a checkpoint before it broke down, at a lower rate or with clipped gradients."
    elif run.n is None:
        todo = "none yet: say how large the evaluation set is."
    elif "overfitting" in run.found or "declines" in run.found:
        todo = "the same, stopped where it was best, or with a penalty, and scored on other examples."
    elif "too-short" in run.found:
        todo = f"a run with at least {FEWEST} evaluations without a step of the rate, near its end."
    elif run.numbers.get("real_share_low", 0.0) > 0.5 or "set_share" in run.numbers:
        todo = reruns
    else:
        todo = flips
    yield Finding("next", "fact", todo)
