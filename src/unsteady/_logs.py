"""From the rows of a log to the runs that it records.

What cannot be read, or not in one way only, is a ``ValueError`` that names the log, what was found in it and
what to pass.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from unsteady._tables import Log, Row, counted, is_missing, listed, load, number
from unsteady.history import History

FIELDS = ("epoch", "step", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")
ACCURACIES = ("accuracy", "val_accuracy")
LOSSES = ("loss", "val_loss")
ON_VALIDATION = ("val_loss", "val_accuracy")
TRAINED = ("loss", "accuracy")


def read(source: Any, columns: Mapping[str, str] | None, n_eval: int | None) -> list[History]:
    """Return the runs of a log; see :func:`unsteady.history.read_history`."""
    log = load(source)
    histories = []
    for part, given in _of_charts(log, columns):
        chosen = choose(part, given)
        rows = [{name: number(row.get(column)) for name, column in chosen.items()} for row in part.rows]
        notes = [*part.notes, *_convert(part, chosen, rows), *_unread(part, chosen)]
        runs = _split(part, rows)
        for place, run in enumerate(runs, 1):
            name = part.name if len(runs) == 1 else f"{part.name}, run {place} of {len(runs)}"
            history = _history(name, run, chosen, notes, n_eval or part.n_eval)
            if history is not None:
                histories.append(history)
    if not histories:
        raise ValueError(f"{log.name}: no row carries a metric; found the columns {listed(log.columns)}")
    return histories


# Which column is what -----------------------------------------------------------------------------

_TRAIN, _VALID, _TEST = {"train", "training"}, {"val", "valid", "validation", "eval", "dev"}, {"test"}
_STEPS = {"step", "global_step", "iter", "iteration", "trainer_global_step"}
_LOSS = {"loss", "cross_entropy"}
_RIGHT = {
    "acc", "accuracy", "acc1", "acc_1", "top1", "top1_acc", "accuracy_top1", "accuracy_top_1",
    "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy",
}  # fmt: skip
_WRONG = {"merror", "error_rate", "err1"}
_RATE = re.compile(r"(?:train_)?(?:learning_rate|lr)|lr_(?!.*(?:momentum|decay))\w+")


def _plain(column: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")


def _meaning(column: str) -> tuple[str, int] | None:
    """Return the field that a column's name stands for, and how plainly: the lower, the plainer."""
    name = _plain(column)
    if name in {"epoch", "epochs"}:
        return "epoch", 0
    if name in _STEPS:
        return "step", 0
    if _RATE.fullmatch(name):
        return "learning_rate", 0
    name, per_epoch = re.subn(r"^epoch_|_epoch$", "", name)
    part, _, metric = name.partition("_")
    if part in _TRAIN | _VALID | _TEST | {"metrics"}:
        measured = _measured(metric)
        rank = 2 if part in _TEST else 0
        on_validation = part not in _TRAIN
    else:
        measured, rank, on_validation = _measured(name), 1, False
    if measured is None:
        return None
    return f"val_{measured}" if on_validation else measured, 2 * rank - min(per_epoch, 1)


def _measured(metric: str) -> str | None:
    if metric in _LOSS:
        return "loss"
    return "accuracy" if metric in _RIGHT | _WRONG else None


def _is_error(column: str) -> bool:
    """Whether a column that was named as an accuracy counts the wrong answers."""
    return re.search(r"(^|_)(m?error|err1?|error_rate)$", _plain(column)) is not None


