"""Write trajectories.json: the ways that PyTorch's optimizers take down one small surface.

Needs PyTorch, which the tests do not. Run it again only to add a case or to follow a new PyTorch:

    python tests/reference/trajectories.py
"""

import json
from pathlib import Path

import torch

STEPS = 200
KEPT = [1, 2, 3, 5, *range(10, STEPS + 1, 10)]
START = {"matrix": [[0.9, -0.4], [0.5, 1.1]], "vector": [1.2, -0.7]}
TARGET = [1.5, -0.8]
WEIGHT = [1.0, 1e-6]  # gradients in the second row are so small that the default epsilon counts

# The settings are in the words of unsteady.optimizers, then in PyTorch's; what is left out is the default.
# An epsilon so small that the steps stay long at the bottom would make the way chaotic: it would show
# nothing but rounding.
CASES = {
    "SGD": ("SGD", {"learning_rate": 0.02}, {"lr": 0.02}),
    "SGD, momentum": (
        "SGD",
        {"learning_rate": 0.02, "momentum": 0.9},
        {"lr": 0.02, "momentum": 0.9},
    ),
    "SGD, Nesterov": (
        "SGD",
        {"learning_rate": 0.02, "momentum": 0.9, "nesterov": True},
        {"lr": 0.02, "momentum": 0.9, "nesterov": True},
    ),
    "RMSprop": ("RMSprop", {"learning_rate": 0.01}, {"lr": 0.01}),
    "RMSprop, other settings": (
        "RMSprop",
        {"learning_rate": 0.01, "decay": 0.9, "epsilon": 0.1},
        {"lr": 0.01, "alpha": 0.9, "eps": 0.1},
    ),
    "Adam": ("Adam", {"learning_rate": 0.01}, {"lr": 0.01}),
    "Adam, other settings": (
        "Adam",
        {"learning_rate": 0.01, "beta1": 0.7, "beta2": 0.95, "epsilon": 0.1},
        {"lr": 0.01, "betas": (0.7, 0.95), "eps": 0.1},
    ),
}


def loss(matrix, vector):
    residual = matrix @ vector - torch.tensor(TARGET, dtype=torch.float64)
    rows = residual**2 / 2 + (matrix**4).sum(dim=1) / 4
    return torch.tensor(WEIGHT, dtype=torch.float64) @ rows + (vector**4).sum() / 4


def walk(rule, settings, half_life):
    """Return the points after the kept steps; the scale of the rate halves every `half_life` steps."""
    point = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in START.values()]
    optimizer = getattr(torch.optim, rule)(point, **settings)
    points = []
    for step in range(STEPS):
        if half_life is not None:
            optimizer.param_groups[0]["lr"] = settings["lr"] * 0.5 ** (step / half_life)
        optimizer.zero_grad()
        loss(*point).backward()
        optimizer.step()
        if step + 1 in KEPT:
            points.append([array.detach().flatten().tolist() for array in point])
    return points


def main():
    cases = [
        {
            "name": name if half_life is None else f"{name}, falling rate",
            "rule": rule,
            "settings": settings,
            "half_life": half_life,
            "points": walk(rule, own, half_life),
        }
        for name, (rule, settings, own) in CASES.items()
        for half_life in (None, 50)
    ]
    head = {"pytorch": torch.__version__, "start": START, "target": TARGET, "weight": WEIGHT, "steps": KEPT}
    text = json.dumps({**head, "cases": cases})
    for opening in ('"start"', '"steps"', '"cases"', '{"name"', "[[["):
        text = text.replace(f" {opening}", f"\n{opening}")
    text = text.replace("]], [[", "]],\n[[")
    Path(__file__).with_suffix(".json").write_text(text + "\n")


if __name__ == "__main__":
    main()
