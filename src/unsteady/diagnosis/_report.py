"""A diagnosis as a whole: its findings by name, printed, as JSON and drawn."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from unsteady.diagnosis._finding import SECTIONS, Finding, Segment
from unsteady.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 80
"""Characters in a line of a printed report."""


@dataclass(frozen=True)
class Diagnosis:
    """What a log says; printed, it is a report.

    ``diagnosis["population-moves"]`` is the finding of that name, and ``"declines" in diagnosis`` says
    whether there is one.

    Attributes
    ----------
    history : History
        The run.
    findings : tuple of Finding
        In the order of ``SECTIONS``.
    numbers : dict
        What was measured: ``evaluations``, ``n_eval``, ``jitter``, ``sampling_bound``,
        ``model_share_lower_bound``, ``set_share`` and others, as far as the log allows. All are listed on the
        page of :mod:`unsteady.diagnosis` in the reference.
    segments : tuple of Segment
        Parts at one rate that are long enough.

    Examples
    --------
    >>> from unsteady.diagnosis import diagnose
    >>> found = diagnose(History(epoch=[1, 2, 3], val_accuracy=[0.81, 0.83, 0.82]), n_eval=100)
    >>> found["largest-drop"].values["comparison"], "declines" in found
    ('cannot be significant', False)
    """

    history: History
    findings: tuple[Finding, ...]
    numbers: dict[str, Any] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()

    def __getitem__(self, name: str) -> Finding:
        """Return the finding of a name; a KeyError lists those that there are."""
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise KeyError(f"no finding {name!r}; there are {', '.join(f.name for f in self.findings)}")

    def __contains__(self, name: object) -> bool:
        return any(finding.name == name for finding in self.findings)

    def __str__(self) -> str:
        lines = []
        for section in SECTIONS:
            found = [finding for finding in self.findings if finding.section == section]
            lines += ["", section.capitalize()] if found else []
            for finding in found:
                lines += _paragraphs(finding)
        return "\n".join(lines[1:])

    def to_dict(self) -> dict[str, Any]:
        """Return name, size, findings and numbers as JSON has them; what is not finite is None.

        The schema is in the reference.

        Examples
        --------
        >>> from unsteady.diagnosis import diagnose
        >>> report = diagnose(History(epoch=[1, 2], val_accuracy=[0.5, 0.6]), n_eval=10).to_dict()
        >>> report["n_eval"], sorted(report["findings"][0])
        (10, ['evidence', 'name', 'next', 'section', 'values', 'verdict'])
        """
        return {
            "name": self.history.name,
            "n_eval": self.numbers["n_eval"],
            "findings": [
                {
                    "name": finding.name,
                    "verdict": finding.verdict,
                    "section": finding.section,
                    "values": _json_value(finding.values),
                    "evidence": finding.evidence,
                    "next": finding.next,
                }
                for finding in self.findings
            ],
            "numbers": _json_value(self.numbers),
        }

    def plot(self, axes: Sequence[Axes] | None = None) -> Figure:
        """Draw accuracy with what the set may add, and jitter over its sampling bound, segment by segment.

        Parameters
        ----------
        axes : two matplotlib axes, optional
            For accuracy and for jitter over its bound; new ones, one above the other, if none are given.

        Returns
        -------
        matplotlib.figure.Figure
            Needs matplotlib.

        Raises
        ------
        ValueError
            If the log has no validation accuracy.

        Examples
        --------
        >>> from unsteady.diagnosis import diagnose
        >>> history = History(epoch=list(range(20)), val_accuracy=[0.8, 0.9] * 10)
        >>> [ax.get_ylabel() for ax in diagnose(history, n_eval=100).plot().axes]
        ['accuracy', 'jitter / bound']
        """
        from unsteady.diagnosis._plot import draw

        return draw(self.history, self.segments, axes)


def _paragraphs(finding: Finding) -> list[str]:
    """Return the lines of a finding: the next run without its name and verdict, since there is only one."""
    tag = "" if finding.section == SECTIONS[-1] else f"[{finding.verdict}] {finding.name}: "
    lines = _wrap(tag + finding.evidence, "  ")
    return lines + (_wrap(f"Next: {finding.next}", "      ") if finding.next else [])


def _wrap(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "    ")


def _json_value(value: Any) -> Any:
    """Return a value with None for every number that is not finite, which JSON lacks."""
    if isinstance(value, Mapping):
        return {key: _json_value(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