def choose(log: Log, columns: Mapping[str, str] | None) -> dict[str, str]:
    """Return which column each field is read from: those that the reader names, the others by their names."""
    chosen = _named(log, columns or {})
    found: dict[str, list[tuple[int, str]]] = {}
    for column in log.columns:
        meaning = _meaning(column)
        if meaning and column not in chosen.values() and meaning[0] not in chosen:
            found.setdefault(meaning[0], []).append((meaning[1], column))
    for wanted, candidates in found.items():
        plainest = min(rank for rank, _ in candidates)
        best = [column for rank, column in candidates if rank == plainest]
        if len(best) > 1 and wanted != "learning_rate":  # one a group of parameters: the first will do
            raise ValueError(
                f"{log.name}: {listed(best)} may all be {wanted}; pass columns={{{wanted!r}: {best[0]!r}}}"
            )
        chosen[wanted] = best[0]
    if not set(chosen) & {*ACCURACIES, *LOSSES}:
        raise ValueError(
            f"{log.name}: no known metric; found the columns {listed(log.columns)}; "
            "pass columns={'val_accuracy': ...} with the one to read; an error rate will do, and val_loss, "
            "accuracy and loss are named likewise"
        )
    if not (columns and {"accuracy", "val_accuracy"} & set(columns)):
        _refuse_bare(log, chosen)
    for wanted, column in chosen.items():
        _must_be_numbers(log, wanted, column)
    return chosen


def _named(log: Log, columns: Mapping[str, str]) -> dict[str, str]:
    """Check which column the reader wants for which field."""
    for wanted, column in columns.items():
        if wanted not in FIELDS:
            raise ValueError(f"columns may name {listed(FIELDS)}, got {wanted!r}")
        if column not in log.columns:
            raise ValueError(f"{log.name}: no column {column!r}; found {listed(log.columns)}")
        if wanted in ACCURACIES and "loss" in _plain(column):
            raise ValueError(f"{log.name}: {column!r} is a loss; pass columns={{'val_loss': {column!r}}}")
    return dict(columns)


def _refuse_bare(log: Log, chosen: Mapping[str, str]) -> None:
    """Refuse an accuracy that does not say on which set, where no validation accuracy shows that it must."""
    column = chosen.get("accuracy")
    if column is None or "val_accuracy" in chosen or _plain(column).partition("_")[0] in _TRAIN:
        return
    raise ValueError(
        f"{log.name}: is {column!r} of the training or the validation set? pass "
        f"columns={{'val_accuracy': {column!r}}} or columns={{'accuracy': {column!r}}}"
    )


def _must_be_numbers(log: Log, wanted: str, column: str) -> None:
    for row in log.rows:
        cell = row.get(column)
        if not is_missing(cell) and number(cell) is None:
            raise ValueError(
                f"{log.name}: the column {column!r}, read as {wanted}, holds {str(cell)[:40]!r}; "
                "pass columns of numbers, with a point and without a unit"
            )


def _unread(log: Log, chosen: Mapping[str, str]) -> list[str]:
    """Say which columns are left, where one of them may be the validation accuracy."""
    notes = [] if {"epoch", "step"} & set(chosen) else ["no column counts epochs or steps: rows in order"]
    if "val_accuracy" not in chosen:
        rest = [column for column in log.columns if column not in chosen.values()]
        if rest:
            notes.append(
                f"no column is known as validation accuracy; not read: {listed(rest)}; "
                "pass columns={'val_accuracy': ...} if it is among them"
            )
    return notes


# Charts, whose names say what is in them ----------------------------------------------------------


def _of_charts(log: Log, columns: Mapping[str, str] | None) -> list[tuple[Log, Mapping[str, str] | None]]:
    """Split the charts that W&B and TensorBoard export into runs."""
    present = log.columns
    if columns is None and set(present) == {"Wall time", "Step", "Value"}:
        meaning = _meaning_of_tag(Path(log.name).stem)
        if meaning is None:
            raise ValueError(
                f"{log.name}: a TensorBoard export, whose file name does not say what Value is; "
                "pass columns={'val_accuracy': 'Value'} or columns={'loss': 'Value'}, as it may be"
            )
        return [(log, {"step": "Step", meaning: "Value"})]
    curves = [name for name in present if " - " in name and not name.endswith(("__MIN", "__MAX"))]
    if columns is not None or not curves or present[0] in curves:
        return [(log, columns)]
    metrics = {*ACCURACIES, *LOSSES}
    known = [c for c in curves if (_meaning(c.rpartition(" - ")[2]) or ("",))[0] in metrics]
    if not known:
        raise ValueError(
            f"{log.name}: none of {listed(curves)} is a known metric; "
            f"pass columns={{'val_accuracy': {curves[0]!r}}} if it is that"
        )
    return [_of_chart(log, present[0], curve) for curve in known]


