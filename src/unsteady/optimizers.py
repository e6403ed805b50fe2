r"""Optimizers: the update rules of gradient descent, of RMSprop and of Adam.

An optimizer is a frozen dataclass of hyper-parameters with two methods. ``start`` returns the state before
the first step, and ``step`` updates a list of parameter arrays in place. Each hyper-parameter is a number or
an array over the replicate axes, which lead in every parameter. For example, ``SGD(learning_rates)`` with
``learning_rates`` of shape ``(7,)`` updates parameters of shape ``(7, ...)`` with seven learning rates. The
trajectories are those of PyTorch's optimizers of the same names and defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from unsteady._broadcasting import align_axes, shape_of
from unsteady._validation import Array, Hyperparameter, number

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop", "State", "align_axes"]

# What an optimizer remembers between steps: lists of arrays, and the number of steps.
State = dict[str, Any]


class Optimizer(Protocol):
    """The interface that :func:`unsteady.training.train` and :func:`unsteady.training.descend` expect.

    Notes
    -----
    An optimizer whose hyper-parameters may be arrays must be a frozen dataclass, with the hyper-parameters as
    fields. ``train`` and ``descend`` pass all parameters with the replicates on one axis,
    ``(replicates, ...)``, and cut the arrays to match: each field that is an array has the shape
    ``(replicates,)``. ``train`` may pass a part of the replicates at a time. :func:`align_axes` gives a field
    the axes of a parameter.

    Examples
    --------
    You can write your own optimizer. This one moves by the sign of the gradient:

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from unsteady.objectives import Quadratic
    >>> from unsteady.optimizers import align_axes
    >>> from unsteady.training import descend
    >>> @dataclass(frozen=True, eq=False)
    ... class SignDescent:
    ...     learning_rate: float | np.ndarray
    ...     def start(self, parameters):
    ...         return {}
    ...     def step(self, parameters, gradients, state, scale=1.0):
    ...         for parameter, gradient in zip(parameters, gradients):
    ...             learning_rate = align_axes(self.learning_rate * scale, parameter)
    ...             parameter -= learning_rate * np.sign(gradient)
    >>> descend(Quadratic(1.0), 2.0, SignDescent(0.5), steps=3).x[:, 0].tolist()
    [2.0, 1.5, 1.0, 0.5]

    Two learning rates, with one step each:

    >>> descend(Quadratic(1.0), 2.0, SignDescent(np.array([0.5, 0.25])), steps=1).x[-1, :, 0].tolist()
    [1.5, 1.75]
    """

    @property
    def learning_rate(self) -> Hyperparameter:
        """The factor of each step, before the schedule multiplies it."""
        ...

    def start(self, parameters: Sequence[Array]) -> State:
        """Return the state before the first step, for parameters of shape ``(*replicates, ...)``."""
        ...

    def step(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        state: State,
        scale: Hyperparameter = 1.0,
    ) -> None:
        """Update the parameters and the state by one step, in place.

        `scale` multiplies the learning rate, as a schedule does.
        """
        ...


def _check_hyperparameters(rule: object, **ranges: dict[str, Any]) -> None:
    """Store each named hyper-parameter as finite floats in its range; check that all of them broadcast."""
    for name, allowed in ranges.items():
        object.__setattr__(rule, name, number(name, getattr(rule, name), **allowed))
    try:
        shape_of(rule)
    except ValueError:
        shapes = {name: np.shape(getattr(rule, name)) for name in ranges}
        raise ValueError(
            f"hyper-parameters must broadcast over the replicate axes, got the shapes {shapes}"
        ) from None


def _zeros(parameters: Sequence[Array]) -> list[Array]:
    """Return an array of zeros for each parameter, of its shape and dtype."""
    return [np.zeros_like(parameter) for parameter in parameters]


@dataclass(frozen=True, eq=False)
class SGD:
    r"""Gradient descent, with heavy-ball or Nesterov momentum.

    Each step sets :math:`v \leftarrow \beta v + g`, then :math:`x \leftarrow x - \eta v` (heavy ball) or
    :math:`x \leftarrow x - \eta (g + \beta v)` (Nesterov).

    Parameters
    ----------
    learning_rate : float or array over replicates
        :math:`\eta`, at least 0.
    momentum : float or array over replicates
        :math:`\beta`, at least 0 and below 1.
    nesterov : bool
        Take the gradient step after the momentum step.

    Raises
    ------
    TypeError, ValueError
        If a hyper-parameter is not a finite number in its range, or two do not broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.optimizers import SGD
    >>> optimizer, x = SGD(learning_rate=0.1), np.array([2.0])
    >>> optimizer.step([x], [np.array([5.0])], optimizer.start([x]))  # the gradient is 5
    >>> x.tolist()
    [1.5]
    """

    learning_rate: Hyperparameter
    momentum: Hyperparameter = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.nesterov, bool):
            raise TypeError(f"nesterov must be True or False, got {self.nesterov!r}")
        _check_hyperparameters(self, learning_rate={"at_least": 0}, momentum={"at_least": 0, "below": 1})

    def start(self, parameters: Sequence[Array]) -> State:
        """Return the velocities before the first step: zeros, or None without momentum."""
        return {"velocity": _zeros(parameters) if np.any(self.momentum) else None}

    def step(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        state: State,
        scale: Hyperparameter = 1.0,
    ) -> None:
        """Update the parameters and the velocities by one step, in place."""
        learning_rate = np.asarray(self.learning_rate) * scale
        velocities = state["velocity"] or [None] * len(parameters)
        for parameter, gradient, velocity in zip(parameters, gradients, velocities, strict=True):
            update = gradient
            if velocity is not None:
                momentum = align_axes(self.momentum, parameter)
                velocity *= momentum
                velocity += gradient
                update = gradient + momentum * velocity if self.nesterov else velocity
            parameter -= align_axes(learning_rate, parameter) * update


@dataclass(frozen=True, eq=False)
class RMSprop:
    r"""RMSprop: divide each gradient by the running root mean square of its past values.

    Each step sets :math:`s \leftarrow \rho s + (1 - \rho) g^2`, then
    :math:`x \leftarrow x - \eta g / (\sqrt{s} + \epsilon)`. There is no bias correction, so the first
    step has the length :math:`\eta / \sqrt{1 - \rho}`, whatever the size of the gradient.

    Parameters
    ----------
    learning_rate : float or array over replicates
        :math:`\eta`, at least 0.
    decay : float or array over replicates
        :math:`\rho`, at least 0 and below 1.
    epsilon : float or array over replicates
        :math:`\epsilon`, at least 0.

    Raises
    ------
    TypeError, ValueError
        If a hyper-parameter is not a finite number in its range, or two do not broadcast.

    Examples
    --------
    The first step is 0.1 / √(1 − 0.75) = 0.2 for any gradient:

    >>> import numpy as np
    >>> from unsteady.optimizers import RMSprop
    >>> optimizer, x = RMSprop(learning_rate=0.1, decay=0.75), np.array([2.0, 2.0])
    >>> optimizer.step([x], [np.array([5.0, -500.0])], optimizer.start([x]))
    >>> x.round(6).tolist()
    [1.8, 2.2]
    """

    learning_rate: Hyperparameter
    decay: Hyperparameter = 0.99
    epsilon: Hyperparameter = 1e-8

    def __post_init__(self) -> None:
        _check_hyperparameters(
            self,
            learning_rate={"at_least": 0},
            decay={"at_least": 0, "below": 1},
            epsilon={"at_least": 0},
        )

    def start(self, parameters: Sequence[Array]) -> State:
        """Return the mean squares before the first step: zeros."""
        return {"square": _zeros(parameters)}

    def preconditioner(self, state: State) -> list[Array]:
        r"""Return the divisor of the last step's gradients, :math:`\sqrt{s} + \epsilon`."""
        return [self._divisor(square) for square in state["square"]]

    def _divisor(self, square: Array) -> Array:
        r"""Return :math:`\sqrt{s} + \epsilon` for one parameter's mean squares."""
        return np.asarray(np.sqrt(square) + align_axes(self.epsilon, square))

    def step(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        state: State,
        scale: Hyperparameter = 1.0,
    ) -> None:
        """Update the parameters and the mean squares by one step, in place."""
        learning_rate = np.asarray(self.learning_rate) * scale
        for parameter, gradient, square in zip(parameters, gradients, state["square"], strict=True):
            decay = align_axes(self.decay, parameter)
            square *= decay
            square += (1 - decay) * gradient**2
            parameter -= align_axes(learning_rate, parameter) * gradient / self._divisor(square)


