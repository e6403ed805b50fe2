"""What a script of the site needs: claims that are checked, and figures with sliders."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unsteady.gallery.explorable import Explorable as Explorable
    from unsteady.gallery.explorable import Slider as Slider

_HOMES = {"Explorable": "explorable", "Slider": "explorable"}

__all__ = [*_HOMES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"unsteady.gallery.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'unsteady.gallery' has no attribute {name!r}")
