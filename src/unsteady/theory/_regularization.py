"""Regularisation: dropout as a ridge penalty, L1 near zero, and batch norm's first statistics."""

from __future__ import annotations

from typing import Any

import numpy as np

from unsteady._validation import Array, finite, number, scalar


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
