"""What a figure to play with is made of: all its frames in one SVG, and sliders in HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
GROUPS = {f"{SVG}{name}" for name in ("svg", "g", "defs", "a")}
"""Elements whose children may stand in further groups."""
ET.register_namespace("", SVG[1:-1])
ET.register_namespace("xlink", XLINK[1:-1])


# Frames ------------------------------------------------------------------------------------------


def stack(frames: Sequence[str]) -> str:
    """Return one SVG of many, of which it shows that one whose number follows ``#frame-`` in its address.

    What all frames draw alike is in it once; the rest stands in groups that appear with their frame.
    """
    roots = [_parsed(frame) for frame in frames]
    if len({_tag(root) for root in roots}) > 1:
        raise ValueError("frames must be of one size")
    shown = (f"#frame-{k}:target~g .f{k}{{display:inline}}" for k in range(len(roots)))
    style = Element(f"{SVG}style")
    style.text = ".f{display:none}" + "".join(shown)
    marks = [Element(f"{SVG}g", id=f"frame-{k}") for k in range(len(roots))]
    picture = Element(f"{SVG}g")
    picture.extend(_merged([[(k, child) for child in root] for k, root in enumerate(roots)]))
    together = Element(roots[0].tag, roots[0].attrib)
    together.extend([style, *marks, picture])
    return ET.tostring(together, encoding="unicode")


def _parsed(svg: str) -> Element:
    """Return a picture without the ids that nothing refers to: they count artists, so that frames differ."""
    root = ET.fromstring(svg)
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if element.tag in GROUPS:  # what stands between elements there is only for those who read the file
            element.text = None
            for child in element:
                child.tail = None
    return root


def _tag(element: Element) -> tuple[Any, ...]:
    return element.tag, tuple(sorted(element.attrib.items()))


def _merged(frames: list[list[tuple[int, Element]]]) -> list[Element]:
    """Return the elements of all frames, each frame's elements with its number, as one list."""
    if len({len(frame) for frame in frames}) > 1:
        first = _alike(frames)
        last = _alike([frame[first:][::-1] for frame in frames])
        middle = [frame[first : len(frame) - last] for frame in frames]
        ends = (frames[0][:first], frames[0][len(frames[0]) - last :])
        before, after = ([element for _, element in end] for end in ends)
        return [*before, *_apart(middle), *after]
    merged = []
    for variants in zip(*frames, strict=True):
        first = variants[0][1]
        if len({_tag(element) for _, element in variants}) == 1 and first.tag in GROUPS:
            together = Element(first.tag, first.attrib)
            together.extend(_merged([[(k, child) for child in element] for k, element in variants]))
            merged.append(together)
        elif len({ET.tostring(element) for _, element in variants}) == 1:
            merged.append(first)
        else:
            merged += _apart([[variant] for variant in variants])
    return merged


def _alike(frames: list[list[tuple[int, Element]]]) -> int:
    """Return with how many elements all frames begin alike."""
    begun = enumerate(zip(*frames, strict=False))
    shortest = min(map(len, frames))
    return next((k for k, these in begun if len({ET.tostring(e) for _, e in these}) > 1), shortest)


def _apart(frames: Sequence[Sequence[tuple[int, Element]]]) -> list[Element]:
    """Return a group for each frame's elements, which shows with it; one for frames that have the same."""
    numbers: dict[tuple[bytes, ...], list[int]] = {}
    for frame in filter(None, frames):
        numbers.setdefault(tuple(ET.tostring(element) for _, element in frame), []).append(frame[0][0])
    groups = []
    for texts, shown in numbers.items():
        group = Element(f"{SVG}g", {"class": " ".join(["f", *(f"f{k}" for k in shown)])})
        group.extend(map(ET.fromstring, texts))
        groups.append(group)
    return groups


# Sliders -----------------------------------------------------------------------------------------


def controls(
    name: str, sliders: Mapping[str, Mapping[str, Any]], sentences: Sequence[str], frames: str
) -> str:
    """Return sliders and the opening frame's sentence as HTML; without the script, the latter alone shows.

    Parameters
    ----------
    name : str
        Of the figure, its id.
    sliders : mapping of name to dict
        Each with ``label``, ``values`` (str), ``unit`` and ``opening``, the number of one of the values.
    sentences : sequence of str
        One a frame; the last slider's values follow each other.
    frames : str
        Where the :func:`stack` of the frames is.
    """
    opening = 0
    for slider in sliders.values():
        opening = opening * len(slider["values"]) + slider["opening"]
    inner = "".join(_slider(f"{name}-{key}", key, **slider) for key, slider in sliders.items())
    told = escape(json.dumps(sentences, ensure_ascii=False))
    return (
        f'<div class="sliders" data-frames="{escape(frames)}" data-sentences="{told}" hidden>{inner}</div>\n'
        f'<p class="said">{escape(sentences[opening])}</p>\n'
    )


def _slider(id_: str, name: str, label: str, values: Sequence[str], unit: str, opening: int) -> str:
    named = [f"{value} {unit}".strip() for value in values]
    options = "".join(
        f'<option value="{k}" label="{escape(shown)}">{escape(value)}</option>'
        for k, (value, shown) in enumerate(zip(values, named, strict=True))
    )
    return (
        f'<div class="slider"><label for="{id_}">{escape(label)}</label> <span class="value"></span>\n'
        f'<div><span aria-hidden="true">{escape(named[0])}</span> '
        f'<input type="range" id="{id_}" name="{escape(name)}" min="0" max="{len(values) - 1}" '
        f'value="{opening}" list="{id_}-values" autocomplete="off"> '
        f'<span aria-hidden="true">{escape(named[-1])}</span></div>\n'
        f'<datalist id="{id_}-values">{options}</datalist></div>\n'
    )
