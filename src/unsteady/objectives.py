r"""Loss surfaces with known minima and curvature.

Every objective takes points ``x`` of shape ``(*replicates, dims)``. It returns ``value(x)`` of shape
``(*replicates,)``, ``gradient(x)`` of shape ``(*replicates, dims)`` and ``hessian(x)`` of shape
``(*replicates, dims, dims)``. Points that are not numbers raise :class:`TypeError`, and points of the wrong
shape raise :class:`ValueError`. Infinite points and NaN are allowed, so that a diverging run can be plotted.

For example, at a distance of 0.5 from the minimum the gradient is the curvature times 0.5:

>>> from unsteady.objectives import Quadratic
>>> Quadratic(curvature=4.0).gradient([[0.0], [0.5]]).tolist()
[[0.0], [2.0]]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from unsteady._validation import Array, Hyperparameter, number, scalar


class Objective(Protocol):
    """The methods that :func:`unsteady.training.descend` needs of a loss surface.

    Any class with these three methods is an objective.

    Examples
    --------
    >>> surface: Objective = Quadratic(4.0)
    >>> points = np.zeros((5, 3))  # 5 replicates in 3 dimensions
    >>> surface.value(points).shape, surface.gradient(points).shape, surface.hessian(points).shape
    ((5,), (5, 3), (5, 3, 3))
    """

    def value(self, x: Array) -> Array:
        """Return the loss at each point, shape ``(*replicates,)``."""
        ...

    def gradient(self, x: Array) -> Array:
        """Return the gradient at each point, shape ``(*replicates, dims)``."""
        ...

    def hessian(self, x: Array) -> Array:
        """Return the matrix of second derivatives, shape ``(*replicates, dims, dims)``."""
        ...


def _check_points(x: ArrayLike, dims: int | None = None) -> Array:
    """Return points as a float64 array of shape ``(*replicates, dims)``."""
    points = np.asarray(x)
    if points.dtype.kind not in "iuf":
        raise TypeError(f"x must be an array of numbers, got one of dtype {points.dtype}")
    if points.ndim == 0:
        raise ValueError("x must have the shape (*replicates, dims), got a single number")
    if dims is not None and points.shape[-1] != dims:
        raise ValueError(f"x must have {dims} dims on its last axis, got the shape {points.shape}")
    return points.astype(np.float64, copy=False)


def _diagonal_matrix(values: Array) -> Array:
    """Return matrices with `values`, ``(*replicates, dims)``, on the diagonal."""
    return values[..., :, None] * np.eye(values.shape[-1])


@dataclass(frozen=True, eq=False)
class Quadratic:
    r"""A quadratic loss, :math:`c + \frac12 \sum_i \lambda_i (x_i - m_i)^2`.

    Parameters
    ----------
    curvature : float or array of shape (dims,)
        :math:`\lambda`, above 0. One value for all axes, or one value per axis.
    minimum : float or array of shape (dims,)
        :math:`m`, the position of the minimum.
    offset : float
        :math:`c`, the value at the minimum.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a finite number, a curvature is not above 0, or the shapes of `curvature` and
        `minimum` differ.

    Examples
    --------
    >>> loss = Quadratic(curvature=4.0, minimum=1.0, offset=0.5)
    >>> loss.value([3.0]).item(), loss.gradient([3.0]).item(), loss.hessian([3.0]).item()
    (8.5, 8.0, 4.0)
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
        """The smallest value of the objective."""
        return self.offset

    def _check_points(self, x: ArrayLike) -> Array:
        """Return points as an array, with one coordinate per axis of the parameters."""
        dims = np.broadcast(self.curvature, self.minimum).shape
        return _check_points(x, *dims)

    def value(self, x: ArrayLike) -> Array:
        """Return the loss at each point."""
        squares = (self._check_points(x) - self.minimum) ** 2
        return np.asarray(self.offset + 0.5 * (self.curvature * squares).sum(axis=-1))

    def gradient(self, x: ArrayLike) -> Array:
        """Return the gradient at each point."""
        return np.asarray(self.curvature * (self._check_points(x) - self.minimum))

    def hessian(self, x: ArrayLike) -> Array:
        """Return the second derivatives at each point, which are the same everywhere."""
        return _diagonal_matrix(np.broadcast_to(self.curvature, self._check_points(x).shape))


