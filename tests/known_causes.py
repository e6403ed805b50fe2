"""Runs whose cause is known by their making, each scored on a large pool, to hold a diagnosis against."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from unsteady import datasets, schedules
from unsteady.datasets import Data
from unsteady.history import History
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

RUNS = 20


@dataclass(frozen=True)
class Cause:
    """A setting that makes curves unsteady, or level, in one way."""

    n_eval: int = 400
    n_train: int = 300
    units: int = 16
    rate: float = 0.1
    batch_size: int = 30
    epochs: int = 40
    every: int = 1
    flipped: float = 0.0
    decays: bool = False


CAUSES = {
    "healthy": Cause(rate=0.2, decays=True),
    "small set": Cause(n_eval=40, rate=0.2, decays=True),
    "too high a rate": Cause(rate=1.5, batch_size=100),
    "small batch": Cause(batch_size=4, rate=0.15, flipped=0.1),
    "overfitting": Cause(n_train=60, units=64, rate=0.3, epochs=200, every=4),
    "label noise": Cause(units=32, rate=0.3, batch_size=16, epochs=60, flipped=0.3),
    "low capacity": Cause(units=2, rate=0.2, batch_size=16, epochs=80, every=2),
    "too low a rate": Cause(rate=0.002),
}


def digits(n_train: int, seed: int) -> Data:
    data = datasets.digits(n_eval=1497, seed=seed)
    return Data(data.X_train[:n_train], data.y_train[:n_train], data.X_eval, data.y_eval)


def clouds(n_train: int, seed: int, pool: int = 4000) -> Data:
    """Four classes of three overlapping Gaussian clouds each, in twenty dimensions."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(4, 3, 20))

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.integers(4, size=n)
        return (centres[y, rng.integers(3, size=n)] + rng.normal(size=(n, 20))) / 1.5, y

    X, y = draw(n_train)
    return Data(X, y, *draw(pool))


FAMILIES: dict[str, Callable[[int, int], Data]] = {"digits": digits, "clouds": clouds}


def data_of(family: str, cause: Cause, seed: int) -> Data:
    data = FAMILIES[family](cause.n_train, seed)
    return datasets.flip_labels(data, cause.flipped, seed=seed)[0] if cause.flipped else data


def simulate(family: str, cause: Cause, seed: int) -> History:
    """Train runs that differ in the seed alone, and keep which examples of the pool are right."""
    data = data_of(family, cause, seed)
    steps = cause.epochs * -(-cause.n_train // cause.batch_size)
    return train(
        MLP((cause.units,), classes=int(data.y_train.max()) + 1),
        data,
        SGD(cause.rate),
        batch_size=cause.batch_size,
        epochs=cause.epochs,
        evaluate_every=steps // cause.epochs * cause.every,
        replicates=RUNS,
        seed=1000 * seed,
        schedule=schedules.cosine(steps) if cause.decays else None,
        record=["correct"],
    )


def rerun(family: str, cause: Cause, seed: int, evaluations: int = 40) -> tuple[np.ndarray, ...]:
    """Go on from one checkpoint: as before, at a quarter of the rate, and with eight times the batch."""
    data = data_of(family, cause, seed)
    model = MLP((cause.units,), classes=int(data.y_train.max()) + 1)
    settings = {"replicates": RUNS, "seed": 1000 * seed, "batch_size": cause.batch_size}
    checkpoint = train(
        model,
        data,
        SGD(cause.rate),
        epochs=cause.epochs,
        evaluate_every="end",
        record="parameters",
        **settings,
    )
    curves = []
    for rate, batch in ((1, 1), (1 / 4, 1), (1, 8)):
        settings |= {"batch_size": min(batch * cause.batch_size, cause.n_train), "seed": 1000 * seed + 1}
        run = train(model, data, SGD(rate * cause.rate), epochs=evaluations, resume=checkpoint, **settings)
        curves.append(run.val_accuracy)
    return tuple(curves)


def as_logged(history: History, run: int, examples: np.ndarray) -> tuple[History, np.ndarray]:
    """Return one run as its owner sees it, on a set out of the pool, and which of its examples are right."""
    correct = history.val_correct[:, run, examples]
    seen = history.replicate(run)
    columns = {
        name: [float(value) for value in getattr(seen, name)] for name in ("loss", "accuracy", "val_loss")
    }
    logged = History(
        epoch=[float(epoch) for epoch in seen.epoch],
        learning_rate=[float(rate) for rate in seen.learning_rate],
        val_accuracy=[float(p) for p in correct.mean(axis=1)],
        n_eval=len(examples),
        **columns,
    )
    return logged, correct
