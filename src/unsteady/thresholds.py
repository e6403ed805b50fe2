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


def tuned_threshold_accuracy(scores: Any, labels: Any, tuned_on: Any) -> Array:
    """Return the accuracy at a threshold chosen on some of the examples, on the others.

    Parameters
    ----------
    scores : array, ``(*replicates, n)``
        The higher, the more likely class 1; finite.
    labels : array of int, ``(n,)``
        0 and 1.
    tuned_on : array of bool, ``(n,)``
        On which examples the threshold is chosen, the middle one of those scores at which it is best; the
        rest are scored. Both parts hold both classes.

    Returns
    -------
    array, ``(*replicates,)``

    Raises
    ------
    TypeError, ValueError
        If an argument is of another kind or shape, or a part lacks a class.
    """
    scores, labels = _checked(scores, labels)
    chosen = np.asarray(tuned_on)
    if chosen.dtype != bool or chosen.shape != labels.shape:
        raise ValueError(
            f"tuned_on must be an array of bool of the shape {labels.shape}, got dtype {chosen.dtype} "
            f"and shape {chosen.shape}"
        )
    _checked(scores[..., chosen], labels[chosen])
    _checked(scores[..., ~chosen], labels[~chosen])
    ones, zeros = (labels[chosen] == 1).sum(), (labels[chosen] == 0).sum()

    def tuned(row: Array) -> float:
        false, true, cuts = roc_curve(labels[chosen], row[chosen], drop_intermediate=False)
        right = np.rint(ones * true + zeros * (1 - false))  # counts, so that ties are ties
        best = np.flatnonzero(right == right.max())
        cut = cuts[best[len(best) // 2]]
        return float(((row[~chosen] >= cut) == labels[~chosen]).mean())

    return np.apply_along_axis(tuned, -1, scores)


def auc(scores: Any, labels: Any) -> Array:
    """Return the area under the ROC curve: how often a 1 scores above a 0.

    Parameters
    ----------
    scores, labels
        As for :func:`tuned_threshold_accuracy`.

    Returns
    -------
    array, ``(*replicates,)``
    """
    scores, labels = _checked(scores, labels)
    return np.apply_along_axis(lambda row: roc_auc_score(labels, row), -1, scores)
