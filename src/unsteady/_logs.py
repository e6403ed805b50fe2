"""Logs as frameworks write them: from a file to rows, from rows to runs. Imports the standard library alone.

What cannot be read, or not in one way only, is a ``ValueError`` that names the log, what was found in it and
what to pass.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from unsteady.accuracy import decimals
from unsteady.history import History

FIELDS = ("epoch", "step", "learning_rate", "loss", "accuracy", "val_loss", "val_accuracy")
ACCURACIES = ("accuracy", "val_accuracy")
ON_VALIDATION = ("val_loss", "val_accuracy")

Row = dict[str, Any]


@dataclass
class Log:
    """A log as read: rows of named cells, and what there is to say of them."""

    name: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    n_eval: int | None = None
    cuts: set[int] = field(default_factory=set)
    """Rows before which another run was appended with its header."""

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))


# From a source to rows ----------------------------------------------------------------------------


def load(source: Any) -> Log:
    """Return the rows of whatever a log may be given as."""
    if isinstance(source, str | os.PathLike):
        return _of_text(os.fspath(source), _decoded(os.fspath(source), Path(source).read_bytes()))
    if hasattr(source, "read"):
        content, name = source.read(), str(getattr(source, "name", "the file"))
        return _of_text(name, content if isinstance(content, str) else _decoded(name, content))
    if isinstance(source, Mapping):
        return _of_json("the mapping", source)
    if hasattr(source, "loss_curve_") or hasattr(source, "train_score_"):
        return _of_estimator(source)
    if isinstance(getattr(source, "history", None), Mapping):  # what Keras's fit returns
        return _of_json("the history", source.history)
    if isinstance(source, Sequence) and not isinstance(source, bytes):
        return _of_json("the list", source)
    raise TypeError(
        "source must be a path, an open file, a mapping of columns, a list of rows or a fitted "
        f"scikit-learn estimator, got {type(source).__name__}"
    )


def _decoded(name: str, content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{name}: not text in UTF-8 (byte {content[error.start]:#04x} at {error.start}); "
            "save it in UTF-8, or pass another file"
        ) from None
    if "\0" in text:
        raise ValueError(
            f"{name}: a binary file (a zero byte at {text.index(chr(0))}); pass a CSV or JSON log"
        )
    return text


def _of_text(name: str, text: str) -> Log:
    if not text.strip():
        raise ValueError(f"{name}: empty; pass the log of a run")
    if text.lstrip()[0] in "{[":
        return _of_json_text(name, text)
    return _of_csv(name, text)


def _parsed(text: str) -> Any:
    """Return what JSON says; deep nesting and endless numbers are errors like any other."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _of_json_text(name: str, text: str) -> Log:
    try:
        return _of_json(name, _parsed(text))
    except json.JSONDecodeError as error:
        whole = f"{error.msg} in line {error.lineno}"
    except ValueError as error:
        raise ValueError(f"{name}: {str(error).removeprefix(f'{name}: ')}") from None
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    rows: list[Row] = []
    notes: list[str] = []
    for number, line in lines:
        try:
            row = _parsed(line)
        except ValueError:
            if rows and number == lines[-1][0]:
                notes.append("the last line is cut short, left out")
                break
            raise ValueError(
                f"{name}: neither JSON ({whole}) nor one JSON object a line (see line {number}); "
                "pass a log in CSV or JSON"
            ) from None
        if not isinstance(row, dict):
            raise ValueError(f"{name}: line {number} is no JSON object; pass one object a line")
        rows.append(row)
    return _of_rows(name, rows, notes)


def _of_json(name: str, content: Any) -> Log:
    """Return the rows of a list of them, of a mapping of columns, or of a Trainer's state."""
    if isinstance(content, Mapping) and isinstance(content.get("log_history"), Sequence):
        content = content["log_history"]
    if isinstance(content, Mapping):
        return _of_columns(name, content)
    if isinstance(content, Sequence) and content and all(isinstance(row, Mapping) for row in content):
        return _of_rows(name, [dict(row) for row in content], [])
    raise ValueError(f"{name}: no rows and no columns in it; pass a mapping of columns or a list of rows")


