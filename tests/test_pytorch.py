"""The optimizers follow the same trajectories as PyTorch's.

reference/trajectories.py wrote PyTorch's trajectories to a file once. These tests do not need PyTorch.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from unsteady import optimizers

REFERENCE = json.loads((Path(__file__).parent / "reference" / "trajectories.json").read_text())
TARGET, WEIGHT = np.array(REFERENCE["target"]), np.array(REFERENCE["weight"])


def gradients(matrix, vector):
    residual = WEIGHT * (matrix @ vector - TARGET)
    of_matrix = np.outer(residual, vector) + WEIGHT[:, None] * matrix**3
    return [of_matrix, matrix.T @ residual + vector**3]


def optimize(rule, half_life):
    point = [np.array(value) for value in REFERENCE["start"].values()]
    state = rule.start(point)
    points = []
    for step in range(REFERENCE["steps"][-1]):
        scale = 1.0 if half_life is None else 0.5 ** (step / half_life)
        rule.step(point, gradients(*point), state, scale)
        if step + 1 in REFERENCE["steps"]:
            points.append(np.concatenate([array.ravel() for array in point]))
    return np.array(points)


def test_the_reference_covers_every_rule_over_200_steps():
    assert {case["rule"] for case in REFERENCE["cases"]} == {"SGD", "RMSprop", "Adam"}
    assert REFERENCE["steps"][-1] == 200


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=lambda case: case["name"])
def test_trajectory_is_that_of_pytorch(case):
    rule = getattr(optimizers, case["rule"])(**case["settings"])
    theirs = np.array([np.concatenate(point) for point in case["points"]])
    np.testing.assert_allclose(optimize(rule, case["half_life"]), theirs, rtol=0, atol=1e-6)
