"""Records of runs made by hand."""

import random
from typing import Any

from unsteady.history import History


def counts(n: int, share: float, noise: float, evaluations: int = 40, seed: int = 0) -> list[float]:
    """Return accuracies that are counts over n, around a share, with jumps of so many examples."""
    rng = random.Random(seed)
    return [min(max(round(n * share + rng.gauss(0, noise)), 0), n) / n for _ in range(evaluations)]


def record(curve: list[float], **columns: Any) -> History:
    """Return a history with these validation accuracies, one an epoch, and other columns."""
    return History(epoch=list(range(1, len(curve) + 1)), val_accuracy=curve, **columns)
