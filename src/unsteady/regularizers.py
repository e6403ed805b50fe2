r"""Regularizers: penalties on the weights, with their gradients and proximal steps.

A regularizer works on a list of parameters of shape ``(*replicates, rows, columns)``, as the models keep
them. Its ``strength`` is a number or an array over the replicate axes. :func:`unsteady.training.train`
applies it to the weight matrices and not to the biases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from unsteady._broadcasting import align_axes
from unsteady._validation import Array, Hyperparameter, number, option

Method = Literal["gradient", "proximal"]
"""How training applies a penalty: as a part of the gradient, or by a proximal step after each step."""


class Regularizer(Protocol):
    """The interface that :func:`unsteady.training.train` expects of a penalty.

    Notes
    -----
    A regularizer whose hyper-parameters may be arrays must be a frozen dataclass, with the hyper-parameters
    as fields. ``train`` passes all parameters with the replicates on one axis,
    ``(replicates, rows, columns)``, and cuts the arrays to match: each field that is an array has the shape
    ``(replicates,)``.
    :func:`unsteady.optimizers.align_axes` gives a field the axes of a parameter.

    Examples
    --------
    You can write your own regularizer. This one penalises the sum of the weights:

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from unsteady.optimizers import align_axes
    >>> from unsteady.regularizers import Regularizer
    >>> @dataclass(frozen=True, eq=False)
    ... class SumPenalty:
    ...     strength: float | np.ndarray
    ...     method = "gradient"
    ...     def penalty(self, parameters):
    ...         return self.strength * sum(p.sum(axis=(-2, -1)) for p in parameters)
    ...     def gradient(self, parameters):
    ...         return [align_axes(self.strength, p) * np.ones_like(p) for p in parameters]
    ...     def proximal(self, parameters, step_size):
    ...         raise NotImplementedError
    >>> rule: Regularizer = SumPenalty(np.array([0.5, 1.0]))
    >>> weights = np.ones((2, 3, 1))  # two replicates of three weights
    >>> rule.penalty([weights]).tolist()
    [1.5, 3.0]
    >>> rule.gradient([weights])[0][:, 0].tolist()  # the first weight of each replicate
    [[0.5], [1.0]]
    """

    @property
    def strength(self) -> Hyperparameter:
        """The factor of the penalty, a number or an array over replicates."""
        ...

    @property
    def method(self) -> Method:
        """How training applies the penalty."""
        ...

    def penalty(self, parameters: Sequence[Array]) -> Array:
        """Return the penalty that is added to the loss, shape ``(*replicates,)``."""
        ...

    def gradient(self, parameters: Sequence[Array]) -> list[Array]:
        """Return a (sub)gradient of the penalty for each parameter."""
        ...

    def proximal(self, parameters: Sequence[Array], step_size: Hyperparameter) -> None:
        """Take the proximal step of the penalty, in place.

        It moves to the minimum over w of ``penalty(w) + |w - parameters|² / (2 step_size)``.
        """
        ...


def _check_settings(regularizer: L1 | L2) -> None:
    """Check the strength and the method, and store the strength as floats."""
    strength = number("strength", regularizer.strength, at_least=0)
    object.__setattr__(regularizer, "strength", strength)
    option("method", regularizer.method, ("gradient", "proximal"))


def _sum_terms(terms: Sequence[Array], strength: Hyperparameter) -> Array:
    """Return the strength times the sum over all weights of each replicate, ``(*replicates,)``."""
    return np.asarray(strength * sum(term.sum(axis=(-2, -1)) for term in terms))


@dataclass(frozen=True, eq=False)
class L1:
    r"""The L1 penalty (lasso), :math:`\lambda \sum |w|`.

    Parameters
    ----------
    strength : float or array over replicates
        :math:`\lambda`, at least 0.
    method : {"gradient", "proximal"}
        Whether training adds the subgradient :math:`\lambda \operatorname{sign} w` to the gradient, or
        takes the proximal step (soft thresholding) after each step of the optimizer.

    Raises
    ------
    TypeError, ValueError
        If the strength is not a finite number of at least 0, or the method is not one of the two.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.regularizers import L1
    >>> weights = [np.array([[2.0, -0.5]])]
    >>> float(L1(0.1).penalty(weights))
    0.25
    >>> L1(0.1).proximal(weights, step_size=10)  # shrinks by 1, and stops at zero
    >>> weights[0].tolist()
    [[1.0, -0.0]]
    """

    strength: Hyperparameter
    method: Method = "gradient"

    def __post_init__(self) -> None:
        _check_settings(self)

    def penalty(self, parameters: Sequence[Array]) -> Array:
        """Return the penalty, shape ``(*replicates,)``."""
        return _sum_terms([np.abs(parameter) for parameter in parameters], self.strength)

    def gradient(self, parameters: Sequence[Array]) -> list[Array]:
        """Return a subgradient for each parameter, which is 0 where a weight is 0."""
        return [align_axes(self.strength, weight) * np.sign(weight) for weight in parameters]

    def proximal(self, parameters: Sequence[Array], step_size: Hyperparameter) -> None:
        r"""Shrink each weight by :math:`\eta\lambda`, to 0 at most, in place; :math:`\eta` is `step_size`."""
        threshold = np.asarray(step_size) * self.strength
        for weight in parameters:
            shrunk = np.maximum(np.abs(weight) - align_axes(threshold, weight), 0)
            np.copysign(shrunk, weight, out=weight)


@dataclass(frozen=True, eq=False)
class L2:
    r"""The L2 penalty (ridge), :math:`\frac{\lambda}{2} \sum w^2`.

    Parameters
    ----------
    strength : float or array over replicates
        :math:`\lambda`, at least 0.
    method : {"gradient", "proximal"}
        Whether training adds the gradient :math:`\lambda w`, or takes the proximal step after each
        step of the optimizer.

    Raises
    ------
    TypeError, ValueError
        If the strength is not a finite number of at least 0, or the method is not one of the two.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.regularizers import L2
    >>> weights = [np.array([[3.0, -1.0]])]
    >>> float(L2(0.1).penalty(weights))
    0.5
    >>> L2(0.1).proximal(weights, step_size=10)  # divides by 1 + 10 * 0.1
    >>> weights[0].tolist()
    [[1.5, -0.5]]
    """

    strength: Hyperparameter
    method: Method = "gradient"

    def __post_init__(self) -> None:
        _check_settings(self)

    def penalty(self, parameters: Sequence[Array]) -> Array:
        """Return the penalty, shape ``(*replicates,)``."""
        return _sum_terms([0.5 * parameter**2 for parameter in parameters], self.strength)

    def gradient(self, parameters: Sequence[Array]) -> list[Array]:
        """Return the gradient for each parameter."""
        return [align_axes(self.strength, weight) * weight for weight in parameters]

    def proximal(self, parameters: Sequence[Array], step_size: Hyperparameter) -> None:
        r"""Divide each weight by :math:`1 + \eta\lambda`, in place; :math:`\eta` is `step_size`."""
        divisor = 1 + np.asarray(step_size) * self.strength
        for weight in parameters:
            weight /= align_axes(divisor, weight)
