"""Figures with sliders. All frames are drawn in advance, so that a web page needs no Python."""

from __future__ import annotations

import inspect
import io
import itertools
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from uuid import uuid4

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from unsteady._validation import finite, instance, scalar
from unsteady.gallery._svg import merge_frames
from unsteady.gallery._widget import slider_controls

__all__ = [
    "EXPLORABLE_ATTR",
    "SCRIPT",
    "Explorable",
    "Slider",
    "explorable_of",
    "figure_to_svg",
    "merge_frames",
    "slider_controls",
]

SCRIPT = Path(__file__).with_name("explorable.js")
"""Path of the JavaScript that shows the frame to which the sliders point."""
EXPLORABLE_ATTR = "explorable"
"""Figure attribute that refers back to the figure's Explorable."""


@dataclass(frozen=True, eq=False)
class Slider:
    """One slider of an :class:`Explorable`.

    Parameters
    ----------
    label : str
        The name of the slider on the page.
    values : sequence of float
        Positions of the slider: at least 2 numbers, increasing. They are shown with six digits, and must
        differ in these.
    opening : float
        The value at which the slider starts, one of the values.
    unit : str
        Unit that follows each value on the page.

    Raises
    ------
    TypeError, ValueError
        If the values are not increasing numbers, `opening` is not one of them, or `label` or `unit` is not a
        str.

    Examples
    --------
    >>> from unsteady import Slider
    >>> slider = Slider("learning rate", [0.01, 0.1, 1], opening=0.1)
    >>> slider.written, slider.start
    (['0.01', '0.1', '1'], 1)
    """

    label: str
    values: Sequence[float]
    opening: float
    unit: str = ""

    def __post_init__(self) -> None:
        instance("label", self.label, str, "a str")
        instance("unit", self.unit, str, "a str")
        values = finite("values", self.values, ndim=1)
        # A copy: later changes of the caller's list do not change the slider.
        object.__setattr__(self, "values", tuple(values.tolist()))
        if len(values) < 2 or (np.diff(values) <= 0).any() or len(set(self.written)) < len(values):
            raise ValueError(f"values must be at least 2, increasing, and differ when shown, got {values}")
        if f"{scalar('opening', self.opening):g}" not in self.written:
            raise ValueError(f"opening must be one of the values {values}, got {self.opening!r}")

    @property
    def written(self) -> list[str]:
        """The values as text, with six digits."""
        return [f"{value:g}" for value in self.values]

    @property
    def start(self) -> int:
        """The index of the opening value."""
        return self.written.index(f"{self.opening:g}")


class Explorable:
    """A figure with one or two sliders, and a frame for each position of the sliders, drawn in advance.

    A script shows only the opening frame. A notebook and the site also show the sliders.

    Parameters
    ----------
    draw : callable
        ``draw(fig, **values)`` draws a frame into an empty figure. It returns a sentence that says what the
        frame shows, with the number that matters. The first paragraph of its docstring is the caption of the
        figure. All frames must have the same axis limits and the same label (``fig.set_label``, the
        alternative text). They get the size and the layout of the opening frame.
    **sliders : Slider
        One or two sliders. Their names are those of the arguments of `draw`.

    Attributes
    ----------
    figure : Figure
        The opening frame, a figure of pyplot.

    Raises
    ------
    TypeError, ValueError
        If there are no sliders or more than two, if `draw` has no docstring or returns no sentence, or if a
        frame has other axis limits or another label than the opening frame.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady import Explorable, Slider
    >>> def draw(fig, curvature):
    ...     "A parabola."
    ...     x = np.linspace(-1, 1)
    ...     fig.subplots().plot(x, curvature * x**2 / 2)
    ...     fig.axes[0].set(xlim=(-1, 1), ylim=(0, 2))
    ...     fig.set_label("A parabola with its minimum in the middle.")
    ...     return f"The loss at x = 1 is {curvature / 2:g}."
    >>> parabolas = Explorable(draw, curvature=Slider("curvature", [1, 2, 4], opening=2))
    >>> [sentence for figure, sentence in parabolas.frames()]
    ['The loss at x = 1 is 0.5.', 'The loss at x = 1 is 1.', 'The loss at x = 1 is 2.']
    """

    def __init__(self, draw: Callable[..., str], /, **sliders: Slider) -> None:
        if not 1 <= len(sliders) <= 2:
            raise ValueError(f"sliders must be one or two, got {len(sliders)}")
        self.draw = draw
        self.sliders = {name: instance(name, s, Slider, "a Slider") for name, s in sliders.items()}
        self.caption = _caption(draw)
        self.figure = plt.figure()
        setattr(self.figure, EXPLORABLE_ATTR, self)
        try:
            self._draw_checked(self.figure, {name: s.values[s.start] for name, s in self.sliders.items()})
        except BaseException:
            plt.close(self.figure)
            raise
        # Lay the figure out once, and then fix all positions.
        self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")
        self._size = self.figure.get_size_inches().tolist()
        self._frame_signature = _frame_signature(self.figure)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.positions())

    def positions(self) -> list[dict[str, float]]:
        """Return the slider values of each frame; the last slider changes fastest."""
        values = (slider.values for slider in self.sliders.values())
        return [dict(zip(self.sliders, chosen, strict=True)) for chosen in itertools.product(*values)]

    def frames(self) -> Iterator[tuple[Figure, str]]:
        """Draw each frame, in the order of the positions, and yield it with its sentence."""
        for values in self.positions():
            figure = Figure()
            sentence = self._draw_checked(figure, values)
            signature = _frame_signature(figure)
            if signature != self._frame_signature:
                raise ValueError(
                    f"draw must give all frames the same axes and label, got {signature} at {values}, "
                    f"{self._frame_signature} in the opening frame"
                )
            figure.set_size_inches(*self._size)
            figure.set_layout_engine("none")
            for artist, opening in zip(_positioned(figure), _positioned(self.figure), strict=True):
                artist.set_position(opening.get_position())
            yield figure, sentence

    def _draw_checked(self, figure: Figure, values: dict[str, float]) -> str:
        """Draw one frame into a figure and return its sentence, which must not be empty."""
        sentence: Any = self.draw(figure, **values)
        if not (isinstance(sentence, str) and sentence.strip()):
            raise ValueError(
                f"draw must return a sentence that says what the frame shows, got {sentence!r} at {values}"
            )
        return sentence

    def metadata(self) -> dict[str, Any]:
        """Return the caption and the sliders as plain data, for JSON."""
        sliders = {
            name: {"label": s.label, "values": s.written, "unit": s.unit, "opening": s.start}
            for name, s in self.sliders.items()
        }
        return {"caption": self.caption, "sliders": sliders}

    def _repr_html_(self) -> str:
        """Return the figure with its sliders as HTML, for a notebook."""
        plt.close(self.figure)  # or the notebook would show the opening frame a second time
        svgs, sentences = zip(
            *((figure_to_svg(figure), sentence) for figure, sentence in self.frames()), strict=True
        )
        controls = slider_controls(
            uuid4().hex, self.metadata()["sliders"], sentences, _data_url(merge_frames(svgs))
        )
        return (
            f'<figure class="explorable"><img src="{_data_url(figure_to_svg(self.figure))}" '
            f'alt="{escape(str(self.figure.get_label()))}">\n{controls}'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>\n"
            f"<script>{SCRIPT.read_text('utf-8')}</script>"
        )


