"""Regularisation: dropout as a ridge penalty, L1 near zero, and batch norm's initial statistics."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unsteady._validation import Array, Hyperparameter, finite, number, scalar


def dropout_ridge(X: ArrayLike, y: ArrayLike, dropout: float) -> Array:
    r"""Return the weights that minimise the expected loss under dropout of the inputs, a ridge regression.

    The weights minimise :math:`|y - Xw|^2 + \frac{q}{1-q} \sum_j (X^\top X)_{jj} w_j^2`, with :math:`q` the
    dropout probability.

    Parameters
    ----------
    X : array of shape (n, features)
        Inputs.
    y : array of shape (n,)
        Targets.
    dropout : float
        :math:`q`, the probability that an input is dropped, at least 0 and below 1. The inputs that are kept
        are divided by :math:`1 - q`.

    Returns
    -------
    array of shape (features,)
        The weights.

    Raises
    ------
    TypeError, ValueError
        If the shapes of `X` and `y` do not match, a value is not finite, or `dropout` is outside its range.

    Notes
    -----
    Exact for the expected squared error of a linear model without bias. If the features do not determine the
    weights, the result is the minimiser of smallest norm. Source: the variance of the masked sum
    :math:`\sum_j m_j x_j w_j`; Wager, Wang & Liang (2013), arXiv 1307.1493.

    Examples
    --------
    The data have the slope 5. With one feature, dropout of 20 % multiplies the slope by 1 - 0.2.

    >>> dropout_ridge(X=[[1.0], [2.0]], y=[5.0, 10.0], dropout=0.2).round(6).tolist()
    [4.0]
    """
    X, y = finite("X", X, ndim=2), finite("y", y, ndim=1)
    if len(X) != len(y):
        raise ValueError(f"y must have the shape ({len(X)},) to go with X, got {y.shape}")
    dropout = scalar("dropout", dropout, at_least=0, below=1)
    gram = X.T @ X
    penalised = gram + dropout / (1 - dropout) * np.diag(np.diag(gram))
    return np.asarray(np.linalg.lstsq(penalised, X.T @ y, rcond=None)[0])


def l1_chatter_bound(
    learning_rate: ArrayLike, strength: ArrayLike, curvature: ArrayLike, optimum: ArrayLike
) -> Hyperparameter:
    r"""Return how far from 0 a weight may oscillate under the subgradient of an L1 penalty.

    The bound is :math:`\eta (\alpha + \lambda |c|)`, which is below :math:`2\eta\alpha`, with :math:`\alpha`
    the strength of the penalty and :math:`c` the best weight without it. The bound applies to a weight that
    the penalty should set to 0. A proximal step sets such a weight to exactly 0.

    Parameters
    ----------
    learning_rate, strength, curvature : float or array
        :math:`\eta`, the strength of the penalty :math:`\alpha`, and :math:`\lambda`, with
        :math:`\eta\lambda \le 1`.
    optimum : float or array
        :math:`c`, the best weight without the penalty, with :math:`\lambda |c| < \alpha`. The best weight
        with the penalty is then 0.

    Returns
    -------
    float or array
        The bound on the weight's absolute value.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Exact for gradient descent on :math:`\frac12 \lambda (w - c)^2 + \alpha |w|` once the weight has been near
    0. Source: no step from within the bound, on either side of 0, leads outside it.

    Examples
    --------
    >>> bound = l1_chatter_bound(learning_rate=0.1, strength=2.0, curvature=3.0, optimum=0.5)
    >>> round(float(bound), 3)  # 0.1 · (2 + 3 · 0.5)
    0.35
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    strength, curvature = number("strength", strength, above=0), number("curvature", curvature, above=0)
    pull: Hyperparameter = curvature * np.abs(number("optimum", optimum))
    if np.any(np.asarray(learning_rate) * curvature > 1):
        raise ValueError(f"learning_rate must be at most 1/curvature, got {learning_rate} at {curvature}")
    if np.any(pull >= strength):
        raise ValueError(f"optimum must be below strength/curvature in size, got {optimum!r}")
    return learning_rate * (strength + pull)


def initial_statistics_weight(momentum: ArrayLike, steps: ArrayLike) -> Hyperparameter:
    r"""Return the weight of batch norm's *initial* running statistics after k steps, :math:`m^k`.

    The batch from k steps ago has the weight :math:`(1 - m) m^k`. Evaluation mode is correct only after
    several times :math:`1/(1-m)` steps.

    Parameters
    ----------
    momentum : float or array
        :math:`m`, the weight of the old average, at least 0 and below 1. This is ``momentum`` in Keras, and
        one minus ``momentum`` in PyTorch.
    steps : int or array
        k, at least 0.

    Returns
    -------
    float or array
        A share of the running statistics, above 0 and at most 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Exact. The weights of the model move in the meantime, which makes the statistics of old
    batches out of date as well. Source: the recursion :math:`r \leftarrow m r + (1-m) b`.

    Examples
    --------
    >>> round(float(initial_statistics_weight(momentum=0.9, steps=2)), 3)
    0.81
    """
    momentum = number("momentum", momentum, at_least=0, below=1)
    weight: Hyperparameter = np.power(momentum, number("steps", steps, at_least=0))
    return weight
