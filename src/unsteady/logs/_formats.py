"""Read the formats of logs: from bytes, text or an object to rows of named cells.

Nothing here knows what a column means. A :class:`LogError` says what is wrong and what to pass instead. It
does not name the log: :func:`prefix_errors` adds the name.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from unsteady._text import format_names, pluralize

Row = dict[str, Any]
"""The cells of a row, by the names of their columns."""

LAST_LINE_CUT = "the last line is cut short, left out"


class LogError(ValueError):
    """What is wrong with a log, without the log's name."""


@contextmanager
def prefix_errors(name: str) -> Iterator[None]:
    """Turn a :class:`LogError` into a ValueError that begins with the log's name."""
    try:
        yield
    except LogError as error:
        raise ValueError(f"{name}: {error}") from None


@dataclass(frozen=True)
class Log:
    """A log as it was read, before anyone asks what its columns mean."""

    rows: list[Row]
    name: str = ""
    notes: tuple[str, ...] = ()
    """What was left out or worked out in reading it."""
    n_eval: int | None = None
    header_repeats: frozenset[int] = frozenset()
    """The rows right before which the file repeats its header."""

    @cached_property
    def columns(self) -> list[str]:
        """The names of all columns, in the order in which they appear."""
        return list(dict.fromkeys(name for row in self.rows for name in row))


def parse_log(source: object) -> Log:
    r"""Return the rows of whatever a log may be given as.

    Raises
    ------
    ValueError
        If the log cannot be read. The message begins with the log's name.
    TypeError
        If `source` is nothing that a log is given as.

    Examples
    --------
    >>> log = parse_log(io.StringIO("epoch,val_acc\n1,0.5\n2,0.6\n"))
    >>> log.rows
    [{'epoch': '1', 'val_acc': '0.5'}, {'epoch': '2', 'val_acc': '0.6'}]
    """
    name, content, parse = _open(source)
    with prefix_errors(name):
        return replace(parse(content), name=name)


def _open(source: Any) -> tuple[str, Any, Callable[[Any], Log]]:
    """Return the log's name, its content, and the function that parses such content."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source), Path(source).read_bytes(), _parse_bytes
    if hasattr(source, "read"):
        content = source.read()
        parse = _parse_text if isinstance(content, str) else _parse_bytes
        return str(getattr(source, "name", "the file")), content, parse
    if isinstance(source, Mapping):
        return "the mapping", source, _parse_json
    if hasattr(source, "loss_curve_") or hasattr(source, "train_score_"):
        return type(source).__name__, source, _parse_estimator
    if isinstance(getattr(source, "history", None), Mapping):  # what Keras's fit returns
        return "the history", source.history, _parse_json
    if isinstance(source, Sequence) and not isinstance(source, bytes):
        return "the list", source, _parse_json
    raise TypeError(
        "source must be a path, an open file, a mapping of columns, a list of rows or a fitted "
        f"scikit-learn estimator, got {type(source).__name__}"
    )


# Text ---------------------------------------------------------------------------------------------


def _parse_bytes(content: bytes) -> Log:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise LogError(
            f"not text in UTF-8 (byte {content[error.start]:#04x} at {error.start}); "
            "save it in UTF-8, or pass another file"
        ) from None
    if "\0" in text:
        raise LogError(f"a binary file (a zero byte at {text.index(chr(0))}); pass a CSV or JSON log")
    return _parse_text(text)


def _parse_text(text: str) -> Log:
    begun = text.lstrip()
    if not begun:
        raise LogError("empty; pass the log of a run")
    return _parse_json_text(text) if begun[0] in "{[" else _parse_csv(begun)


# CSV ----------------------------------------------------------------------------------------------


def _parse_csv(text: str) -> Log:
    (_, header), *lines = _split_csv(text)
    _check_header(header)
    last = lines[-1][1] if lines else []
    cut_short = len(lines) > 1 and 0 < len(last) < len(header) and any(last)
    rows: list[Row] = []
    repeats: set[int] = set()
    for line, cells in lines[:-1] if cut_short else lines:
        if cells == header:
            repeats.add(len(rows))
        elif any(cells):  # else a blank line
            _check_cell_count(line, cells, header)
            rows.append(dict(zip(header, cells, strict=True)))
    if not rows:
        raise LogError(f"a header and no rows; found {format_names(header)}")
    return Log(rows, notes=(LAST_LINE_CUT,) if cut_short else (), header_repeats=frozenset(repeats))


def _split_csv(text: str) -> list[tuple[int, list[str]]]:
    """Return the stripped cells of each line, with the line's number."""
    first = text.splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise LogError(f"not CSV (line {reader.line_num}: {error}); pass a CSV or JSON log") from None


