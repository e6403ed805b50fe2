"""Running the examples: those of all folders at once, in workers that end with their builder.

Sphinx-Gallery runs one folder after the other, so that a core stands idle at the end of each. Here all
examples are run before it looks, and it finds them done.

A build that is killed may leave its workers behind, still running examples. They end as soon as they are
orphans, and hold a lock until then, for which the next build waits.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
import time
from pathlib import Path
from typing import Any

from joblib import Parallel, cpu_count, delayed, parallel_config
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx_gallery.gen_rst import generate_file_rst

logger = logging.getLogger(__name__)

held: list[int] = []
"""The lock that this process holds until it ends."""


def run_one(script: Path, folder: Path, conf: dict[str, Any], builder: int) -> str:
    """Run an example in a worker, which ends with its builder; return the trace of a failure."""
    if not held:
        held.append(os.open(lock_of(conf["src_dir"]), os.O_WRONLY | os.O_CREAT))
        fcntl.flock(held[0], fcntl.LOCK_SH)
        watch(builder)
    if os.getppid() != builder:
        os._exit(1)
    *_, outcome = generate_file_rst(script.name, folder, script.parent, conf)
    return str(outcome.get("formatted_exception", ""))


def watch(builder: int) -> None:
    """End this process with its builder."""
    threading.Thread(target=end_with, args=(builder,), daemon=True).start()


def end_with(builder: int) -> None:
    """End this process as soon as its parent is not the builder any more."""
    while os.getppid() == builder:
        time.sleep(0.1)
    os._exit(1)


def lock_of(docs: str | Path) -> Path:
    return Path(docs, "gallery.lock")


def check_examples(examples: Path) -> None:
    """Stop at a script that Sphinx-Gallery would silently pass over."""
    for script in sorted(examples.glob("*/*.py")):
        place = script.relative_to(examples.parent)
        if not script.name.startswith("plot_"):
            raise ExtensionError(f"{place}: an example is named plot_<claim>.py, or it is not run")
        if not (script.parent / "GALLERY_HEADER.rst").is_file():
            raise ExtensionError(f"{place}: its folder needs a GALLERY_HEADER.rst with the topic's title")


def is_done(script: Path, target: Path) -> bool:
    """Return whether Sphinx-Gallery has run this very script, and marked it as done."""
    mark = target.with_name(f"{target.name}.md5")
    return mark.is_file() and target.is_file() and target.read_bytes() == script.read_bytes()


def run(app: Sphinx) -> None:
    """Run all examples that are not up to date, and stop if one fails."""
    top, gallery = Path(app.srcdir).parent, Path(app.srcdir, "gallery")
    check_examples(top / "examples")
    scripts = sorted(top.glob("examples/*/plot_*.py"))
    due = [s for s in scripts if not is_done(s, gallery / s.parent.name / s.name)]
    conf = app.config.sphinx_gallery_conf
    if due:
        for folder in {script.parent.name for script in due}:
            (gallery / folder / "images/thumb").mkdir(parents=True, exist_ok=True)
        # As many threads for each as it would have alone: the last to run then has all cores.
        with parallel_config(backend="loky", n_jobs=conf["parallel"], inner_max_num_threads=cpu_count()):
            traces = Parallel(pre_dispatch="n_jobs", batch_size=1)(
                delayed(run_one)(s, gallery / s.parent.name, conf, os.getpid()) for s in due
            )
        failures = [summary(s, trace, top) for s, trace in zip(due, traces, strict=True) if trace]
        if failures:
            raise ExtensionError("\n".join(failures))
    conf["parallel"] = False  # what is left to do needs no workers
    logger.info("ran %d of %d examples", len(due), len(scripts))


def lock(app: Sphinx) -> None:
    """Wait until no worker of an earlier build is left; then let other builds wait until this one ends."""
    held.append(os.open(lock_of(app.srcdir), os.O_WRONLY | os.O_CREAT))
    fcntl.flock(held[0], fcntl.LOCK_EX)
    fcntl.flock(held[0], fcntl.LOCK_SH)  # so that its own workers may hold it, too
    # Sphinx's own workers inherit the locks; as orphans they may wait for each other's pipes for ever.
    os.register_at_fork(after_in_child=lambda: watch(os.getppid()))


def summary(script: Path, trace: str, top: Path) -> str:
    """Return one line for a failure: path and line in the script, and the error."""
    lines = re.findall(rf'File "{re.escape(str(script))}", line (\d+)', trace)
    error = trace.strip().splitlines()[-1].replace(f"{top}/", "")
    return f"{script.relative_to(top)}:{lines[-1]}: {error}" if lines else error


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", lock, priority=90)
    app.connect("builder-inited", run, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
