"""Descent: when a learning rate converges, and how long it takes to leave a flat region."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expi

from unsteady._validation import Hyperparameter, number


def descent_factor(learning_rate: ArrayLike, curvature: ArrayLike) -> Hyperparameter:
    r"""Return the factor :math:`1 - \eta\lambda` by which a step multiplies the distance to the minimum.

    Between 0 and 1 the iterate approaches the minimum from one side. At 0 it reaches the minimum in one step.
    Below 0 it changes sides at every step. At -1 it oscillates for ever, and below -1 it diverges. At 1 it
    does not move. A factor above 1 needs a negative curvature, and the iterate then moves away on one side.

    Parameters
    ----------
    learning_rate : float or array
        :math:`\eta`, at least 0.
    curvature : float or array
        :math:`\lambda`, the curvature along the direction. At a saddle it may be below 0.

    Returns
    -------
    float or array
        The factor.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Exact for gradient descent on a quadratic, direction by direction. Source: the gradient of
    :math:`\frac12 \lambda x^2` is :math:`\lambda x`.

    Examples
    --------
    Curvatures of 2, 4, 6 and 10 under one learning rate: approach, arrival, oscillation, divergence.

    >>> descent_factor(0.25, [2.0, 4.0, 6.0, 10.0]).tolist()
    [0.5, 0.0, -0.5, -1.5]
    """
    learning_rate = number("learning_rate", learning_rate, at_least=0)
    return 1 - learning_rate * number("curvature", curvature)


def stability_bound(
    curvature: ArrayLike, momentum: ArrayLike = 0.0, nesterov: bool = False
) -> Hyperparameter:
    r"""Return the learning rate at which descent on a quadratic stops converging.

    The bound is :math:`2/\lambda` without momentum, :math:`2(1+\beta)/\lambda` for the heavy ball, and
    :math:`\frac{2 + 2\beta}{(1 + 2\beta)\lambda}` for Nesterov's momentum.

    Parameters
    ----------
    curvature : float or array
        :math:`\lambda`, the largest curvature, above 0.
    momentum : float or array
        :math:`\beta`, at least 0 and below 1.
    nesterov : bool
        True for Nesterov's momentum, False for the heavy ball.

    Returns
    -------
    float or array
        A learning rate.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Exact for full-batch gradients of a quadratic whose largest curvature is :math:`\lambda`. Source: the
    roots of the recursion's characteristic polynomial; Polyak (1964) for the heavy ball.

    Examples
    --------
    >>> stability_bound(4.0), stability_bound(4.0, momentum=0.5), stability_bound(4.0, 0.5, nesterov=True)
    (0.5, 0.75, 0.375)
    """
    curvature = number("curvature", curvature, above=0)
    momentum = number("momentum", momentum, at_least=0, below=1)
    return (2 + 2 * momentum) / ((1 + 2 * momentum if nesterov else 1) * curvature)


def momentum_factor(
    learning_rate: ArrayLike, curvature: ArrayLike, momentum: ArrayLike, nesterov: bool = False
) -> Hyperparameter:
    r"""Return the factor by which each step of descent with momentum shrinks the error in the long run.

    The factor is the larger modulus of the roots of :math:`z^2 - (1 + \beta - \eta\lambda) z + \beta` (heavy
    ball) or :math:`z^2 - (1+\beta)(1-\eta\lambda) z + \beta (1-\eta\lambda)` (Nesterov). For the heavy ball
    with :math:`(1-\sqrt\beta)^2 < \eta\lambda < (1+\sqrt\beta)^2` the factor is :math:`\sqrt\beta`, and the
    error oscillates while it shrinks.

    Parameters
    ----------
    learning_rate, curvature : float or array
        :math:`\eta`, at least 0, and :math:`\lambda`.
    momentum : float or array
        :math:`\beta`, at least 0 and below 1.
    nesterov : bool
        True for Nesterov's momentum, False for the heavy ball.

    Returns
    -------
    float or array
        The factor, at least 0. Above 1 the run diverges.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Exact for full-batch gradients of a quadratic. Source: as for :func:`stability_bound`.

    Examples
    --------
    The heavy ball with :math:`\beta` = 0.25 shrinks the error by :math:`\sqrt{0.25}` = 0.5 per step, whether
    the curvature is 2 or 4.

    >>> momentum_factor(0.25, curvature=[2.0, 4.0], momentum=0.25).round(6).tolist()
    [0.5, 0.5]
    """
    step = 1 - descent_factor(learning_rate, curvature)
    momentum = number("momentum", momentum, at_least=0, below=1)
    root_sum = (1 + momentum) * (1 - step) if nesterov else 1 + momentum - step
    root_product = momentum * (1 - step) if nesterov else momentum + 0 * step
    discriminant = np.sqrt(np.asarray(root_sum**2 - 4 * root_product, dtype=complex))
    largest: Hyperparameter = np.maximum(np.abs(root_sum + discriminant), np.abs(root_sum - discriminant)) / 2
    return largest


def adam_sharpness_bound(learning_rate: ArrayLike, beta1: ArrayLike = 0.9) -> Hyperparameter:
    r"""Return the preconditioned sharpness at which Adam becomes unstable.

    The bound is :math:`\frac{2 + 2\beta_1}{(1-\beta_1)\eta}`, which is :math:`38/\eta` for
    :math:`\beta_1 = 0.9`. Compare it with the largest eigenvalue of :math:`P^{-1} H`, where
    :math:`P = \operatorname{diag}(\sqrt{v} + \epsilon)`.

    Parameters
    ----------
    learning_rate : float or array
        :math:`\eta`, above 0.
    beta1 : float or array
        :math:`\beta_1`, at least 0 and below 1.

    Returns
    -------
    float or array
        A preconditioned sharpness.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes a constant preconditioner and the gradient of a quadratic. Source: Cohen et al. (2022), arXiv
    2207.14484.

    Examples
    --------
    >>> round(adam_sharpness_bound(0.01))
    3800
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    beta1 = number("beta1", beta1, at_least=0, below=1)
    return (2 + 2 * beta1) / ((1 - beta1) * learning_rate)


