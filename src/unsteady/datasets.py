"""Data sets for training: a line, a cubic, scikit-learn's digits, clouds of points, and label noise.

The line and the cubic are those of the article *Why does accuracy fluctuate during training?* (30 January
2025), from which the examples take their first question.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from unsteady._validation import Array, finite, instance, integer, scalar


@dataclass(frozen=True, eq=False)
class Data:
    """A training set and an optional evaluation set.

    Parameters
    ----------
    X_train, X_eval : array of shape (n, features)
        Features: finite numbers.
    y_train, y_eval : array of shape (n,)
        Targets: integer labels or finite numbers. The shape ``(n, 1)`` raises an error.

    Raises
    ------
    TypeError, ValueError
        If an array does not hold numbers, has another shape, or holds NaN or infinity.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.datasets import Data
    >>> data = Data(X_train=np.zeros((5, 2)), y_train=[0, 1, 0, 1, 1])
    >>> data.X_train.shape, data.y_train.shape
    ((5, 2), (5,))
    """

    X_train: Array
    y_train: Array
    X_eval: Array | None = None
    y_eval: Array | None = None

    def __post_init__(self) -> None:
        self._check_pair("X_train", "y_train")
        if (self.X_eval is None) != (self.y_eval is None):
            raise ValueError("X_eval and y_eval must be given together, got only one of them")
        if self.X_eval is not None:
            self._check_pair("X_eval", "y_eval")
            if self.X_eval.shape[1] != self.X_train.shape[1]:
                raise ValueError(
                    f"X_eval must have the {self.X_train.shape[1]} features of X_train, "
                    f"got {self.X_eval.shape[1]}"
                )

    def _check_pair(self, features: str, targets: str) -> None:
        """Check the features and the targets of one set, and store them as arrays."""
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


def _generator(seed: int) -> np.random.Generator:
    """Return the random generator of a seed, which must be an integer of at least 0."""
    return np.random.default_rng(integer("seed", seed, at_least=0))


def line(n: int = 100, noise: float = 0.1, seed: int = 0) -> Data:
    """Draw points near the line y = 2x + 1, the data of the article's second experiment.

    Parameters
    ----------
    n : int
        Number of points, at least 1. Their x is uniform on [0, 10).
    noise : float
        Standard deviation of the Gaussian noise in y, at least 0.
    seed : int
        Seed of the random numbers, at least 0.

    Returns
    -------
    Data
        With features of shape ``(n, 1)`` and without an evaluation set.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range.

    Examples
    --------
    >>> from unsteady import datasets
    >>> data = datasets.line(n=3, noise=0)
    >>> bool((data.y_train == 2 * data.X_train[:, 0] + 1).all())
    True
    """
    n, noise = integer("n", n, at_least=1), scalar("noise", noise, at_least=0)
    rng = _generator(seed)
    x = rng.uniform(0, 10, n)
    return Data(x[:, None], 2 * x + 1 + noise * rng.standard_normal(n))


def cubic(n_train: int = 140, n_eval: int = 60, noise: float = 10.0, seed: int = 0) -> Data:
    """Draw points near the cubic y = x³ + 2x² - 5x + 10, the data of the article's third experiment.

    Parameters
    ----------
    n_train, n_eval : int
        Numbers of points for training and for evaluation, at least 1. Their x is uniform on [0, 10).
    noise : float
        Standard deviation of the Gaussian noise in y, at least 0.
    seed : int
        Seed of the random numbers, at least 0.

    Returns
    -------
    Data
        With features of shape ``(n_train, 1)`` and ``(n_eval, 1)``.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range.

    Examples
    --------
    >>> from unsteady import datasets
    >>> data = datasets.cubic(n_train=20, n_eval=5)
    >>> data.X_train.shape, data.X_eval.shape
    ((20, 1), (5, 1))
    """
    n_train = integer("n_train", n_train, at_least=1)
    n_eval = integer("n_eval", n_eval, at_least=1)
    noise = scalar("noise", noise, at_least=0)
    rng = _generator(seed)
    x = rng.uniform(0, 10, n_train + n_eval)
    y = x**3 + 2 * x**2 - 5 * x + 10 + noise * rng.standard_normal(len(x))
    X = x[:, None]
    return Data(X[:n_train], y[:n_train], X[n_train:], y[n_train:])


def digits(n_eval: int = 597, seed: int = 0) -> Data:
    """Load scikit-learn's 1 797 handwritten digits in a stratified, shuffled split.

    Each image has 64 pixels in [0, 1] and a label from 0 to 9. The evaluation set is drawn from a finite
    pool, so comparisons with the binomial distribution need the finite-population correction.

    Parameters
    ----------
    n_eval : int
        Size of the evaluation set, 10 to 1 787. All other images are for training.
    seed : int
        Seed of the split, 0 to 2³² - 1.

    Returns
    -------
    Data
        With features of shape ``(1797 - n_eval, 64)`` and ``(n_eval, 64)``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not an integer in its range.

    Examples
    --------
    >>> from unsteady import datasets
    >>> data = datasets.digits(n_eval=97)
    >>> data.X_train.shape, data.X_eval.shape
    ((1700, 64), (97, 64))
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    n_eval = integer("n_eval", n_eval, at_least=10, at_most=1787)
    seed = integer("seed", seed, at_least=0, at_most=2**32 - 1)
    X, y = load_digits(return_X_y=True)
    split = train_test_split(X / 16.0, y, test_size=n_eval, stratify=y, random_state=seed)
    X_train, X_eval, y_train, y_eval = split
    return Data(X_train, y_train, X_eval, y_eval)


