"""Training: ``descend`` on an objective, ``train`` on data, many replicates at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any, NamedTuple

import joblib
import numpy as np
from tqdm.auto import tqdm

from unsteady._checks import Array, finite, instance, integer, number, option, replicates_shape, scalar
from unsteady._replicates import fit, members, shape_of
from unsteady.averages import EMA, Average, Polyak
from unsteady.batches import (
    BLOCK,
    Order,
    Shuffle,
    ShuffleBuffer,
    Sorted,
    WithoutReplacement,
    WithReplacement,
)
from unsteady.datasets import Data
from unsteady.history import History
from unsteady.models import Evaluation, Model, Parameters
from unsteady.objectives import Objective
from unsteady.optimizers import SGD, Optimizer
from unsteady.regularizers import Regularizer

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

RECORDS = ("correct", "parameters", "preconditioner", "batch_loss", "step_loss", "gradient_norm")
DEALING = (Shuffle, WithoutReplacement, Sorted, ShuffleBuffer)
"""Orders whose batch of n examples is the set itself."""
CACHE_ELEMENTS = 2**19
"""Numbers that the replicates of a chunk touch in a step: about what a core's cache holds."""
MEMORY_ELEMENTS = 2**25
"""Numbers that a chunk may keep at all, the order of its examples included."""


class Path(NamedTuple):
    """The way that an optimizer took: ``steps + 1`` points with the start in front.

    Attributes
    ----------
    x : array, ``(steps + 1, *replicates, dims)``
    loss, gradient_norm : array, ``(steps + 1, *replicates)``
        Without the noise that was added to the gradients, if any.
    """

    x: Array
    loss: Array
    gradient_norm: Array


def descend(
    objective: Objective,
    start: Any,
    optimizer: Optimizer,
    steps: int,
    *,
    noise: Any = 0.0,
    seed: int = 0,
) -> Path:
    """Let an optimizer walk down an objective.

    Parameters
    ----------
    objective : Objective
        From :mod:`unsteady.objectives`.
    start : float or array, ``(*replicates, dims)``
        First point; a number is a point of one dimension. Its replicates and those of the
        optimizer's hyper-parameters broadcast by NumPy's rule.
    optimizer : Optimizer
        From :mod:`unsteady.optimizers`.
    steps : int
        Number of steps, at least 1.
    noise : float or array over replicates
        Standard deviation of independent Gaussian noise that is added to each gradient, at least 0. The
        last replicate axis is then the seed; settings along earlier axes share their seeds' noise.
    seed : int
        Root of all seeds.

    Returns
    -------
    Path
        A replicate that diverges is not finite from there on.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, or the start does not fit the optimizer or the objective.

    Examples
    --------
    >>> from unsteady.objectives import Quadratic
    >>> path = descend(Quadratic(2.0, minimum=2.0), 0.0, SGD([0.1, 0.5]), steps=1)
    >>> path.x[-1, :, 0].tolist()
    [0.4, 2.0]
    """
    _check_kind("objective", objective, ("value", "gradient"), "objectives")
    _check_kind("optimizer", optimizer, ("start", "step"), "optimizers")
    steps = integer("steps", steps, at_least=1)
    seed = integer("seed", seed, at_least=0)
    noise = np.asarray(number("noise", noise, at_least=0))
    if not noise.size:
        raise ValueError(f"noise must be a number or an array of them, got the shape {noise.shape}")
    first = np.atleast_1d(finite("start", start)).astype(np.float64)
    try:
        replicates = np.broadcast_shapes(first.shape[:-1], shape_of(optimizer), noise.shape)
    except ValueError:
        raise ValueError(
            f"start must have replicates that broadcast with the optimizer's {shape_of(optimizer)} and the "
            f"noise's {noise.shape}, got start of the shape {first.shape}"
        ) from None
    rule = members(optimizer, replicates, slice(None)) if replicates else optimizer
    x = np.broadcast_to(first, replicates + first.shape[-1:]).reshape(-1, first.shape[-1]).copy()
    state = rule.start([x])
    points = [x.copy()]
    draw = _noise(np.broadcast_to(noise, replicates), x.shape[-1], seed) if noise.any() else None
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            gradient = objective.gradient(x)
            rule.step([x], [gradient + draw() if draw else gradient], state)
            x[~np.isfinite(x).all(axis=-1)] = np.nan
            points.append(x.copy())
        way = np.stack(points).reshape(steps + 1, *replicates, -1)
        norm = np.linalg.norm(objective.gradient(way), axis=-1)
        return Path(way, objective.value(way), norm)