def adam_safe_epsilon(
    learning_rate: ArrayLike, curvature: ArrayLike, beta1: ArrayLike = 0.9
) -> Hyperparameter:
    r"""Return the smallest :math:`\epsilon` with which Adam can settle at a minimum.

    It is :math:`\eta\lambda \frac{1-\beta_1}{2+2\beta_1}`, which is :math:`\eta\lambda/38` for
    :math:`\beta_1 = 0.9`. Near the minimum the gradients vanish, and the preconditioner shrinks to
    :math:`\epsilon`. The preconditioned sharpness then rises to :math:`\lambda/\epsilon`.

    Parameters
    ----------
    learning_rate : float or array
        :math:`\eta`, at least 0.
    curvature : float or array
        :math:`\lambda`, the largest curvature of the loss at the minimum, above 0.
    beta1 : float or array
        :math:`\beta_1`, at least 0 and below 1.

    Returns
    -------
    float or array
        A value for :math:`\epsilon`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes the full batch and a minimum that the model can reach, so that its gradients really vanish.
    Source: :func:`adam_sharpness_bound`.

    Examples
    --------
    >>> round(adam_safe_epsilon(0.1, curvature=7.6), 4)  # 0.76 / 38
    0.02
    """
    curvature = number("curvature", curvature, above=0)
    learning_rate = number("learning_rate", learning_rate, at_least=0)
    beta1 = number("beta1", beta1, at_least=0, below=1)
    return learning_rate * curvature * (1 - beta1) / (2 + 2 * beta1)


def rmsprop_first_step(learning_rate: ArrayLike, decay: ArrayLike = 0.99) -> Hyperparameter:
    r"""Return the size of RMSprop's first step for any gradient except 0, :math:`\eta / \sqrt{1 - \rho}`.

    Parameters
    ----------
    learning_rate : float or array
        :math:`\eta`, at least 0. Adam's first step has the size :math:`\eta`.
    decay : float or array
        :math:`\rho`, at least 0 and below 1.

    Returns
    -------
    float or array
        The change of each weight in the first step.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes a running mean of squares that starts at zero without bias correction, and an
    :math:`\epsilon` much smaller than the gradient. Source: the first running mean of squares is
    :math:`(1-\rho) g^2`.

    Examples
    --------
    With the usual decay of 0.99 the first step is ten times the learning rate.

    >>> round(float(rmsprop_first_step(0.01)), 6)
    0.1
    """
    decay = number("decay", decay, at_least=0, below=1)
    size: Hyperparameter = number("learning_rate", learning_rate, at_least=0) / np.sqrt(1 - decay)
    return size


def saddle_escape_time(distance: ArrayLike, learning_rate: ArrayLike, escape: ArrayLike) -> Hyperparameter:
    r"""Return the number of steps that descent takes to leave a saddle, :math:`\ln(1/y_0)/\ln(1+\eta\gamma)`.

    Parameters
    ----------
    distance : float or array
        :math:`y_0`, the distance from the ridge at the start, as a share of the distance at which the run
        counts as escaped. Above 0 and at most 1.
    learning_rate : float or array
        :math:`\eta`, above 0.
    escape : float or array
        :math:`\gamma`, above 0. The curvature of the descending direction is :math:`-\gamma`.

    Returns
    -------
    float or array
        A number of steps, not rounded.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Exact for gradient descent on a quadratic saddle, rounded up to a whole step. Source: each step multiplies
    the distance by :func:`descent_factor`, :math:`1 + \eta\gamma`.

    Examples
    --------
    With :math:`\eta\gamma` = 1 the distance doubles at each step: 1/8, 1/4, 1/2, 1.

    >>> round(float(saddle_escape_time(1 / 8, learning_rate=0.5, escape=2.0)), 6)
    3.0
    """
    distance = number("distance", distance, above=0, at_most=1)
    learning_rate = number("learning_rate", learning_rate, above=0)
    steps: Hyperparameter = np.log(1 / distance) / np.log1p(learning_rate * number("escape", escape, above=0))
    return steps