@dataclass(frozen=True, eq=False)
class Adam:
    r"""Adam: momentum and a running root mean square, each corrected for its start at zero.

    Each step sets :math:`m \leftarrow \beta_1 m + (1-\beta_1) g`,
    :math:`s \leftarrow \beta_2 s + (1-\beta_2) g^2`, then
    :math:`x \leftarrow x - \eta \hat m / (\sqrt{\hat s} + \epsilon)` with
    :math:`\hat m = m / (1 - \beta_1^t)` and :math:`\hat s = s / (1 - \beta_2^t)` at step :math:`t`
    (Kingma & Ba 2015).

    Parameters
    ----------
    learning_rate : float or array over replicates
        :math:`\eta`, at least 0.
    beta1, beta2 : float or array over replicates
        Decay of the mean and of the mean square, at least 0 and below 1.
    epsilon : float or array over replicates
        :math:`\epsilon`, at least 0.

    Raises
    ------
    TypeError, ValueError
        If a hyper-parameter is not a finite number in its range, or two do not broadcast.

    Examples
    --------
    The first step has the length of the learning rate for any gradient:

    >>> import numpy as np
    >>> from unsteady.optimizers import Adam
    >>> optimizer, x = Adam(learning_rate=0.1), np.array([2.0, 2.0])
    >>> optimizer.step([x], [np.array([5.0, -500.0])], optimizer.start([x]))
    >>> x.round(6).tolist()
    [1.9, 2.1]
    """

    learning_rate: Hyperparameter
    beta1: Hyperparameter = 0.9
    beta2: Hyperparameter = 0.999
    epsilon: Hyperparameter = 1e-8

    def __post_init__(self) -> None:
        _check_hyperparameters(
            self,
            learning_rate={"at_least": 0},
            beta1={"at_least": 0, "below": 1},
            beta2={"at_least": 0, "below": 1},
            epsilon={"at_least": 0},
        )

    def start(self, parameters: Sequence[Array]) -> State:
        """Return the means and mean squares before the first step: zeros, and a count of 0 steps."""
        return {"mean": _zeros(parameters), "square": _zeros(parameters), "steps": 0}

    def preconditioner(self, state: State) -> list[Array]:
        r"""Return the divisor of the last step's mean gradient, :math:`\sqrt{\hat s} + \epsilon`.

        It does not contain the correction of the mean, :math:`1 - \beta_1^t`, which counts as part of the
        learning rate. This correction is close to 1 after a few dozen steps.
        """
        return [self._divisor(square, state["steps"]) for square in state["square"]]

    def _divisor(self, square: Array, steps: int) -> Array:
        r"""Return :math:`\sqrt{\hat s} + \epsilon` for one parameter's mean squares."""
        # The correction is taken in float64: 1 - beta2 ** t has no digits left in float32.
        correction = np.sqrt(1 - np.power(self.beta2, steps))
        return np.asarray(np.sqrt(square) / align_axes(correction, square) + align_axes(self.epsilon, square))

    def step(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        state: State,
        scale: Hyperparameter = 1.0,
    ) -> None:
        """Update the parameters, the means and the mean squares by one step, in place."""
        state["steps"] += 1
        mean_correction = 1 - np.power(self.beta1, state["steps"])
        learning_rate = np.asarray(self.learning_rate) * scale / mean_correction
        moments = zip(state["mean"], state["square"], strict=True)
        for parameter, gradient, (mean, square) in zip(parameters, gradients, moments, strict=True):
            beta1, beta2 = align_axes(self.beta1, parameter), align_axes(self.beta2, parameter)
            mean *= beta1
            mean += (1 - beta1) * gradient
            square *= beta2
            square += (1 - beta2) * gradient**2
            divisor = self._divisor(square, state["steps"])
            parameter -= align_axes(learning_rate, parameter) * mean / divisor
