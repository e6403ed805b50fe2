"""A figure to play with, all of whose frames are drawn beforehand."""

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

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from unsteady._checks import finite, instance, scalar
from unsteady._stack import controls, stack

SCRIPT = Path(__file__).with_name("explorable.js")
BELONGS = "explorable"
"""The attribute of an opening frame, a figure like any other, that says to what it belongs."""


@dataclass(frozen=True, eq=False)
class Slider:
    """What one slider of an :class:`Explorable` sets.

    Parameters
    ----------
    label : str
        What stands beside it.
    values : sequence of float
        At least 2, increasing, and different as they are written, to six digits.
    opening : float
        One of the values, as they are written: that of the frame which is shown first.
    unit : str
        Stands behind the values.

    Raises
    ------
    TypeError, ValueError
        If the values are not such numbers, `opening` is none of them, or a text is none.
    """

    label: str
    values: Sequence[float]
    opening: float
    unit: str = ""

    def __post_init__(self) -> None:
        instance("label", self.label, str, "a str")
        instance("unit", self.unit, str, "a str")
        values = finite("values", self.values, ndim=1)
        object.__setattr__(self, "values", tuple(values.tolist()))  # whatever becomes of a list or an array
        if len(values) < 2 or (np.diff(values) <= 0).any() or len(set(self.written)) < len(values):
            raise ValueError(f"values must be at least 2, increasing, each written otherwise, got {values}")
        if f"{scalar('opening', self.opening):g}" not in self.written:
            raise ValueError(f"opening must be one of the values {values}, got {self.opening!r}")

    @property
    def written(self) -> list[str]:
        """The values as they are shown."""
        return [f"{value:g}" for value in self.values]

    @property
    def start(self) -> int:
        """The number of the opening value."""
        return self.written.index(f"{self.opening:g}")


class Explorable:
    """A figure to play with: one frame for each position of one or two sliders, all drawn beforehand.

    In a script it shows its opening frame, in a notebook and on the site its sliders as well.

    Parameters
    ----------
    draw : callable
        ``draw(fig, **values)`` draws a frame into an empty figure, and returns one sentence on what is to be
        seen in it, with its number. Its docstring's first paragraph is the caption. All frames have the size,
        the axes' limits and the label (``fig.set_label``, the alternative text) of the opening one.
    **sliders : Slider
        One or two, each named as `draw` takes its value.

    Attributes
    ----------
    figure : Figure
        The opening frame, as one of pyplot's figures.

    Raises
    ------
    TypeError, ValueError
        If there are no sliders or more than two, `draw` has no docstring, or returns no sentence; when all
        are drawn, if a frame differs in limits or label.

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
        setattr(self.figure, BELONGS, self)
        try:
            self._drawn(self.figure, {name: s.values[s.start] for name, s in self.sliders.items()})
        except BaseException:
            plt.close(self.figure)
            raise
        self.figure.draw_without_rendering()  # once it is laid out, all stays where it is
        self.figure.set_layout_engine("none")
        self._size, self._look = self.figure.get_size_inches().tolist(), _look(self.figure)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.positions())

    def positions(self) -> list[dict[str, float]]:
        """Return what the sliders say at each frame; the last slider's values follow each other."""
        values = (slider.values for slider in self.sliders.values())
        return [dict(zip(self.sliders, chosen, strict=True)) for chosen in itertools.product(*values)]

    def frames(self) -> Iterator[tuple[Figure, str]]:
        """Draw the frames, one after the other, in the order of the positions, each with its sentence."""
        for values in self.positions():
            figure = Figure()
            sentence = self._drawn(figure, values)
            if _look(figure) != self._look:
                raise ValueError(
                    f"draw must give all frames the same axes and label, got {_look(figure)} at {values}, "
                    f"{self._look} in the opening frame"
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
                f"draw must return a sentence on what is to be seen, got {sentence!r} at {values}"
            )
        return sentence

    def described(self) -> dict[str, Any]:
        """Return caption and sliders as plain data."""
        sliders = {
            name: {"label": s.label, "values": s.written, "unit": s.unit, "opening": s.start}
            for name, s in self.sliders.items()
        }
        return {"caption": self.caption, "sliders": sliders}

    def _repr_html_(self) -> str:
        """Return the figure with its sliders for a notebook, in the place of the opening frame alone."""
        plt.close(self.figure)
        drawn, sentences = zip(*((svg_of(figure), said) for figure, said in self.frames()), strict=True)
        shown = controls(uuid4().hex, self.described()["sliders"], sentences, _as_data(stack(drawn)))
        return (
            f'<figure class="explorable"><img src="{_as_data(svg_of(self.figure))}" '
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


def _look(figure: Figure) -> tuple[Any, ...]:
    """Return what all frames have in common: label, number of texts, and the limits of each of their axes."""
    limits = [tuple(map(float, (*ax.get_xlim(), *ax.get_ylim()))) for ax in figure.axes]
    return str(figure.get_label()), len(figure.texts), limits


def _placed(figure: Figure) -> list[Any]:
    return [*figure.axes, *figure.texts]


def svg_of(figure: Figure) -> str:
    """Return the figure as SVG that is the same at any time."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue()


def _as_data(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
