r"""What the record of a run shows of its unsteadiness, and what not. Imports the standard library alone.

Everything rests on three facts. On one fixed evaluation set of n independent examples the set's share in the
jitter of accuracy is at most :math:`\sqrt{p(1-p)/n}`, the *sampling bound*, so that what goes beyond it is
movement of the model; below it, nothing follows. Which of two accuracies differ, their counts bound. And a
single log at a constant rate cannot distinguish too high a rate from too small a batch.
"""

from unsteady.diagnosis._diagnose import diagnose
from unsteady.diagnosis._finding import (
    FINDINGS,
    MIN_EVALUATIONS,
    SECTIONS,
    THRESHOLDS,
    VERDICTS,
    Finding,
    Segment,
    Thresholds,
)
from unsteady.diagnosis._report import Diagnosis
from unsteady.diagnosis._reruns import compare_reruns

__all__ = [
    "FINDINGS",
    "MIN_EVALUATIONS",
    "SECTIONS",
    "THRESHOLDS",
    "VERDICTS",
    "Diagnosis",
    "Finding",
    "Segment",
    "Thresholds",
    "compare_reruns",
    "diagnose",
]
