"""Batch orders: which examples each step sees.

An order is a frozen description. Its ``blocks(rng, y, batch_size)`` yields indices for ever, in blocks that
are each to be cut into batches of `batch_size`. An order that uses each of the n examples once in an epoch
has one block for each epoch, whose last batch is smaller where `batch_size` does not divide n. Such a class
says ``full_pass = True``: a batch of all n examples is then the training set itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from unsteady._validation import Array, integer

BLOCK = 256
"""Batches that a memoryless order draws at once: fast, and flat in memory."""


class Order(Protocol):
    """What :func:`unsteady.training.train` needs of a batch order."""

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield indices into the examples with targets `y`, block by block."""
        ...


@dataclass(frozen=True)
class Shuffle:
    """Deal out all examples in a new random order each epoch. What most frameworks do."""

    full_pass: ClassVar[bool] = True

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield a permutation an epoch."""
        while True:
            yield rng.permutation(len(y))


@dataclass(frozen=True)
class WithReplacement:
    """Draw every example of every batch from all examples, so that batches are independent."""

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield independent indices, each batch full."""
        while True:
            yield rng.integers(len(y), size=BLOCK * batch_size)


@dataclass(frozen=True)
class WithoutReplacement:
    """Draw a fresh subset at every step: no example twice in a batch, no memory between batches."""

    full_pass: ClassVar[bool] = True

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield independent subsets, each batch full."""
        while len(y) <= 4096:  # one vectorised shuffle of all rows
            rows = np.tile(np.arange(len(y)), (BLOCK, 1))
            yield rng.permuted(rows, axis=1)[:, :batch_size].reshape(-1)
        while True:  # Floyd's algorithm touches only as many as it draws
            yield rng.choice(len(y), batch_size, replace=False)


@dataclass(frozen=True)
class Sorted:
    """Present the examples sorted by target, every epoch the same."""

    full_pass: ClassVar[bool] = True

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield the sorting order, epoch by epoch."""
        order = np.argsort(y, kind="stable")
        while True:
            yield order


@dataclass(frozen=True)
class ShuffleBuffer:
    """Read the sorted examples through a buffer and draw each example at random from the buffer.

    Parameters
    ----------
    size : int
        Examples that the buffer holds, at least 1 (which is no shuffling at all).
    """

    size: int

    full_pass: ClassVar[bool] = True

    def __post_init__(self) -> None:
        integer("size", self.size, at_least=1)

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield the order in which the examples leave the buffer, epoch by epoch."""
        stream = np.argsort(y, kind="stable").tolist()
        while True:
            buffer, waiting = stream[: self.size], stream[self.size :]
            leaving = []
            slots = rng.integers(len(buffer), size=len(waiting))
            for arrival, slot in zip(waiting, slots, strict=True):
                leaving.append(buffer[slot])
                buffer[slot] = arrival
            yield np.array(leaving + rng.permutation(buffer).tolist(), dtype=np.int64)
