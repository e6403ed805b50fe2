r"""Curvature as measured on a model: its sharpness, the largest eigenvalue of the loss's Hessian.

The Hessian is never formed. What is needed of it are its products with vectors, which are differences of
gradients; the Lanczos iteration makes the eigenvalue of some ten of them. All replicates go together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from unsteady._checks import Array, instance, integer, scalar
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
        From :mod:`unsteady.models`.
    parameters : list of array, ``(*replicates, rows, columns)``
        Where the Hessian is taken, in float64: in float32 the difference has few digits left.
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
    For smooth activations: with ReLU, units that turn on or off within :math:`h` make it noisy. Exact up to
    rounding where the loss is quadratic; elsewhere off by third derivatives times
    :math:`h^2`, :math:`h` being about :math:`6 \cdot 10^{-6}` of the parameters' length. Source: Pearlmutter
    (1994), who starts from the one-sided difference.
    """
    _check_shapes("vectors", vectors, parameters)
    lengths = [np.sqrt(_dot(arrays, arrays)) for arrays in (parameters, vectors)]
    step = np.cbrt(np.finfo(np.float64).eps) * np.maximum(lengths[0], 1.0) / np.maximum(lengths[1], 1e-300)

    def gradients(sign: float) -> Parameters:
        moved = [w + sign * _lead(step, w) * v for w, v in zip(parameters, vectors, strict=True)]
        return model.loss_and_gradient(moved, X, y, buffers=buffers)[2]

    pairs = zip(gradients(1.0), gradients(-1.0), strict=True)
    return [(above - below) / _lead(2 * step, above) for above, below in pairs]


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
        Stop when an iteration changes the eigenvalue by less than this share of it, above 0.
    iterations : int
        Stop then at the latest, at least 1.

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
    instance("parameters", parameters, list, "the list of a model's parameters")
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
    """Return the largest eigenvalue of each member's symmetric matrix, given its products."""
    start = np.random.default_rng(0).standard_normal(size)
    basis = np.tile(start / np.linalg.norm(start), (members, 1))[:, None]  # (members, vectors, size)
    small = np.zeros((members, 1, 1))  # the matrix within the basis, tridiagonal
    value = np.full(members, np.nan)
    with np.errstate(invalid="ignore", over="ignore"):
        for k in range(min(iterations, size)):
            image = product(basis[:, k])
            small[:, k, k] = np.einsum("mp,mp->m", basis[:, k], image)
            before, value = value, _top(small)
            if (np.abs(value - before) <= tolerance * np.abs(value))[np.isfinite(value)].all():
                break
            for _ in range(2):  # once loses digits to cancellation
                image -= np.matmul(np.matmul(basis, image[..., None]).swapaxes(1, 2), basis)[:, 0]
            beta = np.linalg.norm(image, axis=-1)
            small = np.pad(small, ((0, 0), (0, 1), (0, 1)))
            small[:, k, k + 1] = small[:, k + 1, k] = beta
            image /= np.maximum(beta, 1e-300)[:, None]
            basis = np.concatenate([basis, image[:, None]], axis=1)
    return value


def _top(matrices: Array) -> Array:
    finite = np.isfinite(matrices).all(axis=(-2, -1))
    top = np.full(len(matrices), np.nan)
    top[finite] = np.linalg.eigvalsh(matrices[finite])[:, -1]
    return top


def _dot(a: Parameters, b: Parameters) -> Array:
    return np.asarray(sum((x * y).sum(axis=(-2, -1)) for x, y in zip(a, b, strict=True)))


def _lead(values: Array, array: Array) -> Array:
    return values[..., None, None].astype(array.dtype)


def _join(arrays: Parameters) -> Array:
    return np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)


def _split(vectors: Array, like: Parameters) -> Parameters:
    ends = np.cumsum([array[0].size for array in like])[:-1]
    parts = np.split(vectors, ends, axis=1)
    return [part.reshape(-1, *array.shape[1:]) for part, array in zip(parts, like, strict=True)]
