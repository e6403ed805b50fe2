"""What scores of two classes are worth at every threshold, not just at the one in use."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from unsteady._checks import Array, finite


def _checked(scores: Any, labels: Any) -> tuple[Array, Array]:
    scores, labels = finite("scores", scores), finite("labels", labels, ndim=1)
    if scores.ndim < 1 or scores.shape[-1:] != labels.shape:
        raise ValueError(
            f"scores must have the shape (*replicates, {len(labels)}) to go with labels, got {scores.shape}"
        )
    if set(np.unique(labels).tolist()) != {0, 1}:
        raise ValueError(f"labels must hold both 0 and 1 and nothing else, got {np.unique(labels)}")
    return scores, labels


def best_threshold_accuracy(scores: Any, labels: Any) -> Array:
    """Return the accuracy at that threshold at which it is highest, replicate by replicate.

    The threshold is chosen on the same examples, so it flatters a little: as a measure of movement it is
    meant, not as a score to report.

    Parameters
    ----------
    scores : array, ``(*replicates, n)``
        The higher, the more likely class 1; finite.
    labels : array of int, ``(n,)``
        0 and 1.

    Returns
    -------
    array, ``(*replicates,)``

    Raises
    ------
    TypeError, ValueError
        If an argument is of another kind or shape, or labels lack a class.
    """
    scores, labels = _checked(scores, labels)
    positives = labels.mean()

    def best(row: Array) -> float:
        false, true, _ = roc_curve(labels, row)
        return float((positives * true + (1 - positives) * (1 - false)).max())

    return np.apply_along_axis(best, -1, scores)


def auc(scores: Any, labels: Any) -> Array:
    """Return the area under the ROC curve: how often a 1 scores above a 0. Arguments as above."""
    scores, labels = _checked(scores, labels)
    return np.apply_along_axis(lambda row: roc_auc_score(labels, row), -1, scores)
