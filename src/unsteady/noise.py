r"""Measure the batch noise of a model: how the gradients of single examples scatter around their mean.

All moments are over the examples that are passed in, in evaluation mode, separately for each replicate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from unsteady._validation import Array, finite, instance, number
from unsteady.models import Model, Parameters

CHUNK_ELEMENTS = 2**22
"""Limit on how many numbers the gradients of one chunk of examples hold."""


class NoiseScale(NamedTuple):
    r"""The squared size of the gradient, its noise, and the ratio of the two.

    Attributes
    ----------
    squared_norm : array, ``(*replicates,)``
        :math:`|G|^2`, the squared length of the mean gradient.
    trace : array, ``(*replicates,)``
        :math:`\operatorname{tr} \Sigma`, the sum of the variances of a single example's gradient.
    scale : array, ``(*replicates,)``
        :math:`\operatorname{tr} \Sigma / |G|^2`, the batch size at which noise and gradient are equally
        large.

    Examples
    --------
    The gradient has the squared length 4 and the noise of one example is 12, so a batch of 3 has a noise of
    4.

    >>> estimate = two_batch_noise_scale(16.0, 7.0, small_size=1, large_size=4)
    >>> float(estimate.squared_norm), float(estimate.trace), float(estimate.scale)
    (4.0, 12.0, 3.0)
    """

    squared_norm: Array
    trace: Array
    scale: Array


class GradientMoments(NamedTuple):
    """The mean and the covariance of the gradients of single examples.

    Attributes
    ----------
    mean : array, ``(*replicates, weights)``
        The gradient of the full loss. All parameters are flattened and joined.
    covariance : array, ``(*replicates, weights, weights)``
        The covariance, divided by n, not by n - 1.

    Examples
    --------
    Five replicates of a model with three weights:

    >>> from unsteady.models import LinearRegression
    >>> model, parameters = LinearRegression(intercept=False), [np.zeros((5, 3, 1))]
    >>> moments = gradient_covariance(model, parameters, np.eye(3), [1.0, 2.0, 3.0])
    >>> moments.mean.shape, moments.covariance.shape
    ((5, 3), (5, 3, 3))
    >>> (3 * moments.mean[0]).round(6).tolist()  # three examples, whose gradients are -1, -2 and -3
    [-1.0, -2.0, -3.0]
    """

    mean: Array
    covariance: Array


def gradient_covariance(
    model: Model, parameters: Parameters, X: ArrayLike, y: ArrayLike, buffers: Parameters | None = None
) -> GradientMoments:
    """Return the mean and the covariance of the gradients of single examples, for small models.

    Parameters
    ----------
    model : Model
        From :mod:`unsteady.models`.
    parameters : list of array, ``(*replicates, rows, columns)``
        The weights at which the gradients are taken.
    X, y : array, ``(n, features)`` and ``(n,)``
        The examples.
    buffers : list of array, optional
        Running statistics, for a model with batch norm.

    Returns
    -------
    GradientMoments
        The covariance holds weights² numbers per replicate, so the model must be small.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape.

    Notes
    -----
    The trace of the covariance is that of :func:`noise_scale`, which does not form the matrix. Together with
    a Hessian, the moments predict the expected change of the loss in one step:
    :func:`unsteady.theory.expected_change`.

    Examples
    --------
    At the weights (0, 0), the two examples have the gradients (1, 0) and (0, 3).

    >>> from unsteady.models import LinearRegression
    >>> model, parameters = LinearRegression(intercept=False), [np.zeros((2, 1))]
    >>> mean, covariance = gradient_covariance(model, parameters, [[1.0, 0.0], [0.0, 3.0]], [-1.0, -1.0])
    >>> mean.tolist(), covariance.tolist()
    ([0.5, 1.5], [[0.25, -0.75], [-0.75, 2.25]])
    """
    parameters, X, y = _check_examples(model, parameters, X, y)
    total, products = 0.0, 0.0
    for gradients in _example_gradients(model, parameters, X, y, buffers):
        total = total + gradients.sum(axis=-2)
        products = products + np.matmul(gradients.swapaxes(-1, -2), gradients)
    mean = np.asarray(total) / len(X)
    return GradientMoments(mean, products / len(X) - mean[..., :, None] * mean[..., None, :])


def noise_scale(
    model: Model, parameters: Parameters, X: ArrayLike, y: ArrayLike, buffers: Parameters | None = None
) -> NoiseScale:
    r"""Return the simple noise scale, :math:`\operatorname{tr} \Sigma / |G|^2`.

    Parameters
    ----------
    model, parameters, X, y, buffers
        As for :func:`gradient_covariance`.

    Returns
    -------
    NoiseScale
        The scale is infinite where the mean gradient is 0, and NaN where the noise is 0 as well.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape.

    Notes
    -----
    Assumes that the B examples of a batch are sampled independently. The gradient of the batch then has the
    squared noise :math:`\operatorname{tr} \Sigma / B`, compared with a squared size of :math:`|G|^2`. Batches
    far below the noise scale are mostly noise, and doubling them halves the number of steps. Batches far
    above the noise scale waste examples. The noise scale usually grows during training, because the gradient
    falls faster than its noise. Source: McCandlish et al. (2018), arXiv 1812.06162.

    Examples
    --------
    The two examples have the gradients 1 and 3: the mean is 2 and the variance is 1.

    >>> from unsteady.models import LinearRegression
    >>> model, parameters = LinearRegression(intercept=False), [np.zeros((1, 1))]
    >>> [float(value) for value in noise_scale(model, parameters, X=[[1.0], [1.0]], y=[-1.0, -3.0])]
    [4.0, 1.0, 0.25]
    """
    parameters, X, y = _check_examples(model, parameters, X, y)
    total, squares = 0.0, 0.0
    for gradients in _example_gradients(model, parameters, X, y, buffers):
        total = total + gradients.sum(axis=-2, dtype=np.float64)
        squares = squares + np.square(gradients, dtype=np.float64).sum(axis=(-2, -1))
    squared_norm = np.square(np.asarray(total) / len(X)).sum(axis=-1)
    return _divide(squared_norm, np.maximum(np.asarray(squares) / len(X) - squared_norm, 0))


def two_batch_noise_scale(
    small: ArrayLike, large: ArrayLike, small_size: ArrayLike, large_size: ArrayLike
) -> NoiseScale:
    r"""Return an estimate of the noise scale from the gradient norms of batches of two sizes.

    With :math:`|G_b|^2` and :math:`|G_B|^2`, each averaged over many batches,

    .. math:: |G|^2 \approx \frac{B |G_B|^2 - b |G_b|^2}{B - b}, \qquad
       \operatorname{tr} \Sigma \approx \frac{|G_b|^2 - |G_B|^2}{1/b - 1/B}.

    Parameters
    ----------
    small, large : float or array
        Mean squared Euclidean norms of the gradients of batches of the two sizes, at least 0.
    small_size, large_size : int or array
        The batch sizes b and B, at least 1, with b below B.

    Returns
    -------
    NoiseScale
        The estimates, not clipped. If the sampling error of the norms exceeds :math:`|G|^2`, an estimate can
        be negative, and the scale is then meaningless.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range.

    Notes
    -----
    Assumes independent batches, all at the same weights. Both estimates are unbiased, but their ratio is not.
    Late in training, :math:`|G|^2` is a small difference of large numbers. The number of batches that are
    needed to distinguish it from 0 grows with the square of the ratio of noise scale and B. Source:
    McCandlish et al. (2018), appendix A.1.

    Examples
    --------
    With :math:`|G|^2` = 4 and :math:`\operatorname{tr} \Sigma` = 12, a batch of 1 has a mean squared norm of
    4 + 12, and a batch of 4 of 4 + 12/4.

    >>> [float(value) for value in two_batch_noise_scale(16.0, 7.0, small_size=1, large_size=4)]
    [4.0, 12.0, 3.0]
    """
    small, large = number("small", small, at_least=0), number("large", large, at_least=0)
    b, B = number("small_size", small_size, at_least=1), number("large_size", large_size, at_least=1)
    if np.any(np.asarray(b) >= B):
        raise ValueError(f"small_size must be below large_size = {large_size!r}, got {small_size!r}")
    squared_norm = (B * np.asarray(large) - b * np.asarray(small)) / (np.asarray(B) - b)
    return _divide(squared_norm, (np.asarray(small) - large) / (1 / np.asarray(b) - 1 / np.asarray(B)))


def _divide(squared_norm: Array, trace: Array) -> NoiseScale:
    """Return the noise scale from its two parts, without warnings about zeros."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return NoiseScale(squared_norm, trace, np.asarray(trace) / squared_norm)


