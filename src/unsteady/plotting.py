"""The house style, set when this room is loaded, and the few plots that several examples share.

Colours mean the same on every page: ``TRAINING``, ``VALIDATION``, ``THEORY`` (dashed), ``HIGHLIGHT`` for what
is being discussed and ``MUTED`` for what stands behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unsteady._validation import Array, finite, option
from unsteady.diagnosis import Diagnosis
from unsteady.gallery.explorable import Explorable, Slider

__all__ = [
    "CYCLE", "HIGHLIGHT", "INK", "MUTED", "PAPER", "STYLE", "THEORY", "TRAINING", "VALIDATION",
    "Explorable", "Slider",
    "band", "curves", "diagnosis", "label_ends", "log_axis", "points", "use_style",
]  # fmt: skip

INK, PAPER = "#1b1f24", "#ffffff"
"""Text and axes, and what they stand on: the site replaces both to follow the page's scheme."""

TRAINING, VALIDATION, HIGHLIGHT, MUTED, THEORY = "#3b78c3", "#c4631c", "#a8559e", "#7d8590", INK
CYCLE = (TRAINING, VALIDATION, "#1f8a70", HIGHLIGHT, "#997000", "#c0504d", MUTED)

STYLE: dict[str, Any] = {
    "figure.figsize": (6.4, 4.0),
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.grid": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=CYCLE),
    "figure.labelsize": 15,
    "axes.labelsize": 15,
    "axes.titlesize": 15,
    "font.size": 15,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 14,
    "ytick.labelsize": 14,
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "legend.fontsize": 14,
}


def use_style() -> None:
    """Set the house style for all figures to come. Done once when this room is loaded."""
    mpl.rcParams.update(STYLE)  # type: ignore[arg-type]


use_style()


def _spread(targets: Array, distance: float) -> Array:
    """Return heights near the targets that keep a distance from each other, in the same order."""
    order = np.argsort(targets)
    heights = targets[order].astype(float)
    for _ in range(100):
        gaps = distance - np.diff(heights)
        if (gaps <= 1e-9).all():
            break
        push = np.maximum(gaps, 0) / 2
        heights[:-1] -= push
        heights[1:] += push
    placed = np.empty_like(heights)
    placed[order] = heights
    return placed


def label_ends(ax: Axes, lines: Sequence[Any], lineheight: float = 18) -> None:
    """Write each line's label to the right of its line's end, in its colour, without overlaps.

    Parameters
    ----------
    ax : Axes
        With its final scales and limits.
    lines : sequence of Line2D
    lineheight : float
        Least distance between two labels, in points.
    """
    if (figure := ax.get_figure(root=True)) is not None:
        figure.draw_without_rendering()  # the layout decides how high the axes are
    ends = []
    for line in lines:
        y = np.asarray(line.get_ydata(), dtype=float)
        x = np.asarray(line.get_xdata(), dtype=float)
        last = np.flatnonzero(np.isfinite(y) & np.isfinite(x))[-1]
        ends.append(ax.transData.transform((x[last], y[last]))[1])
    box = ax.get_window_extent()
    heights = np.clip(np.array(ends), box.y0, box.y1)
    points = _spread(heights, lineheight * ax.figure.dpi / 72)
    for line, height in zip(lines, points, strict=True):
        place = (1.0, float((height - box.y0) / box.height))
        ax.annotate(
            line.get_label(), place, (6, 0), xycoords="axes fraction", textcoords="offset points",
            color=line.get_color(), va="center", annotation_clip=False,
        )  # fmt: skip


