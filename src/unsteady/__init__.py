"""Training experiments with many replicates at once, beside the closed forms that predict them.

Every module has one subject. Modules and the names below are loaded on first use, so that ``import unsteady``
is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unsteady.datasets import Data as Data
    from unsteady.diagnosis import compare_reruns as compare_reruns
    from unsteady.diagnosis import diagnose as diagnose
    from unsteady.gallery import Explorable as Explorable
    from unsteady.gallery import Slider as Slider
    from unsteady.gallery import claim as claim
    from unsteady.history import History as History
    from unsteady.logs import read_log as read_log
    from unsteady.training import descend as descend
    from unsteady.training import train as train

__version__ = "0.1.0"

_HOMES = {
    "Data": "datasets",
    "Explorable": "gallery",
    "History": "history",
    "Slider": "gallery",
    "claim": "gallery",
    "compare_reruns": "diagnosis",
    "descend": "training",
    "diagnose": "diagnosis",
    "read_log": "logs",
    "train": "training",
}
_MODULES = (
    "accuracy",
    "averages",
    "batches",
    "curvature",
    "datasets",
    "diagnosis",
    "gallery",
    "history",
    "logs",
    "models",
    "noise",
    "objectives",
    "optimizers",
    "per_example",
    "plotting",
    "regularizers",
    "schedules",
    "theory",
    "training",
)

__all__ = [*_HOMES, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"unsteady.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"unsteady.{name}")
    raise AttributeError(f"module 'unsteady' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
