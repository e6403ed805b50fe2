"""Training of many replicates at once: ``descend`` on an objective, ``train`` on data."""

from unsteady.averages import EMA, Polyak
from unsteady.batches import Shuffle, ShuffleBuffer, Sorted, WithoutReplacement, WithReplacement
from unsteady.training._descend import Path, descend
from unsteady.training._train import train

__all__ = [
    "EMA",
    "Path",
    "Polyak",
    "Shuffle",
    "ShuffleBuffer",
    "Sorted",
    "WithReplacement",
    "WithoutReplacement",
    "descend",
    "train",
]
