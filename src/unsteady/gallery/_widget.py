"""The sliders of a figure, as HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any


def slider_controls(
    name: str, sliders: Mapping[str, Mapping[str, Any]], sentences: Sequence[str], frames: str
) -> str:
    """Return the sliders and the opening frame's sentence as HTML.

    Without the script, only the sentence shows.

    Parameters
    ----------
    name : str
        The figure's id.
    sliders : mapping of name to dict
        Each with ``label``, ``values`` (str), ``unit``, and ``opening``, the index of one of the values.
    sentences : sequence of str
        One for each frame; the values of the last slider change fastest.
    frames : str
        Address of the file that :func:`merge_frames` made.

    Examples
    --------
    >>> slider = {"label": "learning rate", "values": ["0.1", "0.2"], "unit": "", "opening": 1}
    >>> html = slider_controls("fig", {"rate": slider}, ["It is calm.", "It jumps."], "frames.svg")
    >>> '<p class="said">It jumps.</p>' in html
    True
    """
    opening = 0
    for slider in sliders.values():
        opening = opening * len(slider["values"]) + slider["opening"]
    inner = "".join(_slider(f"{name}-{key}", key, **slider) for key, slider in sliders.items())
    data = escape(json.dumps(sentences, ensure_ascii=False))
    return (
        f'<div class="sliders" data-frames="{escape(frames)}" data-sentences="{data}" hidden>{inner}</div>\n'
        f'<p class="said">{escape(sentences[opening])}</p>\n'
    )


def _slider(id_: str, name: str, label: str, values: Sequence[str], unit: str, opening: int) -> str:
    with_unit = [f"{value} {unit}".strip() for value in values]
    options = "".join(
        f'<option value="{k}" label="{escape(shown)}">{escape(value)}</option>'
        for k, (value, shown) in enumerate(zip(values, with_unit, strict=True))
    )
    return (
        f'<div class="slider"><label for="{id_}">{escape(label)}</label> <span class="value"></span>\n'
        f'<div><span aria-hidden="true">{escape(with_unit[0])}</span> '
        f'<input type="range" id="{id_}" name="{escape(name)}" min="0" max="{len(values) - 1}" '
        f'value="{opening}" list="{id_}-values" autocomplete="off"> '
        f'<span aria-hidden="true">{escape(with_unit[-1])}</span></div>\n'
        f'<datalist id="{id_}-values">{options}</datalist></div>\n'
    )