@dataclass(frozen=True, eq=False)
class Saddle:
    r"""A saddle at the origin of the plane, :math:`\frac12 (\lambda x_1^2 - \gamma x_2^2)`.

    Parameters
    ----------
    curvature : float
        :math:`\lambda`, above 0. The curvature along the first axis, on which the origin is a minimum.
    escape : float
        :math:`\gamma`, above 0. The curvature along the second axis is :math:`-\gamma`, and the origin is a
        maximum on this axis.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not one finite number above 0.

    Examples
    --------
    >>> Saddle(curvature=3.0, escape=0.5).gradient([1.0, 2.0]).tolist()
    [3.0, -1.0]
    """

    curvature: float = 1.0
    escape: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "curvature", scalar("curvature", self.curvature, above=0))
        object.__setattr__(self, "escape", scalar("escape", self.escape, above=0))

    @property
    def _curvatures(self) -> Array:
        """The curvatures along both axes."""
        return np.array([self.curvature, -self.escape])

    def value(self, x: ArrayLike) -> Array:
        """Return the loss at each point."""
        return np.asarray(0.5 * (self._curvatures * _check_points(x, 2) ** 2).sum(axis=-1))

    def gradient(self, x: ArrayLike) -> Array:
        """Return the gradient at each point."""
        return np.asarray(self._curvatures * _check_points(x, 2))

    def hessian(self, x: ArrayLike) -> Array:
        """Return the second derivatives at each point, which are the same everywhere."""
        return _diagonal_matrix(np.broadcast_to(self._curvatures, _check_points(x, 2).shape))


@dataclass(frozen=True, eq=False)
class Plateau:
    r"""A plateau around one minimum at the origin, :math:`1 - \exp(-\lambda |x|^2 / 2)`.

    Far from the origin the loss is flat. Near the origin it is nearly quadratic.

    Parameters
    ----------
    curvature : float
        :math:`\lambda`, above 0. The curvature at the minimum. The gradient is largest at the distance
        :math:`1/\sqrt{\lambda}` from the minimum.

    Raises
    ------
    TypeError, ValueError
        If `curvature` is not one finite number above 0.

    Examples
    --------
    The gradient at the distances 0.1, 0.5 and 2 from the minimum.

    >>> Plateau(curvature=4.0).gradient([[0.1], [0.5], [2.0]]).round(3).ravel().tolist()
    [0.392, 1.213, 0.003]
    """

    curvature: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "curvature", scalar("curvature", self.curvature, above=0))

    @property
    def lowest(self) -> float:
        """The smallest value of the objective."""
        return 0.0

    def _depth(self, x: Array) -> Array:
        """Return how far the loss is below the plateau at each point."""
        return np.asarray(np.exp(-0.5 * self.curvature * (x**2).sum(axis=-1)))

    def value(self, x: ArrayLike) -> Array:
        """Return the loss at each point."""
        return np.asarray(1.0 - self._depth(_check_points(x)))

    def gradient(self, x: ArrayLike) -> Array:
        """Return the gradient at each point."""
        points = _check_points(x)
        return np.asarray(self.curvature * points * self._depth(points)[..., None])

    def hessian(self, x: ArrayLike) -> Array:
        """Return the second derivatives at each point."""
        points = _check_points(x)
        outer = points[..., :, None] * points[..., None, :]
        relative = np.eye(points.shape[-1]) - self.curvature * outer
        return np.asarray(self.curvature * self._depth(points)[..., None, None] * relative)


@dataclass(frozen=True, eq=False)
class DoubleWell:
    r"""Two equal wells along every axis, :math:`\sum_i \frac{\lambda}{8 w^2} (x_i^2 - w^2)^2`.

    Parameters
    ----------
    curvature : float
        :math:`\lambda`, above 0. The curvature at each minimum. The ridge between the wells, at 0, has the
        curvature :math:`-\lambda/2`.
    half_distance : float
        :math:`w`, above 0. The minima are at :math:`\pm w`.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not one finite number above 0.

    Examples
    --------
    The curvature at the left minimum, on the ridge and at the right minimum.

    >>> DoubleWell(curvature=4.0, half_distance=3.0).hessian([[-3.0], [0.0], [3.0]]).ravel().tolist()
    [4.0, -2.0, 4.0]
    """

    curvature: float = 1.0
    half_distance: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "curvature", scalar("curvature", self.curvature, above=0))
        width = scalar("half_distance", self.half_distance, above=0)
        object.__setattr__(self, "half_distance", width)

    @property
    def lowest(self) -> float:
        """The smallest value of the objective."""
        return 0.0

    @property
    def _scale(self) -> float:
        """The factor in front of the quartic."""
        return self.curvature / (8 * self.half_distance**2)

    def value(self, x: ArrayLike) -> Array:
        """Return the loss at each point."""
        return np.asarray(self._scale * ((_check_points(x) ** 2 - self.half_distance**2) ** 2).sum(-1))

    def gradient(self, x: ArrayLike) -> Array:
        """Return the gradient at each point."""
        points = _check_points(x)
        return np.asarray(4 * self._scale * points * (points**2 - self.half_distance**2))

    def hessian(self, x: ArrayLike) -> Array:
        """Return the second derivatives at each point."""
        return _diagonal_matrix(4 * self._scale * (3 * _check_points(x) ** 2 - self.half_distance**2))