def _of_rows(name: str, rows: list[Row], notes: list[str]) -> Log:
    """Return rows without those that sum up a whole run, and the size that a Trainer's timing betrays."""
    kept = [row for row in rows if "train_runtime" not in row]
    if len(kept) < len(rows):
        notes.append(f"left out: {_counted(len(rows) - len(kept), 'row')} summing up the run")
    sizes = [_timed_size(row) for row in kept if "eval_samples_per_second" in row]
    low, high = max((a for a, _ in sizes), default=1), min((b for _, b in sizes), default=0)
    n_eval = low if sizes and low == high else None
    if n_eval is not None:
        notes.append(f"{n_eval} evaluation examples: eval_runtime times eval_samples_per_second")
    return Log(name, kept, notes, n_eval)


def _timed_size(row: Row) -> tuple[int, int]:
    """Return the least and the largest number of examples that rounded timings allow."""
    seconds, rate = _number(row.get("eval_runtime")), _number(row["eval_samples_per_second"])
    if seconds is None or rate is None or not 0 < seconds * rate < 1e9:
        return 1, 0
    return (
        math.ceil((seconds - 5e-5) * (rate - 5e-4)),
        math.floor((seconds + 5e-5) * (rate + 5e-4)),
    )


def _of_columns(name: str, content: Mapping[Any, Any]) -> Log:
    """Return the rows of a mapping of columns; of nested ones, as XGBoost's, the names are joined."""
    columns: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            columns.update({f"{key}/{inner}": column for inner, column in value.items()})
        else:
            columns[str(key)] = value
    columns = {key: column for key, column in columns.items() if _is_column(column)}
    lengths = {key: len(column) for key, column in columns.items()}
    if not any(lengths.values()):
        raise ValueError(f"{name}: no columns of numbers in it; found {_listed(map(str, content))}")
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise ValueError(f"{name}: columns of different lengths ({told}); pass columns of one length")
    names = list(columns)
    return Log(name, [dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True)])


def _is_column(value: Any) -> bool:
    return (
        hasattr(value, "__len__") and hasattr(value, "__getitem__") and not isinstance(value, str | Mapping)
    )


def _of_csv(name: str, text: str) -> Log:
    first = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter)
    rows: list[Row] = []
    notes: list[str] = []
    cuts: set[int] = set()
    try:
        header = [cell.strip() for cell in next(lines)]
        for cells in lines:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if cells == header:
                cuts.add(len(rows))
                continue
            if len(cells) != len(header):
                line = lines.line_num
                if next(lines, None) is None and rows and len(cells) < len(header):
                    notes.append("the last line is cut short, left out")
                    break
                raise ValueError(
                    f"{name}: line {line} has {_counted(len(cells), 'cell')} where the header has "
                    f"{len(header)}; pass one table with one header"
                )
            rows.append(dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise ValueError(f"{name}: no CSV (line {lines.line_num}: {error}); pass a CSV or JSON log") from None
    if len(set(header)) < len(header):
        twice = next(cell for cell in header if header.count(cell) > 1)
        raise ValueError(f"{name}: two columns are named {twice!r}; rename one")
    if not rows:
        raise ValueError(f"{name}: a header and no rows; found {_listed(header)}")
    return Log(name, rows, notes, cuts=cuts)


def _of_estimator(estimator: Any) -> Log:
    """Return what a fitted scikit-learn classifier recorded."""
    name = type(estimator).__name__
    if not hasattr(estimator, "classes_"):
        raise ValueError(f"{name}: not a fitted classifier; pass one, or a mapping of columns")
    columns: dict[str, Any] = {}
    if hasattr(estimator, "loss_curve_"):
        columns = {
            "loss": estimator.loss_curve_,
            "val_accuracy": getattr(estimator, "validation_scores_", None),
        }
    else:
        scoring = getattr(estimator, "scoring", "loss")
        metric = {"loss": "loss", None: "accuracy", "accuracy": "accuracy"}.get(scoring)
        if metric is None:
            raise ValueError(f"{name}: scored by {scoring!r}; pass one scored by 'accuracy' or 'loss'")
        sign = -1.0 if metric == "loss" and hasattr(estimator, "validation_score_") else 1.0
        for place in ("train_score_", "validation_score_"):
            scores = getattr(estimator, place, None)
            if scores is not None and len(scores):
                field_ = metric if place == "train_score_" else f"val_{metric}"
                columns[field_] = [sign * float(score) for score in scores]
    return _of_columns(name, {key: column for key, column in columns.items() if column is not None})


# From cells to numbers ----------------------------------------------------------------------------

_MISSING = {"", "na", "n/a", "none", "null", "-"}


def _number(cell: Any) -> float | None:
    """Return a cell as a number, NaN and infinities included, or None if it is missing or none."""
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, str) and cell.strip().lower() in _MISSING:
        return None
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def _is_missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in _MISSING)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _listed(names: Iterable[str], most: int = 20) -> str:
    names = [repr(name) if len(name) <= 60 else f"{name[:57]!r}..." for name in names]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"


