"""The command line: ``unsteady diagnose LOG``, or ``python -m unsteady diagnose LOG``."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shlex
import sys
from collections.abc import Sequence

from unsteady import __version__
from unsteady.diagnosis import Diagnosis, diagnose
from unsteady.logs import read_log

UNREADABLE = 2
"""Exit code if the log cannot be read or an argument is wrong."""


def parser() -> argparse.ArgumentParser:
    """Build the parser of the command line.

    Examples
    --------
    >>> options = parser().parse_args(["diagnose", "history.csv", "--n-eval", "500"])
    >>> options.log, options.n_eval
    ('history.csv', 500)
    """
    top = argparse.ArgumentParser(prog="unsteady", description="Why does accuracy fluctuate during training?")
    top.add_argument("--version", action="version", version=f"unsteady {__version__}")
    command = top.add_subparsers(dest="command", required=True, metavar="COMMAND").add_parser(
        "diagnose",
        usage="unsteady diagnose LOG [--n-eval N] [--columns FIELD=COLUMN]... [--plot FILE] [--json]",
        help="explain the fluctuations of a training run from its log",
        description="Reads the log of a training run: CSV of Keras, Lightning, timm or Ultralytics, charts "
        "exported from W&B or TensorBoard, trainer_state.json of Hugging Face, JSON lines, or evals_result "
        "of XGBoost. Says what the log shows about the fluctuations of the run, what it cannot show, and "
        "which run to make next.",
        epilog="Exit code: 0 if the log was read; 2 if not, and then one line says why.",
    )
    command.add_argument("log", metavar="LOG", help="the log file, or - for standard input")
    command.add_argument(
        "--n-eval",
        type=int,
        metavar="N",
        help="the number of examples in the evaluation set; strongly recommended",
    )
    command.add_argument(
        "--columns",
        action="append",
        metavar="FIELD=COLUMN",
        default=[],
        help="read a field (epoch, step, learning_rate, loss, accuracy, val_loss or val_accuracy) from a "
        "column with another name, as in --columns val_accuracy=my_score; repeat it for several fields",
    )
    command.add_argument("--plot", metavar="FILE", help="draw the run into a file (.png, .svg or .pdf)")
    command.add_argument(
        "--json",
        action="store_true",
        help="print JSON with name, n_eval, findings and numbers of the last run in the log, and of each run "
        "in the log under runs",
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        The arguments after the program's name; those of the process if not given.

    Returns
    -------
    int
        0 if the log was read, 2 if not. The reason is then printed to standard error, in one line.

    Raises
    ------
    SystemExit
        If an argument is unknown or missing (code 2), and after ``--help`` and ``--version`` (code 0).

    Examples
    --------
    >>> import contextlib
    >>> with contextlib.redirect_stderr(sys.stdout):
    ...     main(["diagnose", "history.csv", "--columns", "my_score"])
    unsteady: --columns takes FIELD=COLUMN, got 'my_score'
    2
    """
    options = parser().parse_args(arguments)
    _replace_unprintable_characters()
    try:
        columns = dict(_split_pair(pair) for pair in options.columns)
        source = sys.stdin.buffer if options.log == "-" else options.log
        runs = [diagnose(run, options.n_eval) for run in read_log(source, columns or None)]
        if options.plot:
            _draw(runs, options.plot)
    except OSError as error:
        return _fail(f"{error.filename or options.log}: {error.strerror or error}")
    except (ValueError, TypeError) as error:
        return _fail(str(error))
    _print(_format_json(runs) if options.json else _use_option_syntax("\n\n".join(map(str, runs))))
    return 0


def _replace_unprintable_characters() -> None:
    """Let output contain characters that the terminal cannot show, as in the name of a column."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _print(text: str) -> None:
    """Print to standard output, whose reader may stop early, as ``head`` does."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _format_json(runs: Sequence[Diagnosis]) -> str:
    """Return the report of the last run as JSON, with the reports of all runs under ``runs``."""
    reports = [run.to_dict() for run in runs]
    return json.dumps({**reports[-1], "runs": reports}, ensure_ascii=False, indent=2)


def _split_pair(pair: str) -> tuple[str, str]:
    """Split ``FIELD=COLUMN`` into its two names."""
    field, equals, column = pair.partition("=")
    if not equals:
        raise ValueError(f"--columns takes FIELD=COLUMN, got {pair!r}")
    return field, column


def _fail(reason: str) -> int:
    """Print the reason in one line to standard error, and return the exit code."""
    print(f"unsteady: {_use_option_syntax(' '.join(reason.split()))}", file=sys.stderr)
    return UNREADABLE


def _use_option_syntax(text: str) -> str:
    """Turn Python's ``columns={...}`` in a message into the option ``--columns``."""

    def option(found: re.Match[str]) -> str:
        return f"--columns {shlex.quote(f'{found[1]}={found[2]}')}"

    return re.sub(r"columns=\{'(\w+)': '?(.*?)'?\}", option, text)


def _draw(runs: Sequence[Diagnosis], file: str) -> None:
    """Draw the run into the file; if there are several runs, each into a numbered file of its own."""
    import matplotlib as mpl

    mpl.use("agg")
    if any(run.history.val_accuracy is None for run in runs):
        raise ValueError(f"{runs[0].history.name}: --plot needs validation accuracy, and the log has none")
    stem, dot, kind = file.rpartition(".")
    if not dot or not stem:
        raise ValueError(f"--plot takes a file with an ending, such as run.png, got {file!r}")
    for number, run in enumerate(runs, 1):
        run.plot().savefig(file if len(runs) == 1 else f"{stem}-{number}.{kind}")
