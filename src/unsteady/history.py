"""The record of a run. Imports the standard library alone, so that it is at home anywhere."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from unsteady.accuracy import _count

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
"""The columns of a history that hold one number an evaluation and replicate."""

_SHARED = ("epoch", "step", "name", "n_eval", "columns", "notes")
_PER_ARRAY = ("parameters", "buffers", "preconditioner")


@dataclass(frozen=True, eq=False)
class History:
    """What was seen along a run, or along many replicates of it.

    A column has the shape ``(evaluations,)`` or ``(evaluations, *replicates)``, the last replicate axis
    being the seed; a column that was not recorded is None. A replicate that diverges is not finite from
    there on.

    Attributes
    ----------
    epoch : sequence of float
        Epochs done at each evaluation; a fraction inside an epoch. In a log that was read, as it counts them.
    step : sequence of int
        Steps done at each evaluation.
    learning_rate : sequence
        Rate times schedule in the step before each evaluation.
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
        What Adam or RMSprop divides each parameter's step by, after each evaluation's step; the shape is
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
        Where the run was read from.
    n_eval : int
        Size of the evaluation set.
    columns : mapping
        From which column of a log each of the above was read.
    notes : sequence of str
        What was left out or converted in reading it.
    """

    epoch: Any = None
    step: Any = None
    learning_rate: Any = None
    loss: Any = None
    accuracy: Any = None
    reevaluated_loss: Any = None
    reevaluated_accuracy: Any = None
    val_loss: Any = None
    val_accuracy: Any = None
    averaged_loss: Any = None
    averaged_accuracy: Any = None
    averaged_val_loss: Any = None
    averaged_val_accuracy: Any = None
    val_correct: Any = None
    parameters: Any = None
    buffers: Any = None
    preconditioner: Any = None
    batch_loss: Any = None
    batch_loss_after: Any = None
    full_loss: Any = None
    gradient_norm: Any = None
    name: str = ""
    n_eval: int | None = None
    columns: Mapping[str, str] | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        kept = [f.name for f in fields(self) if getattr(self, f.name) is not None]
        return f"History({len(self)} evaluations: {', '.join(n for n in kept if n not in _SHARED[2:])})"

    def __len__(self) -> int:
        """Return the number of evaluations."""
        columns = (getattr(self, name) for name in ("step", "epoch", *CURVES))
        return next((len(column) for column in columns if column is not None), 0)

    def run(self, *replicate: int) -> History:
        """Return one replicate of many, as a run of its own.

        Parameters
        ----------
        *replicate : int
            Its place along each replicate axis: ``history.run(3)`` of eight seeds, ``history.run(2, 3)`` of
            settings and seeds.

        Returns
        -------
        History
            With columns of the shape ``(evaluations,)``. What all replicates share stays as it is.

        Raises
        ------
        TypeError, ValueError
            If there are not as many replicate axes, or none of that number.

        Examples
        --------
        >>> many = History(epoch=[1, 2], val_accuracy=[[0.7, 0.8], [0.75, 0.82]])
        >>> many.run(1).val_accuracy
        [0.8, 0.82]
        """
        axes = max(max(_depth(getattr(self, name)) for name in CURVES) - 1, 0)
        if len(replicate) != axes:
            raise ValueError(f"replicate must be {axes} integers, one a replicate axis, got {replicate!r}")
        if any(isinstance(k, bool) or not isinstance(k, numbers.Integral) for k in replicate):
            raise TypeError(f"replicate must be integers, got {replicate!r}")
        try:
            return replace(self, **{f.name: self._of_replicate(f.name, replicate) for f in fields(self)})
        except IndexError:
            raise ValueError(f"replicate must be one of those recorded, got {replicate!r}") from None

    def _of_replicate(self, name: str, replicate: tuple[int, ...]) -> Any:
        column = getattr(self, name)
        if column is None or name in _SHARED:
            return column
        if name in _PER_ARRAY:
            return [[_at(row, replicate) for row in array] for array in column]
        # The learning rate may be the same for all.
        return column if _depth(column) == 1 else [_at(row, replicate) for row in column]

    def to_frame(self) -> Any:
        """Return a tidy :class:`pandas.DataFrame`, one row an evaluation and replicate.

        Its columns are ``epoch``, ``step``, the replicate axes (``seed`` for the last,
        ``setting_0`` ... for those before it), ``learning_rate`` and the recorded curves.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        try:
            import numpy as np
            import pandas as pd
        except ImportError as error:
            raise ImportError("History.to_frame needs pandas: install it with pip") from error
        columns = ("learning_rate", *CURVES)
        kept = (name for name in columns if getattr(self, name) is not None)
        curves = {name: np.asarray(getattr(self, name), dtype=float) for name in kept}
        rank = max((curve.ndim for curve in curves.values()), default=1)
        # A column without replicates, as a rate that is one number, is the same for all of them.
        aligned = {n: c.reshape(c.shape + (1,) * (rank - c.ndim)) for n, c in curves.items()}
        shape = np.broadcast_shapes((len(self),) + (1,) * (rank - 1), *(c.shape for c in aligned.values()))
        places = np.indices(shape).reshape(len(shape), -1)
        names = [*(f"setting_{axis}" for axis in range(len(shape) - 2)), "seed"][: len(shape) - 1]
        counted = {n: getattr(self, n) for n in ("epoch", "step")}
        table = {
            **{n: np.asarray(c)[places[0]] for n, c in counted.items() if c is not None},
            **dict(zip(names, places[1:], strict=True)),
            **{name: np.broadcast_to(curve, shape).reshape(-1) for name, curve in aligned.items()},
        }
        return pd.DataFrame(table)


