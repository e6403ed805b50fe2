"""Which examples each batch order yields, and in which order."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsteady.batches import Shuffle, ShuffleBuffer, Sorted, WithoutReplacement, WithReplacement

Y = np.random.default_rng(0).integers(5, size=60)


def blocks(order, count=3, y=Y, batch_size=7, seed=0):
    return list(islice(order.blocks(np.random.default_rng(seed), y, batch_size), count))


@settings(max_examples=50)
@given(st.integers(1, 40), st.integers(1, 60), st.integers(0, 99))
def test_full_orders_use_every_example_once_an_epoch(n, size, seed):
    y = np.random.default_rng(seed).integers(3, size=n)
    for order in (Shuffle(), Sorted(), ShuffleBuffer(size)):
        for epoch in blocks(order, y=y, seed=seed):
            np.testing.assert_array_equal(np.sort(epoch), np.arange(n))


def test_shuffle_has_a_new_order_each_epoch():
    first, second, _ = blocks(Shuffle())
    assert (first != second).any()


def test_sorted_is_sorted_by_target():
    assert (np.diff(Y[blocks(Sorted())[0]]) >= 0).all()


@pytest.mark.parametrize("n", [60, 5000])
def test_subsets_have_no_example_twice_and_cover_all_examples(n):
    seen = []
    for block in blocks(WithoutReplacement(), count=3 if n == 60 else 300, y=np.zeros(n), batch_size=20):
        for batch in block.reshape(-1, 20):
            assert len(set(batch)) == 20
            seen.append(batch)
    assert len(np.unique(seen)) > 0.65 * n
    assert abs(np.mean(seen) - (n - 1) / 2) < 4 * n / np.sqrt(12 * np.size(seen))


def test_with_replacement_repeats():
    drawn = blocks(WithReplacement())[0].reshape(-1, 7)
    assert any(len(set(batch)) < 7 for batch in drawn)
    counts = np.bincount(drawn.reshape(-1), minlength=60)
    assert np.abs(counts - counts.mean()).max() < 5 * np.sqrt(counts.mean())


def test_a_buffer_moves_no_example_ahead_by_more_than_its_size():
    y = np.arange(200)
    order = blocks(ShuffleBuffer(20), y=y)[0]
    assert (order <= np.arange(200) + 19).all()
    assert (order != np.arange(200)).mean() > 0.5
    np.testing.assert_array_equal(blocks(ShuffleBuffer(1), y=y)[0], np.arange(200))


def test_a_buffer_yields_any_of_its_examples():
    """The first example is any of the first 20. The last one may have waited long, too."""
    y = np.arange(200)
    firsts, lasts = zip(
        *((block[0], block[-1]) for block in blocks(ShuffleBuffer(20), 400, y=y)), strict=True
    )
    assert np.bincount(firsts, minlength=20)[:20].min() > 5  # 20 expected of each
    assert len(set(lasts)) > 40  # without the final shuffle it would be one of the last few read


@pytest.mark.parametrize("size", [0, 2.5, None])
def test_bad_input_is_named(size):
    with pytest.raises((ValueError, TypeError), match=f"size must be an integer >= 1, got {size}"):
        ShuffleBuffer(size)
