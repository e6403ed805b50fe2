"""State a claim, check it, record it. Imports the standard library alone."""

from __future__ import annotations

import math
import numbers
import re
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, MappingView
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from typing import Any, SupportsFloat, TypeAlias

__all__ = [
    "FEW",
    "Above",
    "Below",
    "Between",
    "Bound",
    "ClaimError",
    "Equals",
    "Record",
    "claim",
    "format_measured",
    "records",
]

Values: TypeAlias = SupportsFloat | Iterable[Any]
"""One number, or a sequence or array of them."""

NamedValues: TypeAlias = Mapping[str, SupportsFloat]
"""Numbers by name."""

FEW = 8
"""A sequence of at most this many values is written out; of a longer one, the least and the largest."""


class ClaimError(AssertionError):
    """A claim that does not hold, with its statement, the measured value and what was expected.

    Examples
    --------
    >>> try:
    ...     claim("sum", "two and two are five", measured=2 + 2, equals=5)
    ... except ClaimError as error:
    ...     print(str(error).partition(" (")[0])
    [sum] two and two are five: measured 4, expected 5. It does not hold: 4, expected 5
    """


@dataclass(frozen=True)
class Record:
    """A claim that held.

    Attributes
    ----------
    id, statement : str
    measured : float, list of float or dict of float by name
    bound : str
        What was asked of it, in words.
    margin : float
        How far inside its bound the measured value that is closest to it lies; in the units of the
        measured value.
    otherwise : str
        What would be seen if the statement were false; may be empty.
    script : str
        Path of the script that made the claim.
    line : int

    Examples
    --------
    >>> record = Record("two-and-two", "two and two are four", 4.0, "4", 0.0, "", "plot_sum.py", 7)
    >>> record.as_dict()["measured"]
    4.0
    """

    id: str
    statement: str
    measured: float | list[float] | dict[str, float]
    bound: str
    margin: float
    otherwise: str
    script: str
    line: int

    def as_dict(self) -> dict[str, Any]:
        """Return the record as a dictionary that JSON can hold."""
        return asdict(self)


records: list[Record] = []
"""The claims that have held in this process, in order."""


class Bound(ABC):
    """What is asked of one value.

    Examples
    --------
    >>> bound: Bound = Above(2.0)
    >>> print(bound, bound.margin(2.5), bound.holds(2.5), bound.holds(2.0))
    above 2 0.5 True False
    """

    @abstractmethod
    def margin(self, value: float) -> float:
        """Return how far inside the bound the value lies; negative outside."""

    def holds(self, value: float) -> bool:
        """Return whether the value lies strictly inside the bound; a NaN never does."""
        return self.margin(value) > 0


@dataclass(frozen=True)
class Equals(Bound):
    """The value is `target`, within the larger of ``rtol * abs(target)`` and `atol`.

    Examples
    --------
    >>> bound = Equals(2.0, rtol=0.05)
    >>> print(bound, bound.holds(2.08), bound.holds(2.2))
    2 ± 5 % True False
    """

    target: float
    rtol: float = 0.0
    atol: float = 0.0

    def margin(self, value: float) -> float:  # noqa: D102
        tolerance = max(self.atol, self.rtol * abs(self.target))
        return tolerance if value == self.target else tolerance - abs(value - self.target)

    def holds(self, value: float) -> bool:
        """Return whether the value is the target, or at most its tolerance away."""
        return self.margin(value) >= 0

    def __str__(self) -> str:
        if self.atol:
            return f"{self.target:.4g} ± {self.atol:.4g}"
        return f"{self.target:.4g} ± {100 * self.rtol:.3g} %" if self.rtol else f"{self.target:.4g}"


@dataclass(frozen=True)
class Between(Bound):
    """The value lies strictly between `low` and `high`.

    Examples
    --------
    >>> bound = Between(0.2, 0.8)
    >>> print(bound, bound.holds(0.5), bound.holds(0.8))
    between 0.2 and 0.8 True False
    """

    low: float
    high: float

    def margin(self, value: float) -> float:  # noqa: D102
        return min(value - self.low, self.high - value)

    def __str__(self) -> str:
        return f"between {self.low:.4g} and {self.high:.4g}"


@dataclass(frozen=True)
class Above(Bound):
    """The value lies strictly above `limit`.

    Examples
    --------
    >>> print(Above(2.0), Above(2.0).holds(2.5))
    above 2 True
    """

    limit: float

    def margin(self, value: float) -> float:  # noqa: D102
        return value - self.limit

    def __str__(self) -> str:
        return f"above {self.limit:.4g}"


