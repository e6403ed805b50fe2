"""Logs as frameworks write them, from a file or an object to rows of named cells."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass
class Log:
    """A log as read: rows of named cells, and what there is to say of them."""

    name: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    n_eval: int | None = None
    cuts: set[int] = field(default_factory=set)
    """Rows before which the header returns."""

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))


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
    kept = [_flat(row) for row in rows if "train_runtime" not in row]
    if len(kept) < len(rows):
        notes.append(f"left out: {counted(len(rows) - len(kept), 'row')} summing up the run")
    sizes = [_timed_size(row) for row in kept if "eval_samples_per_second" in row]
    low, high = max((a for a, _ in sizes), default=1), min((b for _, b in sizes), default=0)
    n_eval = low if sizes and low == high else None
    if n_eval is not None:
        notes.append(f"{n_eval} evaluation examples: eval_runtime times eval_samples_per_second")
    return Log(name, kept, notes, n_eval)


def _flat(row: Mapping[Any, Any]) -> Row:
    """Join the names of a nested row, as ``val/acc`` of ``{"val": {"acc": 0.5}}``."""
    if not any(isinstance(value, Mapping) for value in row.values()):
        return dict(row)
    flat: Row = {}
    for key, value in row.items():
        inner = value if isinstance(value, Mapping) else {}
        flat.update({f"{key}/{name}": cell for name, cell in inner.items()} if inner else {key: value})
    return flat


def _timed_size(row: Row) -> tuple[int, int]:
    """Return the least and the largest number of examples that rounded timings allow."""
    seconds, rate = number(row.get("eval_runtime")), number(row["eval_samples_per_second"])
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
        if isinstance(value, Mapping) and all(str(index).isdecimal() for index in value):
            columns[str(key)] = [value[index] for index in sorted(value, key=int)]  # as pandas writes it
        else:
            columns.update(_flat({str(key): value}))
    columns = {key: column for key, column in columns.items() if _is_column(column)}
    lengths = {key: len(column) for key, column in columns.items()}
    if not any(lengths.values()):
        raise ValueError(f"{name}: no columns of numbers in it; found {listed(map(str, content))}")
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise ValueError(f"{name}: columns of different lengths ({told}); pass columns of one length")
    names = list(columns)
    return Log(name, [dict(zip(names, cells, strict=True)) for cells in zip(*columns.values(), strict=True)])


def _is_column(value: Any) -> bool:
    """Whether it is a sequence of numbers, so that names of classes beside the curves do not count."""
    if not hasattr(value, "__len__") or not hasattr(value, "__getitem__") or isinstance(value, str | Mapping):
        return False
    return all(is_missing(cell) or number(cell) is not None for cell in value)


def _of_csv(name: str, text: str) -> Log:
    first = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter, strict=True)
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
                    f"{name}: line {line} has {counted(len(cells), 'cell')} where the header has "
                    f"{len(header)}; pass one table with one header"
                )
            rows.append(dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise ValueError(f"{name}: no CSV (line {lines.line_num}: {error}); pass a CSV or JSON log") from None
    if len(set(header)) < len(header):
        twice = next(cell for cell in header if header.count(cell) > 1)
        raise ValueError(f"{name}: two columns are named {twice!r}; rename one")
    if all(number(cell) is not None for cell in header):
        raise ValueError(
            f"{name}: no header line (the first is {listed(header)}); add one that names the columns"
        )
    if not rows:
        raise ValueError(f"{name}: a header and no rows; found {listed(header)}")
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


def number(cell: Any) -> float | None:
    """Return a cell as a number, NaN and infinities included, or None if it is missing or none."""
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, str) and cell.strip().lower() in _MISSING:
        return None
    if isinstance(cell, str) and "_" in cell:  # which Python takes for a separator of digits
        return None
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def is_missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in _MISSING)


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Iterable[str], most: int = 20) -> str:
    names = [repr(name) if len(name) <= 60 else f"{name[:57]!r}..." for name in names]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"
