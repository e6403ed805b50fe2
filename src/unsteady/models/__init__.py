r"""Models that compute many replicates at once: the replicate axes lead in every parameter.

A model is a frozen dataclass of settings. Its parameters are a list of arrays of their own:

- ``start(n_features, rngs)`` draws the parameters, arrays of shape ``(*replicates, rows, columns)`` (a bias
  has one row), and the buffers (running statistics, for most models none).
- ``loss_and_gradient`` works on a batch, in training mode or in evaluation mode.
- ``predict`` and ``evaluate`` work on a whole data set in evaluation mode.

Features have the shape ``(batch, features)``, the same for all replicates, or ``(*replicates, batch,
features)``. Targets have the same shape without the last axis. Targets of shape ``(n, 1)`` raise an error,
because together with predictions of shape ``(n,)`` they would broadcast to ``(n, n)``.
"""

from unsteady.models._base import Evaluation, Generators, Model, Parameters
from unsteady.models._linear import LinearRegression, SoftmaxRegression
from unsteady.models._losses import cross_entropy
from unsteady.models._mlp import MLP

__all__ = [
    "MLP",
    "Evaluation",
    "Generators",
    "LinearRegression",
    "Model",
    "Parameters",
    "SoftmaxRegression",
    "cross_entropy",
]
