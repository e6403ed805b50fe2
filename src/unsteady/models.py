r"""Models whose parameters carry the replicates in front.

A model is a frozen description. ``start(n_features, rngs)`` draws its parameters, a list of arrays of
shape ``(*replicates, rows, columns)`` (a bias is one row), and its buffers (running statistics, most
often none). ``loss_and_gradient`` works on a batch, ``predict`` and ``evaluate`` on a whole set in
evaluation mode. Features have the shape ``(batch, features)``, shared by all replicates, or
``(*replicates, batch, features)``; targets lack the last axis. Targets of shape ``(n, 1)`` are refused,
since beside ``(n,)`` they would broadcast to ``(n, n)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np

from unsteady._checks import Array, finite, integer, option, scalar

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


def _generators(rngs: Generators) -> Array:
    array = np.asarray(rngs, dtype=object)
    if array.size == 0 or not isinstance(array.flat[0], np.random.Generator):
        raise TypeError(
            f"rngs must be a sequence of numpy.random.Generator, one a replicate, got {type(rngs).__name__}"
        )
    return array


def _stack(rngs: Array, drawn: list[Array]) -> Array:
    """Stack what each generator has drawn along the replicates."""
    return np.stack(drawn).reshape(rngs.shape + drawn[0].shape)


def _normal(rngs: Array, shape: tuple[int, int]) -> Array:
    return _stack(rngs, [rng.standard_normal(shape) for rng in rngs.flat])


def _mask(rngs: Array, dropout: float, values: Array) -> Array:
    """Return what dropout multiplies the values by, drawn for each replicate."""
    # Drawn in float32 whatever the dtype, so that both are dropped the same.
    shape = values.shape[-2:]
    drawn = _stack(rngs, [rng.random(shape, dtype=np.float32) for rng in rngs.flat])
    return np.asarray((drawn >= dropout) / values.dtype.type(1 - dropout))


def _check_batch(parameters: Parameters, X: Array, y: Array | None) -> None:
    replicates, n_features = parameters[0].shape[:-2], parameters[0].shape[-2]
    if X.ndim < 2 or X.shape[-1] != n_features or X.shape[:-2] not in ((), replicates):
        raise ValueError(
            f"X must have the shape (batch, {n_features}) or (*replicates, batch, {n_features}) with "
            f"replicates {replicates}, got {X.shape}"
        )
    if y is not None and y.shape not in (X.shape[:-1], X.shape[-2:-1]):
        raise ValueError(f"y must have the shape {X.shape[:-1]} to go with X, got {y.shape}")


def _swap(array: Array) -> Array:
    return np.asarray(array.swapaxes(-1, -2))


def _row_sum(delta: Array) -> Array:
    # A product with ones: three times as fast as a sum over an axis that is not the last.
    return np.asarray(np.matmul(np.ones((1, delta.shape[-2]), dtype=delta.dtype), delta))


def _integer_labels(name: str, y: Array, classes: int) -> Array:
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


class _Score(NamedTuple):
    """The loss of logits, and what its gradient and the accuracy need."""

    loss: Array  # (*replicates, batch)
    correct: Array  # (*replicates, batch)
    delta: Array  # gradient of the loss by the logits, (*replicates, batch, classes)


def _squared_error(logits: Array, y: Array) -> _Score:
    """Return half the squared distance from the one-hot labels."""
    labels = np.broadcast_to(y, logits.shape[:-1])
    delta = logits - np.eye(logits.shape[-1], dtype=logits.dtype)[labels]
    loss = 0.5 * np.einsum("...k,...k->...", delta, delta)
    return _Score(loss, (logits.argmax(axis=-1) == labels) & np.isfinite(loss), delta)


def _cross_entropy(logits: Array, y: Array) -> _Score:
    """Return the cross-entropy with the labels; the gradient is softmax minus one-hot."""
    shape, classes = logits.shape[:-1], logits.shape[-1]
    labels = np.broadcast_to(y, shape).reshape(-1)
    # The maximum of a transposed copy: several times as fast as one over so short an axis.
    highest = np.ascontiguousarray(logits.reshape(-1, classes).T).max(axis=0)
    delta = logits - highest.reshape(*shape, 1)
    of_label = np.arange(len(labels)) * classes + labels
    missed = -delta.reshape(-1)[of_label]
    right = missed == 0
    if np.count_nonzero(delta == 0) > len(labels):  # at a tie the first label counts, as in predict
        right = logits.reshape(-1, classes).argmax(axis=-1) == labels
    np.exp(delta, out=delta)
    # A product with ones, replicate by replicate: again faster than a sum over so short an axis.
    total = np.matmul(delta, np.ones((classes, 1), dtype=delta.dtype))
    delta /= total
    delta.reshape(-1)[of_label] -= 1
    loss = np.log(total.reshape(-1)) + missed
    # At a tie of NaN argmax names a label all the same; what has diverged is not right by accident.
    right &= np.isfinite(loss)
    return _Score(loss.reshape(shape), right.reshape(shape), delta)


def cross_entropy(logits: Array, y: Array) -> Array:
    """Return the mean cross-entropy of logits with labels, in nats.

    Parameters
    ----------
    logits : array, ``(*replicates, n, classes)``
    y : array of int, ``(n,)`` or ``(*replicates, n)``
        Labels from 0 to classes - 1.

    Returns
    -------
    array, ``(*replicates,)``

    Raises
    ------
    TypeError, ValueError
        If the labels are no integers in that range, or do not go with the logits.
    """
    logits = finite("logits", logits)
    if logits.ndim < 2:
        raise ValueError(f"logits must have the shape (*replicates, n, classes), got {logits.shape}")
    y = _integer_labels("y", y, logits.shape[-1])
    if y.shape not in (logits.shape[-2:-1], logits.shape[:-1]):
        raise ValueError(f"y must have the shape {logits.shape[-2:-1]} to go with logits, got {y.shape}")
    return np.asarray(_cross_entropy(logits, y).loss.mean(axis=-1))


def _means(score: _Score) -> tuple[Array, Array]:
    """Return loss and accuracy of each replicate; NaN accuracy where the loss has diverged."""
    loss = score.loss.mean(axis=-1)
    accuracy = np.asarray(score.correct.astype(loss.dtype).mean(axis=-1))
    accuracy[~np.isfinite(loss)] = np.nan
    return loss, accuracy


class _Classifier:
    """What the models of labels share: everything that follows from their logits."""

    classes: int

    def logits(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        raise NotImplementedError

    def _score(self, logits: Array, y: Array) -> _Score:
        return _cross_entropy(logits, y)

    def check_targets(self, name: str, y: Array) -> Array:
        """Return the labels, integers from 0 to ``classes - 1``."""
        return _integer_labels(name, y, self.classes)

    def predict(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the label with the highest logit for each row, ``(*replicates, n)``."""
        return np.asarray(self.logits(parameters, X, buffers).argmax(axis=-1))

    def evaluate(
        self, parameters: Parameters, X: Array, y: Array, buffers: Parameters | None = None
    ) -> Evaluation:
        """Return loss, accuracy and correctness on a set, in evaluation mode."""
        X, y = np.asarray(X), self.check_targets("y", y)
        _check_batch(parameters, X, y)
        score = self._score(self.logits(parameters, X, buffers), y)
        return Evaluation(*_means(score), score.correct)


