"""The public call."""

from __future__ import annotations

from collections.abc import Mapping

from unsteady._plain_validation import integer
from unsteady._text import format_names
from unsteady.history import History
from unsteady.logs._charts import split_charts
from unsteady.logs._columns import match_columns, read_columns, unread_notes
from unsteady.logs._evaluations import build_history, split_runs
from unsteady.logs._formats import Log, LogError, parse_log, prefix_errors


def read_log(
    source: object, columns: Mapping[str, str] | None = None, n_eval: int | None = None
) -> list[History]:
    """Read the log of one or several training runs, as frameworks write it.

    It reads CSV of Keras's ``CSVLogger``, Lightning, Ultralytics, timm and similar tools, with commas,
    semicolons or tabs. It reads charts that W&B and TensorBoard export, JSON of Keras's history and Hugging
    Face's ``trainer_state.json``, JSON lines, what XGBoost's ``evals_result()`` returns, and fitted
    classifiers of scikit-learn.

    Parameters
    ----------
    source : path, open file, mapping, list or estimator
        A mapping holds one sequence of numbers per column, a list holds one mapping per row.
    columns : mapping of str to str, optional
        From which column to read ``epoch``, ``step``, ``learning_rate``, ``loss``, ``accuracy``,
        ``val_loss`` or ``val_accuracy``, where its name does not say so.
    n_eval : int, optional
        Size of the evaluation set, at least 1.

    Returns
    -------
    list of History
        One per run. There are several if runs were appended to one file, so that steps or epochs go back, or
        if one chart shows several. Each has one evaluation per row with a validation metric, and the mean of
        the training metrics logged in between. Accuracies are from 0 to 1, also if the log has per cent or
        error rates. Missing values are None. Epochs and steps are counted as in the log.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError, TypeError
        If it is not a log, or can be read in more than one way. The message names the log, what was found in
        it and what to pass.

    Notes
    -----
    A framework's training loss and accuracy are running means over the epoch. So they are read as ``loss``
    and ``accuracy``, never as re-evaluated ones. ``test`` metrics are read as validation if there are no
    others. A line cut short at the end of the file, as by a run that was killed, is left out, and ``notes``
    says so.

    Examples
    --------
    >>> [run] = read_log({"val_acc": [71.5, 80.25, 84.0]})
    >>> run.val_accuracy, run.notes
    ([0.715, 0.8025, 0.84], ('val_acc is in per cent', 'no column counts epochs or steps: rows in order'))
    """
    if n_eval is not None:
        n_eval = integer("n_eval", n_eval, at_least=1)
    if not isinstance(columns, Mapping | None):
        raise TypeError(f"columns must be a mapping from fields to columns, got {columns!r}")
    log = parse_log(source)
    with prefix_errors(log.name):
        histories = [
            history
            for part, requested in split_charts(log, columns)
            for history in _read_part(part, requested, n_eval)
        ]
        if not histories:
            raise LogError(f"no row carries a metric; found the columns {format_names(log.columns)}")
    return histories


def _read_part(log: Log, requested: Mapping[str, str] | None, n_eval: int | None) -> list[History]:
    """Return the runs of a log, or of one curve of a chart."""
    with prefix_errors(log.name):
        chosen = match_columns(log, requested)
        fields, converted = read_columns(log, chosen)
        rows = [dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True)]
        runs = split_runs(rows, log.header_repeats)
    notes = [*log.notes, *converted, *unread_notes(log, chosen)]
    histories = []
    for number, run in enumerate(runs, 1):
        name = log.name if len(runs) == 1 else f"{log.name}, run {number} of {len(runs)}"
        with prefix_errors(name):
            history = build_history(name, run, chosen, notes, n_eval or log.n_eval)
        if history is not None:
            histories.append(history)
    return histories
