r"""Penalties on the weights: value, gradient and proximal step.

Each takes a list of parameters of shape ``(*replicates, rows, columns)``, as the models keep them, and
a ``strength`` that is a number or an array over the replicate axes. :func:`unsteady.training.train`
gives them the weight matrices and leaves biases alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from unsteady._broadcasting import align_axes
from unsteady._validation import Array, Hyperparameter, number, option

Method = Literal["gradient", "proximal"]


class Regularizer(Protocol):
    """What :func:`unsteady.training.train` needs of a penalty."""

    @property
    def strength(self) -> Hyperparameter:
        """The penalty's factor."""
        ...

    @property
    def method(self) -> Method:
        """How training applies it."""
        ...

    def penalty(self, parameters: Sequence[Array]) -> Array:
        """Return what is added to the loss, shape ``(*replicates,)``."""
        ...

    def gradient(self, parameters: Sequence[Array]) -> list[Array]:
        """Return a (sub)gradient of the penalty for each parameter."""
        ...

    def proximal(self, parameters: Sequence[Array], step_size: Hyperparameter) -> None:
        """Take the proximal step of the penalty, in place."""
        ...


def _check(regularizer: L1 | L2) -> None:
    strength = number("strength", regularizer.strength, at_least=0)
    object.__setattr__(regularizer, "strength", strength)
    option("method", regularizer.method, ("gradient", "proximal"))


def _total(terms: Sequence[Array], strength: Hyperparameter) -> Array:
    return np.asarray(strength * sum(term.sum(axis=(-2, -1)) for term in terms))


@dataclass(frozen=True, eq=False)
class L1:
    r"""The penalty :math:`\lambda \sum |w|`.

    Parameters
    ----------
    strength : float or array over replicates
        :math:`\lambda`, at least 0.
    method : {"gradient", "proximal"}
        Whether training adds the subgradient :math:`\lambda \operatorname{sign} w` to the gradient or
        shrinks the weights by the proximal step after each step of the optimizer.
    """

    strength: Hyperparameter
    method: Method = "gradient"

    def __post_init__(self) -> None:
        _check(self)

    def penalty(self, parameters: Sequence[Array]) -> Array:
        """Return the penalty, shape ``(*replicates,)``."""
        return _total([np.abs(parameter) for parameter in parameters], self.strength)

    def gradient(self, parameters: Sequence[Array]) -> list[Array]:
        """Return a subgradient, 0 where a weight is 0."""
        return [align_axes(self.strength, weight) * np.sign(weight) for weight in parameters]

    def proximal(self, parameters: Sequence[Array], step_size: Hyperparameter) -> None:
        r"""Shrink each weight towards 0 by :math:`\eta\lambda` and no further, in place."""
        reach = np.asarray(step_size) * self.strength
        for weight in parameters:
            shrunk = np.maximum(np.abs(weight) - align_axes(reach, weight), 0)
            np.copysign(shrunk, weight, out=weight)


@dataclass(frozen=True, eq=False)
class L2:
    r"""The penalty :math:`\frac{\lambda}{2} \sum w^2`.

    Parameters
    ----------
    strength : float or array over replicates
        :math:`\lambda`, at least 0.
    method : {"gradient", "proximal"}
        Whether training adds the gradient :math:`\lambda w` or takes the proximal step after each
        step of the optimizer.
    """

    strength: Hyperparameter
    method: Method = "gradient"

    def __post_init__(self) -> None:
        _check(self)

    def penalty(self, parameters: Sequence[Array]) -> Array:
        """Return the penalty, shape ``(*replicates,)``."""
        return _total([0.5 * parameter**2 for parameter in parameters], self.strength)

    def gradient(self, parameters: Sequence[Array]) -> list[Array]:
        """Return the gradient."""
        return [align_axes(self.strength, weight) * weight for weight in parameters]

    def proximal(self, parameters: Sequence[Array], step_size: Hyperparameter) -> None:
        r"""Divide each weight by :math:`1 + \eta\lambda`, in place."""
        divisor = 1 + np.asarray(step_size) * self.strength
        for weight in parameters:
            weight /= align_axes(divisor, weight)
