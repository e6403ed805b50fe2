"""Reports on a log, printed while the site is built: ``report:: logs/keras.csv 360``."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from unsteady.diagnosis import diagnose
from unsteady.history import read_history


class ReportDirective(SphinxDirective):
    """What ``unsteady diagnose`` prints of a log that lies beside the pages, and the size of its set."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        log, n_eval = self.arguments
        _, file = self.env.relfn2path(log)
        self.env.note_dependency(file)
        try:
            runs = [diagnose(run, int(n_eval)) for run in read_history(Path(file))]
        except (OSError, ValueError) as error:
            raise self.error(str(error)) from None
        # The folder in which the site is built is nobody's business.
        report = "\n\n".join(map(str, runs)).replace(file, Path(log).name)
        return [nodes.literal_block(report, report, language="text")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("report", ReportDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