# From column names to fields ----------------------------------------------------------------------

_TRAIN, _VALID, _TEST = {"train", "training"}, {"val", "valid", "validation", "eval", "dev"}, {"test"}
_RATES = {"lr", "learning_rate", "train_lr", "train_learning_rate", "lr_pg0", "lr_0"}
_STEPS = {"step", "global_step", "iter", "iteration", "trainer_global_step"}
_LOSSES = {"loss", "logloss", "mlogloss", "cross_entropy"}
_RIGHT = {
    "acc", "accuracy", "acc1", "acc_1", "top1", "top1_acc", "accuracy_top1", "accuracy_top_1",
    "categorical_accuracy", "sparse_categorical_accuracy", "binary_accuracy",
}  # fmt: skip
_WRONG = {"error", "merror", "err", "error_rate", "err1"}


def _meaning(column: str) -> tuple[str, int] | None:
    """Return the field that a column's name stands for, and how plainly: the lower, the plainer."""
    name = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")
    if name in {"epoch", "epochs"}:
        return "epoch", 0
    if name in _STEPS:
        return "step", 0
    if name in _RATES:
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
    if metric in _LOSSES:
        return "loss"
    return "accuracy" if metric in _RIGHT | _WRONG else None


def _is_error(column: str) -> bool:
    name = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")
    return name in _WRONG or any(name.endswith(f"_{wrong}") for wrong in _WRONG)


def choose(log: Log, columns: Mapping[str, str] | None) -> dict[str, str]:
    """Return which column each field is read from: those that the reader names, the others by their names."""
    present = log.columns
    chosen: dict[str, str] = {}
    for wanted, column in (columns or {}).items():
        if wanted not in FIELDS:
            raise ValueError(f"columns may name {_listed(FIELDS)}, got {wanted!r}")
        if column not in present:
            raise ValueError(f"{log.name}: no column {column!r}; found {_listed(present)}")
        chosen[wanted] = column
    found: dict[str, list[tuple[int, str]]] = {}
    for column in present:
        meaning = _meaning(column)
        if meaning and column not in chosen.values() and meaning[0] not in chosen:
            found.setdefault(meaning[0], []).append((meaning[1], column))
    _reject_unprefixed(log, found, chosen)
    for wanted, candidates in found.items():
        plainest = min(rank for rank, _ in candidates)
        best = [column for rank, column in candidates if rank == plainest]
        if len(best) > 1:
            raise ValueError(
                f"{log.name}: {_listed(best)} may all be {wanted}; pass columns={{{wanted!r}: {best[0]!r}}}"
            )
        chosen[wanted] = best[0]
    if not set(chosen) & (set(ACCURACIES) | set(ON_VALIDATION) | {"loss"}):
        raise ValueError(
            f"{log.name}: no known metric; found the columns {_listed(present)}; "
            "pass columns={'val_accuracy': ...} with the one to read"
        )
    for wanted, column in chosen.items():
        _must_be_numbers(log, wanted, column)
    return chosen