def _check_header(header: Sequence[str]) -> None:
    if all(to_number(cell) is not None for cell in header):
        raise LogError(
            f"no header line (the first is {format_names(header)}); add one that names the columns"
        )
    if len(set(header)) < len(header):
        twice = next(cell for cell in header if header.count(cell) > 1)
        raise LogError(f"two columns are named {twice!r}; rename one")


def _check_cell_count(line: int, cells: Sequence[str], header: Sequence[str]) -> None:
    if len(cells) != len(header):
        raise LogError(
            f"line {line} has {pluralize(len(cells), 'cell')} where the header has {len(header)}; "
            "pass one table with one header"
        )


# JSON ---------------------------------------------------------------------------------------------


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise LogError("nested too deeply") from None


def _parse_json_text(text: str) -> Log:
    try:
        content = _loads(text)
    except json.JSONDecodeError as error:
        return _parse_json_lines(text, why_not_json=f"{error.msg} in line {error.lineno}")
    except ValueError as error:  # such as a number of more digits than Python reads
        raise LogError(str(error)) from None
    return _parse_json(content)


def _parse_json_lines(text: str, why_not_json: str) -> Log:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    cut_short = len(lines) > 1 and not _is_json(lines[-1][1])
    rows: list[Row] = []
    for number, line in lines[:-1] if cut_short else lines:
        try:
            row = _loads(line)
        except ValueError:
            raise LogError(
                f"neither JSON ({why_not_json}) nor one JSON object a line (see line {number}); "
                "pass a log in CSV or JSON"
            ) from None
        if not isinstance(row, dict):
            raise LogError(f"line {number} is not a JSON object; pass one object a line")
        rows.append(row)
    return _from_rows(rows, (LAST_LINE_CUT,) if cut_short else ())


def _is_json(line: str) -> bool:
    try:
        _loads(line)
    except ValueError:
        return False
    return True


def _parse_json(content: Any) -> Log:
    """Return the rows of a list of rows, of a mapping of columns, or of a Hugging Face Trainer's state."""
    if isinstance(content, Mapping) and isinstance(content.get("log_history"), Sequence):
        content = content["log_history"]
    if isinstance(content, Mapping):
        return _from_columns(content)
    if isinstance(content, Sequence) and content and all(isinstance(row, Mapping) for row in content):
        return _from_rows(content)
    raise LogError("no rows and no columns in it; pass a mapping of columns or a list of rows")


# From rows and from columns -----------------------------------------------------------------------


def _from_rows(rows: Sequence[Mapping[Any, Any]], notes: tuple[str, ...] = ()) -> Log:
    """Leave out the rows that sum up a whole run, and work out the evaluation set's size from timings."""
    kept = [_flatten(row) for row in rows if "train_runtime" not in row]
    if len(kept) < len(rows):
        notes += (f"left out: {pluralize(len(rows) - len(kept), 'row')} summing up the run",)
    n_eval = _eval_size_from_timings(kept)
    if n_eval is not None:
        notes += (f"{n_eval} evaluation examples: eval_runtime times eval_samples_per_second",)
    return Log(kept, notes=notes, n_eval=n_eval)


def _flatten(row: Mapping[Any, Any]) -> Row:
    """Join the names of nested cells: ``{"val": {"acc": 0.5}}`` becomes ``{"val/acc": 0.5}``."""
    flat: Row = {}
    for name, cell in row.items():
        if isinstance(cell, Mapping) and cell:
            flat.update({f"{name}/{inner}": value for inner, value in cell.items()})
        else:
            flat[str(name)] = cell
    return flat


