"""Reports on a log, printed while the site is built: ``report:: logs/keras.csv 360``."""

from dataclasses import replace
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from unsteady.diagnosis import diagnose
from unsteady.logs import read_log


class ReportDirective(SphinxDirective):
    """What ``unsteady diagnose`` prints of a log beside the pages, and the size of its set."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        log, n_eval = self.arguments
        _, file = self.env.relfn2path(log)
        try:
            # The folder of the build stays out of the report before the report is wrapped to lines.
            named = (replace(h, name=h.name.replace(file, Path(file).name)) for h in read_log(file))
            report = "\n\n".join(str(diagnose(history, int(n_eval))) for history in named)
        except (OSError, ValueError) as error:
            raise self.error(str(error)) from None
        return [nodes.literal_block(report, report, language="text")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("report", ReportDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