def _reject_unprefixed(log: Log, found: dict[str, Any], chosen: dict[str, str]) -> None:
    """Refuse a metric that does not say on which set, beside a loss that does."""
    bare = [column for _, column in found.get("accuracy", []) if "_" not in column and "/" not in column]
    split = any(_meaning(c) == ("loss", 0) for c in log.columns) and "val_loss" in found
    if bare and split and "val_accuracy" not in found and "val_accuracy" not in chosen:
        raise ValueError(
            f"{log.name}: is {bare[0]!r} of the training or the validation set? pass "
            f"columns={{'val_accuracy': {bare[0]!r}}} or columns={{'accuracy': {bare[0]!r}}}"
        )


def _must_be_numbers(log: Log, wanted: str, column: str) -> None:
    for row in log.rows:
        cell = row.get(column)
        if not _is_missing(cell) and _number(cell) is None:
            raise ValueError(
                f"{log.name}: the column {column!r}, read as {wanted}, holds {str(cell)[:40]!r}; "
                "pass columns of numbers"
            )


# From rows to runs --------------------------------------------------------------------------------


def read(source: Any, columns: Mapping[str, str] | None, n_eval: int | None) -> list[History]:
    """Return the runs of a log; see :func:`unsteady.history.read_history`."""
    log = load(source)
    histories = []
    for part, given in _of_charts(log, columns):
        chosen = choose(part, given)
        rows = [{name: _number(row.get(column)) for name, column in chosen.items()} for row in part.rows]
        percent = _convert(part, chosen, rows)
        runs = _split(rows, part.cuts)
        for number, run in enumerate(runs, 1):
            name = part.name if len(runs) == 1 else f"{part.name}, run {number} of {len(runs)}"
            history = _history(name, run, chosen, [*part.notes, *percent], n_eval or part.n_eval)
            if history is not None:
                histories.append(history)
    if not histories:
        raise ValueError(f"{log.name}: no row carries a metric; found the columns {_listed(log.columns)}")
    return histories


def _of_charts(log: Log, columns: Mapping[str, str] | None) -> list[tuple[Log, Mapping[str, str] | None]]:
    """Split the charts that W&B and TensorBoard export, whose names say what is in them, into runs."""
    present = log.columns
    if columns is None and set(present) == {"Wall time", "Step", "Value"}:
        meaning = _meaning_of_tag(Path(log.name).stem)
        if meaning is None:
            raise ValueError(
                f"{log.name}: a TensorBoard export, whose file name does not say what Value is; "
                "pass columns={'val_accuracy': 'Value'} if it is that"
            )
        return [(log, {"step": "Step", meaning: "Value"})]
    curves = [name for name in present if " - " in name and not name.endswith(("__MIN", "__MAX"))]
    if columns is None and curves and present[0] not in curves:
        return [_of_chart(log, present[0], curve) for curve in curves]
    return [(log, columns)]


def _meaning_of_tag(stem: str) -> str | None:
    run, _, tag = stem.rpartition("tag-")
    meaning = _meaning(tag)
    if meaning and not meaning[0].startswith("val_") and set(re.split(r"[^a-z]+", run.lower())) & _VALID:
        return f"val_{meaning[0]}"
    return meaning[0] if meaning and (run or meaning[0].startswith("val_")) else None


def _of_chart(log: Log, axis: str, curve: str) -> tuple[Log, Mapping[str, str]]:
    run, _, metric = curve.rpartition(" - ")
    meaning = _meaning(metric)
    if meaning is None:
        raise ValueError(
            f"{log.name}: {metric!r} is no known metric; "
            f"pass columns={{'val_accuracy': {curve!r}}} if it is that"
        )
    rows = [{axis: row.get(axis), curve: row.get(curve)} for row in log.rows]
    part = Log(f"{log.name}, {run}", rows, list(log.notes), log.n_eval)
    place = _meaning(axis)
    return part, {meaning[0]: curve, **({place[0]: axis} if place else {})}