def _eval_size_from_timings(rows: Sequence[Row]) -> int | None:
    """Return the one number of examples that fits all timings of a Hugging Face Trainer, if there is one."""
    bounds = [_timed_size_bounds(row) for row in rows if "eval_samples_per_second" in row]
    low = max((low for low, _ in bounds), default=1)
    high = min((high for _, high in bounds), default=0)
    return low if low == high else None


def _timed_size_bounds(row: Row) -> tuple[int, int]:
    """Return the least and the largest number of examples that a row's rounded timings allow."""
    seconds, per_second = to_number(row.get("eval_runtime")), to_number(row["eval_samples_per_second"])
    if seconds is None or per_second is None or not 0 < seconds * per_second < 1e9:
        return 1, 0  # no number at all
    return (
        math.ceil((seconds - 5e-5) * (per_second - 5e-4)),
        math.floor((seconds + 5e-5) * (per_second + 5e-4)),
    )


def _from_columns(content: Mapping[Any, Any]) -> Log:
    """Return the rows of a mapping of columns. Nested names are joined, as those of XGBoost."""
    columns: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, Mapping) and all(str(index).isdecimal() for index in value):
            columns[str(name)] = [value[index] for index in sorted(value, key=int)]  # as pandas writes it
        else:
            columns.update(_flatten({name: value}))
    columns = {name: column for name, column in columns.items() if _is_numeric(column)}
    lengths = {name: len(column) for name, column in columns.items()}
    if not any(lengths.values()):
        raise LogError(f"no columns of numbers in it; found {format_names(map(str, content))}")
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise LogError(f"columns of different lengths ({listed}); pass columns of one length")
    return Log([dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)])


def _is_numeric(column: Any) -> bool:
    """Whether it is a sequence of numbers. Other things beside the curves, as class names, do not count."""
    if isinstance(column, str | Mapping) or not (
        hasattr(column, "__len__") and hasattr(column, "__getitem__")
    ):
        return False
    return all(is_missing(cell) or to_number(cell) is not None for cell in column)


# Estimators of scikit-learn -----------------------------------------------------------------------


def _parse_estimator(estimator: Any) -> Log:
    """Return what a fitted scikit-learn classifier recorded."""
    if not hasattr(estimator, "classes_"):
        raise LogError("not a fitted classifier; pass one, or a mapping of columns")
    if hasattr(estimator, "loss_curve_"):
        return _from_columns(_network_columns(estimator))
    return _from_columns(_boosting_columns(estimator))


def _network_columns(estimator: Any) -> dict[str, Any]:
    columns = {"loss": estimator.loss_curve_, "val_accuracy": getattr(estimator, "validation_scores_", None)}
    return {name: column for name, column in columns.items() if column is not None}


def _boosting_columns(estimator: Any) -> dict[str, list[float]]:
    scoring = getattr(estimator, "scoring", "loss")
    metric = {"loss": "loss", None: "accuracy", "accuracy": "accuracy"}.get(scoring)
    if metric is None:
        raise LogError(f"scored by {scoring!r}; pass one scored by 'accuracy' or 'loss'")
    # Histogram boosting keeps losses as scores: the larger, the better.
    sign = -1.0 if metric == "loss" and hasattr(estimator, "validation_score_") else 1.0
    scores = {
        metric: getattr(estimator, "train_score_", None),
        f"val_{metric}": getattr(estimator, "validation_score_", None),
    }
    return {
        name: [sign * float(score) for score in column]
        for name, column in scores.items()
        if column is not None and len(column)
    }


# From cells to numbers ----------------------------------------------------------------------------

_MISSING = {"", "na", "n/a", "none", "null", "-"}


def to_number(cell: Any) -> float | None:
    """Return a cell as a number, which may be NaN or infinite. Return None if it is missing or no number.

    Examples
    --------
    >>> to_number("0.5"), to_number("nan"), to_number("NA"), to_number("high")
    (0.5, nan, None, None)
    """
    if cell is None or isinstance(cell, bool) or is_missing(cell):
        return None
    if isinstance(cell, str) and "_" in cell:  # Python would read 1_000 as 1000
        return None
    try:
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        return None


def is_missing(cell: Any) -> bool:
    """Whether a cell is empty or says that there is no value."""
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in _MISSING)
