"""A multilayer perceptron with optional batch normalisation and dropout."""

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
    """What the backward pass needs from the forward pass of one layer."""

    inputs: Array
    normalised: Array | None  # before gamma and beta
    inverse_sd: Array | None
    activated: Array  # before dropout
    mask: Array | None


@dataclass(frozen=True)
class MLP(Classifier):
    r"""A multilayer perceptron with optional batch norm and dropout.

    Each hidden layer consists of a linear layer, batch norm, activation and dropout, in this order. A linear
    layer follows them.

    Parameters
    ----------
    hidden : tuple of int
        Width of each hidden layer.
    activation : {"relu", "tanh"}
        Activation function of the hidden layers.
    classes : int
        Number of labels, at least 2.
    dropout : float
        Probability that a hidden unit is dropped in training mode, at least 0 and below 1. Units that are
        kept are divided by ``1 - dropout``.
    batch_norm : bool
        Normalise each hidden unit: by the mean and variance of the batch in training mode, by their running
        averages in evaluation mode. Every batch, the last one of an epoch included, then needs at least 2
        examples.
    batch_norm_momentum : float
        Weight of the *old* running average at each step, at least 0 and below 1, as in Keras. PyTorch's
        ``momentum`` is one minus this number. The running variance averages the biased variance of each
        batch (squared deviations divided by the batch size).
    loss : {"cross_entropy", "squared_error"}
        Cross-entropy in nats, or half the squared distance of the outputs from the one-hot labels.

    Raises
    ------
    TypeError, ValueError
        If a setting is of the wrong kind or outside its range.

    Notes
    -----
    Weights start as normal numbers. Their variance is 2 / (number of inputs) for ReLU (He et al. 2015), and
    1 / (number of inputs) for tanh and for the last layer (LeCun et al. 1998). Biases start at zero.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.models import MLP
    >>> model = MLP(hidden=(8,), classes=3)
    >>> parameters, buffers = model.start(5, [np.random.default_rng(0)])
    >>> [parameter.shape for parameter in parameters]
    [(1, 5, 8), (1, 1, 8), (1, 8, 3), (1, 1, 3)]
    """

    hidden: tuple[int, ...] = (32,)
    activation: Literal["relu", "tanh"] = "relu"
    classes: int = 2
    dropout: float = 0.0
    batch_norm: bool = False
    batch_norm_momentum: float = 0.9
    loss: Literal["cross_entropy", "squared_error"] = "cross_entropy"

    VARIANCE_FLOOR: ClassVar[float] = 1e-5
    """Added to each variance of batch norm, as in PyTorch."""

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
        """Number of parameter arrays of a hidden layer."""
        return 4 if self.batch_norm else 2

    def start(self, n_features: int, rngs: Generators) -> tuple[Parameters, Parameters]:
        """Return the parameters and the buffers, layer by layer.

        The parameters of a layer are ``weights, bias``, and ``gamma, beta`` if it is a hidden layer with
        batch norm. The buffers of such a layer are its running ``mean, variance``, which start at 0 and 1.
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
        """Return the weight matrices, without the biases and the parameters of batch norm."""
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
        rngs: Generators | None = None,
    ) -> tuple[Array, Array, Parameters]:
        """Return loss, accuracy and the gradients.

        With `rngs` in training mode: dropout draws masks, and batch norm uses the batch's mean and variance
        and updates `buffers` in place. Without, in evaluation mode.
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
        """Return the loss of each example, and its gradient with respect to the logits."""
        return (score_cross_entropy if self.loss == "cross_entropy" else score_squared_error)(logits, y)

    def _check_buffers(self, buffers: Parameters | None) -> Parameters:
        """Return the buffers if there are two for each layer with batch norm."""
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
        """Return the logits and what the backward pass needs, in training mode if there are `rngs`."""
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
        """Apply the activation function, in place."""
        if self.activation == "relu":
            return np.maximum(outputs, 0, out=outputs)
        return np.tanh(outputs, out=outputs)

    def _normalise(self, outputs: Array, running: Parameters, training: bool) -> tuple[Array, Array]:
        """Return the normalised outputs and 1 / standard deviation; update `running` in training mode."""
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
        """Return the gradients; `delta` is the gradient of the loss with respect to the logits."""
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
            norm_gradients: Parameters = []
            if layer.normalised is not None and layer.inverse_sd is not None:
                norm_gradients = [sum_rows(delta * layer.normalised), sum_rows(delta)]
                delta = delta * (own[2] * layer.inverse_sd)
                if training:
                    projected = (delta * layer.normalised).mean(axis=-2, keepdims=True)
                    delta -= delta.mean(axis=-2, keepdims=True) + layer.normalised * projected
            gradients = [
                np.matmul(transpose(layer.inputs), delta),
                sum_rows(delta),
                *norm_gradients,
                *gradients,
            ]
            above = own[0]
        return gradients