def _convert(log: Log, chosen: Mapping[str, str], rows: list[Row]) -> list[str]:
    """Turn per cent and errors into accuracies from 0 to 1, in place; return what was done."""
    notes = []
    present = [name for name in ACCURACIES if name in chosen]
    values = [row[name] for row in rows for name in present if row[name] is not None]
    values = [value for value in values if math.isfinite(value)]
    top = max(values, default=0.0)
    if min(values, default=0.0) < 0 or top > 100 * (1 + 1e-6):
        bad = min(values) if min(values) < 0 else top
        raise ValueError(
            f"{log.name}: an accuracy of {bad:g} in {_listed([chosen[name] for name in present])}; "
            "pass columns with accuracies from 0 to 1 or in per cent"
        )
    percent = top > 1 + 1e-6
    if percent:
        notes.append("accuracy is in per cent")
    for name in present:
        error = _is_error(chosen[name])
        if error:
            notes.append(f"{name} is one less {chosen[name]}")
        for row in rows:
            if row[name] is not None and math.isfinite(row[name]):
                row[name] = _as_accuracy(row[name], percent, error)
    return notes


def _as_accuracy(value: float, percent: bool, error: bool) -> float:
    """Return the same digits as a part of one: what is printed tells the size of the set."""
    exact = Decimal(repr(value))
    exact = exact.scaleb(-2) if percent else exact
    return min(max(float(1 - exact if error else exact), 0.0), 1.0)


def _split(rows: list[Row], cuts: set[int]) -> list[list[Row]]:
    """Cut where a header returns, or steps, or else epochs, go back: another run was appended."""
    key = "step" if any(row.get("step") is not None for row in rows) else "epoch"
    runs: list[list[Row]] = [[]]
    last = -math.inf
    for index, row in enumerate(rows):
        place = row.get(key)
        if index in cuts or (place is not None and place < last):
            runs.append([])
        last = last if place is None or math.isnan(place) else place
        runs[-1].append(row)
    return [run for run in runs if run]


def _history(
    name: str, rows: list[Row], chosen: Mapping[str, str], notes: list[str], n_eval: int | None
) -> History | None:
    """Return a run, one evaluation a row that carries a validation metric; None if there is none."""
    carried = [f for f in ON_VALIDATION if f in chosen] or [f for f in (*ACCURACIES, "loss") if f in chosen]
    evaluations, repeated = _evaluations(rows, carried)
    if not evaluations:
        return None
    if repeated:
        notes = [*notes, f"{_counted(repeated, 'evaluation')} of the same weights as before left out"]
    kept: dict[str, Any] = {f: [row.get(f) for row in evaluations] for f in FIELDS if f in chosen}
    kept = {f: column for f, column in kept.items() if any(value is not None for value in column)}
    for column in kept.values():
        column[:] = [math.nan if value is None else value for value in column]
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


def _evaluations(rows: list[Row], carried: Sequence[str]) -> tuple[list[Row], int]:
    """Gather what was logged up to each evaluation, and count the evaluations that are repeated."""
    evaluations: list[Row] = []
    since: list[Row] = []
    repeated = 0
    for row in rows:
        same = bool(evaluations) and _place(row) is not None and _place(row) == _place(evaluations[-1])
        if not any(row.get(f) is not None for f in carried):
            if same and _joins(evaluations[-1], row):
                evaluations[-1].update(_present(row))  # logged after the evaluation, for the same step
            else:
                since.append(row)
        elif same and _joins(evaluations[-1], row):
            evaluations[-1].update(_present(row))
        elif evaluations and (
            (same and row.get("step") is not None) or _repeats(since, evaluations[-1], row)
        ):
            repeated += 1
        else:
            evaluations.append(_gathered(since, row))
            since = []
    return evaluations, repeated


def _repeats(since: Sequence[Row], last: Row, row: Row) -> bool:
    """Whether nothing was trained since and the loss is the same to many digits, as after ``validate()``."""
    trained = any(r.get(f) is not None for r in (*since, row) for f in ("loss", "accuracy"))
    loss = row.get("val_loss")
    same = loss == last.get("val_loss") and row.get("val_accuracy") == last.get("val_accuracy")
    return not trained and same and loss is not None and math.isfinite(loss) and decimals(loss) >= 6


def _place(row: Row) -> float | None:
    place = row.get("step")
    return place if place is not None else row.get("epoch")


def _present(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def _joins(first: Row, second: Row) -> bool:
    """Whether no metric is in both rows, so that they may be parts of one."""
    return not any(
        first.get(f) is not None and second.get(f) is not None for f in ("loss", *ACCURACIES, "val_loss")
    )


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
