"""Check the arguments of :func:`unsteady.training.train`, and store them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from unsteady._broadcasting import check_broadcastable
from unsteady._validation import Array, check_interface, instance, integer, option
from unsteady.averages import Average
from unsteady.batches import Order
from unsteady.datasets import Data
from unsteady.history import History
from unsteady.models import Model, Parameters
from unsteady.optimizers import SGD, Optimizer
from unsteady.regularizers import Regularizer

RECORD_OPTIONS = ("correct", "parameters", "preconditioner", "batch_loss", "step_loss", "gradient_norm")


@dataclass(frozen=True, eq=False)
class TrainingConfig:
    """The checked arguments of :func:`unsteady.training.train`, the same for every chunk of replicates."""

    model: Model
    data: Data
    optimizer: Optimizer
    batch_size: int
    order: Order
    steps: int
    replicates: tuple[int, ...]
    seed: int
    schedule: Callable[[int], float] | None
    regularizer: Regularizer | None
    evaluate_every: int
    record: tuple[str, ...]
    average: Average | None
    clip_norm: float | None
    resume: tuple[Parameters, Parameters] | None
    progress: bool

    @property
    def steps_per_epoch(self) -> int:
        """Number of steps in an epoch; the last batch of an epoch may be smaller than the others."""
        return math.ceil(len(self.data.y_train) / self.batch_size)

    def evaluates(self, step: int) -> bool:
        """Return whether the weights are evaluated after this step."""
        return step == self.steps or step % self.evaluate_every == 0

    def scale(self, step: int) -> float:
        """Return the schedule's multiplier after `step` steps."""
        if self.schedule is None:
            return 1.0
        scale: object = self.schedule(step)
        if not (isinstance(scale, int | float | np.number) and math.isfinite(scale) and scale >= 0):
            raise ValueError(f"schedule must return finite numbers >= 0, got {scale!r} at step {step}")
        return float(scale)

    def rng(self, seed_index: int, purpose: str) -> np.random.Generator:
        """Return the random generator of one seed for one purpose, the same whatever the chunks."""
        key = (seed_index, ("weights", "order", "masks").index(purpose))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))


def count_steps(epochs: int | None, steps: int | None, steps_per_epoch: int) -> int:
    """Return the number of steps, given either as epochs or as steps."""
    if (epochs is None) == (steps is None):
        raise ValueError(f"give one of epochs and steps, got epochs={epochs!r}, steps={steps!r}")
    if epochs is not None:
        return integer("epochs", epochs, at_least=1) * steps_per_epoch
    return integer("steps", steps, at_least=1)


def evaluation_interval(evaluate_every: str | int, steps: int, steps_per_epoch: int) -> int:
    """Return the number of steps between two evaluations."""
    if isinstance(evaluate_every, str):
        option("evaluate_every", evaluate_every, ("epoch", "end"))
        return steps_per_epoch if evaluate_every == "epoch" else steps
    return integer('evaluate_every, if not "epoch" or "end",', evaluate_every, at_least=1)


def cast_data(model: Model, data: Data, dtype: DTypeLike | None) -> Data:
    """Convert the data to the dtype of training, and let the model check the targets."""
    try:
        kind = np.dtype(np.float64 if dtype is None else dtype)
    except TypeError:
        kind = None
    if kind not in (np.float32, np.float64):
        raise ValueError(f"dtype must be float32 or float64, got {dtype!r}")

    def targets(name: str, y: Array) -> Array:
        checked = model.check_targets(name, y)
        return checked.astype(kind) if checked.dtype.kind == "f" else checked

    X_eval, y_eval = data.X_eval, data.y_eval
    return Data(
        data.X_train.astype(kind),
        targets("data.y_train", data.y_train),
        None if X_eval is None else X_eval.astype(kind),
        None if y_eval is None else targets("data.y_eval", y_eval),
    )


def check_record(record: str | Sequence[str], data: Data, optimizer: Optimizer) -> tuple[str, ...]:
    """Return the names of what to record if data and optimizer provide them."""
    instance("record", record, Sequence, "a sequence of names")  # type: ignore[type-abstract]
    names = (record,) if isinstance(record, str) else tuple(record)
    for name in names:
        option("record", name, RECORD_OPTIONS)
    if "correct" in names and data.X_eval is None:
        raise ValueError("record='correct' needs data with an evaluation set, got data without X_eval")
    if "preconditioner" in names and not hasattr(optimizer, "preconditioner"):
        raise ValueError(f"record='preconditioner' needs an optimizer that has one, got {optimizer!r}")
    return names


def check_rules(
    optimizer: Optimizer,
    regularizer: Regularizer | None,
    average: Average | None,
    replicates: tuple[int, ...],
) -> None:
    """Check that optimizer, regularizer and average have the methods needed, and fit the replicates."""
    check_interface("optimizer", optimizer, ("start", "step", "learning_rate"), "optimizers")
    check_broadcastable("optimizer", optimizer, replicates)
    if average is not None:
        check_interface("average", average, ("start", "update"), "averages")
        check_broadcastable("average", average, replicates)
    if regularizer is not None:
        check_interface("regularizer", regularizer, ("method", "gradient", "proximal"), "regularizers")
        check_broadcastable("regularizer", regularizer, replicates)
    if getattr(regularizer, "method", None) == "proximal" and (
        not isinstance(optimizer, SGD) or np.any(optimizer.momentum)
    ):
        raise ValueError(
            "regularizer with method='proximal' must go with SGD without momentum, whose step size "
            f"is the learning rate; got {optimizer!r}"
        )


def load_checkpoint(
    model: Model, data: Data, resume: History | None, replicates: tuple[int, ...]
) -> tuple[Parameters, Parameters] | None:
    """Return the last parameters and buffers of a run, with all replicates along one axis."""
    if resume is None:
        return None
    instance("resume", resume, History, "a History")
    if resume.parameters is None:
        raise ValueError("resume must be recorded with record='parameters', got a history without")
    fresh = model.start(data.X_train.shape[1], [np.random.default_rng(0)])
    last = []
    for recorded, expected in zip((resume.parameters, resume.buffers or []), fresh, strict=True):
        shapes = [replicates + array.shape[1:] for array in expected]
        arrays = [np.asarray(array[-1]) for array in recorded]
        found = [array.shape for array in arrays]
        if found != shapes:
            raise ValueError(f"resume must hold arrays of the shapes {shapes}, got {found}")
        last.append([array.reshape(-1, *array.shape[-2:]) for array in arrays])
    return last[0], last[1]