def plateau_escape_time(
    distance: ArrayLike, learning_rate: ArrayLike, curvature: ArrayLike = 1.0
) -> Hyperparameter:
    r"""Return the number of steps that descent takes to cross a plateau to its steepest point.

    The number is :math:`\frac{1}{2\eta\lambda} \left(\operatorname{Ei}(\lambda r_0^2/2) -
    \operatorname{Ei}(1/2)\right)`, with :math:`\operatorname{Ei}` the exponential integral. It grows nearly
    as :math:`e^{\lambda r_0^2/2}`.

    Parameters
    ----------
    distance : float or array
        :math:`r_0`, the distance from the minimum of :class:`unsteady.objectives.Plateau` at the start. At
        least :math:`1/\sqrt\lambda`, the distance at which the gradient is largest and the crossing ends.
    learning_rate : float or array
        :math:`\eta`, above 0.
    curvature : float or array
        :math:`\lambda`, the curvature at the minimum, above 0.

    Returns
    -------
    float or array
        A number of steps, not rounded.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes small steps. Larger steps add a few steps in all, whatever the learning rate, which is little
    compared with a long crossing. Source: the integral of :math:`dr/dt = -\eta\lambda r e^{-\lambda r^2/2}`.

    Examples
    --------
    Here Ei(2) - Ei(0.5) = 4.954 - 0.454, divided by 2 · 0.01 · 4. From twice the distance, the
    crossing takes 98 times as long.

    >>> plateau_escape_time([1.0, 2.0], learning_rate=0.01, curvature=4.0).round(1).tolist()
    [56.3, 5499.1]
    """
    curvature = number("curvature", curvature, above=0)
    learning_rate = number("learning_rate", learning_rate, above=0)
    scaled = curvature * np.square(number("distance", distance, above=0)) / 2
    if np.any(scaled < 0.5 * (1 - 1e-12)):
        raise ValueError(f"distance must be at least 1/sqrt(curvature), got {distance!r}")
    steps: Hyperparameter = (expi(scaled) - expi(0.5)) / (2 * learning_rate * curvature)
    return steps


class WellBounds(NamedTuple):
    """The learning rates that separate four behaviours of gradient descent on a double well.

    Examples
    --------
    At a learning rate of 0.6, the run neither settles at the minimum nor leaves its well:

    >>> from unsteady.objectives import DoubleWell
    >>> from unsteady.optimizers import SGD
    >>> from unsteady.training import descend
    >>> bounds = double_well_bounds(4.0)
    >>> bool(bounds.settle < 0.6 < bounds.stay)
    True
    >>> descend(DoubleWell(4.0), 0.9, SGD(0.6), steps=500).x[-4:, 0].round(2).tolist()
    [1.14, 0.73, 1.14, 0.73]
    """

    settle: Hyperparameter
    """Below this learning rate the run settles at a minimum."""
    stay: Hyperparameter
    """Below this learning rate the run stays in its well."""
    remain: Hyperparameter
    """Below this learning rate the run stays near the two wells. Above it, the run diverges."""


def double_well_bounds(curvature: ArrayLike) -> WellBounds:
    r"""Return the three learning rates at which descent on a double well changes its behaviour.

    On :class:`unsteady.objectives.DoubleWell`, a run below :math:`2/\lambda` settles at the minimum of one
    well. Up to :math:`(3\sqrt3 - 2)/\lambda`, about :math:`3.2/\lambda`, the run oscillates within the well,
    at first between two points. Up to :math:`4/\lambda` the run wanders between the wells. Above this it
    diverges.

    Parameters
    ----------
    curvature : float or array
        :math:`\lambda`, the curvature at the minima, above 0.

    Returns
    -------
    WellBounds
        Three learning rates.

    Raises
    ------
    TypeError, ValueError
        If `curvature` is not a number, is not finite or is not above 0.

    Notes
    -----
    Exact for gradient descent that starts between the minimum and the farthest point that a step
    from the same well can reach. Source: a step takes :math:`x` to :math:`(1+a) x - a x^3` with
    :math:`a = \eta\lambda/2`, in units of the half distance. The highest point that a step within a well
    reaches is :math:`\frac23 (1+a) \sqrt{(1+a)/3a}`. A step from beyond :math:`\sqrt{(1+a)/a}` crosses the
    ridge. The highest point lies beyond it as soon as :math:`2(1+a) > 3\sqrt3`.

    Examples
    --------
    >>> [round(float(bound), 2) for bound in double_well_bounds(curvature=4.0)]
    [0.5, 0.8, 1.0]
    """
    curvature = number("curvature", curvature, above=0)
    return WellBounds(2 / curvature, (3 * np.sqrt(3) - 2) / curvature, 4 / curvature)
