"""The record of one run or of many replicates. Imports the standard library alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from numbers import Integral
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

# As text, since NumPy is not imported at run time.
Curve: TypeAlias = "Sequence[float | None] | Sequence[Sequence[float]] | NDArray[np.number]"
"""One number per evaluation, or per evaluation and replicate."""
Correct: TypeAlias = "Sequence[Sequence[bool]] | NDArray[np.bool_]"
"""Whether an example is right, per evaluation, replicate and example."""
Weights: TypeAlias = "Sequence[NDArray[np.number]] | NDArray[np.number]"
"""An array of the model, per evaluation and replicate."""

CURVES = (
    "loss",
    "accuracy",
    "reevaluated_loss",
    "reevaluated_accuracy",
    "val_loss",
    "val_accuracy",
    "averaged_loss",
    "averaged_accuracy",
    "averaged_val_loss",
    "averaged_val_accuracy",
)
"""The columns of a history that hold one number per evaluation and replicate."""

_SHARED_BY_REPLICATES = ("epoch", "step", "name", "n_eval", "columns", "notes")
_LISTS_OF_ARRAYS = ("parameters", "buffers", "preconditioner")
_NOT_SHOWN = ("name", "n_eval", "columns", "notes")


@dataclass(frozen=True, eq=False)
class History:
    """What was recorded along a run, or along many replicates of it.

    Each column has the shape ``(evaluations,)`` or ``(evaluations, *replicates)``. The last replicate axis is
    the seed. A column that was not recorded is None. When a replicate diverges, its values are not finite
    from there on.

    Attributes
    ----------
    epoch : sequence of float
        Epochs done at each evaluation; a fraction inside an epoch. A log's epochs are kept as it counts them.
    step : sequence of int
        Steps done at each evaluation.
    learning_rate : sequence
        Learning rate times schedule in the step before each evaluation.
    loss, accuracy : sequence
        As frameworks log them: the running mean over the batches of the current epoch, each taken
        before its step, in training mode. Without the penalty of a regularizer.
    reevaluated_loss, reevaluated_accuracy : sequence
        On the whole training set at the moment of the evaluation, in evaluation mode.
    val_loss, val_accuracy : sequence
        On the evaluation set at the same moment, in evaluation mode.
    averaged_loss, averaged_accuracy, averaged_val_loss, averaged_val_accuracy : sequence
        The same four evaluations of the averaged weights.
    val_correct : sequence
        Which examples of the evaluation set are right, ``(evaluations, *replicates, n_eval)``.
    parameters, buffers : list of sequences
        The model's arrays at each evaluation, ``(evaluations, *replicates, rows, columns)``.
    preconditioner : list of sequences
        What Adam or RMSprop divides each parameter's step by, after each evaluation's step. The shape is
        that of `parameters`.
    batch_loss, batch_loss_after : sequence
        Loss of each step's own batch before and after the step, ``(steps, *replicates)``, in
        training mode with the same masks.
    full_loss : sequence
        Loss on the whole training set before the first and after each step,
        ``(steps + 1, *replicates)``, in evaluation mode.
    gradient_norm : sequence
        Euclidean norm of each step's gradient, ``(steps, *replicates)``, with the regularizer's.
    name : str
        Where the run was read from. Empty unless it was read from a log, as are `columns` and `notes`.
    n_eval : int
        Size of the evaluation set.
    columns : mapping
        From which column of a log each of the above was read.
    notes : sequence of str
        What was left out or converted in reading the log.

    Examples
    --------
    >>> run = History(epoch=[1, 2, 3], val_accuracy=[0.71, 0.80, 0.84], n_eval=500)
    >>> run
    History(3 evaluations: epoch, val_accuracy)
    >>> len(run), run.loss is None
    (3, True)
    """

    epoch: Curve | None = None
    step: Curve | None = None
    learning_rate: Curve | None = None
    loss: Curve | None = None
    accuracy: Curve | None = None
    reevaluated_loss: Curve | None = None
    reevaluated_accuracy: Curve | None = None
    val_loss: Curve | None = None
    val_accuracy: Curve | None = None
    averaged_loss: Curve | None = None
    averaged_accuracy: Curve | None = None
    averaged_val_loss: Curve | None = None
    averaged_val_accuracy: Curve | None = None
    val_correct: Correct | None = None
    parameters: Sequence[Weights] | None = None
    buffers: Sequence[Weights] | None = None
    preconditioner: Sequence[Weights] | None = None
    batch_loss: Curve | None = None
    batch_loss_after: Curve | None = None
    full_loss: Curve | None = None
    gradient_norm: Curve | None = None
    name: str = ""
    n_eval: int | None = None
    columns: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        recorded = [field.name for field in fields(self) if getattr(self, field.name) is not None]
        shown = ", ".join(name for name in recorded if name not in _NOT_SHOWN)
        return f"History({len(self)} evaluations: {shown})"

    def __len__(self) -> int:
        """Return the number of evaluations."""
        columns = (getattr(self, name) for name in ("step", "epoch", *CURVES))
        return next((len(column) for column in columns if column is not None), 0)

    def replicate(self, *index: int) -> History:
        """Return one replicate of many, as a run of its own.

        Parameters
        ----------
        *index : int
            Its place along each replicate axis: ``history.replicate(3)`` of eight seeds,
            ``history.replicate(2, 3)`` of settings and seeds.

        Returns
        -------
        History
            With columns of the shape ``(evaluations,)``. What all replicates share stays as it is.

        Raises
        ------
        TypeError, ValueError
            If there are not as many replicate axes, or there is no such replicate.

        Examples
        --------
        >>> many = History(epoch=[1, 2], val_accuracy=[[0.7, 0.8], [0.75, 0.82]])
        >>> many.replicate(1).val_accuracy
        [0.8, 0.82]
        """
        axes = max(len(_shape(getattr(self, name))[1:]) for name in CURVES)
        if len(index) != axes:
            raise ValueError(f"index must be {axes} integers, one per replicate axis, got {index!r}")
        if any(isinstance(k, bool) or not isinstance(k, Integral) for k in index):
            raise TypeError(f"index must be integers, got {index!r}")
        try:
            columns = {field.name: self._select(field.name, index) for field in fields(self)}
        except IndexError:
            raise ValueError(f"index must be one of the replicates recorded, got {index!r}") from None
        return replace(self, **columns)

    def _select(self, name: str, index: tuple[int, ...]) -> Any:
        column = getattr(self, name)
        if column is None or name in _SHARED_BY_REPLICATES:
            return column
        if name in _LISTS_OF_ARRAYS:
            return [[_at(row, index) for row in array] for array in column]
        if len(_shape(column)) == 1:  # as a learning rate that is the same for all replicates
            return column
        return [_at(row, index) for row in column]

    def to_frame(self) -> DataFrame:
        """Return a tidy :class:`pandas.DataFrame`, one row per evaluation and replicate.

        Its columns are ``epoch``, ``step``, the replicate axes (``seed`` for the last,
        ``setting_0`` ... for those before it), ``learning_rate`` and the recorded curves. A column without
        replicate axes is repeated for all replicates.

        Raises
        ------
        ImportError
            If pandas is not installed.

        Examples
        --------
        >>> many = History(epoch=[1, 2], val_accuracy=[[0.7, 0.8], [0.75, 0.82]])
        >>> many.to_frame()
           epoch  seed  val_accuracy
        0      1     0          0.70
        1      1     1          0.80
        2      2     0          0.75
        3      2     1          0.82
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("History.to_frame needs pandas: install it with pip") from error
        counts = [name for name in ("epoch", "step") if getattr(self, name) is not None]
        curves = [name for name in ("learning_rate", *CURVES) if getattr(self, name) is not None]
        shape = max((_shape(getattr(self, name)) for name in curves), key=len, default=(len(self),))
        settings = [f"setting_{axis}" for axis in range(len(shape) - 2)]
        axes = [*settings, "seed"][: len(shape) - 1]
        places = pd.MultiIndex.from_product(map(range, shape), names=["evaluation", *axes])
        return pd.DataFrame(
            {
                **{name: _one_per_row(getattr(self, name), shape) for name in counts},
                **{axis: places.get_level_values(axis) for axis in axes},
                **{name: pd.Series(_one_per_row(getattr(self, name), shape), dtype=float) for name in curves},
            }
        )


def _shape(column: Any) -> tuple[int, ...]:
    """Return the shape of nested sequences or of an array."""
    shape: tuple[int, ...] = ()
    while hasattr(column, "__len__"):
        shape += (len(column),)
        if len(column) == 0:
            break
        column = column[0]
    return shape


def _at(row: Any, index: tuple[int, ...]) -> Any:
    for place in index:
        row = row[place]
    return row


def _one_per_row(column: Any, shape: tuple[int, ...]) -> list[Any]:
    """Flatten a column, and repeat each value for the replicate axes that the column lacks."""
    own = _shape(column)
    for _ in own[1:]:
        column = chain.from_iterable(column)
    repeats = math.prod(shape[len(own) :])
    return [value for value in column for _ in range(repeats)]
