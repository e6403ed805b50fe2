r"""Update rules: a frozen dataclass of hyper-parameters, a ``start`` and a ``step``, nothing else.

A rule works in place on a list of arrays. Each hyper-parameter is a number or an array over the
replicate axes, which lead in every parameter: ``SGD(learning_rate=rates)`` with ``rates`` of shape
``(7,)`` moves parameters of shape ``(7, ...)`` at seven rates. The trajectories are those of PyTorch's
optimizers of the same names and defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from unsteady._broadcasting import align_axes, shape_of
from unsteady._validation import Array, Hyperparameter, number

State = dict[str, Any]


class Optimizer(Protocol):
    """What :func:`unsteady.training.train` and :func:`unsteady.training.descend` need of a rule."""

    @property
    def learning_rate(self) -> Hyperparameter:
        """The step size."""
        ...

    def start(self, parameters: Sequence[Array]) -> State:
        """Return the state before the first step."""
        ...

    def step(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        state: State,
        scale: Hyperparameter = 1.0,
    ) -> None:
        """Move the parameters and the state by one step, in place."""
        ...


def _check(rule: Any, **ranges: Any) -> None:
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
    return [np.zeros_like(parameter) for parameter in parameters]


@dataclass(frozen=True, eq=False)
class SGD:
    r"""Gradient descent, with heavy-ball or Nesterov momentum.

    :math:`v \leftarrow \beta v + g`, then :math:`x \leftarrow x - \eta v` (heavy ball) or
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
    """

    learning_rate: Hyperparameter
    momentum: Hyperparameter = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.nesterov, bool):
            raise TypeError(f"nesterov must be True or False, got {self.nesterov!r}")
        _check(self, learning_rate={"at_least": 0}, momentum={"at_least": 0, "below": 1})

    def start(self, parameters: Sequence[Array]) -> State:
        """Return velocities of zero, or nothing where there is no momentum."""
        return {"velocity": _zeros(parameters) if np.any(self.momentum) else None}

    def step(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        state: State,
        scale: Hyperparameter = 1.0,
    ) -> None:
        """Move the parameters and the velocities by one step, in place."""
        rate = np.asarray(self.learning_rate) * scale
        velocities = state["velocity"] or [None] * len(parameters)
        for parameter, gradient, velocity in zip(parameters, gradients, velocities, strict=True):
            move = gradient
            if velocity is not None:
                momentum = align_axes(self.momentum, parameter)
                velocity *= momentum
                velocity += gradient
                move = gradient + momentum * velocity if self.nesterov else velocity
            parameter -= align_axes(rate, parameter) * move


@dataclass(frozen=True, eq=False)
class RMSprop:
    r"""Divide each gradient by a running root mean square of its own past.

    :math:`s \leftarrow \rho s + (1 - \rho) g^2`, then
    :math:`x \leftarrow x - \eta g / (\sqrt{s} + \epsilon)`. There is no bias correction, so the first
    step is :math:`\eta / \sqrt{1 - \rho}` whatever the gradient.

    Parameters
    ----------
    learning_rate : float or array over replicates
        :math:`\eta`, at least 0.
    decay : float or array over replicates
        :math:`\rho`, at least 0 and below 1.
    epsilon : float or array over replicates
        :math:`\epsilon`, at least 0.
    """

    learning_rate: Hyperparameter
    decay: Hyperparameter = 0.99
    epsilon: Hyperparameter = 1e-8

    def __post_init__(self) -> None:
        _check(
            self,
            learning_rate={"at_least": 0},
            decay={"at_least": 0, "below": 1},
            epsilon={"at_least": 0},
        )

    def start(self, parameters: Sequence[Array]) -> State:
        """Return mean squares of zero."""
        return {"square": _zeros(parameters)}

    def preconditioner(self, state: State) -> list[Array]:
        r"""Return what the last step's gradients were divided by, :math:`\sqrt{s} + \epsilon`."""
        return [self._root(square) for square in state["square"]]

    def _root(self, square: Array) -> Array:
        return np.asarray(np.sqrt(square) + align_axes(self.epsilon, square))

    def step(
        self,
        parameters: Sequence[Array],
        gradients: Sequence[Array],
        state: State,
        scale: Hyperparameter = 1.0,
    ) -> None:
        """Move the parameters and the mean squares by one step, in place."""
        rate = np.asarray(self.learning_rate) * scale
        for parameter, gradient, square in zip(parameters, gradients, state["square"], strict=True):
            decay = align_axes(self.decay, parameter)
            square *= decay
            square += (1 - decay) * gradient**2
            parameter -= align_axes(rate, parameter) * gradient / self._root(square)


@dataclass(frozen=True, eq=False)
class Adam:
    r"""Momentum and a running root mean square, each corrected for its start at zero.

    :math:`m \leftarrow \beta_1 m + (1-\beta_1) g`, :math:`s \leftarrow \beta_2 s + (1-\beta_2) g^2`, then
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
    """

    learning_rate: Hyperparameter
    beta1: Hyperparameter = 0.9
    beta2: Hyperparameter = 0.999
    epsilon: Hyperparameter = 1e-8

    def __post_init__(self) -> None:
        _check(
            self,
            learning_rate={"at_least": 0},
            beta1={"at_least": 0, "below": 1},
            beta2={"at_least": 0, "below": 1},
            epsilon={"at_least": 0},
        )

    def start(self, parameters: Sequence[Array]) -> State:
        """Return means and mean squares of zero, and no step taken."""
        return {"mean": _zeros(parameters), "square": _zeros(parameters), "steps": 0}

    def preconditioner(self, state: State) -> list[Array]:
        r"""Return what the last step's mean was divided by, :math:`\sqrt{\hat s} + \epsilon`.

        The correction of the mean, :math:`1 - \beta_1^t`, is left to the rate; it is 1 after some tens of
        steps.
        """
        return [self._root(square, state["steps"]) for square in state["square"]]

    def _root(self, square: Array, steps: int) -> Array:
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
        """Move the parameters, the means and the mean squares by one step, in place."""
        state["steps"] += 1
        rate = np.asarray(self.learning_rate) * scale / (1 - np.power(self.beta1, state["steps"]))
        moments = zip(state["mean"], state["square"], strict=True)
        for parameter, gradient, (mean, square) in zip(parameters, gradients, moments, strict=True):
            beta1, beta2 = align_axes(self.beta1, parameter), align_axes(self.beta2, parameter)
            mean *= beta1
            mean += (1 - beta1) * gradient
            square *= beta2
            square += (1 - beta2) * gradient**2
            parameter -= align_axes(rate, parameter) * mean / self._root(square, state["steps"])
