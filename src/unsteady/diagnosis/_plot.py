"""The picture of a diagnosis. It needs matplotlib, and is loaded on first use."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from unsteady import plotting
from unsteady.diagnosis._finding import Segment
from unsteady.history import History


def draw(history: History, segments: Sequence[Segment], axes: Sequence[Axes] | None = None) -> Figure:
    """Draw accuracy with what the set may add, and jitter over its sampling bound, segment by segment.

    Parameters
    ----------
    history : History
        A run with validation accuracy.
    segments : sequence of Segment
        Its parts at one rate.
    axes : two Axes, optional
        For accuracy and for jitter over its bound; new ones, one above the other, if none are given.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no validation accuracy.

    Examples
    --------
    >>> figure = draw(History(epoch=[1, 2, 3], val_accuracy=[0.5, 0.7, 0.8]), segments=())
    >>> [text.get_text() for text in figure.axes[1].texts]
    ['too few evaluations']
    """
    if history.val_accuracy is None:
        raise ValueError("history must have a validation accuracy to be drawn, got None")
    if axes is None:
        axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4), height_ratios=(3, 2))[1]
    above, below = axes
    unit, positions = _positions(history)
    accuracy = np.asarray(history.val_accuracy, dtype=float)
    finite = np.isfinite(accuracy)
    positions, accuracy = positions[finite], accuracy[finite]
    above.plot(positions, accuracy, color=plotting.VALIDATION)
    bounded = [segment for segment in segments if np.isfinite(segment.sampling_bound)]
    for segment in bounded:
        part = slice(segment.start, segment.stop)
        _draw_band(above, positions[part], accuracy[part], segment)
        _draw_ratio(below, positions[part], segment)
    below.axhline(1.0, color=plotting.THEORY, linestyle="--")
    if not bounded:
        reason = "too few evaluations" if not segments else "how large is the set?"
        below.text(0.5, 0.6, reason, ha="center", transform=below.transAxes)
    above.set(ylabel="accuracy")
    below.set(xlabel=unit, ylabel="jitter / bound", ylim=(0, None))
    figure = above.get_figure(root=True)
    assert figure is not None
    return figure


def _positions(history: History) -> tuple[str, NDArray[np.float64]]:
    """Return the places of evaluations along the horizontal axis, and their unit."""
    for unit in ("epoch", "step"):
        if getattr(history, unit) is not None:
            return unit, np.asarray(getattr(history, unit), dtype=float)
    return "evaluation", np.arange(1.0, len(history) + 1)


def _draw_band(
    ax: Axes, positions: NDArray[np.float64], accuracy: NDArray[np.float64], segment: Segment
) -> None:
    """Draw two sampling bounds up and down from the segment's median accuracy."""
    middle, reach = np.median(accuracy), 2 * segment.sampling_bound
    ax.fill_between(
        positions, middle - reach, middle + reach, color=plotting.HIGHLIGHT, alpha=0.2, linewidth=0
    )
    ax.annotate(
        "± 2 bounds", (positions[-1], middle - reach), (0, -4), textcoords="offset points",
        ha="right", va="top", color=plotting.HIGHLIGHT,
    )  # fmt: skip


def _draw_ratio(ax: Axes, positions: NDArray[np.float64], segment: Segment) -> None:
    """Draw jitter over its sampling bound, with its interval, as wide as the segment."""
    centre, half = (positions[0] + positions[-1]) / 2, (positions[-1] - positions[0]) / 2
    low, high = (end / segment.sampling_bound for end in segment.interval)
    ratio = segment.jitter / segment.sampling_bound
    ax.errorbar(
        centre, ratio, [[ratio - low], [high - ratio]], half,
        color=plotting.VALIDATION, marker="o", capsize=4,
    )  # fmt: skip
