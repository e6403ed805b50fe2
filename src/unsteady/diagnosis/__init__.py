r"""What the record of a run shows of its unsteadiness, and what not. Imports the standard library alone.

Everything rests on three facts. On one fixed evaluation set of n independent examples the set's share in the
jitter of accuracy is at most :math:`\sqrt{p(1-p)/n}`, the *sampling bound*, so that what goes beyond it is
movement of the model; below it, nothing follows. Of two accuracies, their counts bound the p-value of the
difference. And a single log at a constant rate cannot distinguish too high a rate from too small a batch.
"""

from unsteady.diagnosis._diagnose import diagnose
from unsteady.diagnosis._finding import (
    FINDINGS,
    SECTIONS,
    VERDICTS,
    Finding,
    Segment,
)
from unsteady.diagnosis._report import Diagnosis
from unsteady.diagnosis._reruns import compare_reruns
from unsteady.diagnosis._thresholds import MIN_EVALUATIONS, THRESHOLDS, Thresholds

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