def _noise(sizes: Array, dims: int, seed: int) -> Callable[[], Array]:
    """Return what draws the noise of a step, ``(members, dims)``, settings with the same seed sharing it."""
    seeds = sizes.shape[-1] if sizes.ndim else 1
    rngs = [np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k,))) for k in range(seeds)]

    def draw() -> Array:
        drawn = np.stack([rng.standard_normal(dims) for rng in rngs])
        return np.asarray((sizes[..., None] * drawn).reshape(-1, dims))

    return draw


@dataclass(frozen=True, eq=False)
class _Plan:
    """A checked call of :func:`train`, without its replicates' state: what every chunk is given."""

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
        return math.ceil(len(self.data.y_train) / self.batch_size)

    def evaluates(self, step: int) -> bool:
        return step == self.steps or step % self.evaluate_every == 0

    def scale(self, step: int) -> float:
        """Return the schedule's multiplier after `step` steps."""
        if self.schedule is None:
            return 1.0
        scale: Any = self.schedule(step)
        if not (isinstance(scale, int | float | np.number) and math.isfinite(scale) and scale >= 0):
            raise ValueError(f"schedule must return finite numbers >= 0, got {scale!r} at step {step}")
        return float(scale)

    def rng(self, seed_index: int, purpose: str) -> np.random.Generator:
        """Return the generator of one seed for one purpose, the same in every chunk."""
        key = (seed_index, ("weights", "order", "masks").index(purpose))
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))


class _Batches:
    """Features ``(members, batch, features)`` and targets for each step, one order a seed.

    A batch of all examples is the set as it stands, which copies nothing.
    """

    def __init__(self, plan: _Plan, seeds: Array) -> None:
        self.plan = plan
        unique, self.member = np.unique(seeds, return_inverse=True)
        self.rngs = [plan.rng(int(seed), "order") for seed in unique]

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        plan = self.plan
        X, y, size = plan.data.X_train, plan.data.y_train, plan.batch_size
        if size == len(y) and type(plan.order) in DEALING:
            yield from repeat((X, y))
        streams = [plan.order.blocks(rng, y, size) for rng in self.rngs]
        for blocks in zip(*streams, strict=True):
            index = np.stack(blocks)[self.member]
            for first in range(0, index.shape[1], size):
                chosen = index[:, first : first + size]
                yield X.take(chosen, axis=0), y[chosen]


