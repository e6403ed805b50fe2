"""Counts and lists in words, for messages and reports."""

from __future__ import annotations

from collections.abc import Iterable


def pluralize(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s unless the number is 1.

    Examples
    --------
    >>> pluralize(1, "row"), pluralize(3, "row")
    ('1 row', '3 rows')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def format_names(names: Iterable[str], most: int = 20) -> str:
    """Return names in quotes, long ones shortened, and how many there are beyond the first `most`.

    Examples
    --------
    >>> format_names(["loss", "val_loss", "lr"], most=2)
    "'loss', 'val_loss' and 1 more"
    >>> format_names([])
    'none'
    """
    names = [repr(name) if len(name) <= 60 else f"{name[:57]!r}..." for name in names]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"
