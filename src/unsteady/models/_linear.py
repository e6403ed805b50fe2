"""Models with one linear layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unsteady._validation import Array, finite, integer, scalar
from unsteady.models._base import (
    Evaluation,
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
from unsteady.models._losses import mean_scores


@dataclass(frozen=True)
class LinearRegression:
    r"""Linear regression with the loss :math:`\frac{1}{2} \operatorname{mean} (x w + b - y)^2`.

    Parameters
    ----------
    intercept : bool
        Whether to fit a bias :math:`b`.
    initial_scale : float
        Standard deviation of the normal numbers with which the parameters start, at least 0.
    dropout : float
        Probability that an input is dropped in training mode, at least 0 and below 1. Inputs that are kept
        are divided by ``1 - dropout``.

    Raises
    ------
    TypeError, ValueError
        If a number is not in its range.

    Notes
    -----
    The loss is *half* the mean squared error, so that the gradient is simply ``mean(error * x)``. Regression
    has no accuracy: it is None.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.models import LinearRegression
    >>> model = LinearRegression(intercept=False)
    >>> loss, _, [gradient] = model.loss_and_gradient([np.array([[2.0]])], np.array([[1.0]]), np.array([5.0]))
    >>> float(loss), gradient.tolist()  # the error is 2 - 5 = -3
    (4.5, [[-3.0]])
    """

    intercept: bool = True
    initial_scale: float = 1.0
    dropout: float = 0.0

    def __post_init__(self) -> None:
        scalar("initial_scale", self.initial_scale, at_least=0)
        scalar("dropout", self.dropout, at_least=0, below=1)

    def start(self, n_features: int, rngs: Generators) -> tuple[Parameters, Parameters]:
        """Return the parameters and no buffers.

        The parameters are the weights, ``(*replicates, n_features, 1)``, and, with an intercept, the bias,
        ``(*replicates, 1, 1)``.
        """
        n_features = integer("n_features", n_features, at_least=1)
        drawn = self.initial_scale * draw_normal(check_generators(rngs), (n_features + self.intercept, 1))
        parameters = [drawn[..., :n_features, :].copy()]
        return parameters + [drawn[..., n_features:, :].copy()] * self.intercept, []

    def weights(self, parameters: Parameters) -> Parameters:
        """Return the weights without the bias, in a list."""
        return parameters[:1]

    def check_targets(self, name: str, y: Array) -> Array:
        """Return the targets as floats if they are finite numbers."""
        targets = finite(name, y)
        return targets if targets.dtype.kind == "f" else targets.astype(np.float64)

    def loss_and_gradient(
        self,
        parameters: Parameters,
        X: Array,
        y: Array,
        *,
        buffers: Parameters | None = None,
        rngs: Generators | None = None,
    ) -> tuple[Array, None, Parameters]:
        """Return half the mean squared error, None for the accuracy, and the gradients.

        With `rngs` in training mode, which means dropout. Without, in evaluation mode.
        """
        X, y = np.asarray(X), self.check_targets("y", y)
        check_batch(parameters, X, y)
        if self.dropout and rngs is not None:
            X = X.astype(parameters[0].dtype, copy=False)
            X = X * draw_dropout_mask(check_generators(rngs), self.dropout, X)
        error = (self._outputs(parameters, X)[..., 0] - y)[..., None]
        mean_error = error / error.dtype.type(error.shape[-2])
        gradients = [np.matmul(transpose(X), mean_error)]
        if self.intercept:
            gradients.append(sum_rows(mean_error))
        return 0.5 * (error**2).mean(axis=(-2, -1)), None, gradients

    def _outputs(self, parameters: Parameters, X: Array) -> Array:
        """Return the predictions with a last axis of length 1."""
        outputs = np.matmul(X, parameters[0])
        return np.asarray(outputs + parameters[1] if self.intercept else outputs)

    def predict(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the predicted value for each row, ``(*replicates, n)``."""
        X = np.asarray(X)
        check_batch(parameters, X, None)
        return np.asarray(self._outputs(parameters, X)[..., 0])

    def evaluate(
        self, parameters: Parameters, X: Array, y: Array, buffers: Parameters | None = None
    ) -> Evaluation:
        """Return half the mean squared error on a data set, without an accuracy."""
        X, y = np.asarray(X), self.check_targets("y", y)
        check_batch(parameters, X, y)
        error = self.predict(parameters, X) - y
        return Evaluation(0.5 * (error**2).mean(axis=-1), None, None)


@dataclass(frozen=True)
class SoftmaxRegression(Classifier):
    """Multinomial logistic regression: one linear layer, with cross-entropy in nats.

    Parameters
    ----------
    classes : int
        Number of labels, at least 2.

    Raises
    ------
    TypeError, ValueError
        If the number of labels is not an integer of at least 2.

    Notes
    -----
    Parameters start at zero, so every replicate starts from the same point.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.models import SoftmaxRegression
    >>> model = SoftmaxRegression(classes=2)
    >>> weights, bias = np.array([[1.0, -1.0]]), np.zeros((1, 2))
    >>> model.predict([weights, bias], X=np.array([[3.0], [-3.0]])).tolist()
    [0, 1]
    """

    classes: int

    def __post_init__(self) -> None:
        integer("classes", self.classes, at_least=2)

    def start(self, n_features: int, rngs: Generators) -> tuple[Parameters, Parameters]:
        """Return the parameters, all zero, and no buffers.

        The parameters are the weights, ``(*replicates, n_features, classes)``, and the bias,
        ``(*replicates, 1, classes)``.
        """
        n_features = integer("n_features", n_features, at_least=1)
        replicates = check_generators(rngs).shape
        shapes = ((n_features, self.classes), (1, self.classes))
        return [np.zeros(replicates + shape) for shape in shapes], []

    def weights(self, parameters: Parameters) -> Parameters:
        """Return the weights without the bias, in a list."""
        return parameters[:1]

    def logits(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the logits, ``(*replicates, n, classes)``."""
        X = np.asarray(X)
        check_batch(parameters, X, None)
        return np.asarray(np.matmul(X, parameters[0]) + parameters[1])

    def loss_and_gradient(
        self,
        parameters: Parameters,
        X: Array,
        y: Array,
        *,
        buffers: Parameters | None = None,
        rngs: Generators | None = None,
    ) -> tuple[Array, Array, Parameters]:
        """Return cross-entropy, accuracy and the gradients, which are the same in both modes."""
        X, y = np.asarray(X), self.check_targets("y", y)
        check_batch(parameters, X, y)
        score = self._score(self.logits(parameters, X), y)
        delta = score.delta
        delta /= delta.shape[-2]
        gradients = [np.matmul(transpose(X), delta), sum_rows(delta)]
        return *mean_scores(score), gradients
