"""A figure with sliders. All of its frames are drawn beforehand, so that a page needs no Python."""

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
"""The JavaScript that moves the sliders."""
EXPLORABLE_ATTR = "explorable"
"""Figure attribute that refers back to the figure's Explorable."""


@dataclass(frozen=True, eq=False)
class Slider:
    """One slider of an :class:`Explorable`.

    Parameters
    ----------
    label : str
        The name that readers see.
    values : sequence of float
        At least 2, increasing. They must differ in their first six digits, which are shown.
    opening : float
        One of the values: that of the frame which is shown first.
    unit : str
        Shown behind each value.

    Raises
    ------
    TypeError, ValueError
        If the values are not increasing numbers, `opening` is not one of them, or a text is no str.

    Examples
    --------
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
        object.__setattr__(
            self, "values", tuple(values.tolist())
        )  # a copy, whatever happens to the list later
        if len(values) < 2 or (np.diff(values) <= 0).any() or len(set(self.written)) < len(values):
            raise ValueError(f"values must be at least 2, increasing, and differ when shown, got {values}")
        if f"{scalar('opening', self.opening):g}" not in self.written:
            raise ValueError(f"opening must be one of the values {values}, got {self.opening!r}")

    @property
    def written(self) -> list[str]:
        """The values as they are shown."""
        return [f"{value:g}" for value in self.values]

    @property
    def start(self) -> int:
        """The index of the opening value."""
        return self.written.index(f"{self.opening:g}")


class Explorable:
    """A figure with one or two sliders: one frame for each position, all drawn beforehand.

    A script shows the opening frame; a notebook and the site show the sliders as well.

    Parameters
    ----------
    draw : callable
        ``draw(fig, **values)`` draws a frame into an empty figure, and returns one sentence that says what
        the frame shows, with its number. The first paragraph of its docstring is the caption. All frames have
        the same size, axis limits and label (``fig.set_label``, the alternative text).
    **sliders : Slider
        One or two, each named as `draw` takes its value.

    Attributes
    ----------
    figure : Figure
        The opening frame, as one of pyplot's figures.

    Raises
    ------
    TypeError, ValueError
        If there are no sliders or more than two, if `draw` has no docstring or returns no sentence, or if a
        frame has other limits or another label than the opening one.

    Examples
    --------
    >>> def draw(fig, curvature):
    ...     "A bowl."
    ...     x = np.linspace(-1, 1)
    ...     fig.subplots().plot(x, curvature * x**2 / 2)
    ...     fig.axes[0].set(xlim=(-1, 1), ylim=(0, 2))
    ...     fig.set_label("A parabola with its lowest point in the middle.")
    ...     return f"At its rim it is {curvature / 2:g} high."
    >>> bowls = Explorable(draw, curvature=Slider("curvature", [1, 2, 4], opening=2))
    >>> [sentence for figure, sentence in bowls.frames()][2]
    'At its rim it is 2 high.'
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
            self._drawn(self.figure, {name: s.values[s.start] for name, s in self.sliders.items()})
        except BaseException:
            plt.close(self.figure)
            raise
        self.figure.draw_without_rendering()  # once it is laid out, all stays where it is
        self.figure.set_layout_engine("none")
        self._size, self._frame_signature = (
            self.figure.get_size_inches().tolist(),
            _frame_signature(self.figure),
        )

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.positions())

    def positions(self) -> list[dict[str, float]]:
        """Return the values of each frame; the last slider changes fastest."""
        values = (slider.values for slider in self.sliders.values())
        return [dict(zip(self.sliders, chosen, strict=True)) for chosen in itertools.product(*values)]

    def frames(self) -> Iterator[tuple[Figure, str]]:
        """Draw the frames in the order of the positions; yield each with its sentence."""
        for values in self.positions():
            figure = Figure()
            sentence = self._drawn(figure, values)
            signature = _frame_signature(figure)
            if signature != self._frame_signature:
                raise ValueError(
                    f"draw must give all frames the same axes and label, got {signature} at {values}, "
                    f"{self._frame_signature} in the opening frame"
                )
            figure.set_size_inches(*self._size)
            figure.set_layout_engine("none")
            for part, opening in zip(_placed(figure), _placed(self.figure), strict=True):
                part.set_position(opening.get_position())
            yield figure, sentence

    def _drawn(self, figure: Figure, values: dict[str, float]) -> str:
        sentence: Any = self.draw(figure, **values)
        if not (isinstance(sentence, str) and sentence.strip()):
            raise ValueError(
                f"draw must return a sentence that says what the frame shows, got {sentence!r} at {values}"
            )
        return sentence

    def metadata(self) -> dict[str, Any]:
        """Return caption and sliders as plain data."""
        sliders = {
            name: {"label": s.label, "values": s.written, "unit": s.unit, "opening": s.start}
            for name, s in self.sliders.items()
        }
        return {"caption": self.caption, "sliders": sliders}

    def _repr_html_(self) -> str:
        """Return the figure with its sliders for a notebook, in the place of the opening frame alone."""
        plt.close(self.figure)
        drawn, sentences = zip(
            *((figure_to_svg(figure), said) for figure, said in self.frames()), strict=True
        )
        shown = slider_controls(
            uuid4().hex, self.metadata()["sliders"], sentences, _as_data(merge_frames(drawn))
        )
        return (
            f'<figure class="explorable"><img src="{_as_data(figure_to_svg(self.figure))}" '
            f'alt="{escape(str(self.figure.get_label()))}">\n{shown}'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>\n"
            f"<script>{SCRIPT.read_text('utf-8')}</script>"
        )


def _caption(draw: Callable[..., str]) -> str:
    """Return the first paragraph of a function's docstring, also where some of its arguments are given."""
    while isinstance(draw, partial):
        draw = draw.func
    caption = " ".join((inspect.getdoc(draw) or "").partition("\n\n")[0].split())
    if not caption:
        raise ValueError("draw must have a docstring, whose first paragraph is the caption")
    return caption


def _frame_signature(figure: Figure) -> tuple[Any, ...]:
    """Return what must be equal in all frames: label, number of texts, and the limits of each of the axes."""
    limits = [tuple(map(float, (*ax.get_xlim(), *ax.get_ylim()))) for ax in figure.axes]
    return str(figure.get_label()), len(figure.texts), limits


def _placed(figure: Figure) -> list[Any]:
    return [*figure.axes, *figure.texts]


def explorable_of(figure: Figure) -> Explorable | None:
    """Return the explorable whose opening frame a figure is, or None.

    Examples
    --------
    >>> explorable_of(Figure()) is None
    True
    """
    return getattr(figure, EXPLORABLE_ATTR, None)


def figure_to_svg(figure: Figure) -> str:
    """Return a figure as SVG, without the date and the program's name: equal figures give equal bytes.

    Examples
    --------
    >>> figure_to_svg(Figure()).startswith("<?xml")
    True
    """
    drawn = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "unsteady"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue()


def _as_data(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
