"""The base class of classifiers: everything that follows from their logits."""

from __future__ import annotations

import numpy as np

from unsteady._validation import Array
from unsteady.models._base import Evaluation, Parameters, check_batch, check_labels
from unsteady.models._losses import Score, mean_scores, score_cross_entropy


class Classifier:
    """The base class of classifiers: everything that follows from their logits."""

    classes: int

    def logits(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the logits in evaluation mode, ``(*replicates, n, classes)``."""
        raise NotImplementedError

    def _score(self, logits: Array, y: Array) -> Score:
        """Return the loss of each example, and its gradient with respect to the logits."""
        return score_cross_entropy(logits, y)

    def check_targets(self, name: str, y: Array) -> Array:
        """Return the labels if they are integers from 0 to ``classes - 1``."""
        return check_labels(name, y, self.classes)

    def predict(self, parameters: Parameters, X: Array, buffers: Parameters | None = None) -> Array:
        """Return the label with the highest logit for each row, ``(*replicates, n)``."""
        return np.asarray(self.logits(parameters, X, buffers).argmax(axis=-1))

    def evaluate(
        self, parameters: Parameters, X: Array, y: Array, buffers: Parameters | None = None
    ) -> Evaluation:
        """Return loss, accuracy and correctness on a data set, in evaluation mode."""
        X, y = np.asarray(X), self.check_targets("y", y)
        check_batch(parameters, X, y)
        score = self._score(self.logits(parameters, X, buffers), y)
        return Evaluation(*mean_scores(score), score.correct)
