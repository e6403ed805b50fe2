r"""Models whose parameters carry the replicates in front.

A model is a frozen description. ``start(n_features, rngs)`` draws its parameters, a list of arrays of
shape ``(*replicates, rows, columns)`` (a bias is one row), and its buffers (running statistics, most
often none). ``loss_and_gradient`` works on a batch, ``predict`` and ``evaluate`` on a whole set in
evaluation mode. Features have the shape ``(batch, features)``, shared by all replicates, or
``(*replicates, batch, features)``; targets lack the last axis. Targets of shape ``(n, 1)`` are refused,
since beside ``(n,)`` they would broadcast to ``(n, n)``.
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