def log_axis(ax: Axes, ticks: Sequence[float], which: str = "x") -> None:
    """Make an axis logarithmic and label it at these places alone, with plain numbers.

    Parameters
    ----------
    ax : Axes
    ticks : sequence of float
        Above 0.
    which : {"x", "y"}
    """
    axis = ax.xaxis if option("which", which, ("x", "y")) == "x" else ax.yaxis
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    axis.set_ticks(list(ticks), [f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)


def curves(ax: Axes, values: Any, labels: Sequence[str], x: Any = None, **style: Any) -> list[Any]:
    """Draw one line a column; the label goes with the line, for :func:`label_ends` or a legend.

    Parameters
    ----------
    ax : Axes
    values : array of shape (points, lines)
        Points that are not finite are left out.
    labels : sequence of str
        One a line.
    x : array of shape (points,), optional
        The points' places; 0, 1, 2, ... if not given.
    **style
        Of :meth:`matplotlib.axes.Axes.plot`.

    Returns
    -------
    list of Line2D
    """
    columns = np.asarray(values, dtype=float)
    if columns.ndim != 2 or columns.shape[1] != len(labels):
        raise ValueError(
            f"values must have the shape (points, {len(labels)}), one line a label, got {columns.shape}"
        )
    places = np.arange(len(columns)) if x is None else finite("x", x, ndim=1)
    return [
        ax.plot(places, column, label=label, **style)[0]
        for column, label in zip(columns.T, labels, strict=True)
    ]


def _replicates(x: Any, values: Any) -> tuple[Array, Array]:
    places, runs = finite("x", x, ndim=1), np.asarray(values, dtype=float)
    if runs.ndim != 2 or len(runs) != len(places):
        raise ValueError(
            f"values must have the shape ({len(places)}, replicates) to go with x, got {runs.shape}"
        )
    return places, runs


def band(ax: Axes, x: Any, values: Any, color: Any, label: str | None = None, singles: int = 3) -> Any:
    """Draw the median and the 5 to 95 % band of replicates, with a few thin single runs in it.

    Parameters
    ----------
    ax : Axes
    x : array of shape (points,)
    values : array of shape (points, replicates)
    color : color
    label : str, optional
        Of the median's line.
    singles : int
        How many single runs to show, the first ones.

    Returns
    -------
    Line2D
        The median's line.
    """
    places, runs = _replicates(x, values)
    low, median, high = np.quantile(runs, [0.05, 0.5, 0.95], axis=1)
    ax.fill_between(places, low, high, color=color, alpha=0.25, linewidth=0)
    ax.plot(places, runs[:, :singles], color=color, linewidth=0.7, alpha=0.8)
    return ax.plot(places, median, color=color, label=label)[0]


def points(ax: Axes, x: Any, values: Any, color: Any, label: str | None = None, **style: Any) -> Any:
    """Draw the median of replicates as points, with bars from 5 to 95 %.

    Parameters
    ----------
    ax : Axes
    x : array of shape (points,)
    values : array of shape (points, replicates)
    color : color
    label : str, optional
    **style
        Of :meth:`matplotlib.axes.Axes.errorbar`; circles without a line if not given.

    Returns
    -------
    ErrorbarContainer
    """
    places, runs = _replicates(x, values)
    low, median, high = np.quantile(runs, [0.05, 0.5, 0.95], axis=1)
    look: dict[str, Any] = {"fmt": "o", "capsize": 4, **style}
    return ax.errorbar(places, median, [median - low, high - median], color=color, label=label, **look)


def diagnosis(found: Diagnosis, axes: Sequence[Axes] | None = None) -> Figure:
    """Draw accuracy with what its set may add, and jitter over that ceiling, for each stretch at one rate.

    Parameters
    ----------
    found : Diagnosis
        Of a log with validation accuracy, see :func:`unsteady.diagnosis.diagnose`.
    axes : two Axes, optional
        For accuracy and for jitter over ceiling; new ones, one above the other, if none are given.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If there is no validation accuracy.
    """
    history = found.history
    if history.val_accuracy is None:
        raise ValueError("found must be of a log with validation accuracy")
    if axes is None:
        axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4), height_ratios=(3, 2))[1]
    above, below = axes
    name = next((n for n in ("epoch", "step") if getattr(history, n) is not None), "evaluation")
    counted = range(1, len(history) + 1) if name == "evaluation" else getattr(history, name)
    places = np.asarray(counted, dtype=float)
    accuracy = np.asarray(history.val_accuracy, dtype=float)
    seen = np.isfinite(accuracy)
    places, accuracy = places[seen], accuracy[seen]
    above.plot(places, accuracy, color=VALIDATION)
    measured = [stretch for stretch in found.stretches if np.isfinite(stretch.ceiling)]
    for stretch in measured:
        part = slice(stretch.start, stretch.stop)
        middle = np.median(accuracy[part])
        reach = 2 * stretch.ceiling
        above.fill_between(
            places[part], middle - reach, middle + reach, color=HIGHLIGHT, alpha=0.2, linewidth=0
        )
        centre, half = np.mean(places[part][[0, -1]]), np.ptp(places[part]) / 2
        low, high = (end / stretch.ceiling for end in stretch.interval)
        ratio = stretch.jitter / stretch.ceiling
        below.errorbar(
            centre, ratio, [[ratio - low], [high - ratio]], half, color=VALIDATION, marker="o", capsize=4
        )
        end = (places[part][-1], middle - reach)
        above.annotate(
            "± 2 ceilings", end, (0, -4), textcoords="offset points", ha="right", va="top", color=HIGHLIGHT
        )
    below.axhline(1.0, color=THEORY, linestyle="--")
    if not measured:
        why = "too few evaluations" if not found.stretches else "how large is the set?"
        below.text(0.5, 0.6, why, ha="center", transform=below.transAxes)
    above.set(ylabel="accuracy")
    below.set(xlabel=name, ylabel="jitter / ceiling", ylim=(0, None))
    figure = above.get_figure(root=True)
    assert figure is not None
    return figure
