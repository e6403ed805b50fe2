r"""Measure the curvature of a model's loss: its sharpness, the largest eigenvalue of the Hessian.

The Hessian is never formed. The Lanczos iteration needs only the products of the Hessian with some ten
vectors, and each product is a difference of two gradients. All replicates are computed together.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from unsteady._validation import Array, instance, integer, scalar
from unsteady.models import Model, Parameters

CHUNK_ELEMENTS = 2**24
"""Limit on how many numbers the Lanczos basis of one chunk of replicates holds."""


def hessian_product(
    model: Model,
    parameters: Parameters,
    X: Array,
    y: Array,
    vectors: Parameters,
    buffers: Parameters | None = None,
) -> Parameters:
    r"""Return the product of the loss's Hessian with a vector, for each replicate.

    The product is the central difference of two gradients in evaluation mode,
    :math:`H v \approx (\nabla L(w + h v) - \nabla L(w - h v)) / 2h`.

    Parameters
    ----------
    model : Model
        From :mod:`unsteady.models`, with smooth activations. A ReLU that switches between the two gradients
        would spoil the difference.
    parameters : list of array, ``(*replicates, rows, columns)``
        The weights w at which the Hessian is taken. They are converted to float64.
    X, y : array, ``(n, features)`` and ``(n,)``
        The examples over which the loss is averaged.
    vectors : list of array
        The vector v, in the shapes of `parameters`.
    buffers : list of array, optional
        Running statistics, for a model with batch norm.

    Returns
    -------
    list of array
        The product, in the shapes of `parameters`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape.

    Notes
    -----
    For a quadratic loss the product is exact up to rounding. Otherwise the error is of the order of the third
    derivatives times :math:`h^2`. Here :math:`h` times the length of v is about :math:`6 \cdot 10^{-6}` times
    the length of the parameters, or :math:`6 \cdot 10^{-6}` if that length is below 1. Source: Pearlmutter
    (1994), who starts from the one-sided difference.

    Examples
    --------
    The inputs 1 and 3 give the Hessian (1 + 9) / 2 = 5, and 5 · 2 = 10.

    >>> from unsteady.models import LinearRegression
    >>> model, w, v = LinearRegression(intercept=False), [np.zeros((1, 1))], [np.full((1, 1), 2.0)]
    >>> [product] = hessian_product(model, w, X=np.array([[1.0], [3.0]]), y=np.zeros(2), vectors=v)
    >>> round(product.item(), 6)
    10.0
    """
    _check_smooth(model)
    _check_shapes("vectors", vectors, parameters)
    parameters, vectors = ([np.asarray(a, dtype=np.float64) for a in each] for each in (parameters, vectors))
    lengths = [np.sqrt(_dot(arrays, arrays)) for arrays in (parameters, vectors)]
    step = np.cbrt(np.finfo(np.float64).eps) * np.maximum(lengths[0], 1.0) / np.maximum(lengths[1], 1e-300)

    def gradients(sign: float) -> Parameters:
        """Return the gradients at w + sign · step · v."""
        moved = [w + sign * _expand_to_matrices(step) * v for w, v in zip(parameters, vectors, strict=True)]
        return model.loss_and_gradient(moved, X, y, buffers=buffers)[2]

    pairs = zip(gradients(1.0), gradients(-1.0), strict=True)
    return [(above - below) / _expand_to_matrices(2 * step) for above, below in pairs]


def sharpness(
    model: Model,
    parameters: Parameters,
    X: Array,
    y: Array,
    *,
    preconditioner: Parameters | None = None,
    buffers: Parameters | None = None,
    tolerance: float = 1e-4,
    iterations: int = 100,
) -> Array:
    r"""Return the sharpness: the largest eigenvalue of the Hessian, or of the preconditioned Hessian.

    Parameters
    ----------
    model, parameters, X, y, buffers
        As for :func:`hessian_product`.
    preconditioner : list of array, optional
        :math:`P`, above 0, in the shapes of `parameters`, as recorded by :func:`unsteady.training.train` with
        ``record="preconditioner"``. The result is then the largest eigenvalue of :math:`P^{-1} H`, which is
        also that of :math:`P^{-1/2} H P^{-1/2}`.
    tolerance : float
        Stop when the residual of the eigenvector is smaller than this share of the eigenvalue. Above 0. The
        relative error of the eigenvalue is usually far smaller than the tolerance.
    iterations : int
        Largest number of iterations, at least 1. The best estimate so far is returned when they are used up.

    Returns
    -------
    array, ``(*replicates,)``
        The sharpness. NaN where the parameters are not finite.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape.

    Notes
    -----
    The Lanczos iteration starts from a random vector and uses full reorthogonalisation. It approaches the
    eigenvalue from below. Source: Golub & Van Loan, *Matrix Computations* (2013), chapter 10; Cohen et al.
    (2022), arXiv 2207.14484, for the preconditioned sharpness.

    Examples
    --------
    The Hessian is diagonal, with 1/2 and 9/2. A preconditioner of 4 divides it by 4.

    >>> from unsteady.models import LinearRegression
    >>> model, w, X = LinearRegression(intercept=False), [np.zeros((2, 1))], np.diag([1.0, 3.0])
    >>> round(float(sharpness(model, w, X, np.zeros(2))), 4)
    4.5
    >>> round(float(sharpness(model, w, X, np.zeros(2), preconditioner=[np.full((2, 1), 4.0)])), 4)
    1.125
    """
    tolerance = scalar("tolerance", tolerance, above=0)
    iterations = integer("iterations", iterations, at_least=1)
    if not instance("parameters", parameters, list, "the list of a model's parameters"):
        raise ValueError("parameters must be the list of a model's parameters, got an empty one")
    _check_smooth(model)
    replicates = parameters[0].shape[:-2]
    roots = _flatten_replicates(_sqrt_preconditioner(parameters, preconditioner))
    weights, statistics = _flatten_replicates(parameters), _flatten_replicates(buffers or [])
    size = sum(array[0].size for array in weights)
    chunk_size = max(1, CHUNK_ELEMENTS // (size * min(iterations, 20)))
    found = []
    for first in range(0, len(weights[0]), chunk_size):
        chunk = slice(first, first + chunk_size)

        def product(vectors: Array, chunk: slice = chunk) -> Array:
            """Multiply vectors by the Hessian, divided by the roots on both sides."""
            scaled = [v / r[chunk] for v, r in zip(_split(vectors, weights), roots, strict=True)]
            own_weights, own_statistics = [w[chunk] for w in weights], [b[chunk] for b in statistics]
            products = hessian_product(model, own_weights, X, y, scaled, own_statistics)
            return _join([p / r[chunk] for p, r in zip(products, roots, strict=True)])

        found.append(_largest_eigenvalue(product, len(weights[0][chunk]), size, tolerance, iterations))
    return np.concatenate(found).reshape(replicates)


def _check_smooth(model: Model) -> None:
    """Raise ValueError for ReLU, whose gradient is not differentiable."""
    if getattr(model, "activation", "") == "relu":
        raise ValueError("model must have smooth activations, such as tanh, got activation='relu'")


def _check_shapes(name: str, arrays: Parameters, parameters: Parameters) -> None:
    """Raise ValueError unless the arrays have the shapes of the parameters."""
    expected, given = [[np.shape(array) for array in arrays] for arrays in (parameters, arrays)]
    if given != expected:
        raise ValueError(f"{name} must have the shapes of parameters, {expected}, got {given}")


def _sqrt_preconditioner(parameters: Parameters, preconditioner: Parameters | None) -> Parameters:
    """Return the square root of the preconditioner, or ones where there is none."""
    if preconditioner is None:
        return [np.ones_like(parameter) for parameter in parameters]
    _check_shapes("preconditioner", preconditioner, parameters)
    if any((np.asarray(array) <= 0).any() for array in preconditioner):
        raise ValueError("preconditioner must be above 0 everywhere, got a value of at most 0")
    return [np.sqrt(array) for array in preconditioner]


def _largest_eigenvalue(
    product: Callable[[Array], Array], replicates: int, size: int, tolerance: float, iterations: int
) -> Array:
    """Return the largest eigenvalue of a symmetric matrix per replicate by the Lanczos iteration.

    `product` multiplies one vector per replicate, ``(replicates, size)``, by the matrices. A replicate is
    done when the residual of its own eigenvector is small, so its result does not depend on the other
    replicates.
    """
    start = np.random.default_rng(0).standard_normal(size)
    basis = np.tile(start / np.linalg.norm(start), (replicates, 1))[:, None]  # (replicates, vectors, size)
    projected = np.zeros((replicates, 1, 1))  # the matrix in this basis, tridiagonal
    largest, done = np.full(replicates, np.nan), np.zeros(replicates, dtype=bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for k in range(min(iterations, size)):
            image = product(basis[:, k])
            projected[:, k, k] = np.einsum("mp,mp->m", basis[:, k], image)
            for _ in range(2):  # orthogonalise twice: once loses digits to cancellation
                image -= np.matmul(np.matmul(basis, image[..., None]).swapaxes(1, 2), basis)[:, 0]
            beta = np.linalg.norm(image, axis=-1)
            done |= ~(np.isfinite(projected).all(axis=(-2, -1)) & np.isfinite(beta))
            values, vectors = np.linalg.eigh(np.where(done[:, None, None], 0.0, projected))
            largest = np.where(done, largest, values[:, -1])
            done |= beta * np.abs(vectors[:, -1, -1]) <= tolerance * np.abs(values).max(axis=-1)
            if done.all():
                break
            projected = np.pad(projected, ((0, 0), (0, 1), (0, 1)))
            projected[:, k, k + 1] = projected[:, k + 1, k] = beta
            image /= np.maximum(beta, 1e-300)[:, None]
            basis = np.concatenate([basis, image[:, None]], axis=1)
    return largest


def _dot(a: Parameters, b: Parameters) -> Array:
    """Return the inner product of two lists of parameters, ``(*replicates,)``."""
    return np.asarray(sum((x * y).sum(axis=(-2, -1)) for x, y in zip(a, b, strict=True)))


def _expand_to_matrices(values: Array) -> Array:
    """Append two axes, so that values per replicate broadcast with parameters."""
    return values[..., None, None]


def _flatten_replicates(arrays: Parameters) -> Parameters:
    """Return float64 arrays with one replicate axis, ``(replicates, rows, columns)``."""
    return [np.asarray(array, dtype=np.float64).reshape(-1, *array.shape[-2:]) for array in arrays]


def _join(arrays: Parameters) -> Array:
    """Join parameters into one vector per replicate, ``(replicates, size)``."""
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)


def _split(vectors: Array, like: Parameters) -> Parameters:
    """Split vectors, ``(replicates, size)``, into arrays of the shapes of the parameters `like`."""
    ends = np.cumsum([array[0].size for array in like])[:-1]
    parts = np.split(vectors, ends, axis=1)
    return [part.reshape(-1, *array.shape[1:]) for part, array in zip(parts, like, strict=True)]
