"""Steps: when descent with a given learning rate converges, and how fast it leaves a flat place."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expi

from unsteady._validation import number


def descent_factor(learning_rate: Any, curvature: Any) -> Any:
    r"""Return the factor :math:`1 - \eta\lambda` by which a step multiplies the distance to the minimum.

    Between 0 and 1 the iterate closes in from one side, at 0 it arrives, below 0 it changes sides at every
    step, at -1 it alternates for ever, below -1 it diverges. At 1 it stands still; above 1, which takes a
    curvature below 0, it leaves to one side.

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`, at least 0.
    curvature : float
        :math:`\lambda` along the direction; below 0 at a saddle.

    Notes
    -----
    Exact for gradient descent on a quadratic, direction by direction. Source: the gradient of
    :math:`\frac12 \lambda x^2` is :math:`\lambda x`.
    """
    learning_rate = number("learning_rate", learning_rate, at_least=0)
    return 1 - learning_rate * number("curvature", curvature)


def stability_bound(curvature: Any, momentum: Any = 0.0, nesterov: bool = False) -> Any:
    r"""Return the learning rate at which descent on a quadratic stops converging.

    :math:`2/\lambda` without momentum, :math:`2(1+\beta)/\lambda` for the heavy ball, and
    :math:`\frac{2 + 2\beta}{(1 + 2\beta)\lambda}` for Nesterov's momentum.

    Parameters
    ----------
    curvature : float
        :math:`\lambda`, the largest, above 0.
    momentum : float
        :math:`\beta`, at least 0 and below 1.
    nesterov : bool
        Whether the momentum is Nesterov's.

    Notes
    -----
    Exact for the full gradient of a quadratic whose largest curvature is :math:`\lambda`. Source: the
    roots of the recursion's characteristic polynomial; Polyak (1964) for the heavy ball.
    """
    curvature = number("curvature", curvature, above=0)
    momentum = number("momentum", momentum, at_least=0, below=1)
    return (2 + 2 * momentum) / ((1 + 2 * momentum if nesterov else 1) * curvature)


def momentum_factor(learning_rate: Any, curvature: Any, momentum: Any, nesterov: bool = False) -> Any:
    r"""Return the factor a step by which descent with momentum shrinks the error in the long run.

    The larger modulus of the roots of :math:`z^2 - (1 + \beta - \eta\lambda) z + \beta` (heavy ball) or
    :math:`z^2 - (1+\beta)(1-\eta\lambda) z + \beta (1-\eta\lambda)` (Nesterov). For the heavy ball it is
    :math:`\sqrt\beta` while :math:`(1-\sqrt\beta)^2 < \eta\lambda < (1+\sqrt\beta)^2`, where it rings.

    Parameters
    ----------
    learning_rate, curvature : float
        :math:`\eta` and :math:`\lambda`.
    momentum, nesterov
        As for :func:`stability_bound`.

    Notes
    -----
    Exact for the full gradient of a quadratic. Source: as for :func:`stability_bound`.
    """
    step = 1 - descent_factor(learning_rate, curvature)
    momentum = number("momentum", momentum, at_least=0, below=1)
    total = (1 + momentum) * (1 - step) if nesterov else 1 + momentum - step
    product = momentum * (1 - step) if nesterov else momentum + 0 * step
    root = np.sqrt(np.asarray(total**2 - 4 * product, dtype=complex))
    return np.maximum(np.abs(total + root), np.abs(total - root)) / 2


def adam_sharpness_bound(learning_rate: Any, beta1: Any = 0.9) -> Any:
    r"""Return the preconditioned sharpness at which Adam turns unstable.

    It is :math:`\frac{2 + 2\beta_1}{(1-\beta_1)\eta}`, to be compared with the largest eigenvalue of
    :math:`P^{-1} H`, where :math:`P = \operatorname{diag}(\sqrt{v} + \epsilon)`; 38 over the rate at
    :math:`\beta_1 = 0.9`.

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`, above 0.
    beta1 : float
        :math:`\beta_1`, at least 0 and below 1.

    Notes
    -----
    Assumes that the preconditioner is frozen and the gradient is that of a quadratic. Source: Cohen et
    al. (2022), arXiv 2207.14484.
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    beta1 = number("beta1", beta1, at_least=0, below=1)
    return (2 + 2 * beta1) / ((1 - beta1) * learning_rate)


def adam_safe_epsilon(learning_rate: Any, curvature: Any, beta1: Any = 0.9) -> Any:
    r"""Return the smallest :math:`\epsilon` with which Adam can come to rest at a minimum.

    It is :math:`\eta\lambda \frac{1-\beta_1}{2+2\beta_1}`, a 38th of :math:`\eta\lambda` at
    :math:`\beta_1 = 0.9`: near the minimum the gradients vanish, :math:`\epsilon` is all that is left of
    the preconditioner, and the preconditioned sharpness rises to :math:`\lambda/\epsilon`.

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`, at least 0.
    curvature : float
        :math:`\lambda`, the largest of the loss at the minimum, above 0.
    beta1 : float
        :math:`\beta_1`, at least 0 and below 1.

    Notes
    -----
    Assumes the full batch and a minimum that the model reaches, so that its gradients really vanish.
    Source: :func:`adam_sharpness_bound`.
    """
    curvature = number("curvature", curvature, above=0)
    learning_rate = number("learning_rate", learning_rate, at_least=0)
    beta1 = number("beta1", beta1, at_least=0, below=1)
    return learning_rate * curvature * (1 - beta1) / (2 + 2 * beta1)