@dataclass(frozen=True)
class Below(Bound):
    """The value lies strictly below `limit`.

    Examples
    --------
    >>> print(Below(2.0), Below(2.0).holds(2.5))
    below 2 False
    """

    limit: float

    def margin(self, value: float) -> float:  # noqa: D102
        return self.limit - value

    def __str__(self) -> str:
        return f"below {self.limit:.4g}"


Key: TypeAlias = str | int
"""A value's name in a mapping, or its position in a sequence."""

# A page quotes a value by {claim}`id[name]:format`, and a number in brackets is a position.
_NAME = re.compile(r"(?!\s)(?!-?\d+\Z)[^\[\]`:\\\n]+(?<!\s)")


def format_measured(measured: float | list[float] | dict[str, float]) -> str:
    """Return the measured values as one line of text, as they are printed and shown in the ledger.

    Parameters
    ----------
    measured : float, list of float or dict of float by name
        As in `Record.measured`.

    Returns
    -------
    str

    Examples
    --------
    >>> format_measured({"averaged weights": 0.04, "clipped": 0.4})
    'averaged weights: 0.04, clipped: 0.4'
    >>> format_measured([1.0, 2.5])
    '1, 2.5'
    >>> format_measured([float(n) for n in range(100)])
    '0 to 99 (100 values)'
    """
    if isinstance(measured, dict):
        return ", ".join(f"{name}: {value:.4g}" for name, value in measured.items())
    values = measured if isinstance(measured, list) else [measured]
    if len(values) <= FEW:
        return ", ".join(f"{value:.4g}" for value in values)
    return f"{min(values):.4g} to {max(values):.4g} ({len(values)} values)"


def _flat(argument: str, value: Any) -> list[float]:
    """Return one number or an array or list of them as a flat list of floats."""
    if isinstance(value, AbstractSet | MappingView):  # in these a position says nothing about what a value is
        raise TypeError(
            f"{argument} must not be a set or a view of a mapping: give the mapping, got {value!r}"
        )
    if hasattr(value, "tolist"):  # NumPy's arrays and scalars, without importing NumPy
        value = value.tolist()
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return [single for item in value for single in _flat(argument, item)]
    if not isinstance(value, bool) and isinstance(value, numbers.Real):
        return [float(value)]
    raise TypeError(f"{argument} must be a number or an array of numbers, got {value!r}")


def _single(argument: str, value: Any) -> float:
    flat = _flat(argument, value)
    if len(flat) != 1:
        raise ValueError(f"{argument} must be one number, got {value!r}")
    return flat[0]


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(
            "a name in measured must be a non-empty string that is not a whole number and has no "
            rf"[, ], :, \, backtick, line break or blank at its ends, got {name!r}"
        )


def _by_key(measured: Values | NamedValues) -> dict[Key, float]:
    """Return the measured values by name, or by position if they have no names."""
    values: dict[Key, float] = {}
    if isinstance(measured, Mapping):
        for name, value in measured.items():
            _check_name(name)
            values[name] = _single(f"measured[{name!r}]", value)
    else:
        values.update(enumerate(_flat("measured", measured)))
    if not values:
        raise ValueError(f"measured must hold at least one value, got {measured!r}")
    return values


def _by_name(values: Mapping[Key, float]) -> dict[str, float]:
    """Return the values that have names: all, or none."""
    return {key: value for key, value in values.items() if isinstance(key, str)}


def _check_same_names(argument: str, bound: Mapping[Any, Any], values: dict[Key, float]) -> None:
    if not _by_name(values):
        raise ValueError(f"{argument} has names, and measured has none: got {', '.join(map(repr, bound))}")
    missing = ", ".join(repr(name) for name in values if name not in bound)
    unknown = ", ".join(repr(name) for name in bound if name not in values)
    if missing or unknown:
        problems = f"missing {missing}" * bool(missing), f"unknown {unknown}" * bool(unknown)
        raise ValueError(f"{argument} must have the names of measured: {'; '.join(filter(None, problems))}")


