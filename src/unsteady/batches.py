"""Batch orders: which examples each step sees.

An order is a frozen description. Its ``blocks(rng, y, batch_size)`` yields the indices of one epoch in
blocks, each to be cut into batches of `batch_size`; an epoch is ``ceil(n / batch_size)`` steps. An order
that deals out all n examples leaves a smaller last batch where `batch_size` does not divide n.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from unsteady._checks import Array, integer

BLOCK = 256
"""Batches that a memoryless order draws at once: fast, and flat in memory."""


class Order(Protocol):
    """What :func:`unsteady.training.train` needs of a batch order."""

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield the indices of one epoch of the examples with targets `y`, block by block."""
        ...


def _block_sizes(n: int, batch_size: int) -> Iterator[int]:
    steps = math.ceil(n / batch_size)
    for first in range(0, steps, BLOCK):
        yield min(BLOCK, steps - first)


@dataclass(frozen=True)
class Shuffle:
    """Deal out all examples in a new random order each epoch. What most frameworks do."""

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield one permutation."""
        yield rng.permutation(len(y))


@dataclass(frozen=True)
class WithReplacement:
    """Draw every example of every batch from all examples, so that batches are independent."""

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield independent indices, each batch full."""
        for batches in _block_sizes(len(y), batch_size):
            yield rng.integers(len(y), size=batches * batch_size)


@dataclass(frozen=True)
class WithoutReplacement:
    """Draw a fresh subset at every step: no example twice in a batch, no memory between batches."""

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield independent subsets, each batch full."""
        for batches in _block_sizes(len(y), batch_size):
            if len(y) <= 4096:  # one vectorised shuffle of all rows
                rows = np.tile(np.arange(len(y)), (batches, 1))
                yield rng.permuted(rows, axis=1)[:, :batch_size].reshape(-1)
            else:  # Floyd's algorithm touches only as many as it draws
                subsets = [rng.choice(len(y), batch_size, replace=False) for _ in range(batches)]
                yield np.concatenate(subsets)


@dataclass(frozen=True)
class Sorted:
    """Present the examples sorted by target, every epoch the same."""

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield the sorting order."""
        yield np.argsort(y, kind="stable")


@dataclass(frozen=True)
class ShuffleBuffer:
    """Read the sorted examples through a buffer and draw each example at random from the buffer.

    Parameters
    ----------
    size : int
        Examples that the buffer holds, at least 1 (which is no shuffling at all).
    """

    size: int

    def __post_init__(self) -> None:
        integer("size", self.size, at_least=1)

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield the order in which the examples leave the buffer."""
        stream = np.argsort(y, kind="stable").tolist()
        buffer, waiting = stream[: self.size], stream[self.size :]
        leaving = []
        for arrival, slot in zip(waiting, rng.integers(len(buffer), size=len(waiting)), strict=True):
            leaving.append(buffer[slot])
            buffer[slot] = arrival
        yield np.array(leaving + rng.permutation(buffer).tolist(), dtype=np.int64)
