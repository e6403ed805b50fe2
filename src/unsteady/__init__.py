"""Training experiments with many replicates at once, beside the closed forms that predict them.

Each room holds one concept and is loaded on its first use, so ``import unsteady`` is light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unsteady.claims import claim as claim

__version__ = "0.1.0"

_ROOMS = (
    "accuracy",
    "averages",
    "batches",
    "claims",
    "correctness",
    "curvature",
    "datasets",
    "diagnosis",
    "history",
    "models",
    "noise",
    "objectives",
    "optimizers",
    "plotting",
    "regularizers",
    "schedules",
    "theory",
    "thresholds",
    "training",
)

__all__ = ["claim", *_ROOMS]


def __getattr__(name: str) -> Any:
    if name == "claim":
        return import_module("unsteady.claims").claim
    if name in _ROOMS:
        return import_module(f"unsteady.{name}")
    raise AttributeError(f"module 'unsteady' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