class _Run:
    """The replicates of one chunk on their way through a plan."""

    def __init__(self, plan: _Plan, chosen: slice) -> None:
        self.plan = plan
        seeds = np.arange(math.prod(plan.replicates))[chosen] % plan.replicates[-1]
        self.batches = iter(_Batches(plan, seeds))
        self.masks = np.array([plan.rng(int(seed), "masks") for seed in seeds], dtype=object)
        self.optimizer = members(plan.optimizer, plan.replicates, chosen)
        self.regularizer = plan.regularizer and members(plan.regularizer, plan.replicates, chosen)
        self.average = plan.average and members(plan.average, plan.replicates, chosen)
        weights = [plan.rng(int(seed), "weights") for seed in seeds]
        self.dtype = plan.data.X_train.dtype
        parameters, buffers = plan.model.start(plan.data.X_train.shape[1], weights)
        if plan.resume:
            parameters, buffers = ([array[chosen] for array in arrays] for arrays in plan.resume)
        self.parameters = [parameter.astype(self.dtype) for parameter in parameters]
        self.buffers = [buffer.astype(self.dtype) for buffer in buffers]
        self.state = self.optimizer.start(self.parameters)
        self.averaged = self.average.begin(self.parameters) if self.average else None
        self.seen: dict[str, list[Array]] = {}
        self.chosen = chosen
        self._start_epoch()

    def go(self) -> dict[str, Array]:
        """Take all steps and return what was seen, time in front."""
        plan = self.plan
        bar = tqdm(total=plan.steps, unit="step", disable=not plan.progress, desc=self._name())
        with bar, np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if "step_loss" in plan.record:
                self._keep(full_loss=self._score(self.parameters, "train").loss)
            for step in range(1, plan.steps + 1):
                if (step - 1) % plan.steps_per_epoch == 0:
                    self._start_epoch()
                self._step(step)
                if plan.evaluates(step):
                    self._evaluate(step)
                bar.update()
        return {name: np.stack(rows) for name, rows in self.seen.items()}

    def _name(self) -> str:
        start, stop, _ = self.chosen.indices(math.prod(self.plan.replicates))
        return f"replicates {start} to {stop - 1}"

    def _keep(self, **rows: Array | None) -> None:
        for name, row in rows.items():
            if row is not None:
                self.seen.setdefault(name, []).append(np.array(row))

    def _start_epoch(self) -> None:
        self.running: dict[str, Array] = {}
        self.examples = 0

    def _log(self, size: int, loss: Array, accuracy: Array | None) -> None:
        """Take a batch into the running means, as frameworks do: each example counts once."""
        self.examples += size
        for name, value in (("loss", loss), ("accuracy", accuracy)):
            if value is not None:
                mean = self.running.setdefault(name, np.zeros_like(value))
                mean += (value - mean) * (size / self.examples)

    def _step(self, step: int) -> None:
        plan = self.plan
        X, y = next(self.batches)
        masks = [_copy(rng) for rng in self.masks] if "step_loss" in plan.record else None
        loss, accuracy, gradients = plan.model.loss_and_gradient(
            self.parameters, X, y, buffers=self.buffers, rngs=self.masks
        )
        self._log(y.shape[-1], loss, accuracy)
        scale = plan.scale(step - 1)
        self._regularize(gradients)
        if "gradient_norm" in plan.record:
            self._keep(gradient_norm=_norm(gradients))
        if plan.clip_norm is not None:
            _clip(gradients, plan.clip_norm)
        self.optimizer.step(self.parameters, gradients, self.state, scale)
        self._shrink(scale)
        self._end_diverged(loss)
        if self.average is not None and self.averaged is not None:
            self.average.update(self.averaged, self.parameters, step)
        if masks is not None:
            buffers = [buffer.copy() for buffer in self.buffers]
            after = plan.model.loss_and_gradient(self.parameters, X, y, buffers=buffers, rngs=masks)[0]
            full = self._score(self.parameters, "train").loss
            self._keep(batch_loss=loss, batch_loss_after=after, full_loss=full)
        elif "batch_loss" in plan.record:
            self._keep(batch_loss=loss)

    def _regularize(self, gradients: Parameters) -> None:
        if self.regularizer is not None and self.regularizer.method == "gradient":
            weights = self.plan.model.weights(self.parameters)
            penalties = self.regularizer.gradient(weights)
            of_weights = self.plan.model.weights(gradients)
            for gradient, penalty in zip(of_weights, penalties, strict=True):
                gradient += penalty

    def _shrink(self, scale: float) -> None:
        if self.regularizer is not None and self.regularizer.method == "proximal":
            weights = self.plan.model.weights(self.parameters)
            self.regularizer.proximal(weights, np.asarray(self.optimizer.learning_rate) * scale)

    def _end_diverged(self, loss: Array) -> None:
        """Set a replicate whose loss has overflowed to NaN, so that it cannot come back."""
        diverged = ~np.isfinite(loss)
        if diverged.any():
            for parameter in self.parameters:
                parameter[diverged] = np.nan

    def _score(self, parameters: Parameters, which: str) -> Evaluation:
        """Evaluate on a set, a few replicates at a time so that the work stays in the cache."""
        data, model = self.plan.data, self.plan.model
        X, y = getattr(data, f"X_{which}"), getattr(data, f"y_{which}")
        each = len(X) * max(parameter.shape[-1] for parameter in parameters)
        size = max(1, CACHE_ELEMENTS // each)
        parts = []
        for first in range(0, len(parameters[0]), size):
            group = slice(first, first + size)
            buffers = [buffer[group] for buffer in self.buffers]
            parts.append(model.evaluate([p[group] for p in parameters], X, y, buffers))
        joined = (
            None if column[0] is None else np.concatenate(column) for column in zip(*parts, strict=True)
        )
        return Evaluation(*joined)  # type: ignore[arg-type]

    def _evaluate(self, step: int) -> None:
        plan = self.plan
        scale = plan.scale(step - 1)
        rate = np.asarray(self.optimizer.learning_rate) * scale
        self._keep(learning_rate=np.broadcast_to(rate, self.masks.shape), **self.running)
        train, held = self._score(self.parameters, "train"), None
        self._keep(reevaluated_loss=train.loss, reevaluated_accuracy=train.accuracy)
        if plan.data.X_eval is not None:
            held = self._score(self.parameters, "eval")
            self._keep(val_loss=held.loss, val_accuracy=held.accuracy)
        if self.averaged is not None:
            self._evaluate_average(self.averaged)
        if "correct" in plan.record and held is not None:
            self._keep(val_correct=held.correct)
        if "parameters" in plan.record:
            self._keep(**{f"parameters_{i}": p for i, p in enumerate(self.parameters)})
            self._keep(**{f"buffers_{i}": b for i, b in enumerate(self.buffers)})
        if "preconditioner" in plan.record:
            own = self.optimizer.preconditioner(self.state)  # type: ignore[attr-defined]
            self._keep(**{f"preconditioner_{i}": p for i, p in enumerate(own)})

    def _evaluate_average(self, averaged: Parameters) -> None:
        train = self._score(averaged, "train")
        self._keep(averaged_loss=train.loss, averaged_accuracy=train.accuracy)
        if self.plan.data.X_eval is not None:
            held = self._score(averaged, "eval")
            self._keep(averaged_val_loss=held.loss, averaged_val_accuracy=held.accuracy)


def _norm(gradients: Parameters) -> Array:
    """Return the Euclidean norm of all gradients together, ``(*replicates,)``."""
    return np.asarray(np.sqrt(sum((g**2).sum(axis=(-2, -1)) for g in gradients)))


def _clip(gradients: Parameters, longest: float) -> None:
    """Shorten the gradients of those replicates whose norm is longer, in place."""
    share = longest / np.maximum(_norm(gradients), longest)
    for gradient in gradients:
        gradient *= share[..., None, None].astype(gradient.dtype)


def _copy(rng: np.random.Generator) -> np.random.Generator:
    twin = np.random.default_rng()
    twin.bit_generator.state = rng.bit_generator.state
    return twin


def _run(plan: _Plan, chosen: slice) -> dict[str, Array]:
    return _Run(plan, chosen).go()


def _checkpoint(
    model: Model, data: Data, resume: History | None, replicates: tuple[int, ...]
) -> tuple[Parameters, Parameters] | None:
    """Return the last weights and buffers of a run, one axis for all replicates."""
    if resume is None:
        return None
    if instance("resume", resume, History, "a History").parameters is None:
        raise ValueError("resume must be recorded with record='parameters', got a history without")
    fresh = model.start(data.X_train.shape[1], [np.random.default_rng(0)])
    last = []
    for kept, made in zip((resume.parameters, resume.buffers or []), fresh, strict=True):
        shapes = [replicates + array.shape[1:] for array in made]
        found = [array[-1].shape for array in kept]
        if found != shapes:
            raise ValueError(f"resume must hold arrays of the shapes {shapes}, got {found}")
        last.append([array[-1].reshape(-1, *array.shape[-2:]) for array in kept])
    return last[0], last[1]


def _chunks(plan: _Plan) -> list[slice]:
    """Cut the flattened replicates so that a chunk's work fits the cache and its state the memory."""
    total = math.prod(plan.replicates)
    n, n_features = plan.data.X_train.shape
    parameters, _ = plan.model.start(n_features, [plan.rng(0, "weights")])
    widths = n_features + sum(parameter.shape[-1] for parameter in parameters)
    touched = sum(parameter.size for parameter in parameters) + plan.batch_size * widths
    drawn = 3 * max(n, BLOCK * plan.batch_size)  # a block, its stack, and the members' copies of it
    size = min(CACHE_ELEMENTS // touched, MEMORY_ELEMENTS // (touched + drawn))
    workers = joblib.effective_n_jobs(joblib.Parallel().n_jobs)
    size = max(1, min(size, math.ceil(total / workers)))
    return [slice(first, first + size) for first in range(0, total, size)]


def _assemble(plan: _Plan, parts: Sequence[dict[str, Array]]) -> History:
    """Join the chunks along the replicates and give these their shape."""
    columns: dict[str, Any] = {}
    for name in parts[0]:
        joined = np.concatenate([part[name] for part in parts], axis=1)
        columns[name] = joined.reshape(len(joined), *plan.replicates, *joined.shape[2:])
    for name in ("parameters", "buffers", "preconditioner"):
        own = [columns.pop(key) for key in list(columns) if key.startswith(f"{name}_")]
        columns[name] = own or None
    if not np.shape(plan.optimizer.learning_rate):
        rates = columns["learning_rate"]
        columns["learning_rate"] = rates[(slice(None), *[0] * len(plan.replicates))]
    step = np.array([s for s in range(1, plan.steps + 1) if plan.evaluates(s)])
    n_eval = None if plan.data.y_eval is None else len(plan.data.y_eval)
    return History(epoch=step / plan.steps_per_epoch, step=step, n_eval=n_eval, **columns)


def _count_steps(epochs: int | None, steps: int | None, steps_per_epoch: int) -> int:
    if (epochs is None) == (steps is None):
        raise ValueError(f"give one of epochs and steps, got epochs={epochs!r}, steps={steps!r}")
    if epochs is not None:
        return integer("epochs", epochs, at_least=1) * steps_per_epoch
    return integer("steps", steps, at_least=1)


def _interval(evaluate_every: Any, steps: int, steps_per_epoch: int) -> int:
    if isinstance(evaluate_every, str):
        option("evaluate_every", evaluate_every, ("epoch", "end"))
        return steps_per_epoch if evaluate_every == "epoch" else steps
    return integer('evaluate_every, if not "epoch" or "end",', evaluate_every, at_least=1)


def _in_dtype(model: Model, data: Data, dtype: Any) -> Data:
    """Return the data in the dtype to train in, with targets that the model has checked."""
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


def _check_kind(name: str, value: Any, methods: Sequence[str], room: str) -> None:
    """Raise TypeError unless the value is an instance that has the methods."""
    if isinstance(value, type) or not all(hasattr(value, method) for method in methods):
        needed = ", ".join(methods)
        raise TypeError(f"{name} must be one from unsteady.{room}, or have {needed}; got {value!r}")


def _check_rules(optimizer: Any, regularizer: Any, average: Any, replicates: tuple[int, ...]) -> None:
    _check_kind("optimizer", optimizer, ("start", "step", "learning_rate"), "optimizers")
    fit("optimizer", optimizer, replicates)
    if average is not None:
        _check_kind("average", average, ("begin", "update"), "averages")
        fit("average", average, replicates)
    if regularizer is not None:
        _check_kind("regularizer", regularizer, ("method", "gradient", "proximal"), "regularizers")
        fit("regularizer", regularizer, replicates)
    if getattr(regularizer, "method", None) == "proximal" and (
        not isinstance(optimizer, SGD) or np.any(optimizer.momentum)
    ):
        raise ValueError(
            "regularizer with method='proximal' must go with SGD without momentum, whose step size "
            f"is the learning rate; got {optimizer!r}"
        )


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
    needed = ("start", "weights", "check_targets", "loss_and_gradient", "evaluate")
    _check_kind("model", model, needed, "models")
    _check_kind("order", order, ("blocks",), "batches")
    if schedule is not None and not callable(schedule):
        raise TypeError(f"schedule must be a function of the step, got {schedule!r}")
    data = _in_dtype(model, data, dtype)
    n = len(data.y_train)
    batch_size = integer("batch_size", batch_size, at_least=1, at_most=n)
    steps_per_epoch = math.ceil(n / batch_size)
    total = _count_steps(epochs, steps, steps_per_epoch)
    shape = replicates_shape("replicates", replicates)
    _check_rules(optimizer, regularizer, average, shape)
    names = (
        (record,) if isinstance(record, str) else instance("record", record, Sequence, "a sequence of names")
    )
    for name in names:
        option("record", name, RECORDS)
    if "correct" in names and data.X_eval is None:
        raise ValueError("record='correct' needs data with an evaluation set, got data without X_eval")
    if "preconditioner" in names and not hasattr(optimizer, "preconditioner"):
        raise ValueError(f"record='preconditioner' needs an optimizer that has one, got {optimizer!r}")
    plan = _Plan(
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
        evaluate_every=_interval(evaluate_every, total, steps_per_epoch),
        record=tuple(names),
        average=average,
        clip_norm=None if clip_norm is None else scalar("clip_norm", clip_norm, above=0),
        resume=_checkpoint(model, data, resume, shape),
        progress=bool(progress),
    )
    parts = joblib.Parallel()(joblib.delayed(_run)(plan, chunk) for chunk in _chunks(plan))
    return _assemble(plan, parts)
