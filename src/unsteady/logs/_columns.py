"""Find out which column of a log is what, and read its numbers as the library counts them.

Accuracies become parts of one, also where the log has per cent or error rates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from unsteady._text import format_names
from unsteady.logs._formats import Log, LogError, is_missing, to_number

FIELDS = ("epoch", "step", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")
ACCURACIES = ("accuracy", "val_accuracy")
METRICS = ("loss", "accuracy", "val_loss", "val_accuracy")

Numbers = list[float | None]
"""The cells of a column; None where one is missing."""


# What a column's name says ------------------------------------------------------------------------

TRAINING = {"train", "training"}
VALIDATION = {"val", "valid", "validation", "eval", "dev"}
TEST = {"test"}
_STEP = {"step", "global_step", "iter", "iteration", "trainer_global_step"}
_LOSS = {"loss", "cross_entropy"}
_ACCURACY = {
    "acc", "accuracy", "acc1", "acc_1", "top1", "top1_acc", "accuracy_top1", "accuracy_top_1",
    "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy",
}  # fmt: skip
_ERROR_RATE = {"merror", "error_rate", "err1"}
_ENDS_AS_ERROR = re.compile(r"(^|_)(m?error|err1?|error_rate)$")
_LEARNING_RATE = re.compile(r"(?:train_)?(?:learning_rate|lr)|lr_(?!.*(?:momentum|decay))\w+")


class Meaning(NamedTuple):
    """What a column's name says."""

    field: str
    """One of :data:`FIELDS`."""
    rank: int
    """Of several columns for one field, the one of the lowest rank is read."""


def normalize(name: str) -> str:
    """Return a name in lower case, with ``_`` for everything that is no letter and no digit.

    Examples
    --------
    >>> normalize("metrics/Accuracy_top1")
    'metrics_accuracy_top1'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def first_word(name: str) -> str:
    """Return what a name begins with, as ``train`` of ``Train/loss``."""
    return normalize(name).partition("_")[0]


def classify_column(name: str) -> Meaning | None:
    """Return what a column's name says, or None if it is none of the known names.

    Examples
    --------
    >>> classify_column("valid_acc"), classify_column("test_acc")
    (Meaning(field='val_accuracy', rank=0), Meaning(field='val_accuracy', rank=4))
    >>> classify_column("f1") is None
    True
    """
    name = normalize(name)
    if name in {"epoch", "epochs"}:
        return Meaning("epoch", 0)
    if name in _STEP:
        return Meaning("step", 0)
    if _LEARNING_RATE.fullmatch(name):
        return Meaning("learning_rate", 0)
    return _classify_metric(name)


def _classify_metric(name: str) -> Meaning | None:
    """Rank a name that begins with its set first, a bare name next, and a test metric last."""
    name, epoch_affixes = re.subn(r"^epoch_|_epoch$", "", name)
    subset, _, metric = name.partition("_")
    if subset in TRAINING | VALIDATION | TEST | {"metrics"}:
        prefix, rank = "" if subset in TRAINING else "val_", 4 if subset in TEST else 0
    else:
        prefix, rank, metric = "", 2, name
    if epoch_affixes:
        rank -= 1  # the metric of an epoch is preferred to that of each step
    if metric in _LOSS:
        return Meaning(f"{prefix}loss", rank)
    if metric in _ACCURACY | _ERROR_RATE:
        return Meaning(f"{prefix}accuracy", rank)
    return None


# Which column to read each field from -------------------------------------------------------------


def match_columns(log: Log, requested: Mapping[str, str] | None) -> dict[str, str]:
    """Return which column each field is read from: the requested ones, the others by their names.

    Raises
    ------
    LogError
        If no column is a known metric, or it is not clear which column to read.

    Examples
    --------
    >>> match_columns(Log([{"epoch": 1, "valid_acc": 0.5, "f1": 0.4}]), None)
    {'epoch': 'epoch', 'val_accuracy': 'valid_acc'}
    """
    requested = requested or {}
    _check_requested(log, requested)
    chosen = dict(requested)
    for field, candidates in _candidates(log, requested).items():
        # Of several learning rates, one per group of parameters, the first will do.
        if len(candidates) > 1 and field != "learning_rate":
            hint = f"pass columns={{{field!r}: {candidates[0]!r}}}"
            raise LogError(f"{format_names(candidates)} may all be {field}; {hint}")
        chosen[field] = candidates[0]
    if not set(chosen) & set(METRICS):
        raise LogError(
            f"no known metric; found the columns {format_names(log.columns)}; "
            "pass columns={'val_accuracy': ...} with the one to read; an error rate will do, and val_loss, "
            "accuracy and loss are named likewise"
        )
    if not set(requested) & set(ACCURACIES):
        _reject_bare_accuracy(chosen)
    return chosen


def _check_requested(log: Log, requested: Mapping[str, str]) -> None:
    for field, column in requested.items():
        if field not in FIELDS:
            raise ValueError(f"columns may name {format_names(FIELDS)}, got {field!r}")
        if column not in log.columns:
            raise LogError(f"no column {column!r}; found {format_names(log.columns)}")
        if field in ACCURACIES and "loss" in normalize(column):
            raise LogError(f"{column!r} is a loss; pass columns={{'val_loss': {column!r}}}")


def _candidates(log: Log, requested: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the columns of the lowest rank for each field that is not requested."""
    by_field: dict[str, list[tuple[int, str]]] = {}
    for column in log.columns:
        meaning = classify_column(column)
        if meaning and meaning.field not in requested and column not in requested.values():
            by_field.setdefault(meaning.field, []).append((meaning.rank, column))
    return {
        field: [column for rank, column in ranked if rank == min(ranked)[0]]
        for field, ranked in by_field.items()
    }