def _caption(draw: Callable[..., str]) -> str:
    """Return the first paragraph of a function's docstring; the function may be a ``partial``."""
    while isinstance(draw, partial):
        draw = draw.func
    caption = " ".join((inspect.getdoc(draw) or "").partition("\n\n")[0].split())
    if not caption:
        raise ValueError("draw must have a docstring, whose first paragraph is the caption")
    return caption


def _frame_signature(figure: Figure) -> tuple[Any, ...]:
    """Return what must be equal in all frames: label, number of texts, and limits of all axes."""
    limits = [tuple(map(float, (*ax.get_xlim(), *ax.get_ylim()))) for ax in figure.axes]
    return str(figure.get_label()), len(figure.texts), limits


def _positioned(figure: Figure) -> list[Any]:
    """Return the axes and texts of a figure, which layout moves."""
    return [*figure.axes, *figure.texts]


def explorable_of(figure: Figure) -> Explorable | None:
    """Find the explorable whose opening frame is this figure.

    Parameters
    ----------
    figure : Figure
        Any figure.

    Returns
    -------
    Explorable or None
        None if the figure is not an opening frame.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from unsteady import Explorable, Slider
    >>> from unsteady.gallery.explorable import explorable_of
    >>> def draw(fig, height):
    ...     "A horizontal line."
    ...     fig.subplots().axhline(height)
    ...     fig.axes[0].set(ylim=(0, 3))
    ...     fig.set_label("A line from left to right.")
    ...     return f"The height of the line is {height}."
    >>> lines = Explorable(draw, height=Slider("height", [1, 2], opening=1))
    >>> explorable_of(lines.figure) is lines, explorable_of(plt.figure())
    (True, None)
    >>> plt.close("all")
    """
    return getattr(figure, EXPLORABLE_ATTR, None)


def figure_to_svg(figure: Figure) -> str:
    """Convert a figure to SVG. Equal figures give equal text.

    Date and program name are left out for this reason.

    Parameters
    ----------
    figure : Figure
        Any figure.

    Returns
    -------
    str
        An SVG file.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from unsteady.gallery.explorable import figure_to_svg
    >>> figures = [Figure(figsize=(2, 1)), Figure(figsize=(2, 1)), Figure(figsize=(4, 1))]
    >>> first, equal, wider = map(figure_to_svg, figures)
    >>> first == equal, first == wider
    (True, False)
    >>> 'width="144pt"' in first  # 2 inches of 72 points
    True
    """
    svg = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "unsteady"}):
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return svg.getvalue()


def _data_url(svg: str) -> str:
    """Return an SVG file as an address that contains it."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