def _depth(column: Any) -> int:
    """Return the number of axes of nested sequences or of an array."""
    depth = 0
    while hasattr(column, "__len__"):
        depth += 1
        if len(column) == 0:
            break
        column = column[0]
    return depth


def _at(row: Any, replicate: tuple[int, ...]) -> Any:
    for place in replicate:
        row = row[place]
    return row


def read_history(source: Any, columns: Mapping[str, str] | None = None, n_eval: Any = None) -> list[History]:
    """Read the log of one or several training runs, as frameworks write it.

    CSV of Keras's ``CSVLogger``, Lightning, Ultralytics, timm and the like, with commas, semicolons or tabs;
    charts that W&B and TensorBoard export; JSON of Keras's history and Hugging Face's
    ``trainer_state.json``; JSON lines; what XGBoost's ``evals_result()`` returns; fitted classifiers of
    scikit-learn.

    Parameters
    ----------
    source : path, open file, mapping, list or estimator
        A mapping holds one sequence of numbers a column, a list one mapping a row.
    columns : mapping of str to str, optional
        From which column to read ``epoch``, ``step``, ``learning_rate``, ``loss``, ``accuracy``,
        ``val_loss`` or ``val_accuracy``, where its name does not say so.
    n_eval : int, optional
        Size of the evaluation set.

    Returns
    -------
    list of History
        One a run: several where runs were appended to one file, which is seen by steps or epochs that go
        back, or exported in one chart. One evaluation a row that carries a validation metric; training
        metrics logged in between are averaged. Accuracies are parts of one, also where the log has per cent
        or errors; what is missing is None. Epochs and steps are counted as in the log.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError, TypeError
        If it is no log, or may be read in more than one way; the message names it, what was found and what
        to pass.

    Notes
    -----
    A framework's training loss and accuracy are running means over the epoch, so they are read as ``loss``
    and ``accuracy``, never as re-evaluated ones. ``test`` metrics are read as validation where there are no
    others. A line cut short at the end of the file, as by a run that was killed, is left out; ``notes`` say
    so.

    Examples
    --------
    >>> [run] = read_history({"val_acc": [71.5, 80.25, 84.0]})
    >>> run.val_accuracy, run.notes
    ([0.715, 0.8025, 0.84], ('val_acc is in per cent', 'no column counts epochs or steps: rows in order'))
    """
    from unsteady import _logs

    if n_eval is not None:
        n_eval = _count("n_eval", n_eval, 1)
    if not isinstance(columns, Mapping | None):
        raise TypeError(f"columns must be a mapping from fields to columns, got {columns!r}")
    return _logs.read(source, columns, n_eval)
