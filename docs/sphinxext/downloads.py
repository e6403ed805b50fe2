"""What readers take away: notebooks that read well, and archives of the same bytes, and the wheel.

Sphinx-Gallery copies roles such as ``:doc:`` into notebooks as they are, and dates what it packs.
So once the examples have run, the notebooks get plain words, and the archives are packed again.
"""

import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from hatchling.builders.wheel import WheelBuilder
from sphinx.application import Sphinx

ROLE = re.compile(r":(?:\w+:)?(?P<role>\w+):`(?:(?P<text>[^`<]+?)\s*<)?~?(?P<target>[^`<>]+)>?`")


def plain(markdown: str, page: str, site: str, titles: Mapping[str, str]) -> str:
    """Return a notebook's text without roles: links to pages, names of the library as code.

    Parameters
    ----------
    markdown : str
    page : str
        Name of the notebook's own page, ``/gallery/<topic>/plot_<claim>``.
    site : str
        Address of the site, or nothing: then links lead to the notebooks of the same archive alone.
    titles : mapping of str to str
        The title of each example's page.
    """

    def written(match: re.Match[str]) -> str:
        role, text, target = match["role"], match["text"], match["target"]
        if role != "doc":
            return f"`{text or target}`"
        folder = posixpath.dirname(page)
        target = posixpath.normpath(posixpath.join(folder, target))
        name = text or titles.get(target, posixpath.basename(target))
        if site:
            return f"[{name}]({site}{target[1:]}.html)"
        notebook = posixpath.relpath(f"{target}.ipynb", folder)
        return f"[{name}]({notebook})" if target in titles else f"*{name}*"

    return ROLE.sub(written, markdown)


def pack(archive: Path, files: Iterable[Path], folder: Path) -> None:
    """Write files by their paths from a folder into an archive, without their times and rights."""
    with ZipFile(archive, "w") as packed:
        for file in sorted(files):
            entry = ZipInfo(file.relative_to(folder).as_posix())  # of 1980
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, file.read_bytes(), ZIP_DEFLATED)


def pack_examples(app: Sphinx) -> None:
    """After the examples have run: notebooks in plain words, an archive for each, one for all."""
    gallery = Path(app.srcdir, "gallery")
    found = app.config.sphinx_gallery_conf["titles"].items()
    titles = {f"/gallery/{Path(s).parent.name}/{Path(s).stem}": title for s, title in found}
    for page in titles:
        notebook = Path(f"{app.srcdir}{page}.ipynb")
        content = json.loads(notebook.read_text("utf-8"))
        for cell in content["cells"]:
            if cell["cell_type"] == "markdown":
                text = "".join(cell["source"])
                cell["source"] = [plain(text, page, app.config.html_baseurl, titles)]
        notebook.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
        pack(notebook.with_suffix(".zip"), [notebook, notebook.with_suffix(".py")], notebook.parent)
    every = [file for kind in ("py", "ipynb") for file in gallery.glob(f"*/*.{kind}")]
    pack(gallery / "unsteady-examples.zip", every, gallery)


def publish_wheel(app: Sphinx, exception: Exception | None) -> None:
    """Build the library's wheel, the same bytes at any time, where the page on it offers it."""
    target = Path(app.outdir, "wheels")
    if not exception and target.is_dir():
        list(WheelBuilder(str(Path(app.srcdir).parent)).build(directory=str(target)))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", pack_examples, priority=750)
    app.connect("build-finished", publish_wheel)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
