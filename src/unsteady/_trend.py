"""What a diagnosis finds in the trend of accuracy and losses."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from statistics import NormalDist, median

from unsteady._run import Run, column_of, finite_of, points
from unsteady.accuracy import jitter, mcnemar_test
from unsteady.diagnosis import FEWEST, Finding
from unsteady.history import History

MOST_POINTS = 400


def _thinned(curve: Sequence[float]) -> list[float]:
    """Return at most a few hundred means of neighbouring values: pairs of points are many."""
    width = -(-len(curve) // MOST_POINTS)
    parts = [curve[k : k + width] for k in range(0, len(curve), width)]
    return [math.fsum(part) / len(part) for part in parts]


def slope(curve: Sequence[float]) -> float:
    """Return the change of a curve from end to end, by the median of all slopes (Theil-Sen)."""
    thin = _thinned(curve)
    slopes = [(b - a) / (j - i) for i, a in enumerate(thin) for j, b in enumerate(thin[i + 1 :], i + 1)]
    return median(slopes) * (len(thin) - 1) if slopes else 0.0


def trend_test(curve: Sequence[float]) -> float:
    """Return the p-value of a monotone trend (Mann-Kendall), negative for one downwards.

    Neighbours that are alike count for less, by their correlation about the trend.
    """
    thin = _thinned(curve)
    size = len(thin)
    score = sum((b > a) - (b < a) for i, a in enumerate(thin) for b in thin[i + 1 :])
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(thin).values())
    variance = (size * (size - 1) * (2 * size + 5) - ties) / 18
    if variance <= 0 or score == 0:
        return 1.0
    z = (abs(score) - 1) / math.sqrt(variance * _inflation(thin))
    p = 2 * (1 - NormalDist().cdf(z))
    return math.copysign(max(p, 1e-300), score)


def _inflation(curve: Sequence[float]) -> float:
    """Return by how much correlated neighbours widen a test's variance, (1+r)/(1-r) for an AR(1).

    A curve that goes far beyond its scatter is no wandering one, whatever its neighbours.
    """
    change = slope(curve)
    per_step = change / max(len(curve) - 1, 1)
    left = [value - per_step * k for k, value in enumerate(curve)]
    middle = math.fsum(left) / len(left)
    left = [value - middle for value in left]
    square = math.fsum(value * value for value in left)
    if abs(change) > 4 * math.sqrt(square / len(left)) or square == 0:
        return 1.0
    r = math.fsum(a * b for a, b in pairwise(left)) / square
    r = min(max(r, 0.0), 0.95)
    return (1 + r) / (1 - r)


def trend(run: Run) -> Iterable[Finding]:
    history = run.history
    loss, val_loss = (column_of(history, name) for name in ("loss", "val_loss"))
    yield from _spikes(run)
    collapse = _collapse(run)
    if collapse:
        yield collapse
    elif len(run.accuracy) >= FEWEST:
        yield from _accuracy_trend(run)
    if len(finite_of(val_loss)) >= FEWEST:
        yield from _overfitting(run, val_loss or [], loss or [])
    yield from _handicap(history)
    if len(finite_of(loss)) >= FEWEST and not collapse:
        yield from _plateau(run, finite_of(loss))


def _rises(curve: Sequence[float], p: float = 0.003) -> bool:
    return 0 < trend_test(curve) < p


def _falls(curve: Sequence[float], p: float = 0.003) -> bool:
    return -p < trend_test(curve) < 0


def _smooth(curve: Sequence[float]) -> list[float]:
    return [median(curve[max(0, k - 2) : k + 3]) for k in range(len(curve))]


def _end_of(curve: Sequence[float]) -> float:
    """Return the median of a curve's last quarter."""
    return median(curve[-max(len(curve) // 4, 1) :])


def _collapse(run: Run) -> Finding | None:
    """Look for a fall within one evaluation or two from which accuracy never comes back."""
    curve = run.accuracy
    if len(curve) < 6:
        return None
    enough = max(0.1, 5 * jitter(curve))
    best_from = list(accumulate(reversed(curve), max))[::-1]
    for k in range(3, len(curve) - 2):
        before, after = median(curve[max(0, k - 5) : k]), best_from[k]
        if before - after > enough:
            return Finding(
                "collapsed",
                "supported",
                f"accuracy fell at {run.place(k)}, from about {before:.1%}, and has not been above "
                f"{after:.1%} since.",
                "go back to a checkpoint before it, and log the gradient's norm; a lower rate, or clipping.",
            )
    return None


def _spikes(run: Run) -> Iterable[Finding]:
    """Look for single evaluations far below both of their neighbours."""
    curve = run.accuracy
    dips = [min(a, c) - b for a, b, c in zip(curve, curve[1:], curve[2:], strict=False)]
    if len(dips) < FEWEST:
        return
    usual = median(map(abs, dips))
    places = [k + 1 for k, dip in enumerate(dips) if dip > max(0.05, 8 * usual)]
    if 0 < len(places) <= len(curve) / 8:
        told = ", ".join(run.place(k) for k in places[:5]) + (" and others" if len(places) > 5 else "")
        yield Finding(
            "spikes",
            "supported",
            f"accuracy falls for a single evaluation at {told}, by up to {points(max(dips))}.",
            "log the gradient's norm: does it leap there, and with the full batch, too?",
        )


def _accuracy_trend(run: Run) -> Iterable[Finding]:
    curve = run.accuracy
    half = curve[len(curve) // 2 :]
    gained, size = slope(half), jitter(half)
    smooth = _smooth(curve)
    peak = max(range(len(curve)), key=smooth.__getitem__)
    after = curve[peak:]
    fallen = smooth[peak] - _end_of(after)
    run.numbers.update(gained_in_second_half=gained, fallen_from_peak=fallen)
    if len(after) >= FEWEST and _falls(after) and fallen > max(0.01, 2 * size / math.sqrt(len(after))):
        yield Finding(
            "declines",
            "supported",
            f"accuracy peaked about {run.place(peak)} and has fallen by {points(fallen)} since.",
            "look at the labels of the training examples that are learned last; stop earlier, or penalise.",
        )
    elif _rises(half) and gained > max(0.005, size) and _still_rises(run, gained / len(half)):
        yield Finding(
            "still-improving",
            "supported",
            f"accuracy rose by {points(gained)} over the second half: the run is not finished.",
            "train on before you judge, or let the rate fall.",
        )
    elif abs(gained) <= max(0.01, size) and abs(median(curve[-5:]) - median(half)) <= max(0.01, 2 * size):
        yield Finding(
            "level",
            "supported",
            f"accuracy changed by {signed(gained)} over the second half.",
        )


def _still_rises(run: Run, pace: float) -> bool:
    """Whether the last third rises at a good part of the pace, and the rate has not fallen to nothing."""
    end = run.accuracy[-(len(run.accuracy) // 3) :]
    rates = [rate for rate in run.rates if math.isfinite(rate)]
    spent = bool(rates) and rates[-1] < 0.05 * max(rates)
    return not spent and slope(end) / len(end) > pace / 3


def _overfitting(run: Run, val_loss: Sequence[float], loss: Sequence[float]) -> Iterable[Finding]:
    known = [k for k, value in enumerate(val_loss) if math.isfinite(value)]
    curve = [val_loss[k] for k in known]
    smooth = _smooth(curve)
    lowest = min(range(len(curve)), key=smooth.__getitem__)
    after = curve[lowest:]
    risen = _end_of(after) / smooth[lowest] - 1 if smooth[lowest] > 0 else 0.0
    run.numbers["val_loss_risen"] = risen
    if len(after) < FEWEST or not _rises(after) or risen < 0.05:
        return
    told = f"validation loss has risen by {risen:.0%} from its lowest"
    along = loss[known[lowest] :]
    training, end = finite_of(along), finite_of(along[-max(len(along) // 4, 1) :])
    fell = len(training) >= max(FEWEST, len(along) / 2) and bool(end) and _falls(training)
    yield Finding(
        "overfitting",
        "supported" if fell else "possible",
        f"{told} while training loss fell."
        if fell
        else f"{told}; that training loss fell meanwhile is not shown.",
        "stop at the lowest, penalise, or get more data; a temperature tells whether it is mere certainty.",
    )
    accuracy = [p for k, p in zip(run.at, run.accuracy, strict=True) if k >= known[lowest]]
    if len(accuracy) >= FEWEST and slope(accuracy) > -0.002 and not _falls(accuracy, 0.1):
        yield Finding(
            "over-confident",
            "supported",
            f"meanwhile accuracy changed by {signed(slope(accuracy))}: the model grows more certain, and "
            "hardly worse.",
            "calibrate with a temperature, or stop, knowingly.",
        )


def _handicap(history: History) -> Iterable[Finding]:
    pairs = {"accuracy": ("accuracy", "val_accuracy", 1), "loss": ("loss", "val_loss", -1)}
    for name, (train, valid, sign) in pairs.items():
        ours, theirs = column_of(history, train), column_of(history, valid)
        if ours is None or theirs is None:
            continue
        worse = [sign * a < sign * b for a, b in zip(ours, theirs, strict=True) if math.isfinite(a + b)]
        if _mostly(sum(worse), len(worse)):
            yield Finding(
                "handicapped-metric",
                "supported",
                f"training {name} is worse than validation {name} at {sum(worse)} of {len(worse)} "
                "evaluations: a mean over the epoch, dropout or augmentation may handicap it, or the "
                "validation set is easier.",
                "re-evaluate the training set in evaluation mode.",
            )
            return


def _mostly(count: int, total: int) -> bool:
    """Whether so many of so many are more than the half that chance makes (sign test, p below 0.01)."""
    return total > 0 and count > total / 2 and mcnemar_test(count, total - count) < 0.01


def _plateau(run: Run, loss: list[float]) -> Iterable[Finding]:
    half = loss[len(loss) // 2 :]
    level = median(half)
    fell = -slope(half) / level if level > 0 else 0.0
    run.numbers["train_loss_fell"] = fell
    reached = finite_of(column_of(run.history, "accuracy"))
    right = _end_of(reached) if reached else math.nan
    if fell < 0.05 and not right > 0.98 and level > 0.02:
        yield Finding(
            "training-plateau",
            "supported",
            f"training loss {'rose' if fell < 0 else 'fell'} by {abs(fell):.0%} over the second half, "
            f"to about {half[-1]:.2g}"
            + (f", with {right:.1%} right" if reached else "")
            + ": too small a model, wrong labels, a penalty or augmentation, or a rate too low or too high, "
            "which this log does not tell apart.",
            "a larger model, and a higher rate, for some epochs each: does training loss fall further?",
        )


def signed(share: float) -> str:
    return f"{100 * share:+.1f} points"