def _limits(argument: str, limit: Any, values: dict[Key, float]) -> dict[Key, float]:
    """Return the limit of each value: one for all, or each its own."""
    if isinstance(limit, Mapping):
        _check_same_names(argument, limit, values)
        return {key: _single(f"{argument}[{key!r}]", limit[key]) for key in values}
    flat = _flat(argument, limit)
    if len(flat) == 1:
        return dict.fromkeys(values, flat[0])
    if _by_name(values):
        raise ValueError(
            f"{argument} must be one number or a mapping with the names of measured, got {limit!r}"
        )
    if len(flat) != len(values):
        raise ValueError(f"{argument} must be one number or {len(values)} like measured, got {len(flat)}")
    return dict(zip(values, flat, strict=True))


def _ends(argument: str, pair: Any) -> tuple[Any, Any]:
    """Return both ends of a range; None is an open end."""
    unfit = isinstance(pair, str | Mapping | MappingView | AbstractSet) or not hasattr(pair, "__len__")
    if unfit or len(pair) != 2:
        raise ValueError(f"{argument} must be a pair (low, high), got {pair!r}")
    low, high = pair
    return (-math.inf if low is None else low), (math.inf if high is None else high)


def _range(argument: str, low: float, high: float) -> Bound:
    if not low < high:
        raise ValueError(
            f"{argument} must be a pair (low, high) with low below high, got ({low:g}, {high:g})"
        )
    if math.isinf(low) and math.isinf(high):
        raise ValueError(f"{argument} must have a finite end, got ({low:g}, {high:g})")
    if math.isinf(low):
        return Below(high)
    return Above(low) if math.isinf(high) else Between(low, high)


def _ranges(between: Any, values: dict[Key, float]) -> dict[Key, Bound]:
    """Return the range of each value: one for all, or each its own."""
    if isinstance(between, Mapping):
        _check_same_names("between", between, values)
        ends = {key: _ends(f"between[{key!r}]", between[key]) for key in values}
        pairs = {key: [_single(f"between[{key!r}]", end) for end in ends[key]] for key in values}
        return {key: _range(f"between[{key!r}]", *pairs[key]) for key in values}
    pair = _ends("between", between)
    if _by_name(values) and any(isinstance(end, Iterable) for end in pair):
        raise ValueError(
            f"between must be one pair (low, high) or a mapping of pairs by name, got {between!r}"
        )
    low, high = (_limits("between", end, values) for end in pair)
    return {key: _range("between", low[key], high[key]) for key in values}


def _bounds(kind: str, bound: Any, values: dict[Key, float], rtol: float, atol: float) -> dict[Key, Bound]:
    """Return what is asked of each value."""
    if kind == "between":
        return _ranges(bound, values)
    limits = _limits(kind, bound, values)
    if kind == "equals":
        return {key: Equals(limit, rtol, atol) for key, limit in limits.items()}
    if any(map(math.isinf, limits.values())):
        raise ValueError(f"{kind} must be finite, got {bound!r}")
    return {key: Above(limit) if kind == "above" else Below(limit) for key, limit in limits.items()}


def _format_bounds(bounds: dict[Key, Bound]) -> str:
    """Return the bounds in words: once if they are all alike, else by name or in order."""
    texts = [f"{key}: {bound}" if isinstance(key, str) else str(bound) for key, bound in bounds.items()]
    alike = {str(bound) for bound in bounds.values()}
    if len(alike) == 1:
        return alike.pop()
    if len(texts) > FEW and 0 in bounds:  # a long sequence; names are all written out
        return f"{texts[0]}, ..., {texts[-1]} ({len(texts)} bounds)"
    return ", ".join(texts)


def _format_failing(failing: dict[Key, float], bounds: dict[Key, Bound]) -> str:
    """Return the values that do not hold, each with its own bound, in digits that show the difference."""
    texts = []
    for key, value in failing.items():
        short = f"{value:.4g}"
        shown = short if bounds[key].holds(float(short)) == bounds[key].holds(value) else repr(value)
        name = f"{key}: " if isinstance(key, str) else ""
        texts.append(f"{name}{shown}, expected {bounds[key]}")
    more = f"; and {len(texts) - FEW} more" if len(texts) > FEW else ""
    return "; ".join(texts[:FEW]) + more


def _only_bound(bounds: dict[str, Any]) -> tuple[str, Any]:
    """Return the one kind of bound that was given, and the bound."""
    given = [(kind, bound) for kind, bound in bounds.items() if bound is not None]
    if len(given) != 1:
        kinds = ", ".join(kind for kind, _ in given) or "none"
        raise TypeError(f"give exactly one of equals, below, above and between, got {kinds}")
    return given[0]


