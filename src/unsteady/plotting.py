"""The house style of all figures, and the plots that several examples share.

Loading this module sets the style. Colours mean the same on every page: ``TRAINING`` and ``VALIDATION`` for
the two data sets, ``THEORY`` (dashed) for formulas, ``HIGHLIGHT`` for the subject of the text, and ``MUTED``
for its background.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.lines import Line2D
from matplotlib.typing import ColorType
from numpy.typing import ArrayLike

from unsteady._validation import Array, finite, option
from unsteady.gallery.explorable import Explorable, Slider

__all__ = [
    "CYCLE", "HIGHLIGHT", "INK", "MUTED", "PAPER", "STYLE", "THEORY", "TRAINING", "VALIDATION",
    "Explorable", "Slider",
    "band", "curves", "label_ends", "log_axis", "points", "use_style",
]  # fmt: skip

INK, PAPER = "#1b1f24", "#ffffff"
"""Colours of text and axes, and of the background. The site replaces both in its dark colour scheme."""

TRAINING, VALIDATION, HIGHLIGHT, MUTED, THEORY = "#3b78c3", "#c4631c", "#a8559e", "#7d8590", INK
"""Colours with a fixed meaning."""
CYCLE = (TRAINING, VALIDATION, "#1f8a70", HIGHLIGHT, "#997000", "#c0504d", MUTED)
"""Colours of lines without a fixed meaning, in the order of use."""

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
"""Settings of matplotlib. The text is large because a phone shrinks a figure to about half its width."""


def use_style() -> None:
    """Set the house style for all later figures. Loading this module does this once.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> from unsteady import plotting
    >>> plotting.use_style()
    >>> mpl.rcParams["font.size"] == plotting.STYLE["font.size"]
    True
    """
    mpl.rcParams.update(STYLE)  # type: ignore[arg-type]


use_style()


def _separate(targets: Array, distance: float) -> Array:
    """Return heights near the targets, in the same order, that are at least `distance` apart."""
    order = np.argsort(targets)
    heights = targets[order].astype(float)
    for _ in range(100):
        gaps = distance - np.diff(heights)
        if (gaps <= 1e-9).all():
            break
        shift = np.maximum(gaps, 0) / 2
        heights[:-1] -= shift
        heights[1:] += shift
    separated = np.empty_like(heights)
    separated[order] = heights
    return separated


def label_ends(ax: Axes, lines: Sequence[Line2D], lineheight: float = 18) -> None:
    """Write the label of each line at the right of the axes, next to the end of the line.

    Labels have the colours of their lines and do not overlap.

    Parameters
    ----------
    ax : Axes
        The axes of the lines, with their final scales and limits.
    lines : sequence of Line2D
        Lines with labels, as :func:`curves` returns them.
    lineheight : float
        Least distance between two labels, in points.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from unsteady import plotting
    >>> fig, ax = plt.subplots()
    >>> plotting.label_ends(ax, plotting.curves(ax, [[1, 2], [3, 1]], labels=["first", "second"]))
    >>> [text.get_text() for text in ax.texts]
    ['first', 'second']
    >>> plt.close(fig)
    """
    if (figure := ax.get_figure(root=True)) is not None:
        figure.draw_without_rendering()  # the height of the axes is known only after layout
    ends = []
    for line in lines:
        y = np.asarray(line.get_ydata(), dtype=float)
        x = np.asarray(line.get_xdata(), dtype=float)
        last = np.flatnonzero(np.isfinite(y) & np.isfinite(x))[-1]
        ends.append(ax.transData.transform((x[last], y[last]))[1])
    box = ax.get_window_extent()
    heights = np.clip(np.array(ends), box.y0, box.y1)
    separated = _separate(heights, lineheight * ax.figure.dpi / 72)
    for line, height in zip(lines, separated, strict=True):
        position = (1.0, float((height - box.y0) / box.height))
        ax.annotate(
            str(line.get_label()), position, (6, 0), xycoords="axes fraction", textcoords="offset points",
            color=line.get_color(), va="center", annotation_clip=False,
        )  # fmt: skip


def log_axis(ax: Axes, ticks: Sequence[float], which: str = "x") -> None:
    """Make an axis logarithmic, with ticks at the given numbers only, and write them as plain numbers.

    Parameters
    ----------
    ax : Axes
        The axes to change.
    ticks : sequence of float
        Positions of the ticks, above 0.
    which : {"x", "y"}
        The axis to change.

    Raises
    ------
    ValueError
        If `which` is not one of the two.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from unsteady import plotting
    >>> fig, ax = plt.subplots()
    >>> plotting.log_axis(ax, [25, 400])
    >>> ax.get_xscale(), [label.get_text() for label in ax.get_xticklabels()]
    ('log', ['25', '400'])
    >>> plt.close(fig)
    """
    axis = ax.xaxis if option("which", which, ("x", "y")) == "x" else ax.yaxis
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    axis.set_ticks(list(ticks), [f"{tick:g}" for tick in ticks])
    axis.set_ticks([], minor=True)


def curves(
    ax: Axes, values: ArrayLike, labels: Sequence[str], x: ArrayLike | None = None, **style: Any
) -> list[Line2D]:
    """Draw a line for each column, with its label for :func:`label_ends` or a legend.

    Parameters
    ----------
    ax : Axes
        The axes to draw into.
    values : array of shape (points, lines)
        Heights of the points. Points that are not finite are left out.
    labels : sequence of str
        One label for each line.
    x : array of shape (points,), optional
        Horizontal positions of the points; 0, 1, 2, ... if not given.
    **style
        Keyword arguments of :meth:`matplotlib.axes.Axes.plot`.

    Returns
    -------
    list of Line2D

    Raises
    ------
    TypeError, ValueError
        If the values do not have a column for each label, or `x` is not a list of finite numbers.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from unsteady import plotting
    >>> fig, ax = plt.subplots()
    >>> lines = plotting.curves(ax, [[1, 2], [3, 4], [5, 6]], labels=["odd", "even"])
    >>> [(line.get_label(), line.get_ydata().tolist()) for line in lines]
    [('odd', [1.0, 3.0, 5.0]), ('even', [2.0, 4.0, 6.0])]
    >>> plt.close(fig)
    """
    columns = np.asarray(values, dtype=float)
    if columns.ndim != 2 or columns.shape[1] != len(labels):
        raise ValueError(
            f"values must have the shape (points, {len(labels)}), one line a label, got {columns.shape}"
        )
    positions = np.arange(len(columns)) if x is None else finite("x", x, ndim=1)
    return [
        ax.plot(positions, column, label=label, **style)[0]
        for column, label in zip(columns.T, labels, strict=True)
    ]


def _quantiles(x: ArrayLike, values: ArrayLike) -> tuple[Array, Array, Array]:
    """Return `x`, `values` as an array ``(points, replicates)``, and its 5, 50 and 95 % quantiles."""
    positions, runs = finite("x", x, ndim=1), np.asarray(values, dtype=float)
    if runs.ndim != 2 or len(runs) != len(positions):
        raise ValueError(
            f"values must have the shape ({len(positions)}, replicates) to go with x, got {runs.shape}"
        )
    return positions, runs, np.quantile(runs, [0.05, 0.5, 0.95], axis=1)


def band(
    ax: Axes,
    x: ArrayLike,
    values: ArrayLike,
    color: ColorType,
    label: str | None = None,
    singles: int = 3,
) -> Line2D:
    """Draw the median and the 5 to 95 % band of replicates, and a few single runs as thin lines.

    Parameters
    ----------
    ax : Axes
        The axes to draw into.
    x : array of shape (points,)
        Horizontal positions.
    values : array of shape (points, replicates)
        The curve of each replicate.
    color : color
        Colour of the band and of all lines.
    label : str, optional
        Label of the median.
    singles : int
        How many single runs to draw. They are the first replicates.

    Returns
    -------
    Line2D
        The line of the median.

    Raises
    ------
    TypeError, ValueError
        If `x` is not a list of finite numbers, or the values do not have a row for each of them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from unsteady import plotting
    >>> fig, ax = plt.subplots()
    >>> median = plotting.band(ax, [0, 1], [[1, 2, 9], [4, 5, 6]], plotting.VALIDATION)
    >>> median.get_ydata().tolist()
    [2.0, 5.0]
    >>> plt.close(fig)
    """
    positions, runs, (low, median, high) = _quantiles(x, values)
    ax.fill_between(positions, low, high, color=color, alpha=0.25, linewidth=0)
    ax.plot(positions, runs[:, :singles], color=color, linewidth=0.7, alpha=0.8)
    return ax.plot(positions, median, color=color, label=label)[0]


def points(
    ax: Axes, x: ArrayLike, values: ArrayLike, color: ColorType, label: str | None = None, **style: Any
) -> ErrorbarContainer:
    """Draw the median of replicates as points, with error bars from 5 to 95 %.

    Parameters
    ----------
    ax : Axes
        The axes to draw into.
    x : array of shape (points,)
        Horizontal positions.
    values : array of shape (points, replicates)
        The value of each replicate at each point.
    color : color
        Colour of points and bars.
    label : str, optional
        Label of the points.
    **style
        Keyword arguments of :meth:`matplotlib.axes.Axes.errorbar`; circles without a line if not given.

    Returns
    -------
    ErrorbarContainer

    Raises
    ------
    TypeError, ValueError
        If `x` is not a list of finite numbers, or the values do not have a row for each of them.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from unsteady import plotting
    >>> fig, ax = plt.subplots()
    >>> drawn = plotting.points(ax, [0, 1], [[1, 2, 9], [4, 5, 6]], plotting.THEORY)
    >>> drawn.lines[0].get_ydata().tolist()  # the medians
    [2.0, 5.0]
    >>> plt.close(fig)
    """
    positions, _, (low, median, high) = _quantiles(x, values)
    style = {"fmt": "o", "capsize": 4, **style}
    return ax.errorbar(positions, median, [median - low, high - median], color=color, label=label, **style)