@dataclass(frozen=True)
class LinearRegression:
    r"""A line or plane with the loss :math:`\frac{1}{2} \operatorname{mean} (x w + b - y)^2`.

    Parameters
    ----------
    intercept : bool
        Whether there is a bias :math:`b`.
    initial_scale : float
        Standard deviation of the normal numbers that the parameters start as, at least 0.
    dropout : float
        Probability that an input is dropped in training mode, at least 0 and below 1; those that are kept
        are divided by ``1 - dropout``.

    Notes
    -----
    The loss is *half* the mean squared error, so that the gradient is the plain ``mean(error * x)``. There
    is no accuracy: it is None.
    """

    intercept: bool = True
    initial_scale: float = 1.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        scalar("initial_scale", self.initial_scale, at_least=0)
        scalar("dropout", self.dropout, at_least=0, below=1)

    def start(self, n_features: int, rngs: Generators) -> tuple[Parameters, Parameters]:
        """Return ``[weights (*replicates, n_features, 1), bias (*replicates, 1, 1)]`` and no buffers."""
        n_features = integer("n_features", n_features, at_least=1)
        drawn = self.initial_scale * _normal(_generators(rngs), (n_features + self.intercept, 1))
        parameters = [drawn[..., :n_features, :].copy()]
        return parameters + [drawn[..., n_features:, :].copy()] * self.intercept, []

    def weights(self, parameters: Parameters) -> Parameters:
        """Return the weights without the bias."""
        return parameters[:1]

    def check_targets(self, name: str, y: Array) -> Array:
        """Return the targets, any finite numbers, as floats."""
        targets = finite(name, y)
        return targets if targets.dtype.kind == "f" else targets.astype(np.float64)

    def loss_and_gradient(
        self,
        parameters: Parameters,
        X: Array,
        y: Array,
        *,
        buffers: Parameters | None = None,
        rngs: Generators = None,
    ) -> tuple[Array, None, Parameters]:
        """Return half the mean squared error, None, and the gradients; with `rngs` in training mode."""
        X, y = np.asarray(X), self.check_targets("y", y)
        _check_batch(parameters, X, y)
        if self.dropout and rngs is not None:
            X = X.astype(parameters[0].dtype, copy=False)
            X = X * _mask(_generators(rngs), self.dropout, X)
        error = (self._line(parameters, X)[..., 0] - y)[..., None]
        mean_error = error / error.dtype.type(error.shape[-2])
        gradients = [np.matmul(_swap(X), mean_error)]
        if self.intercept:
            gradients.append(_row_sum(mean_error))
        return 0.5 * (error**2).mean(axis=(-2, -1)), None, gradients

    def _line(self, parameters: Parameters, X: Array) -> Array:
        line = np.matmul(X, parameters[0])
        return np.asarray(line + parameters[1] if self.intercept else line)

    def predict(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the value for each row, ``(*replicates, n)``."""
        X = np.asarray(X)
        _check_batch(parameters, X, None)
        return np.asarray(self._line(parameters, X)[..., 0])

    def evaluate(
        self, parameters: Parameters, X: Array, y: Array, buffers: Parameters | None = None
    ) -> Evaluation:
        """Return half the mean squared error on a set; there is no accuracy."""
        X, y = np.asarray(X), self.check_targets("y", y)
        _check_batch(parameters, X, y)
        error = self.predict(parameters, X) - y
        return Evaluation(0.5 * (error**2).mean(axis=-1), None, None)


@dataclass(frozen=True)
class SoftmaxRegression(_Classifier):
    """Multinomial logistic regression: one layer, cross-entropy in nats.

    Parameters
    ----------
    classes : int
        Number of labels, at least 2.

    Notes
    -----
    Parameters start at zero, so that every replicate starts from the same point.
    """

    classes: int

    def __post_init__(self) -> None:
        integer("classes", self.classes, at_least=2)

    def start(self, n_features: int, rngs: Generators) -> tuple[Parameters, Parameters]:
        """Return ``[weights (*replicates, n_features, classes), bias]``, zeros, and no buffers."""
        n_features = integer("n_features", n_features, at_least=1)
        replicates = _generators(rngs).shape
        shapes = ((n_features, self.classes), (1, self.classes))
        return [np.zeros(replicates + shape) for shape in shapes], []

    def weights(self, parameters: Parameters) -> Parameters:
        """Return the weights without the bias."""
        return parameters[:1]

    def logits(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the logits, ``(*replicates, n, classes)``."""
        X = np.asarray(X)
        _check_batch(parameters, X, None)
        return np.asarray(np.matmul(X, parameters[0]) + parameters[1])

    def loss_and_gradient(
        self,
        parameters: Parameters,
        X: Array,
        y: Array,
        *,
        buffers: Parameters | None = None,
        rngs: Generators = None,
    ) -> tuple[Array, Array, Parameters]:
        """Return cross-entropy, accuracy and the gradients. Modes do not differ."""
        X, y = np.asarray(X), self.check_targets("y", y)
        _check_batch(parameters, X, y)
        score = self._score(self.logits(parameters, X), y)
        delta = score.delta
        delta /= delta.shape[-2]
        gradients = [np.matmul(_swap(X), delta), _row_sum(delta)]
        return *_means(score), gradients


class _Layer(NamedTuple):
    """What the backward pass needs of one hidden layer."""

    inputs: Array
    normalised: Array | None  # before gamma and beta
    inverse_sd: Array | None
    activated: Array  # before dropout
    mask: Array | None


@dataclass(frozen=True)
class MLP(_Classifier):
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
        generators = _generators(rngs)
        widths = (n_features, *self.hidden, self.classes)
        parameters: Parameters = []
        buffers: Parameters = []
        for layer, shape in enumerate(pairwise(widths)):
            fan_in, width = shape
            last = layer == len(self.hidden)
            gain = 2.0 if self.activation == "relu" and not last else 1.0
            parameters.append(np.sqrt(gain / fan_in) * _normal(generators, shape))
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
        _check_batch(parameters, X, None)
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
        _check_batch(parameters, X, y)
        generators = None if rngs is None else _generators(rngs)
        logits, layers = self._forward(parameters, X, self._check_buffers(buffers), generators)
        score = self._score(logits, y)
        delta = score.delta
        delta /= delta.shape[-2]
        gradients = self._backward(parameters, layers, delta, training=rngs is not None)
        return *_means(score), gradients

    def _score(self, logits: Array, y: Array) -> _Score:
        return (_cross_entropy if self.loss == "cross_entropy" else _squared_error)(logits, y)

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
                mask = _mask(rngs, self.dropout, activated)
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
        gradients = [np.matmul(_swap(layers[-1].inputs), delta), _row_sum(delta)]
        above = parameters[-2]
        for index in reversed(range(len(self.hidden))):
            layer = layers[index]
            own = parameters[index * self._per_layer : (index + 1) * self._per_layer]
            delta = np.matmul(delta, _swap(above))
            if layer.mask is not None:
                delta *= layer.mask
            if self.activation == "relu":
                delta *= layer.activated > 0
            else:
                delta *= 1 - layer.activated**2
            of_norm: Parameters = []
            if layer.normalised is not None and layer.inverse_sd is not None:
                of_norm = [_row_sum(delta * layer.normalised), _row_sum(delta)]
                delta = delta * (own[2] * layer.inverse_sd)
                if training:
                    projected = (delta * layer.normalised).mean(axis=-2, keepdims=True)
                    delta -= delta.mean(axis=-2, keepdims=True) + layer.normalised * projected
            gradients = [
                np.matmul(_swap(layer.inputs), delta),
                _row_sum(delta),
                *of_norm,
                *gradients,
            ]
            above = own[0]
        return gradients