def _reject_bare_accuracy(chosen: Mapping[str, str]) -> None:
    """Reject a bare ``accuracy`` column: it may be training or validation accuracy."""
    column = chosen.get("accuracy")
    if column is None or "val_accuracy" in chosen or first_word(column) in TRAINING:
        return
    raise LogError(
        f"is {column!r} of the training or the validation set? pass "
        f"columns={{'val_accuracy': {column!r}}} or columns={{'accuracy': {column!r}}}"
    )


def unread_notes(log: Log, chosen: Mapping[str, str]) -> list[str]:
    """Say that no column counts epochs or steps, and which others may be the validation accuracy."""
    notes = [] if {"epoch", "step"} & set(chosen) else ["no column counts epochs or steps: rows in order"]
    unread = [column for column in log.columns if column not in chosen.values()]
    if unread and "val_accuracy" not in chosen:
        notes.append(
            f"no column is known as validation accuracy; not read: {format_names(unread)}; "
            "pass columns={'val_accuracy': ...} if it is among them"
        )
    return notes


# From cells to numbers ----------------------------------------------------------------------------


def read_columns(log: Log, chosen: Mapping[str, str]) -> tuple[dict[str, Numbers], list[str]]:
    """Return the numbers of each field, accuracies as parts of one, and notes on what was converted.

    Raises
    ------
    LogError
        If a cell is no number, or an accuracy neither a part of one nor per cent.

    Examples
    --------
    >>> read_columns(Log([{"val_err1": "12.5"}, {"val_err1": "NA"}]), {"val_accuracy": "val_err1"})
    ({'val_accuracy': [0.875, None]}, ['val_err1 is in per cent', 'val_accuracy is 1 minus val_err1'])
    """
    fields = {field: _numbers(log, field, column) for field, column in chosen.items()}
    notes: list[str] = []
    for field in ACCURACIES:
        if field in fields:
            fields[field], converted = _to_accuracies(field, chosen[field], fields[field])
            notes += converted
    return fields, notes


def _numbers(log: Log, field: str, column: str) -> Numbers:
    cells = [row.get(column) for row in log.rows]
    values = [to_number(cell) for cell in cells]
    for cell, value in zip(cells, values, strict=True):
        if value is None and not is_missing(cell):
            raise LogError(
                f"the column {column!r}, read as {field}, holds {str(cell)[:40]!r}; "
                "pass columns of numbers, with a point and without a unit"
            )
    return values


def _to_accuracies(field: str, column: str, values: Numbers) -> tuple[Numbers, list[str]]:
    """Convert a column to accuracies from 0 to 1, and say what was converted."""
    notes = []
    in_percent = _is_in_percent(column, values)
    if in_percent:
        notes.append(f"{column} is in per cent")
    is_error = _ENDS_AS_ERROR.search(normalize(column)) is not None
    if is_error:
        notes.append(f"{field} is 1 minus {column}")
    return [_to_accuracy(value, in_percent, is_error) for value in values], notes


def _is_in_percent(column: str, values: Sequence[float | None]) -> bool:
    """Whether accuracies or error rates are in per cent. Raise a LogError if they are in neither unit."""
    finite = _finite(values)
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    if low < 0 or high > 100 * (1 + 1e-6):
        raise LogError(
            f"an accuracy of {low if low < 0 else high:g} in {column!r}; "
            "pass columns with accuracies from 0 to 1 or in per cent"
        )
    if 1 + 1e-6 < high <= 2:
        raise LogError(
            f"{column!r} goes up to {high:g}: neither parts of one nor, likely, per cent; "
            "pass columns with accuracies from 0 to 1 or in per cent"
        )
    return high > 2


def _finite(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _to_accuracy(value: float | None, in_percent: bool, is_error: bool) -> float | None:
    """Convert per cent or an error rate to an accuracy in decimal arithmetic, so that printed digits survive.

    For example, an error of 6.1 % becomes 0.939, while ``1 - 0.061`` is 0.9390000000000001.
    """
    if value is None or not math.isfinite(value):
        return value
    if in_percent or is_error:
        exact = Decimal(repr(value))
        exact = exact.scaleb(-2) if in_percent else exact
        value = float(1 - exact if is_error else exact)
    return min(max(value, 0.0), 1.0)
