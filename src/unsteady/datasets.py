"""Data to train on: a line and a cubic, scikit-learn's digits, label noise.

The line and the cubic are those of the article from which the examples take their first question, *Why does
accuracy fluctuate during training?* (30 January 2025).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unsteady._validation import Array, finite, instance, integer, scalar


@dataclass(frozen=True, eq=False)
class Data:
    """A training set and, where there is one, an evaluation set.

    Parameters
    ----------
    X_train, X_eval : array of shape (n, features)
        Finite numbers.
    y_train, y_eval : array of shape (n,)
        Targets: integer labels or finite numbers. The shape ``(n, 1)`` is refused.

    Raises
    ------
    TypeError, ValueError
        If an array is not of numbers, has another shape, or holds NaN or infinity.
    """

    X_train: Array
    y_train: Array
    X_eval: Array | None = None
    y_eval: Array | None = None

    def __post_init__(self) -> None:
        self._check("X_train", "y_train")
        if (self.X_eval is None) != (self.y_eval is None):
            raise ValueError("X_eval and y_eval must be given together, got only one of them")
        if self.X_eval is not None:
            self._check("X_eval", "y_eval")
            if self.X_eval.shape[1] != self.X_train.shape[1]:
                raise ValueError(
                    f"X_eval must have the {self.X_train.shape[1]} features of X_train, "
                    f"got {self.X_eval.shape[1]}"
                )

    def _check(self, features: str, targets: str) -> None:
        X = finite(features, getattr(self, features))
        if X.ndim != 2:
            hint = f"{features}[:, None]" if X.ndim == 1 else f"{features}.reshape(len({features}), -1)"
            raise ValueError(f"{features} must have the shape (n, features), got {X.shape}; pass {hint}")
        y = finite(targets, getattr(self, targets))
        if y.shape != X.shape[:1]:
            column = f"; pass {targets}[:, 0]" if y.shape[1:] == (1,) else ""
            hint = column or (f"; pass {targets}.argmax(axis=1) if it is one-hot" if y.ndim == 2 else "")
            raise ValueError(f"{targets} must have the shape ({len(X)},), got {y.shape}{hint}")
        if not X.size:
            raise ValueError(f"{features} must not be empty, got the shape {X.shape}")
        object.__setattr__(self, features, X)
        object.__setattr__(self, targets, y)


def _checked_rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(integer("seed", seed, at_least=0))


def line(n: int = 100, noise: float = 0.1, seed: int = 0) -> Data:
    """Return the line of the article's second experiment: y = 2x + 1 + noise, x uniform on [0, 10).

    Parameters
    ----------
    n : int
        Number of points.
    noise : float
        Standard deviation of the Gaussian noise.
    seed : int
        Of the draw.
    """
    n, noise = integer("n", n, at_least=1), scalar("noise", noise, at_least=0)
    rng = _checked_rng(seed)
    x = rng.uniform(0, 10, n)
    return Data(x[:, None], 2 * x + 1 + noise * rng.standard_normal(n))


def cubic(n_train: int = 140, n_eval: int = 60, noise: float = 10.0, seed: int = 0) -> Data:
    """Return the cubic of the article's third experiment: y = x³ + 2x² - 5x + 10 + noise, x on [0, 10).

    Parameters
    ----------
    n_train, n_eval : int
        Number of points to fit and to test on.
    noise : float
        Standard deviation of the Gaussian noise.
    seed : int
        Of the draw.
    """
    n_train = integer("n_train", n_train, at_least=1)
    n_eval = integer("n_eval", n_eval, at_least=1)
    noise = scalar("noise", noise, at_least=0)
    rng = _checked_rng(seed)
    x = rng.uniform(0, 10, n_train + n_eval)
    y = x**3 + 2 * x**2 - 5 * x + 10 + noise * rng.standard_normal(len(x))
    X = x[:, None]
    return Data(X[:n_train], y[:n_train], X[n_train:], y[n_train:])


def digits(n_eval: int = 597, seed: int = 0) -> Data:
    """Return scikit-learn's 1 797 handwritten digits in a stratified, shuffled split.

    Pixels are in [0, 1] (64 features), labels 0 to 9. The evaluation set is drawn from a
    finite pool: comparisons with the binomial law need the finite-population factor.

    Parameters
    ----------
    n_eval : int
        Size of the evaluation set, 10 to 1 787; the rest is for training.
    seed : int
        Of the split.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    n_eval = integer("n_eval", n_eval, at_least=10, at_most=1787)
    seed = integer("seed", seed, at_least=0, at_most=2**32 - 1)
    X, y = load_digits(return_X_y=True)
    split = train_test_split(X / 16.0, y, test_size=n_eval, stratify=y, random_state=seed)
    X_train, X_eval, y_train, y_eval = split
    return Data(X_train, y_train, X_eval, y_eval)


def flip_labels(data: Data, fraction: float, seed: int = 0) -> tuple[Data, Any]:
    """Replace a fraction of the training labels, each by another label.

    Parameters
    ----------
    data : Data
        With labels from 0 to K - 1, where K - 1 is the largest in the training set.
    fraction : float
        Of the training labels, 0 to 1; the number flipped is rounded.
    seed : int
        Of the choice of labels.

    Returns
    -------
    noisy : Data
        Evaluation labels stay clean.
    flipped : array of bool, shape (n,)
        Which training labels were replaced.
    """
    instance("data", data, Data, "a Data")
    fraction = scalar("fraction", fraction, at_least=0, at_most=1)
    labels = data.y_train
    if labels.dtype.kind not in "iu":
        raise TypeError(f"data must have integer labels, got y_train of dtype {labels.dtype}")
    if (lowest := labels.min()) < 0:
        raise ValueError(f"data must have labels from 0 to K - 1, got {lowest}; renumber them")
    classes = int(labels.max()) + 1
    if classes < 2:
        raise ValueError("data must have at least 2 labels to flip between, got only label 0")
    rng = _checked_rng(seed)
    flipped = np.zeros(len(labels), dtype=bool)
    flipped[rng.permutation(len(labels))[: round(fraction * len(labels))]] = True
    shift = rng.integers(1, classes, size=len(labels))
    noisy = np.where(flipped, (labels + shift) % classes, labels)
    return replace(data, y_train=noisy), flipped
