r"""What is to be learned from which examples are right, epoch by epoch.

``correct`` is an array of bool with the evaluations in front and the examples last,
``(evaluations, *replicates, n)``, as :func:`unsteady.training.train` records it with ``record="correct"``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from unsteady._checks import Array, integer, scalar


def _checked(correct: Any, evaluations: int) -> Array:
    array = np.asarray(correct)
    if array.dtype != bool:
        raise TypeError(f"correct must be an array of bool, got one of dtype {array.dtype}")
    if array.ndim < 2 or array.shape[0] < evaluations or 0 in array.shape:
        raise ValueError(
            "correct must have the shape (evaluations, *replicates, n) with at least "
            f"{evaluations} evaluations, got {array.shape}"
        )
    return array


def flips(correct: Any) -> Array:
    """Return which examples turned from right to wrong or back, evaluation by evaluation.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations.

    Returns
    -------
    array of bool, ``(evaluations - 1, *replicates, n)``

    Raises
    ------
    TypeError, ValueError
        If `correct` is of another kind or shape.
    """
    array = _checked(correct, 2)
    return np.asarray(array[1:] != array[:-1])


def churn(correct: Any) -> Array:
    """Return the share of the examples that flipped between one evaluation and the next.

    It bounds the change of accuracy, which is what the flips one way have over those the other way; see
    :func:`unsteady.theory.change_variance` for what it says of other sets.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations.

    Returns
    -------
    array, ``(evaluations - 1, *replicates)``

    Notes
    -----
    Churn of correctness: a wrong answer that becomes another wrong one does not count. Compare the
    "forgetting events", flips from right to wrong in training, of Toneva et al. (2019), arXiv 1812.05159.
    """
    return np.asarray(flips(correct).mean(axis=-1))


def flip_share(correct: Any, top: float = 0.1) -> Array:
    """Return the share of all flips that falls to those examples that flip most.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations.
    top : float
        The share of the examples that count, the number rounded, above 0 and at most 1.

    Returns
    -------
    array, ``(*replicates,)``
        NaN where nothing flipped.
    """
    counts = np.sort(flips(correct).sum(axis=0), axis=-1)[..., ::-1]
    most = max(1, round(scalar("top", top, above=0, at_most=1) * counts.shape[-1]))
    total = counts.sum(axis=-1)
    share = counts[..., :most].sum(axis=-1) / np.maximum(total, 1)
    return np.where(total > 0, share, np.nan)


def subset_accuracy(correct: Any, n: int, draws: int, seed: int = 0) -> Array:
    """Return the accuracy on random subsets of the examples, the same for all evaluations and replicates.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n_pool)``
        On the whole pool.
    n : int
        Size of each subset, drawn without replacement, 1 to n_pool.
    draws : int
        Number of subsets, at least 1.
    seed : int
        Of the draw.

    Returns
    -------
    array, ``(draws, evaluations, *replicates)``
    """
    array = _checked(correct, 1)
    pool = array.shape[-1]
    n = integer("n", n, at_least=1, at_most=pool)
    draws = integer("draws", draws, at_least=1)
    rng = np.random.default_rng(integer("seed", seed, at_least=0))
    chosen = np.zeros((draws, pool), dtype=np.float32)
    chosen[:, :n] = 1
    # One matrix product for all subsets: exact in float32, whose whole numbers reach 2**24.
    rng.permuted(chosen, axis=1, out=chosen)
    counts = chosen @ array.reshape(-1, pool).T.astype(np.float32)
    return np.asarray(counts.astype(np.float64) / n).reshape(draws, *array.shape[:-1])