def clouds(n_train: int = 300, n_eval: int = 1497, seed: int = 0) -> Data:
    """Draw four overlapping classes of three Gaussian clouds each, in 20 dimensions.

    The centres of the clouds are standard normal, and so are the points about them. Both are divided by 1.5.

    Parameters
    ----------
    n_train, n_eval : int
        Sizes of the training set and of the evaluation set, at least 1.
    seed : int
        Seed of the centres and the points, at least 0.

    Returns
    -------
    Data
        With 20 features, labels 0 to 3, and an evaluation set.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range.

    Examples
    --------
    >>> from unsteady import datasets
    >>> data = datasets.clouds(n_train=100, n_eval=50)
    >>> data.X_train.shape, data.X_eval.shape, sorted(set(data.y_train.tolist()))
    ((100, 20), (50, 20), [0, 1, 2, 3])
    """
    n_train = integer("n_train", n_train, at_least=1)
    n_eval = integer("n_eval", n_eval, at_least=1)
    rng = _generator(seed)
    centres, y = rng.normal(size=(4, 3, 20)), rng.integers(4, size=n_eval + n_train)
    X = (centres[y, rng.integers(3, size=len(y))] + rng.normal(size=(len(y), 20))) / 1.5
    return Data(X[n_eval:], y[n_eval:], X[:n_eval], y[:n_eval])


def flip_labels(data: Data, fraction: float, seed: int = 0) -> tuple[Data, Array]:
    """Replace a fraction of the training labels by other labels at random.

    Parameters
    ----------
    data : Data
        With labels from 0 to K - 1, where K - 1 is the largest label in the training set.
    fraction : float
        Fraction of the training labels to replace, 0 to 1. The number of labels is rounded.
    seed : int
        Seed of the choice of labels, at least 0.

    Returns
    -------
    noisy : Data
        The data with wrong training labels. The evaluation labels stay as they are.
    flipped : array of bool, shape (n,)
        Which training labels were replaced.

    Raises
    ------
    TypeError, ValueError
        If the labels are not integers from 0, if all of them are 0, or if another argument is of the wrong
        kind or outside its range.

    Examples
    --------
    >>> from unsteady import datasets
    >>> noisy, flipped = datasets.flip_labels(datasets.digits(), fraction=0.1)
    >>> int(flipped.sum()), len(noisy.y_train)
    (120, 1200)
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
    rng = _generator(seed)
    flipped = np.zeros(len(labels), dtype=bool)
    flipped[rng.permutation(len(labels))[: round(fraction * len(labels))]] = True
    shift = rng.integers(1, classes, size=len(labels))
    noisy = np.where(flipped, (labels + shift) % classes, labels)
    return replace(data, y_train=noisy), flipped
