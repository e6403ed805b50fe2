r"""Loss surfaces whose minima and curvature are known.

Every objective takes points ``x`` of shape ``(*replicates, dims)`` and returns ``value(x)`` of shape
``(*replicates,)``, ``gradient(x)`` of shape ``(*replicates, dims)`` and ``hessian(x)`` of shape
``(*replicates, dims, dims)``. A point of another kind raises :class:`TypeError` or
:class:`ValueError`; a point that has overflowed does not, so that a run that diverges can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unsteady._validation import Array, Hyperparameter, number, scalar


class Objective(Protocol):
    """What :func:`unsteady.training.descend` needs of a loss surface."""

    def value(self, x: Array) -> Array:
        """Return the loss at each point, shape ``(*replicates,)``."""
        ...

    def gradient(self, x: Array) -> Array:
        """Return the gradient at each point, shape ``(*replicates, dims)``."""
        ...

    def hessian(self, x: Array) -> Array:
        """Return the matrix of second derivatives, shape ``(*replicates, dims, dims)``."""
        ...


def _points(x: Array, dims: int | None = None) -> Array:
    points = np.asarray(x)
    if points.dtype.kind not in "iuf":
        raise TypeError(f"x must be an array of numbers, got one of dtype {points.dtype}")
    if points.ndim == 0:
        raise ValueError("x must have the shape (*replicates, dims), got a single number")
    if dims is not None and points.shape[-1] != dims:
        raise ValueError(f"x must have {dims} dims on its last axis, got the shape {points.shape}")
    return points.astype(np.float64, copy=False)


def _diagonal(values: Array) -> Array:
    return values[..., :, None] * np.eye(values.shape[-1])


@dataclass(frozen=True, eq=False)
class Quadratic:
    r"""A bowl, :math:`c + \frac12 \sum_i \lambda_i (x_i - m_i)^2`.

    Parameters
    ----------
    curvature : float or array of shape (dims,)
        :math:`\lambda`, above 0: one for all axes or one an axis.
    minimum : float or array of shape (dims,)
        :math:`m`, where the bowl is lowest.
    offset : float
        :math:`c`, the value there.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a finite number, a curvature is not above 0, or the curvature and the
        minimum do not fit each other.
    """

    curvature: Hyperparameter
    minimum: Hyperparameter = 0.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        curvature = number("curvature", self.curvature, above=0)
        minimum = number("minimum", self.minimum)
        shapes = {np.shape(value) for value in (curvature, minimum)} - {()}
        if len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
            raise ValueError(
                "curvature and minimum must be numbers or arrays of one shape (dims,), "
                f"got the shapes {np.shape(curvature)} and {np.shape(minimum)}"
            )
        object.__setattr__(self, "curvature", curvature)
        object.__setattr__(self, "minimum", minimum)
        object.__setattr__(self, "offset", scalar("offset", self.offset))

    @property
    def lowest(self) -> float:
        """The smallest value that the objective takes."""
        return self.offset

    def _points(self, x: Array) -> Array:
        dims = np.broadcast(self.curvature, self.minimum).shape
        return _points(x, *dims)

    def value(self, x: Array) -> Array:
        """Return the loss at each point."""
        squares = (self._points(x) - self.minimum) ** 2
        return np.asarray(self.offset + 0.5 * (self.curvature * squares).sum(axis=-1))

    def gradient(self, x: Array) -> Array:
        """Return the gradient at each point."""
        return np.asarray(self.curvature * (self._points(x) - self.minimum))

    def hessian(self, x: Array) -> Array:
        """Return the second derivatives, which are the same everywhere."""
        return _diagonal(np.broadcast_to(self.curvature, self._points(x).shape))


@dataclass(frozen=True, eq=False)
class Saddle:
    r"""A saddle at the origin of the plane, :math:`\frac12 (\lambda x_1^2 - \gamma x_2^2)`.

    Parameters
    ----------
    curvature : float
        :math:`\lambda`, above 0: how steeply it holds along the first axis.
    escape : float
        :math:`\gamma`, above 0: how steeply it falls away along the second.
    """

    curvature: float = 1.0
    escape: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "curvature", scalar("curvature", self.curvature, above=0))
        object.__setattr__(self, "escape", scalar("escape", self.escape, above=0))

    @property
    def _curvatures(self) -> Array:
        return np.array([self.curvature, -self.escape])

    def value(self, x: Array) -> Array:
        """Return the loss at each point."""
        return np.asarray(0.5 * (self._curvatures * _points(x, 2) ** 2).sum(axis=-1))

    def gradient(self, x: Array) -> Array:
        """Return the gradient at each point."""
        return np.asarray(self._curvatures * _points(x, 2))

    def hessian(self, x: Array) -> Array:
        """Return the second derivatives, which are the same everywhere."""
        return _diagonal(np.broadcast_to(self._curvatures, _points(x, 2).shape))


@dataclass(frozen=True, eq=False)
class Plateau:
    r"""A hole in a plain, :math:`1 - \exp(-\lambda |x|^2 / 2)`: flat far away, a bowl at the origin.

    Parameters
    ----------
    curvature : float
        :math:`\lambda`, above 0: the curvature at the minimum. The hole is about
        :math:`1/\sqrt{\lambda}` wide.
    """

    curvature: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "curvature", scalar("curvature", self.curvature, above=0))

    @property
    def lowest(self) -> float:
        """The smallest value that the objective takes."""
        return 0.0

    def _depth(self, x: Array) -> Array:
        return np.asarray(np.exp(-0.5 * self.curvature * (x**2).sum(axis=-1)))

    def value(self, x: Array) -> Array:
        """Return the loss at each point."""
        return np.asarray(1.0 - self._depth(_points(x)))

    def gradient(self, x: Array) -> Array:
        """Return the gradient at each point."""
        points = _points(x)
        return np.asarray(self.curvature * points * self._depth(points)[..., None])

    def hessian(self, x: Array) -> Array:
        """Return the second derivatives at each point."""
        points = _points(x)
        outer = points[..., :, None] * points[..., None, :]
        bowl = np.eye(points.shape[-1]) - self.curvature * outer
        return np.asarray(self.curvature * self._depth(points)[..., None, None] * bowl)


@dataclass(frozen=True, eq=False)
class DoubleWell:
    r"""Two equal wells along every axis, :math:`\sum_i \frac{\lambda}{8 w^2} (x_i^2 - w^2)^2`.

    Parameters
    ----------
    curvature : float
        :math:`\lambda`, above 0: the curvature at each minimum; the ridge at 0 has
        :math:`-\lambda/2`.
    half_distance : float
        :math:`w`, above 0: the minima are at :math:`\pm w`.
    """

    curvature: float = 1.0
    half_distance: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "curvature", scalar("curvature", self.curvature, above=0))
        width = scalar("half_distance", self.half_distance, above=0)
        object.__setattr__(self, "half_distance", width)

    @property
    def lowest(self) -> float:
        """The smallest value that the objective takes."""
        return 0.0

    @property
    def _scale(self) -> float:
        return self.curvature / (8 * self.half_distance**2)

    def value(self, x: Array) -> Array:
        """Return the loss at each point."""
        return np.asarray(self._scale * ((_points(x) ** 2 - self.half_distance**2) ** 2).sum(-1))

    def gradient(self, x: Array) -> Array:
        """Return the gradient at each point."""
        points = _points(x)
        return np.asarray(4 * self._scale * points * (points**2 - self.half_distance**2))

    def hessian(self, x: Array) -> Array:
        """Return the second derivatives at each point."""
        return _diagonal(4 * self._scale * (3 * _points(x) ** 2 - self.half_distance**2))


@dataclass(frozen=True, eq=False)
class TwoBowls:
    r"""The lower of two bowls at every point of a line, with a kink where they meet.

    :math:`\min_k \left(c_k + \frac12 \lambda_k (x - m_k)^2\right)`: two wells of unlike curvature and depth.

    Parameters
    ----------
    curvatures : pair of float
        :math:`\lambda`, above 0.
    minima : pair of float
        :math:`m`, where the bowls are lowest; the first below the second.
    offsets : pair of float
        :math:`c`, the values there. Each minimum lies below the other bowl.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a pair of finite numbers in its range, or one bowl has no minimum of its own.
    """

    curvatures: tuple[float, float]
    minima: tuple[float, float]
    offsets: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        for name in ("curvatures", "minima", "offsets"):
            pair = number(name, getattr(self, name), above=0 if name == "curvatures" else None)
            if np.shape(pair) != (2,):
                raise ValueError(f"{name} must be a pair of numbers, got {getattr(self, name)!r}")
            object.__setattr__(self, name, tuple(np.asarray(pair).tolist()))
        if self.minima[0] >= self.minima[1]:
            raise ValueError(f"minima must ascend, got {self.minima}")
        both = self._bowls(np.array([[self.minima[0]], [self.minima[1]]]))
        if both[0, 0] >= both[0, 1] or both[1, 1] >= both[1, 0]:
            raise ValueError(f"offsets must leave each bowl a minimum of its own, got {self.offsets}")

    def _bowls(self, x: Array) -> Array:
        """Return the values of both bowls, ``(*replicates, 2)``."""
        points = _points(x, 1)
        squares = (points - np.array(self.minima)) ** 2
        return np.asarray(np.array(self.offsets) + 0.5 * np.array(self.curvatures) * squares)

    def _of_lower(self, x: Array, values: tuple[float, float]) -> Array:
        return np.asarray(np.array(values)[self._bowls(x).argmin(axis=-1)])[..., None]

    @property
    def lowest(self) -> float:
        """The smallest value that the objective takes."""
        return min(self.offsets)

    def value(self, x: Array) -> Array:
        """Return the loss at each point."""
        return np.asarray(self._bowls(x).min(axis=-1))

    def gradient(self, x: Array) -> Array:
        """Return the gradient at each point, that of the lower bowl."""
        distances = _points(x, 1) - self._of_lower(x, self.minima)
        return np.asarray(self._of_lower(x, self.curvatures) * distances)

    def hessian(self, x: Array) -> Array:
        """Return the second derivative at each point, that of the lower bowl."""
        return self._of_lower(x, self.curvatures)[..., None]


@dataclass(frozen=True, eq=False)
class Slope:
    r"""A plane, :math:`\sum_i g_i x_i`, whose gradient is the same everywhere.

    Parameters
    ----------
    steepness : float or array of shape (dims,)
        :math:`g`: one for all axes or one an axis.
    """

    steepness: Hyperparameter

    def __post_init__(self) -> None:
        steepness = number("steepness", self.steepness)
        if np.ndim(steepness) > 1:
            raise ValueError(
                f"steepness must be a number or have the shape (dims,), got {np.shape(steepness)}"
            )
        object.__setattr__(self, "steepness", steepness)

    def _points(self, x: Array) -> Array:
        return _points(x, *np.shape(self.steepness))

    def value(self, x: Array) -> Array:
        """Return the loss at each point."""
        return np.asarray((self.steepness * self._points(x)).sum(axis=-1))

    def gradient(self, x: Array) -> Array:
        """Return the gradient, which is the same everywhere."""
        return np.array(np.broadcast_to(self.steepness, self._points(x).shape))

    def hessian(self, x: Array) -> Array:
        """Return the second derivatives, zeros."""
        return _diagonal(np.zeros(self._points(x).shape))
