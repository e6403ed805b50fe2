r"""Closed forms: what a measured number should be, with the assumptions under which it is.

Arguments are numbers or arrays that broadcast by NumPy's rule, but for those that say otherwise; so are the
results. An argument that is not finite or outside its range raises :class:`ValueError`, one that is not a
number :class:`TypeError`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import trapezoid
from scipy.special import expi, log_ndtr

from unsteady._checks import Array, Hyperparameter, finite, integer, number, scalar


def _share(size_name: str, size: Any, pool_name: str, pool: Any) -> Any:
    """Return 1/size, times (N-size)/(N-1) where they are drawn without replacement from a pool of N."""
    size = number(size_name, size, at_least=1)
    if pool is None:
        return 1 / size
    pool = number(pool_name, pool, at_least=1)
    if np.any(size > pool):
        raise ValueError(f"{size_name} must be at most {pool_name} = {pool}, got {size}")
    return (pool - size) / (size * np.maximum(pool - 1, 1))


# Measurement ------------------------------------------------------------------------------------


def standard_error(p: Any, n: Any, pool: Any = None) -> Any:
    r"""Return the standard error of an accuracy, :math:`\sqrt{p(1-p)/n}`.

    Parameters
    ----------
    p : float
        Accuracy of the population, 0 to 1.
    n : int
        Size of the evaluation set.
    pool : int, optional
        Size N of the finite pool that the set is drawn from without replacement; the error then
        carries the factor :math:`\sqrt{(N-n)/(N-1)}`.

    Notes
    -----
    Assumes independent examples. It is the error of the *level*, largely the same in every epoch on a
    fixed set, and not that of a change from one epoch to the next. Source: the binomial and the
    hypergeometric distribution, e.g. Cochran, *Sampling Techniques* (1977), chapter 3.
    """
    p = number("p", p, at_least=0, at_most=1)
    return np.sqrt(p * (1 - p) * _share("n", n, "pool", pool))


def change_variance(churn: Any, change: Any, n: Any, pool: Any = None) -> Any:
    r"""Return the variance, over evaluation sets, of the change of accuracy between two models.

    It is :math:`(F - D^2)/n`, close to :math:`F/n`, where the models are two epochs of one run, say.

    Parameters
    ----------
    churn : float
        :math:`F`, share of the population on which one model is right and the other wrong, 0 to 1.
    change : float
        :math:`D`, the population's own change, from -churn to churn.
    n : int
        Size of the evaluation set.
    pool : int, optional
        Size N of the finite pool that the set is drawn from without replacement, as for
        :func:`standard_error`.

    Notes
    -----
    Assumes one set of independent examples for both models: each adds 1, 0 or -1 to the count, whence the
    variance. The mean squared change on a set is :math:`D^2` more. With the *counts* b and c of examples
    that turned right and wrong on a set, it is estimated by :math:`(b+c)/n^2 - (b-c)^2/n^3`. Source:
    McNemar (1947).
    """
    churn = number("churn", churn, at_least=0, at_most=1)
    change = number("change", change)
    if np.any(np.abs(change) > np.asarray(churn) * (1 + 1e-12)):
        raise ValueError(f"change must be at most churn = {churn} in size, got {change}")
    return np.maximum(churn - np.square(change), 0) * _share("n", n, "pool", pool)


# Steps ------------------------------------------------------------------------------------------


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


# Batches ----------------------------------------------------------------------------------------


def gradient_variance(variance: Any, batch_size: Any, n: Any = None) -> Any:
    r"""Return the variance of a batch's mean gradient, :math:`\sigma^2 / B`.

    Parameters
    ----------
    variance : float
        :math:`\sigma^2` of the gradients of single examples (divided by n, not by n - 1).
    batch_size : int
        B.
    n : int, optional
        Where the batch is drawn without replacement from n examples, the variance carries the factor
        :math:`\frac{n-B}{n-1}` and is 0 for the full batch.

    Notes
    -----
    Assumes a batch drawn independently of the weights. Source: as for :func:`standard_error`.
    """
    return number("variance", variance, at_least=0) * _share("batch_size", batch_size, "n", n)


def stationary_variance(learning_rate: Any, curvature: Any, noise_variance: Any, momentum: Any = 0.0) -> Any:
    r"""Return the variance at which noisy descent settles on a quadratic.

    .. math:: \frac{\eta \sigma^2 (1 + \beta)}{\lambda (1-\beta) (2(1+\beta) - \eta\lambda)},

    without momentum :math:`\eta\sigma^2 / (\lambda(2-\eta\lambda))`; infinite past the bound of
    stability.

    Parameters
    ----------
    learning_rate, curvature, momentum : float
        :math:`\eta`, :math:`\lambda` and :math:`\beta` of the heavy ball.
    noise_variance : float
        :math:`\sigma^2` of the gradient.

    Notes
    -----
    Assumes that the gradient's noise is independent from step to step and does not depend on the
    weights. Exact then, in discrete time. Source: Mandt, Hoffman & Blei (2017) for small rates; Liu,
    Ziyin & Ueda (2021), arXiv 2012.03636, for any rate and momentum.
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    curvature = number("curvature", curvature, above=0)
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    momentum = number("momentum", momentum, at_least=0, below=1)
    slack = np.asarray(2 * (1 + momentum) - learning_rate * curvature)
    scale = learning_rate * noise_variance * (1 + momentum) / (curvature * (1 - momentum))
    return _divided(scale, slack)


