"""Charts that W&B and TensorBoard export as CSV. The names say which run and which metric they show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from unsteady._text import format_names
from unsteady.logs._columns import METRICS, TEST, TRAINING, VALIDATION, classify_column, first_word, normalize
from unsteady.logs._formats import Log, LogError

_TENSORBOARD = {"Wall time", "Step", "Value"}

Part = tuple[Log, Mapping[str, str] | None]
"""A log of its own, and from which columns to read it."""


def split_charts(log: Log, columns: Mapping[str, str] | None) -> list[Part]:
    """Split an exported chart into its runs. Any other log is returned as it is.

    Raises
    ------
    LogError
        If it is a chart, and its names do not say what it shows.

    Examples
    --------
    >>> chart = Log([{"Step": 1, "a - val_acc": 0.5, "b - val_acc": 0.6}], name="chart.csv")
    >>> first, second = split_charts(chart, None)
    >>> second[0].name, second[1]
    ('chart.csv, b', {'val_accuracy': 'b - val_acc', 'step': 'Step'})
    """
    if columns is not None:
        return [(log, columns)]
    if set(log.columns) == _TENSORBOARD:
        return [(log, _tensorboard_columns(log))]
    curves = [name for name in log.columns if " - " in name and not name.endswith(("__MIN", "__MAX"))]
    if curves and log.columns[0] not in curves:
        return _split_wandb(log, log.columns[0], curves)
    return [(log, None)]


def _tensorboard_columns(log: Log) -> dict[str, str]:
    field = _tensorboard_field(Path(log.name).stem)
    if field is None:
        raise LogError(
            "a TensorBoard export, whose file name does not say what Value is; "
            "pass columns={'val_accuracy': 'Value'} or columns={'loss': 'Value'}, as it may be"
        )
    return {"step": "Step", field: "Value"}


def _tensorboard_field(stem: str) -> str | None:
    """Return what a file such as ``run-validation-tag-epoch_accuracy.csv`` shows; None if that is not clear.

    Examples
    --------
    >>> _tensorboard_field("run-validation-tag-epoch_accuracy"), _tensorboard_field("run-1-tag-accuracy")
    ('val_accuracy', None)
    """
    run, _, tag = stem.rpartition("tag-")
    words = normalize(tag).split("_")
    # Without a tag, the end of the file's name may be one: my_own_val_accuracy.csv.
    candidates = [tag] if run else ["_".join(words[start:]) for start in range(len(words))]
    known = [(name, meaning.field) for name in candidates if (meaning := classify_column(name))]
    if not known:
        return None
    name, field = known[0]
    words_of_run = set(re.split(r"[^a-z]+", run.lower()))
    if field in ("loss", "accuracy") and words_of_run & (VALIDATION | TEST):
        return f"val_{field}"
    names_its_set = field.startswith("val_") or words_of_run & TRAINING or first_word(name) in TRAINING
    return field if names_its_set else None


def _split_wandb(log: Log, axis: str, curves: list[str]) -> list[Part]:
    """Return one log per curve, as ``run name - metric``."""
    parts: list[Part] = []
    position = classify_column(axis)
    for curve in curves:
        run, _, metric = curve.rpartition(" - ")
        meaning = classify_column(metric)
        if meaning is not None and meaning.field in METRICS:
            rows = [{axis: row.get(axis), curve: row.get(curve)} for row in log.rows]
            columns = {meaning.field: curve, **({position.field: axis} if position else {})}
            # No program appends to an exported chart, so a repeated header begins no run.
            part = replace(log, rows=rows, name=f"{log.name}, {run}", header_repeats=frozenset())
            parts.append((part, columns))
    if not parts:
        raise LogError(
            f"none of {format_names(curves)} is a known metric; "
            f"pass columns={{'val_accuracy': {curves[0]!r}}} if it is that"
        )
    return parts
