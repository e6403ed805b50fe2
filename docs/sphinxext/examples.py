"""Running the examples that have no result yet, and laying all results out for Sphinx-Gallery.

Sphinx-Gallery's own parallel runs go folder after folder, and leave a core idle at the end of each.
With two workers that makes the 31 examples of this site take 115 s instead of 98 s.
So they are run here, all in one queue, by the function of Sphinx-Gallery that runs one.
It then finds them done.

Each example is run in a folder of its own. Once all of it is there, that folder is renamed to the
digest of what went into it. So what lies under a digest is complete and up to date, whatever
happened to the builds before, and a process that an earlier build left behind cannot change it.
"""

import re
import shutil
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from filelock import FileLock
from joblib import Parallel, delayed, parallel_config
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx_gallery.gen_rst import generate_file_rst
from sphinxext.digests import digest_of_example

logger = logging.getLogger(__name__)


def run_one(script: Path, docs: Path, conf: dict[str, Any]) -> tuple[Path, float, str]:
    """Run an example into a folder like that of the pages; return its time and its failure."""
    target = docs / "gallery" / script.parent.name
    target.mkdir(parents=True)
    conf = {**conf, "src_dir": str(docs)}
    _, _, (seconds, _), outcome = generate_file_rst(script.name, target, script.parent, conf)
    return script, seconds, outcome.get("formatted_exception", "")


def run_due(
    conf: dict[str, Any], store: Path, digests: dict[Path, str], settings: str
) -> list[str]:
    """Run the examples without a result; return a line for each failure."""
    failures: list[str] = []
    due = [script for script, digest in digests.items() if not (store / digest).is_dir()]
    if not due:
        return failures
    # One thread for each of two workers: more only wait for each other (111 s instead of 65 s).
    # Workers with nothing to do for 10 s end, also those that a killed build leaves behind.
    workers = {"n_jobs": 2, "inner_max_num_threads": 1, "idle_worker_timeout": 10}
    with TemporaryDirectory(dir=store) as folder, parallel_config("loky", **workers):
        tasks = (delayed(run_one)(script, Path(folder, script.stem), conf) for script in due)
        results = Parallel(return_as="generator_unordered", batch_size=1)(tasks)
        for count, (script, seconds, trace) in enumerate(results, 1):
            if trace:
                failures.append(summary(script, trace))
            elif digest_of_example(script, settings) != digests[script]:
                failures.append(f"{script.stem}: edited while it ran, or the library; build again")
            else:
                result = Path(folder, script.stem, "gallery", script.parent.name)
                result.rename(store / digests[script])
            logger.info("%d of %d %s %.1f s", count, len(due), script.stem, seconds)
    return failures


def summary(script: Path, trace: str) -> str:
    """Return one line for a failure: path and line in the script, and the error."""
    top = script.parents[2]
    lines = re.findall(rf'File "{re.escape(str(script))}", line (\d+)', trace)
    error = trace.strip().splitlines()[-1].replace(f"{top}/", "")
    return f"{script.relative_to(top)}:{lines[-1]}: {error}" if lines else error


def run(app: Sphinx, digests: dict[Path, str], settings: str) -> None:
    """Run what is due, stop if anything fails, and lay out all results as the gallery."""
    docs = Path(app.srcdir)
    store, gallery = docs / "_build/examples", docs / "gallery"
    store.mkdir(parents=True, exist_ok=True)
    for old in store.iterdir():
        if old.name not in digests.values():
            shutil.rmtree(old, ignore_errors=True)
    if failures := run_due(app.config.sphinx_gallery_conf, store, digests, settings):
        raise ExtensionError("\n".join(failures))
    shutil.rmtree(gallery, ignore_errors=True)
    gallery.mkdir()
    for script, digest in digests.items():
        shutil.copytree(store / digest, gallery / script.parent.name, dirs_exist_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    docs = Path(app.srcdir)
    # For `make live` beside `make site`, which holds this lock already.
    lock = FileLock(docs / "_build/lock", is_singleton=True)
    lock.acquire()
    app.connect("build-finished", lambda *_: lock.release())
    # Taken at the start: what is edited while examples run must not pass as seen.
    settings = repr(app.config.sphinx_gallery_conf)
    scripts = sorted(docs.parent.glob("examples/*/*.py"))
    digests = {script: digest_of_example(script, settings) for script in scripts}
    app.connect("builder-inited", partial(run, digests=digests, settings=settings), priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
