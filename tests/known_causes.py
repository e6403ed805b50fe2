"""Runs whose cause is known by their making, each scored on a large pool, to hold a diagnosis against.

The causes are those of the table in examples/60_diagnosis/plot_my_log.py.
"""

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from unsteady import datasets, schedules
from unsteady.datasets import Data
from unsteady.history import History
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

RUNS = 20
POOL = 1497
EXAMPLE = Path(__file__).parents[1] / "examples" / "60_diagnosis" / "plot_my_log.py"


class Cause(NamedTuple):
    """A setting that makes curves unsteady, or level, in one way."""

    n_eval: int = 400
    n_train: int = 300
    units: int = 16
    rate: float = 0.1
    batch_size: int = 30
    epochs: int = 40
    flipped: float = 0.0
    decays: bool = False


def table_of(script: Path) -> dict[str, Cause]:
    """Return the literal that a script calls ``causes``, without running it."""
    for node in ast.parse(script.read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "causes":
            return {name: Cause(*setting) for name, setting in ast.literal_eval(node.value).items()}
    raise LookupError(f"{script} has no table of causes")


CAUSES = table_of(EXAMPLE)
FAMILIES: dict[str, Callable[[int], Data]] = {
    "digits": lambda seed: datasets.digits(n_eval=POOL, seed=seed),
    "clouds": lambda seed: datasets.clouds(n_eval=POOL, seed=seed),
}


def data_of(family: str, cause: Cause, seed: int) -> Data:
    data = FAMILIES[family](seed)
    some = Data(data.X_train[: cause.n_train], data.y_train[: cause.n_train], data.X_eval, data.y_eval)
    return datasets.flip_labels(some, cause.flipped, seed=seed)[0]


@cache
def simulate(family: str, cause: Cause, seed: int) -> History:
    """Train runs that differ in the seed alone, and keep which examples of the pool are right.

    The size of the evaluation set plays no part in it.
    """
    data = data_of(family, cause, seed)
    steps = cause.epochs * -(-cause.n_train // cause.batch_size)
    return train(
        MLP((cause.units,), classes=int(data.y_eval.max()) + 1),
        data,
        SGD(cause.rate),
        batch_size=cause.batch_size,
        epochs=cause.epochs,
        replicates=RUNS,
        seed=1000 * seed,
        schedule=schedules.cosine(steps) if cause.decays else None,
        record=["correct"],
        dtype="float32",
    )


def rerun(family: str, cause: Cause, seed: int, evaluations: int = 40) -> tuple[np.ndarray, ...]:
    """Go on from one checkpoint: as before, at a quarter of the rate, and with eight times the batch."""
    data = data_of(family, cause, seed)
    model = MLP((cause.units,), classes=int(data.y_eval.max()) + 1)
    settings: dict[str, Any] = {"replicates": RUNS, "batch_size": cause.batch_size, "dtype": "float32"}
    checkpoint = train(
        model,
        data,
        SGD(cause.rate),
        epochs=cause.epochs,
        evaluate_every="end",
        record="parameters",
        seed=1000 * seed,
        **settings,
    )
    settings["seed"] = 1000 * seed + 1
    curves = []
    for rate, batch in ((1, 1), (1 / 4, 1), (1, 8)):
        settings["batch_size"] = min(batch * cause.batch_size, cause.n_train)
        run = train(model, data, SGD(rate * cause.rate), epochs=evaluations, resume=checkpoint, **settings)
        curves.append(run.val_accuracy)
    return tuple(curves)


def as_logged(history: History, run: int, examples: np.ndarray) -> tuple[History, np.ndarray]:
    """Return one run as its owner sees it, on a set out of the pool, and which of its examples are right."""
    correct = history.val_correct[:, run, examples]
    columns = {
        name: [float(value) for value in getattr(history, name)[:, run]]
        for name in ("loss", "accuracy", "val_loss")
    }
    logged = History(
        epoch=[float(epoch) for epoch in history.epoch],
        learning_rate=[float(rate) for rate in history.learning_rate],
        val_accuracy=[float(p) for p in correct.mean(axis=1)],
        n_eval=len(examples),
        **columns,
    )
    return logged, correct
