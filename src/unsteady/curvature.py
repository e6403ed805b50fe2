r"""Curvature as measured on a model: its sharpness, the largest eigenvalue of the loss's Hessian.

The Hessian is never formed. What is needed of it are its products with vectors, which are differences of
gradients; the Lanczos iteration makes the eigenvalue of some ten of them. All replicates go together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from unsteady._validation import Array, instance, integer, scalar
from unsteady.models import Model, Parameters

CHUNK_ELEMENTS = 2**24
"""Numbers that the Lanczos basis of the replicates of a chunk may hold."""


def hessian_product(
    model: Model, parameters: Parameters, X: Array, y: Array, vectors: Parameters, buffers: Any = None
) -> Parameters:
    r"""Return the product of the loss's Hessian with a vector, for each replicate.

    The central difference of two gradients in evaluation mode,
    :math:`H v \approx (\nabla L(w + h v) - \nabla L(w - h v)) / 2h`.

    Parameters
    ----------
    model : Model
        From :mod:`unsteady.models`, with smooth activations: a ReLU that turns on or off between the two
        gradients would spoil the difference.
    parameters : list of array, ``(*replicates, rows, columns)``
        Where the Hessian is taken; in float64, whatever they are given in.
    X, y : array, ``(n, features)`` and ``(n,)``
        What the loss is the mean over.
    vectors : list of array
        Of the shapes of `parameters`.
    buffers : list of array, optional
        Running statistics, for a model with batch norm.

    Returns
    -------
    list of array
        Of the shapes of `parameters`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape.

    Notes
    -----
    Exact up to rounding where the loss is quadratic; elsewhere off by third derivatives times
    :math:`h^2`, :math:`h` being about :math:`6 \cdot 10^{-6}` of the parameters' length, or of 1 where that
    is longer. Source: Pearlmutter (1994), who starts from the one-sided difference.
    """
    _check_smooth(model)
    _check_shapes("vectors", vectors, parameters)
    parameters, vectors = ([np.asarray(a, dtype=np.float64) for a in each] for each in (parameters, vectors))
    lengths = [np.sqrt(_dot(arrays, arrays)) for arrays in (parameters, vectors)]
    step = np.cbrt(np.finfo(np.float64).eps) * np.maximum(lengths[0], 1.0) / np.maximum(lengths[1], 1e-300)

    def gradients(sign: float) -> Parameters:
        moved = [w + sign * _lead(step) * v for w, v in zip(parameters, vectors, strict=True)]
        return model.loss_and_gradient(moved, X, y, buffers=buffers)[2]

    pairs = zip(gradients(1.0), gradients(-1.0), strict=True)
    return [(above - below) / _lead(2 * step) for above, below in pairs]


def sharpness(
    model: Model,
    parameters: Parameters,
    X: Array,
    y: Array,
    *,
    preconditioner: Parameters | None = None,
    buffers: Any = None,
    tolerance: float = 1e-4,
    iterations: int = 100,
) -> Array:
    r"""Return the largest eigenvalue of the loss's Hessian, or of the preconditioned one.

    Parameters
    ----------
    model, parameters, X, y, buffers
        As for :func:`hessian_product`.
    preconditioner : list of array, optional
        :math:`P`, above 0, of the shapes of `parameters`, as recorded by
        :func:`unsteady.training.train` with ``record="preconditioner"``: the eigenvalue is then that of
        :math:`P^{-1} H`, that is of :math:`P^{-1/2} H P^{-1/2}`.
    tolerance : float
        Stop when the residual of the eigenvector is less than this share of the eigenvalue, above 0. The
        error of the eigenvalue is then far smaller as a rule.
    iterations : int
        Stop then at the latest, with what has been found so far; at least 1.

    Returns
    -------
    array, ``(*replicates,)``
        NaN where the parameters are not finite.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or shape.

    Notes
    -----
    The Lanczos iteration from a random start, with full reorthogonalisation; it approaches the eigenvalue
    from below. Source: Golub & Van Loan, *Matrix Computations* (2013), chapter 10; Cohen et al. (2022),
    arXiv 2207.14484, for the preconditioned sharpness.
    """
    tolerance = scalar("tolerance", tolerance, above=0)
    iterations = integer("iterations", iterations, at_least=1)
    if not instance("parameters", parameters, list, "the list of a model's parameters"):
        raise ValueError("parameters must be the list of a model's parameters, got an empty one")
    _check_smooth(model)
    roots = _roots(parameters, preconditioner)
    replicates = parameters[0].shape[:-2]

    def flat(arrays: Parameters) -> Parameters:
        return [np.asarray(a, dtype=np.float64).reshape(-1, *a.shape[-2:]) for a in arrays]

    flattened, roots, buffers = flat(parameters), flat(roots), flat(buffers or [])
    size = sum(array[0].size for array in flattened)
    members = max(1, CHUNK_ELEMENTS // (size * min(iterations, 20)))
    found = []
    for first in range(0, len(flattened[0]), members):
        part = slice(first, first + members)

        def product(vectors: Array, part: slice = part) -> Array:
            scaled = [v / r[part] for v, r in zip(_split(vectors, flattened), roots, strict=True)]
            own = [w[part] for w in flattened], X, y, scaled, [b[part] for b in buffers]
            products = hessian_product(model, *own)
            return _join([p / r[part] for p, r in zip(products, roots, strict=True)])

        found.append(_largest(product, len(flattened[0][part]), size, tolerance, iterations))
    return np.concatenate(found).reshape(replicates)


def _check_smooth(model: Model) -> None:
    if getattr(model, "activation", "") == "relu":
        raise ValueError("model must have smooth activations, such as tanh, got activation='relu'")


def _check_shapes(name: str, arrays: Parameters, parameters: Parameters) -> None:
    shapes, own = [[np.shape(a) for a in each] for each in (parameters, arrays)]
    if shapes != own:
        raise ValueError(f"{name} must have the shapes of parameters, {shapes}, got {own}")


def _roots(parameters: Parameters, preconditioner: Parameters | None) -> Parameters:
    if preconditioner is None:
        return [np.ones_like(parameter) for parameter in parameters]
    _check_shapes("preconditioner", preconditioner, parameters)
    if any((np.asarray(array) <= 0).any() for array in preconditioner):
        raise ValueError("preconditioner must be above 0 everywhere, got a value of at most 0")
    return [np.sqrt(array) for array in preconditioner]


def _largest(product: Any, members: int, size: int, tolerance: float, iterations: int) -> Array:
    """Return the largest eigenvalue of each member's symmetric matrix, given its products.

    A member is done, whatever the others do, when the residual of its eigenvector is small.
    """
    start = np.random.default_rng(0).standard_normal(size)
    basis = np.tile(start / np.linalg.norm(start), (members, 1))[:, None]  # (members, vectors, size)
    small = np.zeros((members, 1, 1))  # the matrix within the basis, tridiagonal
    value, done = np.full(members, np.nan), np.zeros(members, dtype=bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for k in range(min(iterations, size)):
            image = product(basis[:, k])
            small[:, k, k] = np.einsum("mp,mp->m", basis[:, k], image)
            for _ in range(2):  # once loses digits to cancellation
                image -= np.matmul(np.matmul(basis, image[..., None]).swapaxes(1, 2), basis)[:, 0]
            beta = np.linalg.norm(image, axis=-1)
            done |= ~(np.isfinite(small).all(axis=(-2, -1)) & np.isfinite(beta))
            values, vectors = np.linalg.eigh(np.where(done[:, None, None], 0.0, small))
            value = np.where(done, value, values[:, -1])
            done |= beta * np.abs(vectors[:, -1, -1]) <= tolerance * np.abs(values).max(axis=-1)
            if done.all():
                break
            small = np.pad(small, ((0, 0), (0, 1), (0, 1)))
            small[:, k, k + 1] = small[:, k + 1, k] = beta
            image /= np.maximum(beta, 1e-300)[:, None]
            basis = np.concatenate([basis, image[:, None]], axis=1)
    return value


def _dot(a: Parameters, b: Parameters) -> Array:
    return np.asarray(sum((x * y).sum(axis=(-2, -1)) for x, y in zip(a, b, strict=True)))


def _lead(values: Array) -> Array:
    return values[..., None, None]


def _join(arrays: Parameters) -> Array:
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)


def _split(vectors: Array, like: Parameters) -> Parameters:
    ends = np.cumsum([array[0].size for array in like])[:-1]
    parts = np.split(vectors, ends, axis=1)
    return [part.reshape(-1, *array.shape[1:]) for part, array in zip(parts, like, strict=True)]
