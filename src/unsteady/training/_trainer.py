"""Train one chunk of replicates: batches, steps, evaluations, and their records."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import repeat
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from unsteady._broadcasting import select_replicates
from unsteady._validation import Array
from unsteady.models import Evaluation, Parameters
from unsteady.training._config import TrainingConfig

CACHE_ELEMENTS = 2**19
"""How many numbers the replicates of a chunk use in a step: about as many as the cache of a core holds."""


class Curves(NamedTuple):
    """What a chunk has recorded: arrays of shape ``(time, replicates, ...)``."""

    one: dict[str, Array]
    """The curves that are one array each, such as the validation loss."""
    several: dict[str, list[Array]]
    """The curves that are one array for each array of the model, such as the parameters."""


class Batches:
    """Batches of all replicates: features ``(replicates, batch, features)`` and targets for each step.

    Replicates with the same seed have the same batch order. A batch of all examples is the training set
    itself, so nothing is copied.
    """

    def __init__(self, config: TrainingConfig, seeds: Array) -> None:
        self.config = config
        unique, self.seed_index = np.unique(seeds, return_inverse=True)
        self.rngs = [config.rng(int(seed), "order") for seed in unique]

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        """Yield the features and targets of each step, without end."""
        config = self.config
        X, y, size = config.data.X_train, config.data.y_train, config.batch_size
        # Look for `full_pass` in the class itself: a subclass may use the examples in another way.
        if size == len(y) and vars(type(config.order)).get("full_pass", False):
            yield from repeat((X, y))
        streams = [config.order.blocks(rng, y, size) for rng in self.rngs]
        for blocks in zip(*streams, strict=True):
            index = np.stack(blocks)[self.seed_index]
            for first in range(0, index.shape[1], size):
                batch = index[:, first : first + size]
                yield X.take(batch, axis=0), y[batch]


class Trainer:
    """The training of one chunk of replicates: their weights, and their curves so far."""

    def __init__(self, config: TrainingConfig, chunk: slice) -> None:
        self.config = config
        self.chunk = chunk
        seeds = np.arange(math.prod(config.replicates))[chunk] % config.replicates[-1]
        self.batches = iter(Batches(config, seeds))
        self.mask_rngs = np.array([config.rng(int(seed), "masks") for seed in seeds], dtype=object)
        self.optimizer = select_replicates(config.optimizer, config.replicates, chunk)
        self.regularizer = config.regularizer and select_replicates(
            config.regularizer, config.replicates, chunk
        )
        self.average = config.average and select_replicates(config.average, config.replicates, chunk)
        self.parameters, self.buffers = self._initial_weights(seeds)
        self.state = self.optimizer.start(self.parameters)
        self.averaged = self.average.start(self.parameters) if self.average else None
        self.curves: dict[str, list[Array]] = {}
        self.array_curves: dict[str, list[list[Array]]] = {}
        self.epoch_means: dict[str, Array] = {}
        self.examples_seen = 0

    def _initial_weights(self, seeds: Array) -> tuple[Parameters, Parameters]:
        """Return parameters and buffers, either new or from the checkpoint, in the dtype of the data."""
        config = self.config
        rngs = [config.rng(int(seed), "weights") for seed in seeds]
        arrays = config.model.start(config.data.X_train.shape[1], rngs)
        if config.resume:
            parameters, buffers = config.resume
            arrays = [array[self.chunk] for array in parameters], [array[self.chunk] for array in buffers]
        dtype = config.data.X_train.dtype
        parameters, buffers = ([array.astype(dtype) for array in part] for part in arrays)
        return parameters, buffers

    def run(self) -> Curves:
        """Take all steps and return the curves."""
        config = self.config
        start, stop, _ = self.chunk.indices(math.prod(config.replicates))
        name = f"replicates {start} to {stop - 1}"
        bar = tqdm(total=config.steps, unit="step", disable=not config.progress, desc=name)
        with bar, np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if "step_loss" in config.record:
                self._keep(full_loss=self._evaluate(self.parameters, "train").loss)
            for step in range(1, config.steps + 1):
                if (step - 1) % config.steps_per_epoch == 0:
                    self._start_epoch()
                self._step(step, *next(self.batches))
                if config.evaluates(step):
                    self._record_evaluation(step)
                bar.update()
        return Curves(
            {name: np.stack(rows) for name, rows in self.curves.items()},
            {
                name: [np.stack(of_one) for of_one in zip(*rows, strict=True)]
                for name, rows in self.array_curves.items()
            },
        )

    # One step -------------------------------------------------------------------------------------

    def _step(self, step: int, X: Array, y: Array) -> None:
        """Take one step and record it as the configuration asks."""
        measures_step = "step_loss" in self.config.record
        masks_before = [_copy(rng) for rng in self.mask_rngs] if measures_step else None
        loss, gradient_norm = self._take_step(step, X, y)
        if "gradient_norm" in self.config.record:
            self._keep(gradient_norm=gradient_norm)
        if measures_step or "batch_loss" in self.config.record:
            self._keep(batch_loss=loss)
        if masks_before is not None:
            buffers = [buffer.copy() for buffer in self.buffers]
            after, _, _ = self.config.model.loss_and_gradient(
                self.parameters, X, y, buffers=buffers, rngs=masks_before
            )
            self._keep(batch_loss_after=after, full_loss=self._evaluate(self.parameters, "train").loss)

    def _take_step(self, step: int, X: Array, y: Array) -> tuple[Array, Array | None]:
        """Update weights and averages by one batch; return its loss, and the gradient norm if needed."""
        config = self.config
        loss, accuracy, gradients = config.model.loss_and_gradient(
            self.parameters, X, y, buffers=self.buffers, rngs=self.mask_rngs
        )
        self._add_to_epoch_means(y.shape[-1], loss, accuracy)
        self._add_penalty_gradient(gradients)
        norm = None
        if "gradient_norm" in config.record or config.clip_norm is not None:
            norm = _norm(gradients)
        if norm is not None and config.clip_norm is not None:
            _clip(gradients, norm, config.clip_norm)
        scale = config.scale(step - 1)
        self.optimizer.step(self.parameters, gradients, self.state, scale)
        self._apply_proximal(scale)
        self._mark_diverged(loss)
        if self.average is not None and self.averaged is not None:
            self.average.update(self.averaged, self.parameters, step)
        return loss, norm

    def _add_penalty_gradient(self, gradients: Parameters) -> None:
        """Add the gradient of the penalty to the gradients of the weights, in place."""
        if self.regularizer is not None and self.regularizer.method == "gradient":
            weights = self.config.model.weights(self.parameters)
            penalties = self.regularizer.gradient(weights)
            weight_gradients = self.config.model.weights(gradients)
            for gradient, penalty in zip(weight_gradients, penalties, strict=True):
                gradient += penalty

    def _apply_proximal(self, scale: float) -> None:
        """Take the proximal step of the penalty, with the learning rate of this step."""
        if self.regularizer is not None and self.regularizer.method == "proximal":
            weights = self.config.model.weights(self.parameters)
            self.regularizer.proximal(weights, np.asarray(self.optimizer.learning_rate) * scale)

    def _mark_diverged(self, loss: Array) -> None:
        """Set the parameters to NaN where the loss has overflowed, so that the replicate cannot recover."""
        diverged = ~np.isfinite(loss)
        if diverged.any():
            for parameter in self.parameters:
                parameter[diverged] = np.nan

    # Means over an epoch, as frameworks log them ---------------------------------------------------

    def _start_epoch(self) -> None:
        """Reset the means over an epoch."""
        self.epoch_means = {}
        self.examples_seen = 0

    def _add_to_epoch_means(self, size: int, loss: Array, accuracy: Array | None) -> None:
        """Add a batch of `size` examples to the means over the epoch; each example counts once."""
        self.examples_seen += size
        for name, value in (("loss", loss), ("accuracy", accuracy)):
            if value is not None:
                mean = self.epoch_means.setdefault(name, np.zeros_like(value))
                mean += (value - mean) * (size / self.examples_seen)

    # Evaluations ----------------------------------------------------------------------------------

    def _keep(self, **rows: Array | None) -> None:
        """Append a row to each of the named curves."""
        for name, row in rows.items():
            if row is not None:
                self.curves.setdefault(name, []).append(np.array(row))

    def _evaluate(self, parameters: Parameters, which: str) -> Evaluation:
        """Evaluate on the "train" or the "eval" set, with few replicates at a time to stay in the cache."""
        data, model = self.config.data, self.config.model
        X, y = getattr(data, f"X_{which}"), getattr(data, f"y_{which}")
        elements = len(X) * max(parameter.shape[-1] for parameter in parameters)
        size = max(1, CACHE_ELEMENTS // elements)
        parts = []
        for first in range(0, len(parameters[0]), size):
            group = slice(first, first + size)
            buffers = [buffer[group] for buffer in self.buffers]
            parts.append(model.evaluate([p[group] for p in parameters], X, y, buffers))
        joined = (
            None if column[0] is None else np.concatenate(column) for column in zip(*parts, strict=True)
        )
        return Evaluation(*joined)  # type: ignore[arg-type]

    def _record_evaluation(self, step: int) -> None:
        """Evaluate the weights on both sets, and record the results."""
        config = self.config
        learning_rate = np.asarray(self.optimizer.learning_rate) * config.scale(step - 1)
        self._keep(learning_rate=np.broadcast_to(learning_rate, self.mask_rngs.shape), **self.epoch_means)
        train = self._evaluate(self.parameters, "train")
        self._keep(reevaluated_loss=train.loss, reevaluated_accuracy=train.accuracy)
        if config.data.X_eval is not None:
            validation = self._evaluate(self.parameters, "eval")
            self._keep(val_loss=validation.loss, val_accuracy=validation.accuracy)
            if "correct" in config.record:
                self._keep(val_correct=validation.correct)
        if self.averaged is not None:
            self._record_average(self.averaged)
        if "parameters" in config.record:
            self._keep_arrays("parameters", self.parameters)
            self._keep_arrays("buffers", self.buffers)
        if "preconditioner" in config.record:
            own = self.optimizer.preconditioner(self.state)  # type: ignore[attr-defined]
            self._keep_arrays("preconditioner", own)

    def _record_average(self, averaged: Parameters) -> None:
        """Evaluate the averaged weights on both sets, and record the results."""
        train = self._evaluate(averaged, "train")
        self._keep(averaged_loss=train.loss, averaged_accuracy=train.accuracy)
        if self.config.data.X_eval is not None:
            validation = self._evaluate(averaged, "eval")
            self._keep(averaged_val_loss=validation.loss, averaged_val_accuracy=validation.accuracy)

    def _keep_arrays(self, name: str, arrays: Parameters) -> None:
        """Append copies of the arrays to the named curve."""
        self.array_curves.setdefault(name, []).append([array.copy() for array in arrays])


def _norm(gradients: Parameters) -> Array:
    """Return the Euclidean norm of all gradients together, ``(*replicates,)``."""
    return np.asarray(np.sqrt(sum((g**2).sum(axis=(-2, -1)) for g in gradients)))


def _clip(gradients: Parameters, norm: Array, max_norm: float) -> None:
    """Scale the gradients of each replicate whose norm exceeds `max_norm` down to it, in place."""
    factor = max_norm / np.maximum(norm, max_norm)
    for gradient in gradients:
        gradient *= factor[..., None, None].astype(gradient.dtype)


def _copy(rng: np.random.Generator) -> np.random.Generator:
    """Return a copy of a random generator, which draws the same numbers."""
    twin = np.random.default_rng()
    twin.bit_generator.state = rng.bit_generator.state
    return twin


def run_chunk(config: TrainingConfig, chunk: slice) -> Curves:
    """Train the replicates of one chunk and return their curves."""
    return Trainer(config, chunk).run()