@dataclass(frozen=True, eq=False)
class TwoBowls:
    r"""The smaller of two quadratics in one dimension, which gives two minima and a kink between them.

    The loss is :math:`\min_k \left(c_k + \frac12 \lambda_k (x - m_k)^2\right)`. The two minima may differ in
    curvature and in depth.

    Parameters
    ----------
    curvatures : pair of float
        :math:`\lambda`, above 0.
    minima : pair of float
        :math:`m`, the positions of the two minima. The first is below the second.
    offsets : pair of float
        :math:`c`, the values at the minima. At each minimum its own quadratic must be the smaller one.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not a pair of finite numbers in its range, or one quadratic is nowhere a minimum.

    Examples
    --------
    A sharp minimum at -1 and a flat one at 2.

    >>> loss = TwoBowls(curvatures=(8.0, 1.0), minima=(-1.0, 2.0), offsets=(0.5, 0.0))
    >>> loss.value([[-1.0], [2.0], [3.0]]).tolist(), loss.hessian([[-1.0], [2.0]]).ravel().tolist()
    ([0.5, 0.0, 0.5], [8.0, 1.0])
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
        values = self._values(np.array([[self.minima[0]], [self.minima[1]]]))
        if values[0, 0] >= values[0, 1] or values[1, 1] >= values[1, 0]:
            raise ValueError(f"offsets must leave each quadratic a minimum of its own, got {self.offsets}")

    def _values(self, x: ArrayLike) -> Array:
        """Return the values of both quadratics, ``(*replicates, 2)``."""
        points = _check_points(x, 1)
        squares = (points - np.array(self.minima)) ** 2
        return np.asarray(np.array(self.offsets) + 0.5 * np.array(self.curvatures) * squares)

    def _select_lower(self, x: ArrayLike, pair: tuple[float, float]) -> Array:
        """Return the element of `pair` that belongs to the smaller quadratic, ``(*replicates, 1)``."""
        return np.asarray(np.array(pair)[self._values(x).argmin(axis=-1)])[..., None]

    @property
    def lowest(self) -> float:
        """The smallest value of the objective."""
        return min(self.offsets)

    def value(self, x: ArrayLike) -> Array:
        """Return the loss at each point."""
        return np.asarray(self._values(x).min(axis=-1))

    def gradient(self, x: ArrayLike) -> Array:
        """Return the gradient of the smaller quadratic at each point."""
        distances = _check_points(x, 1) - self._select_lower(x, self.minima)
        return np.asarray(self._select_lower(x, self.curvatures) * distances)

    def hessian(self, x: ArrayLike) -> Array:
        """Return the second derivative of the smaller quadratic at each point."""
        return self._select_lower(x, self.curvatures)[..., None]


@dataclass(frozen=True, eq=False)
class Slope:
    r"""A plane, :math:`\sum_i g_i x_i`, with the same gradient everywhere.

    Parameters
    ----------
    steepness : float or array of shape (dims,)
        :math:`g`. One value for all axes, or one value per axis.

    Raises
    ------
    TypeError, ValueError
        If `steepness` is not finite numbers of this shape.

    Examples
    --------
    >>> Slope([2.0, -3.0]).value([5.0, 1.0]).item()
    7.0
    """

    steepness: Hyperparameter

    def __post_init__(self) -> None:
        steepness = number("steepness", self.steepness)
        if np.ndim(steepness) > 1:
            raise ValueError(
                f"steepness must be a number or have the shape (dims,), got {np.shape(steepness)}"
            )
        object.__setattr__(self, "steepness", steepness)

    def _check_points(self, x: ArrayLike) -> Array:
        """Return points as an array, with one coordinate per axis of `steepness`."""
        return _check_points(x, *np.shape(self.steepness))

    def value(self, x: ArrayLike) -> Array:
        """Return the loss at each point."""
        return np.asarray((self.steepness * self._check_points(x)).sum(axis=-1))

    def gradient(self, x: ArrayLike) -> Array:
        """Return the gradient at each point, which is the same everywhere."""
        return np.array(np.broadcast_to(self.steepness, self._check_points(x).shape))

    def hessian(self, x: ArrayLike) -> Array:
        """Return the second derivatives at each point, which are zero."""
        return _diagonal_matrix(np.zeros(self._check_points(x).shape))
