r"""Batch noise as measured on a model: how the gradients of single examples scatter about their mean.

The moments are those over the set that is given, in evaluation mode, for each replicate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from unsteady._validation import Array, finite, instance, number
from unsteady.models import Model, Parameters

CHUNK_ELEMENTS = 2**22
"""Numbers that the gradients of the examples of a chunk may hold."""


class NoiseScale(NamedTuple):
    r"""The gradient's size, its noise, and the ratio of the two.

    Attributes
    ----------
    squared_norm : array, ``(*replicates,)``
        :math:`|G|^2` of the mean gradient.
    trace : array, ``(*replicates,)``
        :math:`\operatorname{tr} \Sigma`, the sum of the variances of a single example's gradient.
    scale : array, ``(*replicates,)``
        :math:`\operatorname{tr} \Sigma / |G|^2`, the batch size at which noise and
        gradient are equally large.
    """

    squared_norm: Array
    trace: Array
    scale: Array


class GradientMoments(NamedTuple):
    """Mean and covariance of the gradients of single examples.

    Attributes
    ----------
    mean : array, ``(*replicates, weights)``
        The gradient of the whole loss, the parameters flattened and joined.
    covariance : array, ``(*replicates, weights, weights)``
        Divided by n, not by n - 1.
    """

    mean: Array
    covariance: Array


def gradient_covariance(
    model: Model, parameters: Parameters, X: Any, y: Any, buffers: Any = None
) -> GradientMoments:
    """Return mean and covariance of the gradients of single examples; for small models.

    Parameters
    ----------
    model : Model
        From :mod:`unsteady.models`.
    parameters : list of array, ``(*replicates, rows, columns)``
    X, y : array, ``(n, features)`` and ``(n,)``
    buffers : list of array, optional
        Running statistics, for a model with batch norm.

    Returns
    -------
    GradientMoments

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape.

    Notes
    -----
    Its trace is that of :func:`noise_scale`, which needs no matrix. With a Hessian it predicts what a step
    does: :func:`unsteady.theory.expected_change`.
    """
    total, products = 0.0, 0.0
    for gradients in _example_gradients(model, parameters, X, y, buffers):
        total = total + gradients.sum(axis=-2)
        products = products + np.matmul(gradients.swapaxes(-1, -2), gradients)
    mean = np.asarray(total) / len(X)
    return GradientMoments(mean, products / len(X) - mean[..., :, None] * mean[..., None, :])


def noise_scale(model: Model, parameters: Parameters, X: Any, y: Any, buffers: Any = None) -> NoiseScale:
    r"""Return the simple noise scale, :math:`\operatorname{tr} \Sigma / |G|^2`.

    Parameters
    ----------
    model, parameters, X, y, buffers
        As for :func:`gradient_covariance`.

    Returns
    -------
    NoiseScale
        Infinite where the mean gradient is 0, NaN where the noise is 0 as well.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape.

    Notes
    -----
    A batch of B examples, drawn independently, has a gradient whose noise is :math:`\operatorname{tr}
    \Sigma / B` beside :math:`|G|^2`. Batches far below the scale are mostly noise, and to double them halves
    the steps; batches far above it waste their examples. As a rule it grows as training goes on, since the
    gradient falls faster than its noise. Source: McCandlish et al. (2018), arXiv 1812.06162.
    """
    total, squares = 0.0, 0.0
    for gradients in _example_gradients(model, parameters, X, y, buffers):
        total = total + gradients.sum(axis=-2, dtype=np.float64)
        squares = squares + np.square(gradients, dtype=np.float64).sum(axis=(-2, -1))
    squared_norm = np.square(np.asarray(total) / len(X)).sum(axis=-1)
    return _scale(squared_norm, np.maximum(np.asarray(squares) / len(X) - squared_norm, 0))


def two_batch_noise_scale(small: Any, large: Any, small_size: Any, large_size: Any) -> NoiseScale:
    r"""Return the noise scale as estimated from the gradient norms of batches of two sizes.

    With :math:`|G_b|^2` and :math:`|G_B|^2`, both averaged over batches,

    .. math:: |G|^2 \approx \frac{B |G_B|^2 - b |G_b|^2}{B - b}, \qquad
       \operatorname{tr} \Sigma \approx \frac{|G_b|^2 - |G_B|^2}{1/b - 1/B}.

    Parameters
    ----------
    small, large : float or array
        Mean squared Euclidean norms of the gradients of batches of the two sizes, at least 0.
    small_size, large_size : int
        b and B, with b below B.

    Returns
    -------
    NoiseScale
        The estimates as they are: where the noise of the norms exceeds :math:`|G|^2` they may be below 0, and
        the scale is then meaningless.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range.

    Notes
    -----
    Assumes batches drawn independently, all at the same weights. Both estimates are unbiased, their ratio is
    not. Late in training :math:`|G|^2` is a small difference of large numbers: how many batches it takes to
    tell it from 0 grows with the square of the noise scale over B. Source: McCandlish et al. (2018),
    appendix A.1.
    """
    small, large = number("small", small, at_least=0), number("large", large, at_least=0)
    b, B = number("small_size", small_size, at_least=1), number("large_size", large_size, at_least=1)
    if np.any(np.asarray(b) >= B):
        raise ValueError(f"small_size must be below large_size = {large_size}, got {small_size}")
    squared_norm = (B * np.asarray(large) - b * np.asarray(small)) / (np.asarray(B) - b)
    return _scale(squared_norm, (np.asarray(small) - large) / (1 / np.asarray(b) - 1 / np.asarray(B)))


def _scale(squared_norm: Any, trace: Any) -> NoiseScale:
    with np.errstate(divide="ignore", invalid="ignore"):
        return NoiseScale(squared_norm, trace, np.asarray(trace) / squared_norm)


def _example_gradients(model: Model, parameters: Parameters, X: Any, y: Any, buffers: Any) -> Iterator[Array]:
    """Yield the gradients of single examples, ``(*replicates, examples, weights)``, some at a time.

    Each example is a replicate of its own, with a batch of one, so that a model need not know of it.
    """
    if not instance("parameters", parameters, list, "the list of a model's parameters"):
        raise ValueError("parameters must be the list of a model's parameters, got an empty one")
    X, y = finite("X", X), model.check_targets("y", np.asarray(y))
    parameters = [np.asarray(parameter) for parameter in parameters]
    if X.ndim != 2 or y.shape != X.shape[:1] or not len(X):
        raise ValueError(f"X and y must have the shapes (n, features) and (n,), got {X.shape} and {y.shape}")
    if X.shape[1] != parameters[0].shape[-2]:
        raise ValueError(f"X must have {parameters[0].shape[-2]} features, got the shape {X.shape}")
    replicates = parameters[0].shape[:-2]
    size = max(1, CHUNK_ELEMENTS // sum(parameter.size for parameter in parameters))
    for first in range(0, len(X), size):
        own_X, own_y = X[first : first + size], y[first : first + size]
        count = (len(own_X),)
        at = [np.broadcast_to(p, count + p.shape) for p in parameters]
        kept = [np.broadcast_to(b, count + b.shape) for b in buffers or []]
        places = count + (1,) * len(replicates)
        one_X = np.broadcast_to(own_X.reshape(*places, 1, -1), count + replicates + (1, X.shape[1]))
        one_y = np.broadcast_to(own_y.reshape(*places, 1), (*count, *replicates, 1))
        gradients = model.loss_and_gradient(at, one_X, one_y, buffers=kept)[2]
        flat = [gradient.reshape(*count, *replicates, -1) for gradient in gradients]
        yield np.moveaxis(np.concatenate(flat, axis=-1), 0, -2)
