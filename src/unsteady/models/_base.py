"""What every model offers, and the pieces that several models share."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from unsteady._validation import Array

Parameters = list[Array]
Generators = Any
"""One :class:`numpy.random.Generator` a replicate: a sequence, or an array of the replicates' shape."""


class Evaluation(NamedTuple):
    """What a model scores on a set: ``(*replicates,)``, and ``(*replicates, n)`` for `correct`."""

    loss: Array
    accuracy: Array | None
    correct: Array | None


class Model(Protocol):
    """What :func:`unsteady.training.train` needs of a model."""

    def start(self, n_features: int, rngs: Generators) -> tuple[Parameters, Parameters]:
        """Return the parameters and the buffers before the first step."""
        ...

    def weights(self, parameters: Parameters) -> Parameters:
        """Return those parameters that a regularizer acts on."""
        ...

    def check_targets(self, name: str, y: Array) -> Array:
        """Return targets that this model can be trained on."""
        ...

    def loss_and_gradient(
        self,
        parameters: Parameters,
        X: Array,
        y: Array,
        *,
        buffers: Parameters | None = None,
        rngs: Generators = None,
    ) -> tuple[Array, Array | None, Parameters]:
        """Return loss and accuracy, ``(*replicates,)``, and a gradient for each parameter."""
        ...

    def predict(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the prediction for each row in evaluation mode."""
        ...

    def evaluate(
        self, parameters: Parameters, X: Array, y: Array, buffers: Parameters | None = None
    ) -> Evaluation:
        """Return loss, accuracy and correctness in evaluation mode."""
        ...


def check_generators(rngs: Generators) -> Array:
    """Return the generators, one for each replicate, as an array."""
    array = np.asarray(rngs, dtype=object)
    if array.size == 0 or not isinstance(array.flat[0], np.random.Generator):
        raise TypeError(
            f"rngs must be a sequence of numpy.random.Generator, one a replicate, got {type(rngs).__name__}"
        )
    return array


def stack_draws(rngs: Array, drawn: list[Array]) -> Array:
    """Stack the arrays that the generators have drawn, and give the replicates their shape."""
    return np.stack(drawn).reshape(rngs.shape + drawn[0].shape)


def draw_normal(rngs: Array, shape: tuple[int, int]) -> Array:
    """Draw standard normal numbers of this shape for each replicate."""
    return stack_draws(rngs, [rng.standard_normal(shape) for rng in rngs.flat])


def draw_dropout_mask(rngs: Array, dropout: float, values: Array) -> Array:
    """Draw what dropout multiplies the values by: 0, or 1 / (1 - dropout) where a value is kept."""
    # Drawn in float32 whatever the dtype, so that both are dropped the same.
    shape = values.shape[-2:]
    drawn = stack_draws(rngs, [rng.random(shape, dtype=np.float32) for rng in rngs.flat])
    return np.asarray((drawn >= dropout) / values.dtype.type(1 - dropout))


def check_batch(parameters: Parameters, X: Array, y: Array | None) -> None:
    """Check that features and targets fit the parameters, replicate by replicate."""
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
    """Sum over the rows, the last axis but one, which is kept with length 1."""
    # A product with ones: three times as fast as a sum over an axis that is not the last.
    return np.asarray(np.matmul(np.ones((1, delta.shape[-2]), dtype=delta.dtype), delta))


def check_labels(name: str, y: Array, classes: int) -> Array:
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