def rmsprop_first_step(learning_rate: Any, decay: Any = 0.99) -> Any:
    r"""Return the size of RMSprop's first step, :math:`\eta / \sqrt{1 - \rho}`, whatever the gradient but 0.

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`, at least 0. Adam's first step is :math:`\eta`.
    decay : float
        :math:`\rho`, at least 0 and below 1.

    Notes
    -----
    Assumes running mean squares that start at zero without a correction, and an :math:`\epsilon` small
    beside the gradient. Source: the first running mean square is :math:`(1-\rho) g^2`.
    """
    decay = number("decay", decay, at_least=0, below=1)
    return number("learning_rate", learning_rate, at_least=0) / np.sqrt(1 - decay)


def saddle_escape_time(distance: Any, learning_rate: Any, escape: Any) -> Any:
    r"""Return the number of steps in which descent leaves a saddle, :math:`\ln(1/y_0)/\ln(1+\eta\gamma)`.

    Parameters
    ----------
    distance : float
        :math:`y_0`, how far off the ridge it starts, as a share of the distance at which it counts as gone:
        above 0 and at most 1.
    learning_rate : float
        :math:`\eta`, above 0.
    escape : float
        :math:`\gamma`, above 0: the curvature of the descending direction is :math:`-\gamma`.

    Notes
    -----
    Exact for gradient descent on a quadratic saddle, up to the next whole step. Source: the distance
    grows by :func:`descent_factor`, :math:`1 + \eta\gamma`, a step.
    """
    distance = number("distance", distance, above=0, at_most=1)
    learning_rate = number("learning_rate", learning_rate, above=0)
    return np.log(1 / distance) / np.log1p(learning_rate * number("escape", escape, above=0))


def plateau_escape_time(distance: Any, learning_rate: Any, curvature: Any = 1.0) -> Any:
    r"""Return the number of steps in which descent crosses a plateau to the rim of its hole.

    It is :math:`\frac{1}{2\eta\lambda} \left(\operatorname{Ei}(\lambda r_0^2/2) -
    \operatorname{Ei}(1/2)\right)`, which grows nearly as :math:`e^{\lambda r_0^2/2}`.

    Parameters
    ----------
    distance : float
        :math:`r_0` from the minimum of :class:`unsteady.objectives.Plateau`, at least
        :math:`1/\sqrt\lambda`, where the gradient is largest and the crossing ends.
    learning_rate : float
        :math:`\eta`, above 0.
    curvature : float
        :math:`\lambda` at the minimum, above 0.

    Notes
    -----
    Assumes small steps; longer ones take a few steps more in all, whatever the rate, which is little beside a
    long wait. Source: the
    integral of :math:`dr/dt = -\eta\lambda r e^{-\lambda r^2/2}`, with
    :math:`\operatorname{Ei}` the exponential integral.
    """
    curvature = number("curvature", curvature, above=0)
    learning_rate = number("learning_rate", learning_rate, above=0)
    scaled = curvature * np.square(number("distance", distance, above=0)) / 2
    if np.any(scaled < 0.5 * (1 - 1e-12)):
        raise ValueError(f"distance must be at least 1/sqrt(curvature), got {distance}")
    return (expi(scaled) - expi(0.5)) / (2 * learning_rate * curvature)


class WellBounds(NamedTuple):
    """Learning rates at which descent on two smooth wells changes what it does."""

    settle: Any
    """Below it the run settles at a minimum."""
    stay: Any
    """Below it the run stays in its well."""
    remain: Any
    """Below it the run stays near the two wells."""


def double_well_bounds(curvature: Any) -> WellBounds:
    r"""Return the learning rates at which descent stops settling in, staying in, and staying near two wells.

    On :class:`unsteady.objectives.DoubleWell` it settles at the minimum of a well below
    :math:`2/\lambda`; it swings within the well, first between two points, up to
    :math:`(3\sqrt3 - 2)/\lambda`, about 3.2; it wanders between the wells up to :math:`4/\lambda`, and
    diverges beyond.

    Parameters
    ----------
    curvature : float
        :math:`\lambda` at the minima, above 0.

    Returns
    -------
    WellBounds

    Notes
    -----
    Exact for gradient descent from a start between the minimum and the farthest point that a step
    from the same well can reach. Source: a step takes :math:`x` to :math:`(1+a) x - a x^3` with
    :math:`a = \eta\lambda/2` (in units of the half distance). Its highest point within a well,
    :math:`\frac23 (1+a) \sqrt{(1+a)/3a}`, is thrown across the ridge once it lies beyond
    :math:`\sqrt{(1+a)/a}`, that is once :math:`2(1+a) > 3\sqrt3`.
    """
    curvature = number("curvature", curvature, above=0)
    return WellBounds(2 / curvature, (3 * np.sqrt(3) - 2) / curvature, 4 / curvature)