def _check_texts(id: object, statement: object, otherwise: object) -> None:
    for argument, text in {"id": id, "statement": statement, "otherwise": otherwise}.items():
        if not isinstance(text, str):
            raise TypeError(f"{argument} must be a string, got {text!r}")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", str(id)):
        raise ValueError(f"id must be lower-case words joined by hyphens, got {id!r}")
    if not str(statement).strip():
        raise ValueError(f"statement must not be empty, got {statement!r}")


def _check_tolerance(argument: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{argument} must be a number, got {value!r}")
    if not 0 <= float(value) < math.inf:
        raise ValueError(f"{argument} must be finite and not negative, got {value!r}")


def claim(
    id: str,
    statement: str,
    *,
    measured: Values | NamedValues,
    equals: Values | NamedValues | None = None,
    below: Values | NamedValues | None = None,
    above: Values | NamedValues | None = None,
    between: tuple[Values | None, Values | None]
    | Mapping[str, tuple[SupportsFloat | None, SupportsFloat | None]]
    | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    otherwise: str = "",
) -> None:
    """Check a statement about measured numbers, print it, and record it for the site.

    A bound is one number for all values, or one for each: by name where `measured` has names, in order
    where it is a sequence.

    Parameters
    ----------
    id : str
        Name of the claim, unique among all examples: lower-case words joined by hyphens.
    statement : str
        What is claimed, as one sentence.
    measured : float, array or mapping of float by name
        What was measured; each value must hold. Several unlike quantities have names, by which pages
        quote them. Only a true sequence (n = 25, 50, 100) is an array. A bool is no number, and sets
        and views of a mapping (``named.values()``) are refused: give the mapping.
    equals : float, array or mapping
        What it must be, within the larger of ``rtol * abs(equals)`` and `atol`.
    below, above : float, array or mapping
        What it must be strictly below or above; finite.
    between : pair of floats or arrays, or mapping of pairs
        What it must lie strictly between. One end of a pair may be open: None or infinite.
    rtol, atol : float
        For `equals`; finite and not negative.
    otherwise : str
        What would be seen if the statement were false: why the bound lies where it does. The ledger
        shows it.

    Raises
    ------
    ClaimError
        If a value does not hold or is not a number; with statement, measured and expected value, the
        names of the values that do not hold, script and line.
    TypeError, ValueError
        If not exactly one of `equals`, `below`, `above` and `between` is given, the names of a bound are
        not those of `measured`, a bound is infinite and could not fail, or an argument is not what it
        should be.

    Examples
    --------
    >>> claim("two-and-two", "two and two are four", measured=2 + 2, equals=4)
    [two-and-two] two and two are four: measured 4, expected 4
    >>> claim("sums", "sums of one and two", measured={"twice one": 1 + 1, "twice two": 2 + 2},
    ...       equals={"twice one": 2, "twice two": 4}, otherwise="both would be 2")
    [sums] sums of one and two: measured twice one: 2, twice two: 4, expected twice one: 2, twice two: 4
    >>> claim("signs", "change of the loss", measured={"small": 2, "large": -1},
    ...       between={"small": (0, None), "large": (None, 0)})
    [signs] change of the loss: measured small: 2, large: -1, expected small: above 0, large: below 0
    """
    _check_texts(id, statement, otherwise)
    _check_tolerance("rtol", rtol)
    _check_tolerance("atol", atol)
    kind, bound = _only_bound({"equals": equals, "below": below, "above": above, "between": between})
    if (rtol or atol) and kind != "equals":
        raise TypeError("rtol and atol go with equals alone")
    values = _by_key(measured)
    bounds = _bounds(kind, bound, values, rtol, atol)
    several = getattr(measured, "ndim", int(isinstance(measured, Iterable))) > 0
    kept = _by_name(values) or (list(values.values()) if several else values[0])
    expected = _format_bounds(bounds)
    sentence = f"[{id}] {statement}: measured {format_measured(kept)}, expected {expected}"
    caller = sys._getframe(1)
    script, line = caller.f_code.co_filename, caller.f_lineno
    failing = {key: value for key, value in values.items() if not bounds[key].holds(value)}
    if failing:
        which = _format_failing(failing, bounds)
        hint = f". If it were false: {otherwise}" if otherwise else ""
        raise ClaimError(f"{sentence}. It does not hold: {which}{hint} ({script}:{line})")
    print(sentence)
    margin = min(bounds[key].margin(value) for key, value in values.items())
    records.append(Record(id, statement, kept, expected, margin, otherwise, script, line))
