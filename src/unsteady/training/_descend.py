"""Minimise an objective with an optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from unsteady._broadcasting import check_splittable, select_replicates, shape_of
from unsteady._validation import Array, check_interface, finite, integer, number
from unsteady.objectives import Objective
from unsteady.optimizers import Optimizer


class Path(NamedTuple):
    """The path of an optimizer: the starting point, and the point after each step.

    Attributes
    ----------
    x : array, ``(steps + 1, *replicates, dims)``
        The points.
    loss : array, ``(steps + 1, *replicates)``
        The value of the objective at each point.
    gradient_norm : array, ``(steps + 1, *replicates)``
        The Euclidean norm of the objective's gradient at each point, without the added noise.

    Examples
    --------
    >>> from unsteady.objectives import Quadratic
    >>> from unsteady.optimizers import SGD
    >>> from unsteady.training import descend
    >>> path = descend(Quadratic(1.0), 4.0, SGD(0.5), steps=2)
    >>> path.x[:, 0].tolist(), path.loss.tolist(), path.gradient_norm.tolist()
    ([4.0, 2.0, 1.0], [8.0, 2.0, 0.5], [4.0, 2.0, 1.0])
    """

    x: Array
    loss: Array
    gradient_norm: Array

    def distance(self, minimum: ArrayLike) -> Array:
        """Return the Euclidean distance of each point from a minimum, ``(steps + 1, *replicates)``.

        Parameters
        ----------
        minimum : float or array of shape (dims,)
            The point from which to measure. A number stands for this number in each dimension.

        Raises
        ------
        TypeError, ValueError
            If the minimum is not finite numbers, or does not have one number for each dimension.

        Examples
        --------
        >>> from unsteady.objectives import Quadratic
        >>> from unsteady.optimizers import SGD
        >>> path = descend(Quadratic([1.0, 1.0]), [3.0, 4.0], SGD(0.5), steps=1)
        >>> path.distance([0.0, 0.0]).tolist()
        [5.0, 2.5]
        """
        point = finite("minimum", minimum)
        if point.shape not in ((), self.x.shape[-1:]):
            raise ValueError(
                f"minimum must be a number or have the shape {self.x.shape[-1:]}, got {point.shape}"
            )
        # hypot does not overflow or underflow where the sum of squares does.
        return np.asarray(np.hypot.reduce(np.abs(self.x - point), axis=-1))


def descend(
    objective: Objective,
    start: ArrayLike,
    optimizer: Optimizer,
    steps: int,
    *,
    noise: ArrayLike = 0.0,
    seed: int = 0,
) -> Path:
    """Minimise an objective and record the path.

    Parameters
    ----------
    objective : Objective
        From :mod:`unsteady.objectives`.
    start : float or array, ``(*replicates, dims)``
        Starting point. A number is a point in one dimension. The replicate axes of the starting point, of
        the optimizer's hyper-parameters and of the noise broadcast by NumPy's rules.
    optimizer : Optimizer
        From :mod:`unsteady.optimizers`.
    steps : int
        Number of steps, at least 1.
    noise : float or array over replicates
        Standard deviation of independent Gaussian noise that is added to each gradient, at least 0. The
        last replicate axis is then the seed. Settings along earlier axes have the same noise for the same
        seed.
    seed : int
        Seed from which the seeds of all replicates are derived, at least 0.

    Returns
    -------
    Path
        A replicate that diverges is NaN or infinite from that step on.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, or the start does not fit the optimizer or the objective.

    Examples
    --------
    Two learning rates on a parabola whose minimum is at 2:

    >>> from unsteady.objectives import Quadratic
    >>> from unsteady.optimizers import SGD
    >>> from unsteady.training import descend
    >>> path = descend(Quadratic(2.0, minimum=2.0), 0.0, SGD([0.1, 0.5]), steps=1)
    >>> path.x[-1, :, 0].tolist()
    [0.4, 2.0]
    """
    check_interface("objective", objective, ("value", "gradient"), "objectives")
    check_interface("optimizer", optimizer, ("start", "step"), "optimizers")
    check_splittable("optimizer", optimizer)
    steps = integer("steps", steps, at_least=1)
    seed = integer("seed", seed, at_least=0)
    noise_sd = np.asarray(number("noise", noise, at_least=0))
    if not noise_sd.size:
        raise ValueError(f"noise must be a number or an array of them, got the shape {noise_sd.shape}")
    first = np.atleast_1d(finite("start", start)).astype(np.float64)
    try:
        replicates = np.broadcast_shapes(first.shape[:-1], shape_of(optimizer), noise_sd.shape)
    except ValueError:
        raise ValueError(
            f"start must have replicates that broadcast with the optimizer's {shape_of(optimizer)} and the "
            f"noise's {noise_sd.shape}, got start of the shape {first.shape}"
        ) from None
    rule = select_replicates(optimizer, replicates, slice(None)) if replicates else optimizer
    x = np.broadcast_to(first, replicates + first.shape[-1:]).reshape(-1, first.shape[-1]).copy()
    state = rule.start([x])
    points = [x.copy()]
    draw_noise = None
    if noise_sd.any():
        draw_noise = _noise_source(np.broadcast_to(noise_sd, replicates), x.shape[-1], seed)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            gradient = objective.gradient(x)
            rule.step([x], [gradient + draw_noise() if draw_noise else gradient], state)
            x[~np.isfinite(x).all(axis=-1)] = np.nan
            points.append(x.copy())
        path = np.stack(points).reshape(steps + 1, *replicates, -1)
        norm = np.linalg.norm(objective.gradient(path), axis=-1)
        return Path(path, objective.value(path), norm)


def _noise_source(noise_sd: Array, dims: int, seed: int) -> Callable[[], Array]:
    """Return a function that draws the noise of one step, ``(replicates, dims)``.

    `noise_sd` has the shape of the replicates. The numbers are the same for all settings of one seed.
    """
    seeds = noise_sd.shape[-1] if noise_sd.ndim else 1
    rngs = [np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k,))) for k in range(seeds)]

    def draw() -> Array:
        drawn = np.stack([rng.standard_normal(dims) for rng in rngs])
        return np.asarray((noise_sd[..., None] * drawn).reshape(-1, dims))

    return draw
