r"""Averages of the weights along a run, evaluated beside the last weights.

``begin(parameters)`` copies the parameters before the first step; ``update(average, parameters, step)``
takes in those after step number `step` (1 after the first), in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unsteady._broadcasting import align_axes
from unsteady._validation import Array, Hyperparameter, integer, number


class Average(Protocol):
    """What :func:`unsteady.training.train` needs of an average."""

    def start(self, parameters: Sequence[Array]) -> list[Array]:
        """Return the average before the first step."""
        ...

    def update(self, average: Sequence[Array], parameters: Sequence[Array], step: int) -> None:
        """Update the average with the parameters after `step` steps, in place."""
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

    def start(self, parameters: Sequence[Array]) -> list[Array]:
        """Return copies of the parameters."""
        return [parameter.copy() for parameter in parameters]

    def update(self, average: Sequence[Array], parameters: Sequence[Array], step: int) -> None:
        """Move the average towards the parameters, in place."""
        for mean, parameter in zip(average, parameters, strict=True):
            mean += align_axes(1 - np.asarray(self.decay), parameter) * (parameter - mean)


@dataclass(frozen=True)
class Polyak:
    """Arithmetic mean of the parameters after step `first_step` and all later ones (Polyak & Juditsky 1992).

    Parameters
    ----------
    first_step : int
        First step that counts, at least 1. Before it the average is the latest parameters.
    """

    first_step: int = 1

    def __post_init__(self) -> None:
        integer("first_step", self.first_step, at_least=1)

    def start(self, parameters: Sequence[Array]) -> list[Array]:
        """Return copies of the parameters."""
        return [parameter.copy() for parameter in parameters]

    def update(self, average: Sequence[Array], parameters: Sequence[Array], step: int) -> None:
        """Move the mean by the share of the newest parameters, in place."""
        count = max(1, step - self.first_step + 1)
        for mean, parameter in zip(average, parameters, strict=True):
            mean += (parameter - mean) / mean.dtype.type(count)
