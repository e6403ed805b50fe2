"""What a script of the site needs: claims that are checked, and figures to play with.

The names load on first use, so that ``from unsteady.gallery import claim`` needs the standard library alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unsteady.gallery.claims import ClaimError as ClaimError
    from unsteady.gallery.claims import Record as Record
    from unsteady.gallery.claims import claim as claim
    from unsteady.gallery.explorable import Explorable as Explorable
    from unsteady.gallery.explorable import Slider as Slider

_HOMES = {
    "ClaimError": "claims",
    "Explorable": "explorable",
    "Record": "claims",
    "Slider": "explorable",
    "claim": "claims",
}

__all__ = ["ClaimError", "Explorable", "Record", "Slider", "claim"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"unsteady.gallery.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'unsteady.gallery' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
