"""Losses of classifiers: for each example the loss, whether it is correct, and the gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from unsteady._validation import Array, finite
from unsteady.models._base import check_labels


class Score(NamedTuple):
    """The loss and the correctness of each example, and the gradient of its loss."""

    loss: Array  # (*replicates, batch)
    correct: Array  # (*replicates, batch)
    delta: Array  # gradient of the loss with respect to the logits, (*replicates, batch, classes)


def score_squared_error(logits: Array, y: Array) -> Score:
    """Compute half the squared distance of the logits from the one-hot labels."""
    labels = np.broadcast_to(y, logits.shape[:-1])
    delta = logits - np.eye(logits.shape[-1], dtype=logits.dtype)[labels]
    loss = 0.5 * np.einsum("...k,...k->...", delta, delta)
    return Score(loss, (logits.argmax(axis=-1) == labels) & np.isfinite(loss), delta)


def score_cross_entropy(logits: Array, y: Array) -> Score:
    """Compute the cross-entropy; its gradient with respect to the logits is softmax minus one-hot.

    In textbook form, for one example with logits z and the label k::

        probabilities = exp(z) / sum(exp(z))
        loss = -log(probabilities[k])
        delta = probabilities - one_hot(k)

    The code subtracts the largest logit first, so that nothing overflows, and computes in place.
    """
    shape, classes = logits.shape[:-1], logits.shape[-1]
    labels = np.broadcast_to(y, shape).reshape(-1)
    # The maximum of a transposed copy is several times as fast as a maximum over such a short axis.
    highest = np.ascontiguousarray(logits.reshape(-1, classes).T).max(axis=0)
    delta = logits - highest.reshape(*shape, 1)
    flat_label_index = np.arange(len(labels)) * classes + labels
    negative_log_numerator = -delta.reshape(-1)[flat_label_index]
    correct = negative_log_numerator == 0
    if np.count_nonzero(delta == 0) > len(labels):  # at a tie the first label counts, as in predict
        correct = logits.reshape(-1, classes).argmax(axis=-1) == labels
    np.exp(delta, out=delta)
    # A matrix product with ones is again faster than a sum over such a short axis.
    total = np.matmul(delta, np.ones((classes, 1), dtype=delta.dtype))
    delta /= total
    delta.reshape(-1)[flat_label_index] -= 1
    loss = np.log(total.reshape(-1)) + negative_log_numerator
    # argmax returns a label even if all logits are NaN: a diverged model must not be correct by accident.
    correct &= np.isfinite(loss)
    return Score(loss.reshape(shape), correct.reshape(shape), delta)


def cross_entropy(logits: ArrayLike, y: ArrayLike) -> Array:
    """Compute the mean cross-entropy of logits with labels, in nats.

    Parameters
    ----------
    logits : array, ``(*replicates, n, classes)``
        Finite numbers.
    y : array of int, ``(n,)`` or ``(*replicates, n)``
        Labels from 0 to classes - 1.

    Returns
    -------
    array, ``(*replicates,)``

    Raises
    ------
    TypeError, ValueError
        If the labels are not integers in that range, or their shape does not fit the logits.

    Examples
    --------
    A model that gives the correct label a probability of 1/4 has the loss log 4:

    >>> import numpy as np
    >>> from unsteady.models import cross_entropy
    >>> loss = cross_entropy(np.zeros((2, 4)), [0, 3])
    >>> round(float(loss), 3), round(float(np.log(4)), 3)
    (1.386, 1.386)
    """
    logits = finite("logits", logits)
    if logits.ndim < 2:
        raise ValueError(f"logits must have the shape (*replicates, n, classes), got {logits.shape}")
    labels = check_labels("y", y, logits.shape[-1])
    if labels.shape not in (logits.shape[-2:-1], logits.shape[:-1]):
        raise ValueError(f"y must have the shape {logits.shape[-2:-1]} to go with logits, got {labels.shape}")
    return np.asarray(score_cross_entropy(logits, labels).loss.mean(axis=-1))


def mean_scores(score: Score) -> tuple[Array, Array]:
    """Return loss and accuracy of each replicate; the accuracy is NaN where the loss has diverged."""
    loss = score.loss.mean(axis=-1)
    accuracy = np.asarray(score.correct.astype(loss.dtype).mean(axis=-1))
    accuracy[~np.isfinite(loss)] = np.nan
    return loss, accuracy
