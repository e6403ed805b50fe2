"""Train many replicates at once: check the arguments, train in chunks, and join the curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import joblib
import numpy as np
from numpy.typing import DTypeLike

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
from unsteady.training._trainer import CACHE_ELEMENTS, Curves, run_chunk

MEMORY_ELEMENTS = 2**25
"""How many numbers a chunk may keep in memory, the batch order included."""


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
    dtype: DTypeLike | None = None,
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
        From :mod:`unsteady.optimizers`, or your own (see :class:`unsteady.optimizers.Optimizer`).
        Hyper-parameters that are arrays broadcast to `replicates`.
    batch_size : int
        Number of examples per step, 1 to the number of training examples.
    order : Order
        :class:`~unsteady.batches.Shuffle`, :class:`~unsteady.batches.WithReplacement`,
        :class:`~unsteady.batches.WithoutReplacement`, :class:`~unsteady.batches.Sorted` or
        :class:`~unsteady.batches.ShuffleBuffer`.
    epochs, steps : int
        Length of the training. Give one of the two. An epoch has ``ceil(n / batch_size)`` steps.
    replicates : int or tuple of int
        Number or shape of the replicates. The last axis is the seed. Earlier axes are settings, and all
        settings use the same seeds. Hyper-parameters broadcast to this shape by NumPy's rules, so one that
        varies along the last axis gives each seed its own value. Seed k is the same run whatever the number
        of replicates. For example, ``replicates=(7, 32)`` with ``SGD(learning_rates[:, None])`` trains 7
        learning rates with the same 32 seeds each.
    seed : int
        Seed from which the seeds of all replicates are derived, at least 0. Each replicate seed has separate
        random generators for initial weights, batch order and dropout masks.
    schedule : callable
        Multiplier of the learning rate as a function of the number of steps already taken. See
        :mod:`unsteady.schedules`.
    regularizer : Regularizer
        From :mod:`unsteady.regularizers`. It penalises the weight matrices.
    evaluate_every : {"epoch", "end"} or int
        When to evaluate on the whole training set and evaluation set: after each epoch, at the end, or
        every N steps. The weights after the last step are always evaluated.
    record : sequence of str
        What to record in addition, see :class:`unsteady.history.History`. At each evaluation: ``"correct"``
        for ``val_correct``, ``"parameters"`` for ``parameters`` and ``buffers``, and ``"preconditioner"`` for
        the numbers by which Adam or RMSprop divides the step of each parameter. At each step:
        ``"batch_loss"``, ``"gradient_norm"``, and ``"step_loss"`` for ``batch_loss``, ``batch_loss_after``
        and ``full_loss``, which costs two evaluations per step.
    average : Average
        :class:`~unsteady.averages.EMA` or :class:`~unsteady.averages.Polyak`. The averaged weights are
        evaluated in addition to the last weights, with the batch-norm buffers of the last weights.
    clip_norm : float
        Largest norm of a replicate's gradient, above 0. A longer gradient is scaled down to this norm. The
        norm includes the gradient of the regularizer. None switches clipping off.
    resume : History
        A result of :func:`train` for the same model and replicates, recorded with ``"parameters"``. Training
        starts with the weights of its last evaluation. The optimizer's state and the counts of steps and
        epochs start from zero.
    dtype : {float32, float64}
        Precision of the computation, float64 if not given.
    progress : bool
        Show a progress bar for each chunk of replicates.

    Returns
    -------
    History
        Curves of shape ``(evaluations, *replicates)``. A replicate that diverges is NaN or infinite from
        that step on, and does not affect other replicates.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range. The message names the argument.

    Notes
    -----
    Replicates are trained in chunks of limited memory. The chunks do not change the numbers. joblib runs the
    chunks: inside ``joblib.parallel_config(n_jobs=2)`` they use two cores.

    Examples
    --------
    Train logistic regression on the digits, with two learning rates and three seeds each:

    >>> import numpy as np
    >>> from unsteady import datasets, models, optimizers, train
    >>> sgd = optimizers.SGD(np.array([0.01, 0.1])[:, None])
    >>> model = models.SoftmaxRegression(classes=10)
    >>> history = train(model, datasets.digits(), sgd, batch_size=100, epochs=2, replicates=(2, 3))
    >>> history.val_loss.shape  # epochs, learning rates, seeds
    (2, 2, 3)
    >>> history.val_loss[-1].mean(axis=-1).round(1).tolist()
    [2.3, 1.9]
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
    """Split the flattened replicates into chunks that fit the cache in a step, and the memory as a whole."""
    total = math.prod(config.replicates)
    n, n_features = config.data.X_train.shape
    parameters, _ = config.model.start(n_features, [config.rng(0, "weights")])
    widths = n_features + sum(parameter.shape[-1] for parameter in parameters)
    used_per_step = sum(parameter.size for parameter in parameters) + config.batch_size * widths
    drawn = 3 * max(n, BLOCK * config.batch_size)  # a block of indices, its stack, and a copy per replicate
    size = min(CACHE_ELEMENTS // used_per_step, MEMORY_ELEMENTS // (used_per_step + drawn))
    workers = joblib.effective_n_jobs(joblib.Parallel().n_jobs)
    size = max(1, min(size, math.ceil(total / workers)))
    return [slice(first, first + size) for first in range(0, total, size)]


def assemble_history(config: TrainingConfig, parts: Sequence[Curves]) -> History:
    """Join the curves of the chunks, and give the replicates their shape."""

    def join(pieces: Sequence[Array]) -> Array:
        joined = np.concatenate(pieces, axis=1)
        return joined.reshape(len(joined), *config.replicates, *joined.shape[2:])

    columns: dict[str, Any] = {name: join([part.one[name] for part in parts]) for name in parts[0].one}
    for name in parts[0].several:
        pieces_of_arrays = zip(*(part.several[name] for part in parts), strict=True)
        columns[name] = [join(pieces) for pieces in pieces_of_arrays] or None
    if not np.shape(config.optimizer.learning_rate):
        learning_rates = columns["learning_rate"]
        columns["learning_rate"] = learning_rates[(slice(None), *[0] * len(config.replicates))]
    step = np.array([s for s in range(1, config.steps + 1) if config.evaluates(s)])
    n_eval = None if config.data.y_eval is None else len(config.data.y_eval)
    return History(epoch=step / config.steps_per_epoch, step=step, n_eval=n_eval, **columns)
