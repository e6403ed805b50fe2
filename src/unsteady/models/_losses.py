"""Losses of logits: the loss and correctness of each example, and the gradient by the logits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from unsteady._validation import Array, finite
from unsteady.models._base import check_labels


class Score(NamedTuple):
    """The loss of logits, and what its gradient and the accuracy need."""

    loss: Array  # (*replicates, batch)
    correct: Array  # (*replicates, batch)
    delta: Array  # gradient of the loss by the logits, (*replicates, batch, classes)


def score_squared_error(logits: Array, y: Array) -> Score:
    """Return half the squared distance from the one-hot labels."""
    labels = np.broadcast_to(y, logits.shape[:-1])
    delta = logits - np.eye(logits.shape[-1], dtype=logits.dtype)[labels]
    loss = 0.5 * np.einsum("...k,...k->...", delta, delta)
    return Score(loss, (logits.argmax(axis=-1) == labels) & np.isfinite(loss), delta)


def score_cross_entropy(logits: Array, y: Array) -> Score:
    """Return the cross-entropy with the labels; its gradient by the logits is softmax minus one-hot.

    In textbook form, for one example with logits z and the label k::

        probabilities = exp(z) / sum(exp(z))
        loss = -log(probabilities[k])
        delta = probabilities - one_hot(k)

    The code subtracts the largest logit first, so that nothing overflows, and computes in place.
    """
    shape, classes = logits.shape[:-1], logits.shape[-1]
    labels = np.broadcast_to(y, shape).reshape(-1)
    # The maximum of a transposed copy: several times as fast as one over so short an axis.
    highest = np.ascontiguousarray(logits.reshape(-1, classes).T).max(axis=0)
    delta = logits - highest.reshape(*shape, 1)
    flat_label_index = np.arange(len(labels)) * classes + labels
    negative_log_numerator = -delta.reshape(-1)[flat_label_index]
    correct = negative_log_numerator == 0
    if np.count_nonzero(delta == 0) > len(labels):  # at a tie the first label counts, as in predict
        correct = logits.reshape(-1, classes).argmax(axis=-1) == labels
    np.exp(delta, out=delta)
    # A product with ones, replicate by replicate: again faster than a sum over so short an axis.
    total = np.matmul(delta, np.ones((classes, 1), dtype=delta.dtype))
    delta /= total
    delta.reshape(-1)[flat_label_index] -= 1
    loss = np.log(total.reshape(-1)) + negative_log_numerator
    # At a tie of NaN argmax names a label all the same: a diverged model must not score by accident.
    correct &= np.isfinite(loss)
    return Score(loss.reshape(shape), correct.reshape(shape), delta)


def cross_entropy(logits: Array, y: Array) -> Array:
    """Return the mean cross-entropy of logits with labels, in nats.

    Parameters
    ----------
    logits : array, ``(*replicates, n, classes)``
    y : array of int, ``(n,)`` or ``(*replicates, n)``
        Labels from 0 to classes - 1.

    Returns
    -------
    array, ``(*replicates,)``

    Raises
    ------
    TypeError, ValueError
        If the labels are no integers in that range, or do not go with the logits.
    """
    logits = finite("logits", logits)
    if logits.ndim < 2:
        raise ValueError(f"logits must have the shape (*replicates, n, classes), got {logits.shape}")
    y = check_labels("y", y, logits.shape[-1])
    if y.shape not in (logits.shape[-2:-1], logits.shape[:-1]):
        raise ValueError(f"y must have the shape {logits.shape[-2:-1]} to go with logits, got {y.shape}")
    return np.asarray(score_cross_entropy(logits, y).loss.mean(axis=-1))


def mean_scores(score: Score) -> tuple[Array, Array]:
    """Return loss and accuracy of each replicate; NaN accuracy where the loss has diverged."""
    loss = score.loss.mean(axis=-1)
    accuracy = np.asarray(score.correct.astype(loss.dtype).mean(axis=-1))
    accuracy[~np.isfinite(loss)] = np.nan
    return loss, accuracy
