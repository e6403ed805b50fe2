"""The command ``unsteady diagnose LOG``, also ``python -m unsteady diagnose LOG``."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shlex
import sys
from collections.abc import Sequence

import unsteady
from unsteady.diagnosis import Diagnosis, diagnose
from unsteady.logs import read_log

UNREADABLE = 2


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    top = argparse.ArgumentParser(prog="unsteady", description="Why does accuracy fluctuate during training?")
    top.add_argument("--version", action="version", version=f"unsteady {unsteady.__version__}")
    command = top.add_subparsers(dest="command", required=True, metavar="COMMAND").add_parser(
        "diagnose",
        usage="unsteady diagnose LOG [--n-eval N] [--columns FIELD=COLUMN ...] [--plot FILE] [--json]",
        help="say what the log of a training run can tell of its unsteadiness, and what it cannot",
        description="Reads the log that a framework wrote (CSV of Keras, Lightning, timm or Ultralytics, "
        "charts that W&B and TensorBoard export, trainer_state.json of Hugging Face, JSON lines, "
        "evals_result of XGBoost) and says what it can tell of the run's unsteadiness, what it cannot, and "
        "which run to make next.",
        epilog="Exit code 0: the log was read; 2: it was not, and one line says why.",
    )
    command.add_argument("log", metavar="LOG", nargs="?", help="the file; - for standard input")
    command.add_argument(
        "--n-eval", type=int, metavar="N",
        help="how many examples the evaluation set has; the most useful thing to tell",
    )  # fmt: skip
    command.add_argument(
        "--columns", nargs="+", action="extend", metavar="FIELD=COLUMN", default=[],
        help="from which column to read epoch, step, learning_rate, loss, accuracy, val_loss or "
        "val_accuracy, where its name does not say so: --columns val_accuracy=my_score",
    )  # fmt: skip
    command.add_argument("--plot", metavar="FILE", help="draw the run into a picture (.png, .svg, .pdf)")
    command.add_argument(
        "--json",
        action="store_true",
        help="print JSON: name, n_eval, findings and numbers of the log's last run, and under runs of all",
    )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    reader = parser()
    options = reader.parse_args(arguments)
    if options.log is None:  # which --columns takes for one of its own, where it comes last
        if not options.columns or "=" in options.columns[-1]:
            reader.error("which LOG? see unsteady diagnose --help")
        options.log = options.columns.pop()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a name in letters that the terminal lacks
    try:
        columns = dict(_named(pair) for pair in options.columns)
        source = sys.stdin.buffer if options.log == "-" else options.log
        runs = [diagnose(run, options.n_eval) for run in read_log(source, columns or None)]
        if options.plot:
            _draw(runs, options.plot)
    except OSError as error:
        return _refused(f"{error.filename or options.log}: {error.strerror or error}")
    except (ValueError, TypeError) as error:
        return _refused(str(error))
    try:
        print(_as_json(runs) if options.json else _as_typed("\n\n".join(map(str, runs))), flush=True)
    except BrokenPipeError:  # as by head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _as_json(runs: Sequence[Diagnosis]) -> str:
    """Return the last run's report, and those of all runs of the log beside it."""
    reports = [run.to_dict() for run in runs]
    return json.dumps({**reports[-1], "runs": reports}, ensure_ascii=False, indent=2)


def _named(pair: str) -> tuple[str, str]:
    wanted, equals, column = pair.partition("=")
    if not equals:
        raise ValueError(f"--columns takes FIELD=COLUMN, got {pair!r}")
    return wanted, column


def _refused(why: str) -> int:
    """Say in one line why, and what to pass as it is passed here."""
    print(f"unsteady: {_as_typed(' '.join(why.split()))}", file=sys.stderr)
    return UNREADABLE


def _as_typed(text: str) -> str:
    """Put what is to be passed as it is typed here."""

    def option(found: re.Match[str]) -> str:
        return f"--columns {shlex.quote(f'{found[1]}={found[2]}')}"

    return re.sub(r"columns=\{'(\w+)': '?(.*?)'?\}", option, text)


def _draw(runs: Sequence[Diagnosis], file: str) -> None:
    """Draw each run into a file of its own, numbered where there are several."""
    import matplotlib as mpl

    mpl.use("agg")
    if any(run.history.val_accuracy is None for run in runs):
        raise ValueError(f"{runs[0].history.name}: --plot draws validation accuracy, which this log has not")
    stem, dot, kind = file.rpartition(".")
    if not dot or not stem:
        raise ValueError(f"--plot takes a file with an ending, as run.png, got {file!r}")
    for number, run in enumerate(runs, 1):
        run.plot().savefig(file if len(runs) == 1 else f"{stem}-{number}.{kind}")
