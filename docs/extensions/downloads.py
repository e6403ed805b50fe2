"""What readers take away: notebooks that read well, archives of the same bytes each time, and the library.

Sphinx-Gallery copies roles such as ``:doc:`` into notebooks as they are, and dates what it packs. So the
notebooks are put into plain words, and the archives packed again, as soon as the examples have run.
"""

from __future__ import annotations

import ast
import json
import posixpath
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

INSTALL = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
ROLE = re.compile(r":(?:\w+:)?(?P<role>\w+):`(?:(?P<text>[^`<]+?)\s*<)?~?(?P<target>[^`<>]+)>?`")


def title_of(script: Path) -> str:
    """Return the first line of an example's docstring."""
    return str(ast.get_docstring(ast.parse(script.read_text("utf-8")))).splitlines()[0]


def plain(markdown: str, page: str, site: str, gallery: Path) -> str:
    """Return a notebook's text without roles: links to pages, names of the library as code.

    Parameters
    ----------
    markdown : str
    page : str
        Name of the notebook's own page, ``/gallery/<topic>/plot_<claim>``.
    site : str
        Address of the site, or nothing: then links lead to the notebooks of the same archive alone.
    gallery : Path
        Where the generated examples lie.
    """

    def written(match: re.Match[str]) -> str:
        role, text, target = match["role"], match["text"], match["target"]
        if role != "doc":
            return f"`{text or target}`"
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
        script = gallery.parent / f"{target[1:]}.py"
        if target.startswith("/gallery/") and not target.endswith("/index") and not script.is_file():
            raise ExtensionError(f"examples{page.removeprefix('/gallery')}.py: {match[0]} is no example")
        name = text or (title_of(script) if script.is_file() else posixpath.basename(target))
        if site:
            return f"[{name}]({site}{target[1:]}.html)"
        relative = posixpath.relpath(f"{target}.ipynb", posixpath.dirname(page))
        return f"[{name}]({relative})" if script.is_file() else f"*{name}*"

    return ROLE.sub(written, markdown)


def rewrite_notebook(file: Path, site: str, gallery: Path, wheel: str) -> None:
    """Put the text cells of a notebook into plain words; where the site has an address, install from it."""
    notebook = json.loads(file.read_text("utf-8"))
    if site:
        notebook["cells"].insert(0, {**INSTALL, "source": [f"%pip install --quiet {site}wheels/{wheel}"]})
    page = f"/gallery/{file.parent.name}/{file.stem}"
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = [plain("".join(cell["source"]), page, site, gallery)]
    file.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", "utf-8")


def pack(archive: Path, files: Mapping[str, Path]) -> None:
    """Write files under their names into an archive, without their times and rights."""
    with ZipFile(archive, "w") as packed:
        for name, file in sorted(files.items()):
            entry = ZipInfo(name)  # of 1980
            entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
            packed.writestr(entry, file.read_bytes())


def pack_examples(app: Sphinx) -> None:
    """After the examples have run: notebooks in plain words, an archive an example and one for all."""
    gallery = Path(app.srcdir, "gallery")
    scripts = sorted(gallery.glob("*/plot_*.py"))
    everything: dict[str, Path] = {}
    for script in scripts:
        notebook = script.with_suffix(".ipynb")
        rewrite_notebook(notebook, app.config.html_baseurl, gallery, app.wheel.name)  # type: ignore[attr-defined]
        pack(script.with_suffix(".zip"), {file.name: file for file in (script, notebook)})
        everything |= {f"{script.parent.name}/{file.name}": file for file in (script, notebook)}
    pack(gallery / "unsteady-examples.zip", everything)


def start_wheel(app: Sphinx) -> None:
    """Start to build the library's wheel, beside the examples; it has the same bytes at any time."""
    folder = Path(app.doctreedir, "wheels")
    shutil.rmtree(folder, ignore_errors=True)
    app.building_wheel = subprocess.Popen(  # type: ignore[attr-defined]
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=Path(app.srcdir).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def await_wheel(app: Sphinx) -> None:
    """Wait for the wheel, which the pages name."""
    said, _ = app.building_wheel.communicate()  # type: ignore[attr-defined]
    if app.building_wheel.returncode:  # type: ignore[attr-defined]
        raise ExtensionError(f"no wheel: {said.strip().splitlines()[-1]}")
    [app.wheel] = Path(app.doctreedir, "wheels").glob("*.whl")  # type: ignore[attr-defined]
    del app.building_wheel  # type: ignore[attr-defined]


def publish_wheel(app: Sphinx, exception: Exception | None) -> None:
    """Put the wheel where the page of ``docs/wheels`` offers it."""
    target = Path(app.outdir, "wheels")
    if not exception and target.is_dir():
        shutil.copy(app.wheel, target)  # type: ignore[attr-defined]


class WheelDirective(SphinxDirective):
    """The link to the wheel, and the commands that install from it.

    They name the wheel itself where pip is asked: of a name alone, the package index might know another.
    """

    def run(self) -> list[nodes.Node]:
        name, site = self.env.app.wheel.name, self.config.html_baseurl  # type: ignore[attr-defined]
        link = nodes.reference("", name, refuri=name, internal=True)
        where = "" if site else "Download it, and in the folder where it is:"
        commands = (
            f"pip install {site}wheels/{name}\nuv run --find-links {site}wheels/ plot_learning_rate.py"
            if site
            else f"pip install ./{name}\nuv run --find-links . plot_learning_rate.py"
        )
        block = nodes.literal_block(commands, commands, language="sh")
        return [nodes.paragraph("", "", link), nodes.paragraph("", where), block]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("wheel", WheelDirective)
    app.connect("builder-inited", start_wheel, priority=50)
    app.connect("builder-inited", await_wheel, priority=700)
    app.connect("builder-inited", pack_examples, priority=750)
    app.connect("build-finished", publish_wheel)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