def _meaning_of_tag(stem: str) -> str | None:
    """Return the field that TensorBoard's file name tells: ``run-validation-tag-epoch_accuracy``."""
    run, _, tag = stem.rpartition("tag-")
    words = _plain(tag).split("_")
    tags = ["_".join(words[k:]) for k in range(len(words) if not run else 1)]
    tag, meaning = next(((t, found) for t in tags if (found := _meaning(t))), ("", None))
    if meaning is None:
        return None
    place = set(re.split(r"[^a-z]+", run.lower()))
    if meaning[0] in ("loss", "accuracy") and place & (_VALID | _TEST):
        return f"val_{meaning[0]}"
    plain = meaning[0].startswith("val_") or place & _TRAIN or tag.partition("_")[0] in _TRAIN
    return meaning[0] if plain else None


def _of_chart(log: Log, axis: str, curve: str) -> tuple[Log, Mapping[str, str]]:
    run, _, metric = curve.rpartition(" - ")
    meaning, place = _meaning(metric), _meaning(axis)
    assert meaning is not None
    rows = [{axis: row.get(axis), curve: row.get(curve)} for row in log.rows]
    part = Log(f"{log.name}, {run}", rows, list(log.notes), log.n_eval)
    return part, {meaning[0]: curve, **({place[0]: axis} if place else {})}


# Per cent, and errors -----------------------------------------------------------------------------


def _convert(log: Log, chosen: Mapping[str, str], rows: list[Row]) -> list[str]:
    """Turn per cent and errors into accuracies from 0 to 1, in place; return what was done."""
    notes = []
    for name in [name for name in ACCURACIES if name in chosen]:
        column = chosen[name]
        values = [row[name] for row in rows if row[name] is not None and math.isfinite(row[name])]
        percent = _in_percent(log, column, values)
        error = _is_error(column)
        if percent:
            notes.append(f"{column} is in per cent")
        if error:
            notes.append(f"{name} is one less {column}")
        for row in rows:
            if row[name] is not None and math.isfinite(row[name]):
                row[name] = _as_accuracy(row[name], percent, error)
    return notes


def _in_percent(log: Log, column: str, values: Sequence[float]) -> bool:
    low, top = min(values, default=0.0), max(values, default=0.0)
    if low < 0 or top > 100 * (1 + 1e-6):
        raise ValueError(
            f"{log.name}: an accuracy of {low if low < 0 else top:g} in {column!r}; "
            "pass columns with accuracies from 0 to 1 or in per cent"
        )
    if 1 + 1e-6 < top <= 2:
        raise ValueError(
            f"{log.name}: {column!r} goes up to {top:g}: neither parts of one nor, likely, per cent; "
            "pass columns with accuracies from 0 to 1 or in per cent"
        )
    return top > 2


def _as_accuracy(value: float, percent: bool, error: bool) -> float:
    """Return the same digits as a part of one: what is printed tells the size of the set."""
    exact = Decimal(repr(value))
    exact = exact.scaleb(-2) if percent else exact
    return min(max(float(1 - exact if error else exact), 0.0), 1.0)


# Runs, and their evaluations ----------------------------------------------------------------------


def _split(log: Log, rows: list[Row]) -> list[list[Row]]:
    """Cut where steps, or else epochs, go back: another run was appended, with its header or without."""
    if not _steps_count(rows):
        for row in rows:
            row.pop("step", None)
    runs: list[list[Row]] = [[]]
    last = -math.inf
    for index, row in enumerate(rows):
        place = _place(row)
        back = place is not None and (place < last or (index in log.cuts and place == last))
        if back or (place is None and index in log.cuts):
            runs.append([])
        last = last if place is None or math.isnan(place) else place
        runs[-1].append(row)
    runs = [run for run in runs if run]
    if len(runs) > 2 and median(map(len, runs)) == 1:
        raise ValueError(
            f"{log.name}: epochs or steps go back at nearly every row; pass a log in the order of training"
        )
    return runs


