"""A multilayer perceptron with optional batch norm and dropout."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from unsteady._validation import Array, integer, option, scalar
from unsteady.models._base import (
    Generators,
    Parameters,
    check_batch,
    check_generators,
    draw_dropout_mask,
    draw_normal,
    sum_rows,
    transpose,
)
from unsteady.models._classifier import Classifier
from unsteady.models._losses import Score, mean_scores, score_cross_entropy, score_squared_error


class _Layer(NamedTuple):
    """What the backward pass needs of one hidden layer."""

    inputs: Array
    normalised: Array | None  # before gamma and beta
    inverse_sd: Array | None
    activated: Array  # before dropout
    mask: Array | None


@dataclass(frozen=True)
class MLP(Classifier):
    r"""A multilayer perceptron: linear, batch norm, activation, dropout; last a linear layer.

    Parameters
    ----------
    hidden : tuple of int
        Width of each hidden layer.
    activation : {"relu", "tanh"}
    classes : int
        Number of labels, at least 2.
    dropout : float
        Probability that a hidden unit is dropped in training mode, at least 0 and below 1; those that
        are kept are divided by ``1 - dropout``.
    batch_norm : bool
        Normalise each hidden unit over the batch in training mode, by running averages in evaluation
        mode. Batches then hold at least 2 examples, an epoch's last one included.
    batch_norm_momentum : float
        Weight of the *old* running average at each step, as in Keras (PyTorch's ``momentum`` is one
        minus this). The running variance is that of the batch divided by its size.
    loss : {"cross_entropy", "squared_error"}
        Cross-entropy in nats, or half the squared distance of the outputs from the one-hot labels.

    Notes
    -----
    Weights start as normal numbers of variance 2 (ReLU, He et al. 2015) or 1 (tanh and the last layer,
    LeCun et al. 1998) over the number of inputs, biases at zero.
    """

    hidden: tuple[int, ...] = (32,)
    activation: Literal["relu", "tanh"] = "relu"
    classes: int = 2
    dropout: float = 0.0
    batch_norm: bool = False
    batch_norm_momentum: float = 0.9
    loss: Literal["cross_entropy", "squared_error"] = "cross_entropy"

    VARIANCE_FLOOR: ClassVar[float] = 1e-5

    def __post_init__(self) -> None:
        hidden: Any = self.hidden
        if not isinstance(hidden, tuple | list) or not hidden:
            raise TypeError(f"hidden must be a non-empty tuple of integers, got {hidden!r}")
        widths = tuple(integer("each width in hidden", width, at_least=1) for width in hidden)
        object.__setattr__(self, "hidden", widths)
        option("activation", self.activation, ("relu", "tanh"))
        option("loss", self.loss, ("cross_entropy", "squared_error"))
        integer("classes", self.classes, at_least=2)
        scalar("dropout", self.dropout, at_least=0, below=1)
        scalar("batch_norm_momentum", self.batch_norm_momentum, at_least=0, below=1)

    @property
    def _per_layer(self) -> int:
        return 4 if self.batch_norm else 2

    def start(self, n_features: int, rngs: Generators) -> tuple[Parameters, Parameters]:
        """Return the parameters and the buffers of each layer in turn.

        Parameters are ``weights, bias`` for each layer, followed by ``gamma, beta`` for a hidden one
        with batch norm; buffers its running ``mean, variance``, which start at 0 and 1.
        """
        n_features = integer("n_features", n_features, at_least=1)
        generators = check_generators(rngs)
        widths = (n_features, *self.hidden, self.classes)
        parameters: Parameters = []
        buffers: Parameters = []
        for layer, shape in enumerate(pairwise(widths)):
            fan_in, width = shape
            last = layer == len(self.hidden)
            gain = 2.0 if self.activation == "relu" and not last else 1.0
            parameters.append(np.sqrt(gain / fan_in) * draw_normal(generators, shape))
            row = (*generators.shape, 1, width)
            parameters.append(np.zeros(row))
            if self.batch_norm and not last:
                parameters += [np.ones(row), np.zeros(row)]
                buffers += [np.zeros(row), np.ones(row)]
        return parameters, buffers

    def weights(self, parameters: Parameters) -> Parameters:
        """Return the weight matrices without biases and batch norm's scales."""
        return parameters[:: self._per_layer]

    def logits(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the logits in evaluation mode, ``(*replicates, n, classes)``."""
        X = np.asarray(X)
        check_batch(parameters, X, None)
        return self._forward(parameters, X, self._check_buffers(buffers), None)[0]

    def loss_and_gradient(
        self,
        parameters: Parameters,
        X: Array,
        y: Array,
        *,
        buffers: Parameters | None = None,
        rngs: Generators = None,
    ) -> tuple[Array, Array, Parameters]:
        """Return loss, accuracy and the gradients.

        With `rngs` in training mode: masks are drawn, the batch's statistics are used and `buffers`
        are updated in place. Without, in evaluation mode.
        """
        X, y = np.asarray(X), self.check_targets("y", y)
        check_batch(parameters, X, y)
        generators = None if rngs is None else check_generators(rngs)
        logits, layers = self._forward(parameters, X, self._check_buffers(buffers), generators)
        score = self._score(logits, y)
        delta = score.delta
        delta /= delta.shape[-2]
        gradients = self._backward(parameters, layers, delta, training=rngs is not None)
        return *mean_scores(score), gradients

    def _score(self, logits: Array, y: Array) -> Score:
        return (score_cross_entropy if self.loss == "cross_entropy" else score_squared_error)(logits, y)

    def _check_buffers(self, buffers: Parameters | None) -> Parameters:
        expected = 2 * len(self.hidden) if self.batch_norm else 0
        if len(buffers or []) != expected:
            raise ValueError(
                f"buffers must be the {expected} arrays that start() returned for this model, "
                f"got {len(buffers or [])}"
            )
        return buffers or []

    def _forward(
        self, parameters: Parameters, X: Array, buffers: Parameters, rngs: Array | None
    ) -> tuple[Array, list[_Layer]]:
        """Return the logits and what the backward pass needs; `rngs` mean training mode."""
        layers = []
        inputs = X
        for layer in range(len(self.hidden)):
            own = parameters[layer * self._per_layer : (layer + 1) * self._per_layer]
            outputs = np.matmul(inputs, own[0])
            outputs += own[1]
            normalised = inverse_sd = mask = None
            if self.batch_norm:
                running = buffers[2 * layer : 2 * layer + 2]
                normalised, inverse_sd = self._normalise(outputs, running, rngs is not None)
                outputs = normalised * own[2] + own[3]
            activated = self._activate(outputs)
            if self.dropout and rngs is not None:
                mask = draw_dropout_mask(rngs, self.dropout, activated)
            layers.append(_Layer(inputs, normalised, inverse_sd, activated, mask))
            inputs = activated if mask is None else activated * mask
        layers.append(_Layer(inputs, None, None, inputs, None))
        logits = np.matmul(inputs, parameters[-2])
        logits += parameters[-1]
        return logits, layers

    def _activate(self, outputs: Array) -> Array:
        if self.activation == "relu":
            return np.maximum(outputs, 0, out=outputs)
        return np.tanh(outputs, out=outputs)

    def _normalise(self, outputs: Array, running: Parameters, training: bool) -> tuple[Array, Array]:
        mean, variance = running
        if training:
            if outputs.shape[-2] < 2:
                raise ValueError(
                    "batch_norm needs batches of at least 2 examples, got 1: choose a batch_size that leaves "
                    "no single example for an epoch's last batch"
                )
            momentum = self.batch_norm_momentum
            batch = outputs.mean(axis=-2, keepdims=True), outputs.var(axis=-2, keepdims=True)
            for average, latest in zip(running, batch, strict=True):
                average *= momentum
                average += (1 - momentum) * latest
            mean, variance = batch
        inverse_sd = 1 / np.sqrt(variance + self.VARIANCE_FLOOR)
        return (outputs - mean) * inverse_sd, inverse_sd

    def _backward(
        self, parameters: Parameters, layers: list[_Layer], delta: Array, *, training: bool
    ) -> Parameters:
        """Return the gradients, given that of the loss by the logits."""
        gradients = [np.matmul(transpose(layers[-1].inputs), delta), sum_rows(delta)]
        above = parameters[-2]
        for index in reversed(range(len(self.hidden))):
            layer = layers[index]
            own = parameters[index * self._per_layer : (index + 1) * self._per_layer]
            delta = np.matmul(delta, transpose(above))
            if layer.mask is not None:
                delta *= layer.mask
            if self.activation == "relu":
                delta *= layer.activated > 0
            else:
                delta *= 1 - layer.activated**2
            of_norm: Parameters = []
            if layer.normalised is not None and layer.inverse_sd is not None:
                of_norm = [sum_rows(delta * layer.normalised), sum_rows(delta)]
                delta = delta * (own[2] * layer.inverse_sd)
                if training:
                    projected = (delta * layer.normalised).mean(axis=-2, keepdims=True)
                    delta -= delta.mean(axis=-2, keepdims=True) + layer.normalised * projected
            gradients = [
                np.matmul(transpose(layer.inputs), delta),
                sum_rows(delta),
                *of_norm,
                *gradients,
            ]
            above = own[0]
        return gradients
