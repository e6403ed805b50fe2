"""Put the rows of a log together: into runs, and each run into its evaluations."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Literal

from unsteady._text import pluralize
from unsteady.history import History
from unsteady.logs._columns import FIELDS, METRICS
from unsteady.logs._formats import LogError

LogRow = dict[str, float | None]
"""The numbers of one row, by the names of the fields."""

_TRAINING = ("loss", "accuracy")
_VALIDATION = ("val_loss", "val_accuracy")

Kind = Literal["continuation", "training", "repeat", "conflict", "evaluation"]


# Runs ---------------------------------------------------------------------------------------------


def split_runs(rows: list[LogRow], header_repeats: Collection[int] = ()) -> list[list[LogRow]]:
    """Split where the step, or else the epoch, goes back: another run was appended to the log.

    Parameters
    ----------
    rows : list of dict
        One per row.
    header_repeats : collection of int
        The rows right before which the file repeats its header.

    Raises
    ------
    LogError
        If nearly every row would be a run.

    Examples
    --------
    >>> [len(run) for run in split_runs([{"epoch": 1}, {"epoch": 2}, {"epoch": 1}])]
    [2, 1]
    """
    if not _steps_continue(rows):
        rows = [{field: row[field] for field in row if field != "step"} for row in rows]
    runs: list[list[LogRow]] = [[]]
    last = -math.inf
    for index, row in enumerate(rows):
        position = _position(row)
        if _begins_run(position, last, index in header_repeats):
            runs.append([])
        if position is not None and not math.isnan(position):
            last = position
        runs[-1].append(row)
    runs = [run for run in runs if run]
    if len(runs) > 2 and median(map(len, runs)) == 1:
        raise LogError("epochs or steps go back at nearly every row; pass a log in the order of training")
    return runs


def _steps_continue(rows: Sequence[LogRow]) -> bool:
    """Whether steps go on counting through the run: not from the start in each epoch, and not a constant."""
    places = [(row.get("epoch"), row.get("step")) for row in rows]
    both = [(epoch, step) for epoch, step in places if epoch is not None and step is not None]
    if not both:
        return any(step is not None for _, step in places)
    over_epochs = [(a[1], b[1]) for a, b in pairwise(both) if b[0] > a[0]]
    never_back = all(later >= earlier for earlier, later in over_epochs)
    ever_on = any(later > earlier for earlier, later in over_epochs)
    return never_back and (ever_on or not over_epochs)


def _position(row: LogRow) -> float | None:
    """Return the step, or else the epoch; None if the row has neither."""
    step = row.get("step")
    return step if step is not None else row.get("epoch")


def _begins_run(position: float | None, last: float, after_header: bool) -> bool:
    if position is None:
        return after_header
    return position < last or (after_header and position == last)


# Evaluations --------------------------------------------------------------------------------------


def collect_evaluations(rows: Sequence[LogRow], metrics: Collection[str]) -> tuple[list[LogRow], int]:
    """Gather what was logged up to each evaluation, and count the repeated evaluations left out.

    Parameters
    ----------
    rows : sequence of dict
        The rows of one run. Frameworks often log training and validation metrics in rows of their own.
    metrics : collection of str
        The fields that make a row an evaluation.

    Raises
    ------
    LogError
        If there are several evaluations at one step or epoch.

    Examples
    --------
    >>> rows = [{"loss": 0.75}, {"loss": 0.25}, {"loss": None, "val_loss": 0.4}]
    >>> collect_evaluations(rows, ["val_loss"])
    ([{'loss': 0.5, 'val_loss': 0.4}], 0)
    """
    evaluations: list[LogRow] = []
    pending: list[LogRow] = []  # the rows since the last evaluation
    repeats = 0
    logs_training = any(_has(row, _TRAINING) for row in rows)
    for row in rows:
        previous = evaluations[-1] if evaluations else None
        # Many scripts validate once more when training is over, and count it one step on.
        may_be_final_validation = logs_training and row is rows[-1]
        match _kind(row, previous, pending, metrics, may_be_final_validation):
            case "continuation":
                evaluations[-1].update(_present(row))
            case "training":
                pending.append(row)
            case "repeat":
                repeats += 1
            case "conflict":
                raise _several_at_one_position(row)
            case "evaluation":
                evaluations.append(_aggregate(pending, row))
                pending = []
    return evaluations, repeats


def _kind(
    row: LogRow,
    previous: LogRow | None,
    pending: Sequence[LogRow],
    metrics: Collection[str],
    may_be_final_validation: bool,
) -> Kind:
    """Return what a row is, given the evaluation before it and the rows since."""
    position = _position(row)
    same_position = previous is not None and position is not None and position == _position(previous)
    if previous is not None and same_position and _is_continuation(previous, row):
        return "continuation"
    if not _has(row, metrics):
        return "training"
    if previous is not None and (same_position or may_be_final_validation):
        trained = any(_has(one, _TRAINING) for one in (*pending, row))
        if not trained and _same_metrics(previous, row):
            return "repeat"
    return "conflict" if same_position else "evaluation"


def _has(row: LogRow, fields: Iterable[str]) -> bool:
    return any(row.get(field) is not None for field in fields)


def _present(row: LogRow) -> LogRow:
    return {field: value for field, value in row.items() if value is not None}


def _is_continuation(first: LogRow, second: LogRow) -> bool:
    """Whether no metric is in both rows. Then they may be parts of one, logged apart for the same step."""
    return not any(first.get(field) is not None and second.get(field) is not None for field in METRICS)


def _same_metrics(first: LogRow, second: LogRow) -> bool:
    """Whether two evaluations agree in all validation metrics, as two of the same weights do."""
    return all(first.get(field) == second.get(field) for field in _VALIDATION)


def _several_at_one_position(row: LogRow) -> LogError:
    unit = "step" if row.get("step") is not None else "epoch"
    return LogError(
        f"several evaluations at {unit} {_position(row):g}: of other seeds, folds or sets, or within an "
        "epoch? pass a log of one run, or columns={'step': ...} with a column that tells them apart"
    )


def _aggregate(pending: Sequence[LogRow], evaluation: LogRow) -> LogRow:
    """Complete an evaluation from the rows before it: training metrics by their mean, the rest by the last.

    For example, an epoch that only the training rows name becomes the evaluation's.
    """
    complete = dict(evaluation)
    for field in ("epoch", "learning_rate"):
        values = _values(pending, field)
        if complete.get(field) is None and values:
            complete[field] = values[-1]
    for field in _TRAINING:
        values = _values(pending, field)
        if field in complete and complete[field] is None and values:
            complete[field] = sum(values) / len(values)
    return complete


def _values(rows: Iterable[LogRow], field: str) -> list[float]:
    return [value for row in rows if (value := row.get(field)) is not None]


# History ------------------------------------------------------------------------------------------


def build_history(
    name: str, rows: Sequence[LogRow], columns: Mapping[str, str], notes: Iterable[str], n_eval: int | None
) -> History | None:
    """Return the history of one run, with one evaluation per row that has a validation metric.

    Where the log has no validation metric at all, each row with a training metric counts as one. Return None
    if the run has no evaluation.

    Examples
    --------
    >>> rows = [{"epoch": 1.0, "val_accuracy": 0.7}, {"epoch": 2.0, "val_accuracy": 0.8}]
    >>> build_history("run.csv", rows, {"epoch": "epoch", "val_accuracy": "val_acc"}, [], 500)
    History(2 evaluations: epoch, val_accuracy)
    """
    validation = [field for field in _VALIDATION if field in columns]
    training = [field for field in _TRAINING if field in columns]
    evaluations, repeats = collect_evaluations(rows, validation or training)
    if not evaluations:
        return None
    if repeats:
        left_out = f"{pluralize(repeats, 'evaluation')} of the same weights as before left out"
        notes = [*notes, left_out]
    all_fields = {field: [row.get(field) for row in evaluations] for field in FIELDS if field in columns}
    kept = {field: values for field, values in all_fields.items() if any(v is not None for v in values)}
    return History(
        epoch=kept.get("epoch"),
        step=kept.get("step"),
        learning_rate=kept.get("learning_rate"),
        loss=kept.get("loss"),
        accuracy=kept.get("accuracy"),
        val_loss=kept.get("val_loss"),
        val_accuracy=kept.get("val_accuracy"),
        name=name,
        n_eval=n_eval,
        columns={field: columns[field] for field in kept},
        notes=tuple(notes),
    )