def _steps_count(rows: list[Row]) -> bool:
    """Whether steps go on counting: not begun anew in each epoch, and not a constant."""
    both = [row for row in rows if row.get("step") is not None and row.get("epoch") is not None]
    if not both:
        return any(row.get("step") is not None for row in rows)
    later = [(a, b) for a, b in pairwise(both) if b["epoch"] > a["epoch"]]
    return all(b["step"] >= a["step"] for a, b in later) and (
        not later or any(b["step"] > a["step"] for a, b in later)
    )


def _history(
    name: str, rows: list[Row], chosen: Mapping[str, str], notes: list[str], n_eval: int | None
) -> History | None:
    """Return a run, one evaluation a row that carries a validation metric; None if there is none."""
    carried = [f for f in ON_VALIDATION if f in chosen] or [f for f in (*ACCURACIES, "loss") if f in chosen]
    evaluations, repeated = _evaluations(name, rows, carried)
    if not evaluations:
        return None
    if repeated:
        notes = [*notes, f"{counted(repeated, 'evaluation')} of the same weights as before left out"]
    kept: dict[str, Any] = {f: [row.get(f) for row in evaluations] for f in FIELDS if f in chosen}
    kept = {f: column for f, column in kept.items() if any(value is not None for value in column)}
    columns = {f: chosen[f] for f in kept}
    return History(
        epoch=kept.pop("epoch", None),
        step=kept.pop("step", None),
        **kept,
        name=name,
        n_eval=n_eval,
        columns=columns,
        notes=tuple(notes),
    )


def _evaluations(name: str, rows: list[Row], carried: Sequence[str]) -> tuple[list[Row], int]:
    """Gather what was logged up to each evaluation, and count the evaluations that are repeated."""
    evaluations: list[Row] = []
    since: list[Row] = []
    repeated = 0
    trains = any(row.get(f) is not None for row in rows for f in TRAINED)
    trained = False  # since the last evaluation
    for row in rows:
        place = _place(row)
        same = bool(evaluations) and place is not None and place == _place(evaluations[-1])
        if same and _joins(evaluations[-1], row):
            evaluations[-1].update(_present(row))  # logged apart, for the same step
            continue
        trained = trained or any(row.get(f) is not None for f in TRAINED)
        if not any(row.get(f) is not None for f in carried):
            since.append(row)
        elif (
            evaluations
            and not trained
            and _agree(evaluations[-1], row)
            and (
                same or (trains and row is rows[-1])  # as of a last validate(), counted one step on
            )
        ):
            repeated += 1
        elif same:
            raise ValueError(
                f"{name}: several evaluations at {'step' if row.get('step') is not None else 'epoch'} "
                f"{place:g}: of other seeds, folds or sets, or within an epoch? pass a log of one run, or "
                "columns={'step': ...} with a column that tells them apart"
            )
        else:
            evaluations.append(_gathered(since, row))
            since, trained = [], False
    return evaluations, repeated


def _agree(first: Row, second: Row) -> bool:
    """Whether two evaluations have the same metrics, as the same weights have."""
    return all(first.get(f) == second.get(f) for f in ON_VALIDATION)


def _place(row: Row) -> float | None:
    place = row.get("step")
    return place if place is not None else row.get("epoch")


def _present(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def _joins(first: Row, second: Row) -> bool:
    """Whether no metric is in both rows, so that they may be parts of one."""
    return not any(first.get(f) is not None and second.get(f) is not None for f in (*ACCURACIES, *LOSSES))


def _gathered(since: Sequence[Row], row: Row) -> Row:
    """Complete a row: training metrics by their mean since the evaluation before, the rest by the last."""
    gathered = dict(row)
    for name in ("epoch", "learning_rate"):
        values = [r[name] for r in since if r.get(name) is not None]
        if gathered.get(name) is None and values:
            gathered[name] = values[-1]
    for name in ("loss", "accuracy"):
        values = [r[name] for r in since if r.get(name) is not None]
        if name in gathered and gathered[name] is None and values:
            gathered[name] = sum(values) / len(values)
    return gathered