def _divided(numerator: Any, slack: Array) -> Any:
    """Return the quotient, infinite where the slack is used up."""
    return np.where(slack > 0, numerator / np.where(slack > 0, slack, 1), np.inf)[()]


def batch_stationary_variance(
    learning_rate: Any,
    batch_size: Any,
    label_variance: Any,
    feature_variance: Any = 1.0,
    kurtosis: Any = 3.0,
) -> Any:
    r"""Return the variance at which a least-squares slope settles under batch noise.

    .. math:: \frac{\eta s^2}{2B - \eta a (B - 1 + \kappa)}, \qquad \kappa = E x^4 / a^2.

    Parameters
    ----------
    learning_rate, batch_size : float
        :math:`\eta` and B.
    label_variance : float
        :math:`s^2`, variance of the labels around the line.
    feature_variance : float
        :math:`a = E x^2`.
    kurtosis : float
        :math:`\kappa`, at least 1: 3 for a Gaussian feature, 1.8 for a uniform one.

    Notes
    -----
    Assumes the loss :math:`\frac12` MSE, one feature of mean zero and no bias, label noise independent of
    the feature, and batches drawn independently. Exact then: square the recursion
    :math:`e \leftarrow (1 - \eta \overline{x^2}) e + \eta \overline{x r}` and take expectations. Source:
    Ziyin, Liu, Mori & Ueda (2022), arXiv 2102.05375.
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    label_variance = number("label_variance", label_variance, at_least=0)
    batch_size = number("batch_size", batch_size, at_least=1)
    feature_variance, kurtosis = _feature(feature_variance, kurtosis)
    used = learning_rate * feature_variance * (batch_size - 1 + kurtosis)
    return _divided(learning_rate * label_variance, np.asarray(2 * batch_size - used))


def _feature(feature_variance: Any, kurtosis: Any) -> tuple[Hyperparameter, Hyperparameter]:
    return (
        number("feature_variance", feature_variance, above=0),
        number("kurtosis", kurtosis, at_least=1),
    )


def batch_stability_bound(batch_size: Any, feature_variance: Any = 1.0, kurtosis: Any = 3.0) -> Any:
    r"""Return the learning rate at which the variance of a least-squares slope becomes infinite.

    It is :math:`\frac{2B}{a (B - 1 + \kappa)}`: at B = 1 and a Gaussian feature :math:`2/(3a)`, a third
    of what gradient descent bears. Assumptions, arguments and source as for
    :func:`batch_stationary_variance`.
    """
    batch_size = number("batch_size", batch_size, at_least=1)
    feature_variance, kurtosis = _feature(feature_variance, kurtosis)
    return 2 * batch_size / (feature_variance * (batch_size - 1 + kurtosis))


def linear_scaling_excess(learning_rate: Any, batch_size: Any, noise_trace: Any) -> Any:
    r"""Return the loss above the minimum that batch noise sustains, :math:`\eta \operatorname{tr} C / 4B`.

    Parameters
    ----------
    learning_rate, batch_size : float
        Only their ratio matters here: double both and the excess stays (the linear scaling rule).
    noise_trace : float
        :math:`\operatorname{tr} C`, the sum of the variances of a single example's gradient.

    Notes
    -----
    The limit of :func:`stationary_variance` times half the curvature for :math:`\eta\lambda \ll 1`; at
    larger rates the excess is larger and the rule breaks. Source: Mandt, Hoffman & Blei (2017).
    """
    learning_rate = number("learning_rate", learning_rate, at_least=0)
    noise_trace = number("noise_trace", noise_trace, at_least=0)
    return learning_rate * noise_trace / (4 * number("batch_size", batch_size, at_least=1))


def expected_change(
    learning_rate: float,
    gradient: Any,
    hessian: Any,
    covariance: Any,
    batch_size: int,
    n: int | None = None,
) -> float:
    r"""Return the expected change of the whole loss in one step on a random batch.

    .. math:: -\eta |G|^2 + \frac{\eta^2}{2} G^\top H G + \frac{\eta^2}{2B} \operatorname{tr}(H \Sigma).

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`.
    gradient : array of shape (dims,)
        G, of the whole loss.
    hessian : array of shape (dims, dims)
        H, of the whole loss.
    covariance : array of shape (dims, dims)
        :math:`\Sigma`, of the gradients of single examples (divided by n).
    batch_size, n : int
        As for :func:`gradient_variance`: with n, a batch is drawn without replacement.

    Notes
    -----
    Exact for a quadratic loss, to second order otherwise. With :math:`L (|G|^2 + \operatorname{tr}
    \Sigma / B)` for :math:`G^\top H G + \operatorname{tr}(H \Sigma)/B`, L the largest curvature anywhere, it
    is an upper bound. Takes one setting, not an array of them. Source: Taylor's expansion of the loss.
    """
    eta = scalar("learning_rate", learning_rate, at_least=0)
    G = finite("gradient", gradient, ndim=1)
    H, sigma = finite("hessian", hessian, ndim=2), finite("covariance", covariance, ndim=2)
    for name, matrix in (("hessian", H), ("covariance", sigma)):
        if matrix.shape != (len(G), len(G)):
            raise ValueError(f"{name} must have the shape {(len(G),) * 2}, got {matrix.shape}")
    noise = _share("batch_size", batch_size, "n", n) * np.trace(H @ sigma)
    return float(-eta * G @ G + 0.5 * eta**2 * (G @ H @ G + noise))


# Averages ---------------------------------------------------------------------------------------


def ema_factor(decay: Any, learning_rate: Any, curvature: Any) -> Any:
    r"""Return what is left of the stationary variance in an exponential average of the weights.

    .. math:: \frac{1-d}{1+d} \cdot \frac{1+d\phi}{1-d\phi}, \qquad \phi = 1 - \eta\lambda.

    Parameters
    ----------
    decay : float
        :math:`d` of :class:`unsteady.averages.EMA`, at least 0 and below 1.
    learning_rate, curvature : float
        :math:`\eta` and :math:`\lambda`, with :math:`0 < \eta\lambda < 2`.

    Notes
    -----
    Assumes a quadratic, noise independent from step to step and of the weights, no momentum, and that both
    run and average have come to rest. It calms little while :math:`1/(1-d)` steps are few beside the
    :math:`1/\eta\lambda` steps that the run itself remembers. Source: the iterates are an AR(1) sequence
    with the coefficient :math:`\phi`, and the average a linear filter of it.
    """
    decay = number("decay", decay, at_least=0, below=1)
    phi = _coefficient(learning_rate, curvature)
    return (1 - decay) / (1 + decay) * (1 + decay * phi) / (1 - decay * phi)


def _coefficient(learning_rate: Any, curvature: Any) -> Any:
    """Return the coefficient of the AR(1) sequence that noisy descent is."""
    learning_rate = number("learning_rate", learning_rate, above=0)
    curvature = number("curvature", curvature, above=0)
    step = np.asarray(learning_rate) * curvature
    if np.any(step >= 2):
        raise ValueError(f"learning_rate must be below 2/curvature, got {learning_rate} at {curvature}")
    return (1 - step)[()]


def polyak_variance(learning_rate: Any, curvature: Any, noise_variance: Any, steps: Any) -> Any:
    r"""Return the variance of the mean of T iterates of noisy descent at rest.

    .. math:: \frac{\sigma^2}{\lambda^2 T} \left(1 - \frac{2\phi (1 - \phi^T)}{T (1 - \phi^2)}\right),
       \qquad \phi = 1 - \eta\lambda,

    which tends to :math:`\sigma^2/\lambda^2 T`, whatever the rate.

    Parameters
    ----------
    learning_rate, curvature, noise_variance : float
        As for :func:`stationary_variance`, with :math:`0 < \eta\lambda < 2`.
    steps : int
        T, at least 1; at T = 1 it is the stationary variance.

    Notes
    -----
    Assumptions as for :func:`ema_factor`. Where :math:`\eta\lambda T` is far below 1, it is the stationary
    variance, and the formula loses digits. Source: the variance of the mean of an AR(1) sequence; Polyak &
    Juditsky (1992) for the limit.
    """
    phi = _coefficient(learning_rate, curvature)
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    steps = number("steps", steps, at_least=1)
    if np.any(np.asarray(steps) % 1):
        raise ValueError(f"steps must be whole numbers, got {steps}")
    remembered = 2 * phi * (1 - np.power(phi, steps)) / (steps * (1 - np.square(phi)))
    return noise_variance / (np.square(curvature) * steps) * (1 - remembered)


def smoothing_factor(smoothing: Any) -> Any:
    r"""Return what smoothing the *display* leaves of a curve's noise, :math:`\sqrt{(1-\alpha)/(1+\alpha)}`.

    Parameters
    ----------
    smoothing : float
        :math:`\alpha` of the recursion :math:`s \leftarrow \alpha s + (1-\alpha) x`, at least 0 and below 1.

    Notes
    -----
    Assumes noise that is independent from point to point; a standard deviation. The model stays as
    unsteady as it was. Source: the variance of a geometric sum.
    """
    smoothing = number("smoothing", smoothing, at_least=0, below=1)
    return np.sqrt((1 - smoothing) / (1 + smoothing))


def smoothing_lag(smoothing: Any) -> Any:
    r"""Return by how many points a smoothed curve lags behind a steady climb, :math:`\alpha/(1-\alpha)`.

    Parameters
    ----------
    smoothing : float
        As for :func:`smoothing_factor`.

    Notes
    -----
    Assumes a straight line, far from its start. Source: the mean age of the points in the geometric sum.
    """
    smoothing = number("smoothing", smoothing, at_least=0, below=1)
    return smoothing / (1 - smoothing)


# Capacity ---------------------------------------------------------------------------------------


def least_squares_train_error(p: Any, n: Any, noise_variance: Any = 1.0) -> Any:
    r"""Return the expected training error of least squares, :math:`\sigma^2 (1 - p/n)`.

    Parameters
    ----------
    p, n : int
        Number of parameters and of examples, p at most n.
    noise_variance : float
        :math:`\sigma^2` of the labels.

    Notes
    -----
    Assumes that the truth lies within the model and the features have full rank; any features do.
    Source: the trace of the residual projection, in any text on linear models.
    """
    p, n = _counts(p, n)
    if np.any(p > n):
        raise ValueError(f"p must be at most n, got p = {p} and n = {n}")
    return number("noise_variance", noise_variance, at_least=0) * (1 - p / n)


def least_squares_test_error(p: Any, n: Any, noise_variance: Any = 1.0) -> Any:
    r"""Return the expected test error of least squares, :math:`\sigma^2 (1 + \frac{p}{n-p-1})`.

    Parameters as for :func:`least_squares_train_error`, with p below n - 1.

    Notes
    -----
    Assumes that the truth lies within the model and that the features are zero-mean Gaussian and fresh
    for each test. Polynomials of high degree have heavier leverage and pay more. The least that any
    features cost is :math:`\sigma^2 (1 + p/n)`. Source: the mean of the inverse Wishart distribution.
    """
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    p, n = _counts(p, n)
    if np.any(p >= n - 1):
        raise ValueError(f"p must be below n - 1, got p = {p} and n = {n}")
    return noise_variance * (1 + p / (n - p - 1))


def minimum_norm_risk(p: Any, n: Any, noise_variance: Any = 1.0, signal: Any = 1.0) -> Any:
    r"""Return the expected excess test error of the least-squares solution of smallest norm.

    :math:`\sigma^2 \frac{p}{n-p-1}` for :math:`p < n - 1`,
    :math:`\sigma^2 \frac{n}{p-n-1} + (1 - n/p) |b|^2` for :math:`p > n + 1`, infinite between (unless
    :math:`\sigma` is 0): the peak of double descent.

    Parameters
    ----------
    p, n : int
        Number of parameters and of examples.
    noise_variance : float
        :math:`\sigma^2` of the labels.
    signal : float
        :math:`|b|^2`, squared length of the true coefficients, all p of which the model has: each p is
        a problem of its own.

    Notes
    -----
    Assumes isotropic Gaussian features. Exact then. Source: Belkin, Hsu & Xu (2020); Hastie, Montanari,
    Rosset & Tibshirani (2022), arXiv 1903.08560.
    """
    p, n = _counts(p, n)
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    signal = number("signal", signal, at_least=0)
    by_noise = np.where(
        np.asarray(p) <= n, _divided(p, np.asarray(n - p - 1)), _divided(n, np.asarray(p - n - 1))
    )
    missed = np.maximum(1 - n / p, 0) * signal
    silent = np.asarray(noise_variance) == 0
    return (noise_variance * np.where(silent, 0.0, by_noise) + missed)[()]


# Regularisers -----------------------------------------------------------------------------------


def dropout_ridge(X: Any, y: Any, dropout: float) -> Array:
    r"""Return the weights at which dropout of the inputs rests on average: those of a ridge regression.

    They minimise :math:`|y - Xw|^2 + \frac{q}{1-q} \sum_j (X^\top X)_{jj} w_j^2`.

    Parameters
    ----------
    X : array of shape (n, features)
    y : array of shape (n,)
    dropout : float
        :math:`q`, the probability that an input is dropped, at least 0 and below 1. Those that are kept are
        divided by :math:`1 - q`.

    Returns
    -------
    array of shape (features,)

    Notes
    -----
    Exact for the expected squared error of a linear model without bias; where features do not determine
    the weights, the smallest of those that minimise it. Source: the variance of the masked sum
    :math:`\sum_j m_j x_j w_j`; Wager, Wang & Liang (2013), arXiv 1307.1493.
    """
    X, y = finite("X", X, ndim=2), finite("y", y, ndim=1)
    if len(X) != len(y):
        raise ValueError(f"y must have the shape ({len(X)},) to go with X, got {y.shape}")
    dropout = scalar("dropout", dropout, at_least=0, below=1)
    gram = X.T @ X
    penalised = gram + dropout / (1 - dropout) * np.diag(np.diag(gram))
    return np.asarray(np.linalg.lstsq(penalised, X.T @ y, rcond=None)[0])


def l1_chatter_bound(learning_rate: Any, strength: Any, curvature: Any, optimum: Any) -> Any:
    r"""Return within what distance of 0 an unneeded weight chatters under the subgradient of an L1 penalty.

    It is :math:`\eta (\alpha + \lambda |c|)`, below :math:`2\eta\alpha`. The proximal step makes it 0.

    Parameters
    ----------
    learning_rate, strength, curvature : float
        :math:`\eta` and :math:`\lambda`, with :math:`\eta\lambda \le 1`, and :math:`\alpha`, the
        strength of the penalty.
    optimum : float
        :math:`c`, the weight that is best without the penalty, with :math:`\lambda |c| < \alpha`: it is
        best at 0 with it.

    Notes
    -----
    Exact for gradient descent on :math:`\frac12 \lambda (w - c)^2 + \alpha |w|` once it has been near 0.
    Source: no step from within the bound, on either side of 0, leads beyond it.
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    strength, curvature = number("strength", strength, above=0), number("curvature", curvature, above=0)
    pull = curvature * np.abs(number("optimum", optimum))
    if np.any(np.asarray(learning_rate) * curvature > 1):
        raise ValueError(f"learning_rate must be at most 1/curvature, got {learning_rate} at {curvature}")
    if np.any(pull >= strength):
        raise ValueError(f"optimum must be below strength/curvature in size, got {optimum}")
    return learning_rate * (strength + pull)


def initial_statistics_weight(momentum: Any, steps: Any) -> Any:
    r"""Return what batch norm's *initial* running statistics still weigh after k steps, :math:`m^k`.

    A batch k steps ago weighs :math:`(1 - m) m^k`. Evaluation mode is right after many times
    :math:`1/(1-m)` steps.

    Parameters
    ----------
    momentum : float
        :math:`m`, the weight of the old average, at least 0 and below 1: Keras's ``momentum``, and one minus
        PyTorch's.
    steps : int
        k, at least 0.

    Notes
    -----
    Exact. The steps that the weights take meanwhile make the old batches' statistics out of date, too.
    Source: the recursion :math:`r \leftarrow m r + (1-m) b`.
    """
    return np.power(number("momentum", momentum, at_least=0, below=1), number("steps", steps, at_least=0))


# Seeds and selection ----------------------------------------------------------------------------


def independent_seed_variance(right_share: Any) -> Any:
    r"""Return the variance of accuracy over seeds, were each example's error independent of the others'.

    It is :math:`\sum_i p_i (1 - p_i) / n^2`.

    Parameters
    ----------
    right_share : array of shape (..., n)
        :math:`p_i`, the share of the runs that get example i right, 0 to 1.

    Returns
    -------
    float or array of shape (...)

    Notes
    -----
    What the observed variance has beyond it is common to many examples: some runs are better, or worse, as a
    whole. Source: the variance of a sum of independent Bernoulli variables.
    """
    share = np.asarray(number("right_share", right_share, at_least=0, at_most=1))
    if not share.ndim or not share.shape[-1]:
        raise ValueError(f"right_share must have the shape (..., n), got {share.shape}")
    return (share * (1 - share)).sum(axis=-1) / share.shape[-1] ** 2


def calibrated_seed_variance(error: Any, n: Any) -> Any:
    r"""Return the variance of accuracy over seeds of a calibrated classifier, :math:`\epsilon/2n`.

    Parameters
    ----------
    error : float
        :math:`\epsilon`, mean error over seeds, 0 to 1.
    n : int
        Size of the evaluation set.

    Notes
    -----
    Assumes two classes, that as many of the runs are right on an example as its class is probable there, and
    independent errors. Rough in practice. Source: Jordan (2023), arXiv 2304.01910.
    """
    return number("error", error, at_least=0, at_most=1) / (2 * number("n", n, at_least=1))


def best_look_optimism(looks: int, noise: Any, spread: Any = 0.0) -> Any:
    r"""Return by how much the best of K looks flatters what it chose.

    .. math:: E_K \, \frac{\nu^2}{\sqrt{\nu^2 + \tau^2}},

    with :math:`E_K` the expected largest of K standard normal numbers.

    Parameters
    ----------
    looks : int
        K, the number of epochs, or runs, to choose from; at least 1.
    noise : float
        :math:`\nu`, the standard deviation of what the set's luck adds to one look *and not to the
        others*. On a fixed set that is :math:`\sqrt{F/2n}`, with F the churn between two looks, and not the
        standard error of the level, most of which is the same for all.
    spread : float
        :math:`\tau`, the standard deviation of the looks' true accuracies.

    Notes
    -----
    Assumes that both are normal, and independent from look to look; neighbouring epochs are less than
    independent. Source: the regression of the luck on the sum of both, at the sum's largest value.
    """
    looks = integer("looks", looks, at_least=1)
    noise, spread = number("noise", noise, at_least=0), number("spread", spread, at_least=0)
    total = np.hypot(noise, spread)
    return largest_normal(looks) * np.square(noise) / np.where(total > 0, total, 1.0)


def largest_normal(count: int) -> float:
    r"""Return :math:`E_K`, the expected largest of K independent standard normal numbers.

    Parameters
    ----------
    count : int
        K, at least 1.

    Notes
    -----
    By numerical integration of :math:`\int x \, K \, \Phi(x)^{K-1} \varphi(x) \, dx`. Source: the
    distribution of the maximum.

    Examples
    --------
    >>> round(largest_normal(2), 4), round(largest_normal(40), 2)
    (0.5642, 2.16)
    """
    count = integer("count", count, at_least=1)
    x = np.linspace(-12, 12, 24_001)
    density = count * np.exp((count - 1) * log_ndtr(x) - x**2 / 2) / np.sqrt(2 * np.pi)
    return float(trapezoid(x * density, x))


def _counts(p: Any, n: Any) -> tuple[Hyperparameter, Hyperparameter]:
    return number("p", p, at_least=1), number("n", n, at_least=1)
