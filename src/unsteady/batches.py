"""Batch orders: which training examples each step uses.

An order is a frozen dataclass. Its method ``blocks(rng, y, batch_size)`` yields arrays of indices without
end. :func:`unsteady.training.train` cuts each block into batches of `batch_size`. An order that uses each of
the n examples once per epoch yields one block for each epoch. The last batch of such a block is smaller if
`batch_size` does not divide n.

A class with ``full_pass = True`` promises that a batch of all n examples is the training set itself, so that
training need not copy it. Independent subsets without replacement have this property too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from unsteady._validation import Array, integer

BLOCK = 256
"""Number of independent batches that are drawn at once: enough to be fast, few enough to save memory."""


class Order(Protocol):
    """The interface that :func:`unsteady.training.train` expects of a batch order.

    Examples
    --------
    You can write your own order. This one uses the examples as they are stored:

    >>> import numpy as np
    >>> from unsteady.batches import Order
    >>> class Stored:
    ...     def blocks(self, rng, y, batch_size):
    ...         while True:
    ...             yield np.arange(len(y))
    >>> order: Order = Stored()
    >>> next(order.blocks(np.random.default_rng(0), np.zeros(4), 2)).tolist()
    [0, 1, 2, 3]
    """

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield blocks of indices, 0 to n - 1, into the examples with targets `y` of shape ``(n,)``."""
        ...


@dataclass(frozen=True)
class Shuffle:
    """Use all examples once per epoch, in a new random order each time. Most frameworks do this.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.batches import Shuffle
    >>> blocks = Shuffle().blocks(np.random.default_rng(0), np.zeros(4), batch_size=2)
    >>> sorted(next(blocks).tolist())  # each example once
    [0, 1, 2, 3]
    """

    full_pass: ClassVar[bool] = True

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield a random permutation of the examples for each epoch."""
        while True:
            yield rng.permutation(len(y))


@dataclass(frozen=True)
class WithReplacement:
    """Draw every example of every batch from all examples, so that batches are independent.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.batches import WithReplacement
    >>> blocks = WithReplacement().blocks(np.random.default_rng(0), np.zeros(4), batch_size=40)
    >>> batch = next(blocks)[:40]  # 40 draws from 4 examples
    >>> len(batch), set(batch.tolist()) == {0, 1, 2, 3}
    (40, True)
    """

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield independent indices; each batch is full."""
        while True:
            yield rng.integers(len(y), size=BLOCK * batch_size)


@dataclass(frozen=True)
class WithoutReplacement:
    """Draw a new subset at every step: no example twice in a batch, and batches are independent.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.batches import WithoutReplacement
    >>> blocks = WithoutReplacement().blocks(np.random.default_rng(0), np.zeros(9), batch_size=3)
    >>> batches = next(blocks).reshape(-1, 3)
    >>> all(len(set(batch)) == 3 for batch in batches.tolist())
    True
    """

    full_pass: ClassVar[bool] = True

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield independent subsets; each batch is full."""
        while len(y) <= 4096:  # for few examples, shuffle the rows of many batches in one call
            rows = np.tile(np.arange(len(y)), (BLOCK, 1))
            yield rng.permuted(rows, axis=1)[:, :batch_size].reshape(-1)
        while True:  # Floyd's algorithm, whose cost does not grow with the number of examples
            yield rng.choice(len(y), batch_size, replace=False)


@dataclass(frozen=True)
class Sorted:
    """Use the examples sorted by target, in the same order every epoch.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.batches import Sorted
    >>> y = np.array([1, 0, 1, 0])
    >>> next(Sorted().blocks(np.random.default_rng(0), y, batch_size=2)).tolist()
    [1, 3, 0, 2]
    """

    full_pass: ClassVar[bool] = True

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield the indices that sort the targets, once for each epoch."""
        order = np.argsort(y, kind="stable")
        while True:
            yield order


@dataclass(frozen=True)
class ShuffleBuffer:
    """Read the examples, sorted by target, into a buffer, and draw each example at random from the buffer.

    Data loaders that read a stream shuffle in this way.

    Parameters
    ----------
    size : int
        Number of examples in the buffer, at least 1. A buffer of 1 does not shuffle at all.

    Raises
    ------
    TypeError, ValueError
        If the size is not an integer of at least 1.

    Examples
    --------
    The first example drawn is one of the three that the buffer holds:

    >>> import numpy as np
    >>> from unsteady.batches import ShuffleBuffer
    >>> y = np.arange(100)
    >>> order = next(ShuffleBuffer(3).blocks(np.random.default_rng(0), y, batch_size=10))
    >>> len(set(order.tolist())), bool(order[0] < 3)
    (100, True)
    """

    size: int

    full_pass: ClassVar[bool] = True

    def __post_init__(self) -> None:
        integer("size", self.size, at_least=1)

    def blocks(self, rng: np.random.Generator, y: Array, batch_size: int) -> Iterator[Array]:
        """Yield the order in which the examples leave the buffer, once for each epoch."""
        stream = np.argsort(y, kind="stable").tolist()
        while True:
            buffer, waiting = stream[: self.size], stream[self.size :]
            drawn = []
            slots = rng.integers(len(buffer), size=len(waiting))
            for arrival, slot in zip(waiting, slots, strict=True):
                drawn.append(buffer[slot])
                buffer[slot] = arrival
            yield np.array(drawn + rng.permutation(buffer).tolist(), dtype=np.int64)
