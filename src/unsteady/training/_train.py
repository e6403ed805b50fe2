"""Train many replicates at once: check the call, run it in chunks, and join their curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import joblib
import numpy as np

from unsteady._validation import Array, check_interface, instance, integer, replicates_shape, scalar
from unsteady.averages import Average
from unsteady.batches import BLOCK, Order, Shuffle
from unsteady.datasets import Data
from unsteady.history import History
from unsteady.models import Model
from unsteady.optimizers import Optimizer
from unsteady.regularizers import Regularizer
from unsteady.training._config import (
    TrainingConfig,
    cast_data,
    check_record,
    check_rules,
    count_steps,
    evaluation_interval,
    load_checkpoint,
)
from unsteady.training._trainer import CACHE_ELEMENTS, run_chunk

MEMORY_ELEMENTS = 2**25
"""Numbers that a chunk may keep at all, the order of its examples included."""


def train(
    model: Model,
    data: Data,
    optimizer: Optimizer,
    *,
    batch_size: int,
    order: Order = Shuffle(),  # noqa: B008 (frozen)
    epochs: int | None = None,
    steps: int | None = None,
    replicates: int | tuple[int, ...] = 1,
    seed: int = 0,
    schedule: Callable[[int], float] | None = None,
    regularizer: Regularizer | None = None,
    evaluate_every: str | int = "epoch",
    record: Sequence[str] = (),
    average: Average | None = None,
    clip_norm: float | None = None,
    resume: History | None = None,
    dtype: Any = None,
    progress: bool = False,
) -> History:
    """Train many replicates of a model at once.

    Parameters
    ----------
    model : Model
        From :mod:`unsteady.models`.
    data : Data
        From :mod:`unsteady.datasets`, or your own arrays in a :class:`unsteady.datasets.Data`.
    optimizer : Optimizer
        From :mod:`unsteady.optimizers`. Hyper-parameters that are arrays broadcast to `replicates`.
    batch_size : int
        Examples a step, 1 to the number of training examples.
    order : Order
        :class:`Shuffle`, :class:`WithReplacement`, :class:`WithoutReplacement`, :class:`Sorted` or
        :class:`ShuffleBuffer`.
    epochs, steps : int
        How long to train: one of the two. An epoch is ``ceil(n / batch_size)`` steps.
    replicates : int or tuple of int
        Number or shape of the replicates. The last axis is the seed; settings along earlier axes share
        their seeds. With ``replicates=(7, 32)`` and ``SGD(rates[:, None])``, 7 rates meet the same 32
        seeds. Seed k is the same run whatever the number of replicates. A hyper-parameter that varies along
        the last axis gives each seed a value of its own.
    seed : int
        Root of all seeds. Each has a generator of its own for initial weights, order and masks.
    schedule : callable
        Multiplier of the learning rate as a function of the steps taken, see
        :mod:`unsteady.schedules`.
    regularizer : Regularizer
        From :mod:`unsteady.regularizers`, on the weight matrices.
    evaluate_every : {"epoch", "end"} or int
        When to evaluate on whole sets: after each epoch, at the end, or every so many steps. The last
        step is always evaluated.
    record : sequence of str
        What to keep besides (see :class:`unsteady.history.History`): ``"correct"`` for ``val_correct``,
        ``"parameters"`` for them and the ``buffers``, ``"preconditioner"`` for that of Adam or RMSprop, all
        three at each evaluation; at each step ``"batch_loss"``, ``"gradient_norm"``, and ``"step_loss"`` for
        ``batch_loss``, ``batch_loss_after`` and ``full_loss``, which costs two evaluations a step.
    average : Average
        :class:`EMA` or :class:`Polyak`: averaged weights, evaluated beside the last ones (with the
        batch-norm buffers of the last ones).
    clip_norm : float
        Where the norm of a replicate's gradient, the regularizer's included, is longer, it is shortened to
        this, above 0. None leaves it as it is.
    resume : History
        What :func:`train` returned for the same model and replicates, recorded with ``"parameters"``: begin
        with the weights of its last evaluation. The optimizer's memory and the counts begin anew.
    dtype : {float32, float64}
        What to compute in; float64 if not given.
    progress : bool
        Show a bar for each chunk of replicates.

    Returns
    -------
    History
        Curves of shape ``(evaluations, *replicates)``. A replicate that diverges is not finite from
        there on and disturbs no other.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range; the message names it.

    Notes
    -----
    Replicates run in chunks of bounded memory, with the same numbers whatever the chunks. They are
    dispatched through joblib: inside ``joblib.parallel_config(n_jobs=2)`` they spread over two cores.
    """
    instance("data", data, Data, "an unsteady.datasets.Data")
    methods = ("start", "weights", "check_targets", "loss_and_gradient", "evaluate")
    check_interface("model", model, methods, "models")
    check_interface("order", order, ("blocks",), "batches")
    if schedule is not None and not callable(schedule):
        raise TypeError(f"schedule must be a function of the step, got {schedule!r}")
    data = cast_data(model, data, dtype)
    n = len(data.y_train)
    batch_size = integer("batch_size", batch_size, at_least=1, at_most=n)
    steps_per_epoch = math.ceil(n / batch_size)
    total = count_steps(epochs, steps, steps_per_epoch)
    shape = replicates_shape("replicates", replicates)
    check_rules(optimizer, regularizer, average, shape)
    config = TrainingConfig(
        model=model,
        data=data,
        optimizer=optimizer,
        batch_size=batch_size,
        order=order,
        steps=total,
        replicates=shape,
        seed=integer("seed", seed, at_least=0),
        schedule=schedule,
        regularizer=regularizer,
        evaluate_every=evaluation_interval(evaluate_every, total, steps_per_epoch),
        record=check_record(record, data, optimizer),
        average=average,
        clip_norm=None if clip_norm is None else scalar("clip_norm", clip_norm, above=0),
        resume=load_checkpoint(model, data, resume, shape),
        progress=bool(progress),
    )
    parts = joblib.Parallel()(joblib.delayed(run_chunk)(config, chunk) for chunk in split_replicates(config))
    return assemble_history(config, parts)


def split_replicates(config: TrainingConfig) -> list[slice]:
    """Split the flattened replicates into chunks whose work fits the cache, and whose state the memory."""
    total = math.prod(config.replicates)
    n, n_features = config.data.X_train.shape
    parameters, _ = config.model.start(n_features, [config.rng(0, "weights")])
    widths = n_features + sum(parameter.shape[-1] for parameter in parameters)
    touched = sum(parameter.size for parameter in parameters) + config.batch_size * widths
    drawn = 3 * max(n, BLOCK * config.batch_size)  # a block, its stack, and the replicates' copies of it
    size = min(CACHE_ELEMENTS // touched, MEMORY_ELEMENTS // (touched + drawn))
    workers = joblib.effective_n_jobs(joblib.Parallel().n_jobs)
    size = max(1, min(size, math.ceil(total / workers)))
    return [slice(first, first + size) for first in range(0, total, size)]


def assemble_history(config: TrainingConfig, parts: Sequence[dict[str, Array]]) -> History:
    """Join the chunks along the replicates and give these their shape."""
    columns: dict[str, Any] = {}
    for name in parts[0]:
        joined = np.concatenate([part[name] for part in parts], axis=1)
        columns[name] = joined.reshape(len(joined), *config.replicates, *joined.shape[2:])
    for name in ("parameters", "buffers", "preconditioner"):
        own = [columns.pop(key) for key in list(columns) if key.startswith(f"{name}_")]
        columns[name] = own or None
    if not np.shape(config.optimizer.learning_rate):
        rates = columns["learning_rate"]
        columns["learning_rate"] = rates[(slice(None), *[0] * len(config.replicates))]
    step = np.array([s for s in range(1, config.steps + 1) if config.evaluates(s)])
    n_eval = None if config.data.y_eval is None else len(config.data.y_eval)
    return History(epoch=step / config.steps_per_epoch, step=step, n_eval=n_eval, **columns)
