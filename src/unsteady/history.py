"""The record of a run. Imports the standard library alone, so that it is at home anywhere."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

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


@dataclass(frozen=True, eq=False)
class History:
    """What was seen along a run, or along many replicates of it.

    A column has the shape ``(evaluations,)`` or ``(evaluations, *replicates)``, the last replicate axis
    being the seed; a column that was not recorded is None. A replicate that diverges is not finite from
    there on.

    Attributes
    ----------
    epoch : sequence of float
        Epochs done at each evaluation; a fraction inside an epoch.
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
    """

    epoch: Any
    step: Any
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

    def __repr__(self) -> str:
        kept = [f.name for f in fields(self) if getattr(self, f.name) is not None]
        return f"History({len(self.step)} evaluations: {', '.join(kept)})"

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
        curves = {n: np.asarray(getattr(self, n)) for n in columns if getattr(self, n) is not None}
        rank = max((curve.ndim for curve in curves.values()), default=1)
        # A column without replicates, as a rate that is one number, is the same for all of them.
        aligned = {n: c.reshape(c.shape + (1,) * (rank - c.ndim)) for n, c in curves.items()}
        shape = np.broadcast_shapes(
            (len(self.step),) + (1,) * (rank - 1), *(c.shape for c in aligned.values())
        )
        places = np.indices(shape).reshape(len(shape), -1)
        names = [*(f"setting_{axis}" for axis in range(len(shape) - 2)), "seed"][: len(shape) - 1]
        table = {
            "epoch": np.asarray(self.epoch)[places[0]],
            "step": np.asarray(self.step)[places[0]],
            **dict(zip(names, places[1:], strict=True)),
            **{name: np.broadcast_to(curve, shape).reshape(-1) for name, curve in aligned.items()},
        }
        return pd.DataFrame(table)
