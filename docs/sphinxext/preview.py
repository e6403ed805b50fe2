"""The picture beside a link to the site that is shared: a PNG, since previews take no SVG."""

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from sphinx.application import Sphinx

# The figure that is taken, the first of its example.
FIGURE = "gallery/00_answer/images/sphx_glr_plot_taken_apart_001"
# Where it is kept, under a name that Sphinx-Gallery does not look for.
PICTURE = "gallery/00_answer/preview.png"


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Draw the picture, before the figure is closed by the scraper that follows."""
    first = plt.get_fignums() and not len(block_vars["image_path_iterator"])
    if first and FIGURE.endswith(f"_{Path(block_vars['src_file']).stem}_001"):
        figure, file = plt.figure(plt.get_fignums()[0]), Path(gallery_conf["src_dir"], PICTURE)
        figure.savefig(file, dpi=1200 / figure.get_figwidth(), metadata={"Software": None})
    return ""


def publish(app: Sphinx) -> None:
    """After the examples: name the picture and its alt text, where the site has an address."""
    file = Path(app.srcdir, PICTURE)
    if app.config.html_baseurl and file.is_file():
        app.config.html_static_path.append(str(file))
        app.config.ogp_image = f"{app.config.html_baseurl}_static/{file.name}"
        figure = json.loads(Path(app.srcdir, f"{FIGURE}.json").read_text("utf-8"))
        app.config.ogp_image_alt = figure["alt"]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", publish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
