"""The interface of models, and the functions that several models share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unsteady._validation import Array

Parameters = list[Array]
"""Arrays whose first axes are the replicates."""
Generators: TypeAlias = Sequence[np.random.Generator] | NDArray[np.object_]
"""One :class:`numpy.random.Generator` per replicate: a sequence, or an array of the replicates' shape."""


class Evaluation(NamedTuple):
    """The result of an evaluation on a data set of n examples.

    Attributes
    ----------
    loss : array, ``(*replicates,)``
        Mean loss over the examples.
    accuracy : array, ``(*replicates,)``, or None
        Fraction of correct examples, 0 to 1. NaN where the loss has diverged, None for regression.
    correct : array of bool, ``(*replicates, n)``, or None
        Which examples are correct. None for regression.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.models import SoftmaxRegression
    >>> model = SoftmaxRegression(classes=2)
    >>> parameters, _ = model.start(1, [np.random.default_rng(0)])  # zeros, so it predicts label 0
    >>> result = model.evaluate(parameters, np.ones((4, 1)), np.array([0, 0, 0, 1]))
    >>> result.accuracy.tolist(), result.correct.tolist()
    ([0.75], [[True, True, True, False]])
    """

    loss: Array
    accuracy: Array | None
    correct: Array | None


class Model(Protocol):
    """The interface that :func:`unsteady.training.train` expects of a model.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.models import Model, SoftmaxRegression
    >>> model: Model = SoftmaxRegression(classes=3)
    >>> rngs = [np.random.default_rng(seed) for seed in range(8)]  # 8 replicates
    >>> parameters, buffers = model.start(5, rngs)
    >>> [parameter.shape for parameter in parameters]
    [(8, 5, 3), (8, 1, 3)]
    """

    def start(self, n_features: int, rngs: Generators) -> tuple[Parameters, Parameters]:
        """Return the parameters and the buffers before the first step, one replicate per generator."""
        ...

    def weights(self, parameters: Parameters) -> Parameters:
        """Return the parameters that a regularizer penalises, usually all but the biases."""
        ...

    def check_targets(self, name: str, y: Array) -> Array:
        """Return the targets if the model can be trained on them; raise an error that has `name` if not."""
        ...

    def loss_and_gradient(
        self,
        parameters: Parameters,
        X: Array,
        y: Array,
        *,
        buffers: Parameters | None = None,
        rngs: Generators | None = None,
    ) -> tuple[Array, Array | None, Parameters]:
        """Return loss and accuracy, ``(*replicates,)``, and a gradient for each parameter.

        With `rngs` in training mode, which may update the buffers in place. Without, in evaluation mode.
        """
        ...

    def predict(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the prediction for each row in evaluation mode, ``(*replicates, n)``."""
        ...

    def evaluate(
        self, parameters: Parameters, X: Array, y: Array, buffers: Parameters | None = None
    ) -> Evaluation:
        """Return loss, accuracy and correctness on a data set in evaluation mode."""
        ...


def check_generators(rngs: Generators) -> Array:
    """Return the generators, one for each replicate, as an array."""
    array = np.asarray(rngs, dtype=object)
    if array.size == 0 or not isinstance(array.flat[0], np.random.Generator):
        raise TypeError(
            f"rngs must be a sequence of numpy.random.Generator, one per replicate, got {type(rngs).__name__}"
        )
    return array


def stack_draws(rngs: Array, drawn: list[Array]) -> Array:
    """Stack one array per generator into an array of shape ``(*replicates, ...)``."""
    return np.stack(drawn).reshape(rngs.shape + drawn[0].shape)


def draw_normal(rngs: Array, shape: tuple[int, int]) -> Array:
    """Draw standard normal numbers for each replicate, ``(*replicates, *shape)``."""
    return stack_draws(rngs, [rng.standard_normal(shape) for rng in rngs.flat])


def draw_dropout_mask(rngs: Array, dropout: float, values: Array) -> Array:
    """Draw the factors of dropout: 0 for a dropped value, 1 / (1 - dropout) for a kept one."""
    # Drawn in float32 for either dtype, so that the same seed drops the same values in both.
    shape = values.shape[-2:]
    drawn = stack_draws(rngs, [rng.random(shape, dtype=np.float32) for rng in rngs.flat])
    return np.asarray((drawn >= dropout) / values.dtype.type(1 - dropout))


def check_batch(parameters: Parameters, X: Array, y: Array | None) -> None:
    """Check that the shapes of features and targets fit the parameters and their replicates."""
    replicates, n_features = parameters[0].shape[:-2], parameters[0].shape[-2]
    if X.ndim < 2 or X.shape[-1] != n_features or X.shape[:-2] not in ((), replicates):
        raise ValueError(
            f"X must have the shape (batch, {n_features}) or (*replicates, batch, {n_features}) with "
            f"replicates {replicates}, got {X.shape}"
        )
    if y is not None and y.shape not in (X.shape[:-1], X.shape[-2:-1]):
        raise ValueError(f"y must have the shape {X.shape[:-1]} to go with X, got {y.shape}")


def transpose(array: Array) -> Array:
    """Exchange the last two axes."""
    return np.asarray(array.swapaxes(-1, -2))


def sum_rows(delta: Array) -> Array:
    """Sum over the rows, the second-to-last axis, and keep this axis with length 1."""
    # A matrix product with ones: three times as fast as a sum over an axis that is not the last.
    return np.asarray(np.matmul(np.ones((1, delta.shape[-2]), dtype=delta.dtype), delta))


def check_labels(name: str, y: ArrayLike, classes: int) -> Array:
    """Return the labels if they are integers from 0 to classes - 1."""
    labels = np.asarray(y)
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"{name} must hold integer labels, got an array of dtype {labels.dtype}; "
            "if its values are whole numbers, pass y.astype(int)"
        )
    if labels.size and (labels.min() < 0 or labels.max() >= classes):
        outside = labels[(labels < 0) | (labels >= classes)].flat[0]
        raise ValueError(
            f"{name} must hold labels from 0 to {classes - 1}, got {outside}; "
            "np.unique(y, return_inverse=True)[1] numbers any labels so"
        )
    return labels
