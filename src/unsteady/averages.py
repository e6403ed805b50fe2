r"""Averages of the weights along a run, evaluated beside the last weights.

``begin(parameters)`` copies the parameters before the first step; ``update(average, parameters, step)``
takes in those after step number `step` (1 after the first), in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unsteady._checks import Array, Hyperparameter, integer, number
from unsteady._replicates import lead


class Average(Protocol):
    """What :func:`unsteady.training.train` needs of an average."""

    def begin(self, parameters: Sequence[Array]) -> list[Array]:
        """Return the average before the first step."""
        ...

    def update(self, average: Sequence[Array], parameters: Sequence[Array], step: int) -> None:
        """Take the parameters after `step` steps into the average, in place."""
        ...


@dataclass(frozen=True, eq=False)
class EMA:
    r"""Exponential moving average, :math:`a \leftarrow d a + (1 - d) w` after every step.

    Parameters
    ----------
    decay : float or array over replicates
        :math:`d`, at least 0 and below 1; the memory is about :math:`1/(1-d)` steps. The average
        starts at the initial parameters.
    """

    decay: Hyperparameter

    def __post_init__(self) -> None:
        object.__setattr__(self, "decay", number("decay", self.decay, at_least=0, below=1))

    def begin(self, parameters: Sequence[Array]) -> list[Array]:
        """Return copies of the parameters."""
        return [parameter.copy() for parameter in parameters]

    def update(self, average: Sequence[Array], parameters: Sequence[Array], step: int) -> None:
        """Move the average towards the parameters, in place."""
        for mean, parameter in zip(average, parameters, strict=True):
            mean += lead(1 - np.asarray(self.decay), parameter) * (parameter - mean)


@dataclass(frozen=True)
class Polyak:
    """Arithmetic mean of the parameters after step `start` and all later ones (Polyak & Juditsky 1992).

    Parameters
    ----------
    start : int
        First step that counts, at least 1. Before it the average is the latest parameters.
    """

    start: int = 1

    def __post_init__(self) -> None:
        integer("start", self.start, at_least=1)

    def begin(self, parameters: Sequence[Array]) -> list[Array]:
        """Return copies of the parameters."""
        return [parameter.copy() for parameter in parameters]

    def update(self, average: Sequence[Array], parameters: Sequence[Array], step: int) -> None:
        """Move the mean by the share of the newest parameters, in place."""
        count = max(1, step - self.start + 1)
        for mean, parameter in zip(average, parameters, strict=True):
            mean += (parameter - mean) / mean.dtype.type(count)
