"""Small data that several tests train on, and a browser for the tests of the site."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chromium
import numpy as np
import pytest
from hypothesis import settings

from unsteady.datasets import Data
from unsteady.models import LinearRegression, Model

Array = Any

collect_ignore = []

settings.register_profile("unhurried", deadline=None)  # how long a test takes is no part of what it asserts
settings.load_profile("unhurried")


def pytest_configure(config: pytest.Config) -> None:
    """Look for a Chromium once, before the workers start; without one, leave the browser's tests out."""
    # Two workers share two cores: with a thread for each core apiece, the examples take twice as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    ignored = [Path(path).resolve() for path in config.getoption("ignore") or ()]
    if Path(__file__).with_name("site") in ignored:
        return  # the tests of the library need no browser
    found = chromium.find()
    if found:
        os.environ[chromium.VARIABLE] = found
    elif os.environ.get("CI"):
        raise pytest.UsageError("there is no Chromium, and in CI no test is left out")
    else:
        collect_ignore.extend(["site/test_browser.py", "site/test_explorables.py"])


def pytest_report_header() -> str:
    found = os.environ.get(chromium.VARIABLE)
    return f"browser: {found}" if found else "browser: none, so that tests of pages in a browser are left out"


@pytest.fixture(scope="session")
def somewhere() -> Callable[..., tuple[list[Array], Array, Array, list[Array]]]:
    """Return a function that gives a model's parameters off their start, 20 examples, and its buffers."""

    def setting(
        model: Model, replicates: tuple[int, ...] = (2, 3)
    ) -> tuple[list[Array], Array, Array, list[Array]]:
        rng = np.random.default_rng(0)
        X = rng.standard_normal((20, 4))
        y = X[:, 0] + 1 if isinstance(model, LinearRegression) else rng.integers(3, size=20)
        seeds = np.array([np.random.default_rng(k) for k in range(np.prod(replicates))])
        parameters, buffers = model.start(4, seeds.reshape(replicates))
        return [p + 0.1 * rng.standard_normal(p.shape) for p in parameters], X, y, buffers

    return setting


@pytest.fixture(scope="session")
def blobs() -> Data:
    """Three noisy classes in the plane, 50 to train on and 20 held out."""
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=70)
    X = rng.standard_normal((70, 2)) + 2 * np.array([[0, 0], [1, 0], [0, 1]])[y]
    return Data(X[:50], y[:50], X[50:], y[50:])


@pytest.fixture(scope="session")
def points() -> Data:
    """Targets along a plane, with noise."""
    rng = np.random.default_rng(1)
    X = rng.standard_normal((40, 2))
    return Data(X, X @ [1.0, -2.0] + 0.5 + 0.1 * rng.standard_normal(40))
