"""What is kept of an example while it runs: its figures, each with its alt text, and its claims."""

import json
import re
import warnings
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from sphinx.errors import ExtensionError

from unsteady import plotting
from unsteady.gallery import claims
from unsteady.gallery.explorable import explorable_of, figure_to_svg, merge_frames

SHORTEST_ALT = 20
SCHEME = """<style>
:root {{ --ink: {ink}; --paper: #ffffff }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #d6dade; --paper: #131416 }} }}
</style>"""


def reset(gallery_conf: dict[str, Any], script: str) -> None:
    """Before each example: the house style, no claims yet, and warnings are errors."""
    plotting.use_style()
    claims.records.clear()
    warnings.simplefilter("error")
    # plt.show() is for who runs the script alone.
    warnings.filterwarnings("ignore", message=".*non-interactive")


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save a cell's figures and claims; return the reST that shows them."""
    script, images = Path(block_vars["src_file"]), block_vars["image_path_iterator"]
    place = {"script": f"{script.parent.name}/{script.name}"}
    records = [record.as_dict() | place for record in claims.records]
    write_json(Path(block_vars["target_file"]).with_suffix(".claims.json"), records)
    figures = [plt.figure(number) for number in plt.get_fignums()]
    plt.close("all")  # whatever happens next: none may pass into another example
    shown = []
    for figure in figures:
        save(figure, Path(next(images)).with_suffix(".svg"), place=f"{script}:{block.lineno}")
        shown.append(f".. example-figure:: {script.stem} {len(images)}\n")
    made = [record.id for record in claims.records[block_vars.get("claims", 0) :]]
    block_vars["claims"] = len(claims.records)
    if made:  # links to the ledger, and the targets of the ledger's links
        shown += [".. rst-class:: made\n", *(f".. _made-{name}:\n" for name in made)]
        shown.append(f"In the ledger: {', '.join(f':ref:`{n} <claim-{n}>`' for n in made)}\n")
    return "\n" + "\n".join(shown) + "\n" if shown else ""


def write_json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")


def save(figure: Figure, image: Path, place: str) -> None:
    """Write the figure as SVG, its frames if it has sliders, and what its page says of it."""
    alt = str(figure.get_label()).strip()
    if len(alt) < SHORTEST_ALT:
        needed = f"alt text of {SHORTEST_ALT} characters: fig.set_label('what is to be seen')"
        raise ExtensionError(f"{place}: a figure needs {needed}, got {alt!r}")
    image.write_text(to_svg(figure), "utf-8")
    width, height = (round(inches * 100) for inches in figure.get_size_inches())
    page: dict[str, Any] = {"alt": alt, "width": width, "height": height}
    if explorable := explorable_of(figure):
        drawn = [(to_svg(frame), sentence) for frame, sentence in explorable.frames()]
        frames, sentences = zip(*drawn, strict=True)
        image.with_name(f"{image.stem}_frames.svg").write_text(merge_frames(frames), "utf-8")
        page["explorable"] = explorable.metadata() | {"sentences": sentences}
    write_json(image.with_suffix(".json"), page)


def to_svg(figure: Figure) -> str:
    """Return the figure as SVG in colours that follow the reader's choice of light or dark."""
    svg = round_paths(figure_to_svg(figure))
    svg = re.sub(plotting.INK, "var(--ink)", svg, flags=re.IGNORECASE)
    svg = re.sub(plotting.PAPER, "var(--paper)", svg, flags=re.IGNORECASE)
    head, tag, rest = svg.partition("<defs>")
    return head + SCHEME.format(ink=plotting.INK) + tag + rest


def round_paths(svg: str) -> str:
    """Write the paths to a tenth of a point, a seventh of a pixel: over a third less to load."""

    def path(found: re.Match[str]) -> str:
        numbers = " ".join(found[0].split())
        return re.sub(r"-?\d+\.\d+", lambda n: f"{float(n[0]):.1f}".removesuffix(".0"), numbers)

    return re.sub(r'(?<=\bd=")[^"]*', path, svg)
