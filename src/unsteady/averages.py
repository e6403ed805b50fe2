r"""Averages of the weights over the steps of a run.

:func:`unsteady.training.train` evaluates the averaged weights in addition to the last weights. An average has
two methods. ``start(parameters)`` copies the parameters before the first step. ``update(average, parameters,
step)`` adds the parameters after step number `step` (1 after the first step), in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unsteady._broadcasting import align_axes
from unsteady._validation import Array, Hyperparameter, integer, number


class Average(Protocol):
    """The interface that :func:`unsteady.training.train` expects of an average.

    Notes
    -----
    An average whose hyper-parameters may be arrays must be a frozen dataclass, with the hyper-parameters as
    fields. ``train`` passes all parameters with the replicates on one axis, ``(replicates, ...)``, and cuts
    the arrays to match: each field that is an array has the shape ``(replicates,)``.
    :func:`unsteady.optimizers.align_axes` gives a field the axes of a parameter.

    Examples
    --------
    You can write your own average. This one keeps the largest value of each weight, which shrinks a little
    in each step:

    >>> from dataclasses import dataclass
    >>> import numpy as np
    >>> from unsteady.averages import Average
    >>> from unsteady.optimizers import align_axes
    >>> @dataclass(frozen=True, eq=False)
    ... class FadingMaximum:
    ...     factor: float | np.ndarray
    ...     def start(self, parameters):
    ...         return [parameter.copy() for parameter in parameters]
    ...     def update(self, average, parameters, step):
    ...         for largest, parameter in zip(average, parameters):
    ...             np.maximum(align_axes(self.factor, parameter) * largest, parameter, out=largest)
    >>> rule: Average = FadingMaximum(np.array([0.5, 1.0]))  # two replicates of one weight
    >>> average = rule.start([np.array([[4.0], [4.0]])])
    >>> rule.update(average, [np.array([[3.0], [3.0]])], step=1)
    >>> average[0].tolist()
    [[3.0], [4.0]]
    """

    def start(self, parameters: Sequence[Array]) -> list[Array]:
        """Return the average before the first step, one array for each parameter."""
        ...

    def update(self, average: Sequence[Array], parameters: Sequence[Array], step: int) -> None:
        """Update the average with the parameters after `step` steps, in place."""
        ...


@dataclass(frozen=True, eq=False)
class EMA:
    r"""The exponential moving average, :math:`a \leftarrow d a + (1 - d) w` after every step.

    The average :math:`a` starts at the initial parameters.

    Parameters
    ----------
    decay : float or array over replicates
        :math:`d`, at least 0 and below 1. The average covers about the last :math:`1/(1-d)` steps.

    Raises
    ------
    TypeError, ValueError
        If the decay is not a number in its range.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.averages import EMA
    >>> ema = EMA(decay=0.75)
    >>> average = ema.start([np.array([0.0])])
    >>> ema.update(average, [np.array([4.0])], step=1)
    >>> average[0].tolist()
    [1.0]
    """

    decay: Hyperparameter

    def __post_init__(self) -> None:
        object.__setattr__(self, "decay", number("decay", self.decay, at_least=0, below=1))

    def start(self, parameters: Sequence[Array]) -> list[Array]:
        """Return copies of the initial parameters."""
        return [parameter.copy() for parameter in parameters]

    def update(self, average: Sequence[Array], parameters: Sequence[Array], step: int) -> None:
        """Move the average towards the parameters after `step` steps, in place."""
        for mean, parameter in zip(average, parameters, strict=True):
            mean += align_axes(1 - np.asarray(self.decay), parameter) * (parameter - mean)


@dataclass(frozen=True)
class Polyak:
    """The arithmetic mean of the parameters over steps (Polyak & Juditsky 1992).

    The mean is over the parameters after step `first_step` and after all later steps.

    Parameters
    ----------
    first_step : int
        First step that counts, at least 1. Before this step, the average is the latest parameters.

    Raises
    ------
    TypeError, ValueError
        If the first step is not an integer of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.averages import Polyak
    >>> polyak = Polyak()
    >>> average = polyak.start([np.array([9.0])])
    >>> for step, weight in enumerate([1.0, 2.0, 6.0], start=1):
    ...     polyak.update(average, [np.array([weight])], step)
    >>> average[0].tolist()
    [3.0]
    """

    first_step: int = 1

    def __post_init__(self) -> None:
        integer("first_step", self.first_step, at_least=1)

    def start(self, parameters: Sequence[Array]) -> list[Array]:
        """Return copies of the initial parameters."""
        return [parameter.copy() for parameter in parameters]

    def update(self, average: Sequence[Array], parameters: Sequence[Array], step: int) -> None:
        """Add the parameters after `step` steps to the mean, in place."""
        count = max(1, step - self.first_step + 1)
        for mean, parameter in zip(average, parameters, strict=True):
            mean += (parameter - mean) / mean.dtype.type(count)
