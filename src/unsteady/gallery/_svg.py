"""Merge many frames of one figure into a single SVG file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
CONTAINERS = {f"{SVG}{name}" for name in ("svg", "g", "defs", "a")}
"""Elements whose children may be put into further groups."""
ET.register_namespace("", SVG[1:-1])
ET.register_namespace("xlink", XLINK[1:-1])

FrameElement = tuple[int, Element]
"""The number of a frame, and one of its elements."""


def merge_frames(frames: Sequence[str]) -> str:
    """Merge frames into one SVG; the address ``file.svg#frame-3`` shows frame 3.

    Parameters
    ----------
    frames : sequence of str
        SVG files of one size.

    Returns
    -------
    str
        What all frames share is in the file once. The rest is in groups that show with their frames only::

            frame 0:  axes  red line   title
            frame 1:  axes  blue line  title
            merged:   axes  [f0: red line]  [f1: blue line]  title

    Raises
    ------
    ValueError
        If the frames differ in size.

    Examples
    --------
    >>> frames = [f'<svg xmlns="http://www.w3.org/2000/svg"><g/><path d="{d}"/></svg>' for d in ("M0", "M1")]
    >>> merged = merge_frames(frames)
    >>> merged.count("<path"), '<g class="f f1"><path d="M1" /></g>' in merged
    (2, True)
    """
    roots = [parse_frame(frame) for frame in frames]
    if len({_signature(root) for root in roots}) > 1:
        raise ValueError("frames must be of one size")
    rules = (f"#frame-{k}:target~g .f{k}{{display:inline}}" for k in range(len(roots)))
    style = Element(f"{SVG}style")
    style.text = ".f{display:none}" + "".join(rules)
    targets = [Element(f"{SVG}g", id=f"frame-{k}") for k in range(len(roots))]
    picture = Element(f"{SVG}g")
    picture.extend(_merge([[(k, child) for child in root] for k, root in enumerate(roots)]))
    merged = Element(roots[0].tag, roots[0].attrib)
    merged.extend([style, *targets, picture])
    return ET.tostring(merged, encoding="unicode")


def parse_frame(svg: str) -> Element:
    """Parse a frame, and drop ids that nothing refers to: they count artists, and so differ by frame."""
    root = ET.fromstring(svg)
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if element.tag in CONTAINERS:  # white space between elements is only for people who read the file
            element.text = None
            for child in element:
                child.tail = None
    return root


def _signature(element: Element) -> tuple[Any, ...]:
    return element.tag, tuple(sorted(element.attrib.items()))


def _merge(frames: list[list[FrameElement]]) -> list[Element]:
    """Merge the elements of all frames into one list."""
    if len({len(frame) for frame in frames}) > 1:
        parts = _split_common_ends(frames)
        return [*parts.prefix, *_variant_groups(parts.middle), *parts.suffix]
    return [element for variants in zip(*frames, strict=True) for element in _merge_variants(variants)]


def _merge_variants(variants: tuple[FrameElement, ...]) -> list[Element]:
    """Merge the elements that stand at the same place in each frame."""
    _, first = variants[0]
    if len({ET.tostring(element) for _, element in variants}) == 1:
        return [first]
    if first.tag in CONTAINERS and len({_signature(element) for _, element in variants}) == 1:
        container = Element(first.tag, first.attrib)
        container.extend(_merge([[(k, child) for child in element] for k, element in variants]))
        return [container]
    return _variant_groups([[variant] for variant in variants])


class _CommonEnds(NamedTuple):
    """Elements that all frames begin and end with, and what each frame has between them."""

    prefix: list[Element]
    middle: list[list[FrameElement]]
    suffix: list[Element]


def _split_common_ends(frames: list[list[FrameElement]]) -> _CommonEnds:
    first = _common_prefix(frames)
    last = _common_prefix([frame[first:][::-1] for frame in frames])
    opening = [element for _, element in frames[0]]
    middle = [frame[first : len(frame) - last] for frame in frames]
    return _CommonEnds(opening[:first], middle, opening[len(opening) - last :])


def _common_prefix(frames: list[list[FrameElement]]) -> int:
    """Return the number of equal elements with which all frames begin."""
    count = 0
    for elements in zip(*frames, strict=False):
        if len({ET.tostring(element) for _, element in elements}) > 1:
            break
        count += 1
    return count


def _variant_groups(frames: Sequence[Sequence[FrameElement]]) -> list[Element]:
    """Return one group for each variant, shown with all frames that have this variant."""
    frames_with: dict[tuple[bytes, ...], list[int]] = {}
    for frame in filter(None, frames):
        variant = tuple(ET.tostring(element) for _, element in frame)
        frames_with.setdefault(variant, []).append(frame[0][0])
    groups = []
    for variant, numbers in frames_with.items():
        group = Element(f"{SVG}g", {"class": " ".join(["f", *(f"f{k}" for k in numbers)])})
        group.extend(map(ET.fromstring, variant))
        groups.append(group)
    return groups