def _check_examples(
    model: Model, parameters: Parameters, X: ArrayLike, y: ArrayLike
) -> tuple[Parameters, Array, Array]:
    """Return parameters and examples as arrays whose shapes match."""
    if not instance("parameters", parameters, list, "the list of a model's parameters"):
        raise ValueError("parameters must be the list of a model's parameters, got an empty one")
    parameters = [np.asarray(parameter) for parameter in parameters]
    X, y = finite("X", X), model.check_targets("y", np.asarray(y))
    if X.ndim != 2 or y.shape != X.shape[:1] or not len(X):
        raise ValueError(f"X and y must have the shapes (n, features) and (n,), got {X.shape} and {y.shape}")
    if X.shape[1] != parameters[0].shape[-2]:
        raise ValueError(f"X must have {parameters[0].shape[-2]} features, got the shape {X.shape}")
    return parameters, X, y


def _as_replicates(array: Array, count: int) -> Array:
    """Repeat matrices, ``(*replicates, rows, columns)``, `count` times along a new last replicate axis."""
    *replicates, rows, columns = array.shape
    return np.broadcast_to(array[..., None, :, :], (*replicates, count, rows, columns))


def _example_gradients(
    model: Model, parameters: Parameters, X: Array, y: Array, buffers: Parameters | None
) -> Iterator[Array]:
    """Make each example a replicate with a batch of one, so that any model returns the example's gradient.

    Yield the gradients of one chunk of examples after another, ``(*replicates, examples, weights)``.
    """
    replicates = parameters[0].shape[:-2]
    chunk_size = max(1, CHUNK_ELEMENTS // sum(parameter.size for parameter in parameters))
    for first in range(0, len(X), chunk_size):
        chunk_X, chunk_y = X[first : first + chunk_size], y[first : first + chunk_size]
        count, features = chunk_X.shape
        _, _, gradients = model.loss_and_gradient(
            [_as_replicates(parameter, count) for parameter in parameters],
            np.broadcast_to(chunk_X[:, None, :], (*replicates, count, 1, features)),
            np.broadcast_to(chunk_y[:, None], (*replicates, count, 1)),
            buffers=[_as_replicates(buffer, count) for buffer in buffers or []],
        )
        yield np.concatenate([gradient.reshape(*replicates, count, -1) for gradient in gradients], axis=-1)
