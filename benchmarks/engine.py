"""How fast is the engine? A small net on digits, 64 replicates, against a loop over other libraries.

Run it as ``python benchmarks/engine.py``; PyTorch and JAX take part where they are installed.
"""

import sys
import time
import warnings
from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from unsteady.datasets import digits
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

REPLICATES, EPOCHS, BATCH, HIDDEN, RATE, MOMENTUM = 64, 10, 32, 32, 0.05, 0.9
ROUNDS = 3
DATA = digits()
assert DATA.X_eval is not None
assert DATA.y_eval is not None
X, X_EVAL = DATA.X_train.astype(np.float32), DATA.X_eval.astype(np.float32)
Y, Y_EVAL = DATA.y_train, DATA.y_eval


class Timed(NamedTuple):
    """What some work gave, its seconds, and how many cores it kept busy."""

    result: Any
    seconds: float
    cores: float


def unsteady(evaluate_every: str) -> float:
    history = train(
        MLP((HIDDEN,), classes=10), DATA, SGD(RATE, momentum=MOMENTUM), batch_size=BATCH, epochs=EPOCHS,
        replicates=REPLICATES, evaluate_every=evaluate_every, dtype=np.float32,
    )  # fmt: skip
    return float(np.asarray(history.val_accuracy)[-1].mean())


def scores(net: Any) -> list[tuple[float, float]]:
    """Return log loss and accuracy on both sets, with less around it than sklearn.metrics has."""
    sets = [(net.predict_proba(inputs), labels) for inputs, labels in ((X, Y), (X_EVAL, Y_EVAL))]
    return [(-np.log(p[np.arange(len(y)), y] + 1e-30).mean(), (p.argmax(1) == y).mean()) for p, y in sets]


def sklearn_net(seed: int, evaluate_every: str) -> float:
    # More patience than epochs: it never stops early. The RandomState goes on from epoch to epoch, and
    # so does partial_fit's momentum, which a warm start would set back to zero.
    net = MLPClassifier(
        (HIDDEN,), solver="sgd", alpha=0, batch_size=BATCH, max_iter=EPOCHS, tol=0,
        n_iter_no_change=EPOCHS + 1, learning_rate="constant", learning_rate_init=RATE, momentum=MOMENTUM,
        nesterovs_momentum=False, random_state=np.random.RandomState(seed),
    )  # fmt: skip
    if evaluate_every == "end":
        return scores(net.fit(X, Y))[1][1]
    for _ in range(EPOCHS):
        accuracy = scores(net.partial_fit(X, Y, classes=np.arange(10)))[1][1]
    return accuracy


def torch_net(seed: int, evaluate_every: str) -> float:
    torch = import_module("torch")
    torch.manual_seed(seed)
    inputs, labels, *held_out = map(torch.from_numpy, (X, Y, X_EVAL, Y_EVAL))
    net = torch.nn.Sequential(torch.nn.Linear(64, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM)
    loss_of = torch.nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        for index in torch.randperm(len(Y)).split(BATCH):
            optimizer.zero_grad()
            loss_of(net(inputs[index]), labels[index]).backward()
            optimizer.step()
    with torch.no_grad():
        scored = [(net(a), b) for a, b in ((inputs, labels), held_out)]
        results = [(loss_of(z, b).item(), (z.argmax(1) == b).double().mean().item()) for z, b in scored]
    return float(results[1][1])


@cache
def jax_program() -> tuple[Any, Any]:
    """Return the compiled training of all replicates, a vmap over a scan over the steps, and its start."""
    jax, jnp = import_module("jax"), import_module("jax.numpy")

    def logits(net: Any, inputs: Any) -> Any:
        return jax.nn.relu(inputs @ net[0] + net[1]) @ net[2] + net[3]

    def loss(net: Any, inputs: Any, labels: Any) -> Any:
        chances = jax.nn.log_softmax(logits(net, inputs))
        return -jnp.take_along_axis(chances, labels[:, None], axis=1).mean()

    def step(state: Any, index: Any) -> Any:
        net, velocity = state
        gradient = jax.grad(loss)(net, jnp.asarray(X)[index], jnp.asarray(Y)[index])
        velocity = [MOMENTUM * v + g for v, g in zip(velocity, gradient, strict=True)]
        return ([p - RATE * v for p, v in zip(net, velocity, strict=True)], velocity), None

    def epoch(state: Any, key: Any) -> Any:
        full = len(Y) // BATCH * BATCH
        order = jax.random.permutation(key, len(Y))
        state, _ = jax.lax.scan(step, state, order[:full].reshape(-1, BATCH))
        return step(state, order[full:])  # the smaller last batch

    def run(net: Any, key: Any) -> Any:
        start = (net, [jnp.zeros_like(p) for p in net])
        (net, _), _ = jax.lax.scan(epoch, start, jax.random.split(key, EPOCHS))
        sets = (X, Y), (X_EVAL, Y_EVAL)
        return [(loss(net, a, b), (logits(net, a).argmax(axis=1) == b).mean()) for a, b in sets]

    nets, _ = MLP((HIDDEN,), classes=10).start(64, [np.random.default_rng(k) for k in range(REPLICATES)])
    start = [jnp.asarray(p, dtype=np.float32) for p in nets], jax.random.split(jax.random.key(0), REPLICATES)
    return jax.jit(jax.vmap(run)).lower(*start).compile(), start


def jax_vmap(evaluate_every: str) -> Any:
    (program, start), block = jax_program(), import_module("jax").block_until_ready
    return np.mean(block(program(*start))[1][1])  # unblocked, the clock would stop before the work


def timed(name: str, work: Callable[..., Any], *arguments: Any) -> Timed:
    """Do the work and print its seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work(*arguments)
    seconds = time.perf_counter() - wall
    print(f"  {name}: {seconds:.3f} s", file=sys.stderr, flush=True)
    return Timed(result, seconds, (time.process_time() - processor) / seconds)


def matmul_speed(threads: int, size: int = 2048) -> float:
    """Return this machine's GFLOP/s in large float32 products with so many BLAS threads, at its best."""
    a = np.random.default_rng(0).random((size, size), dtype=np.float32)
    name = f"matrix product, BLAS threads {threads}"
    with threadpool_limits(threads, user_api="blas"):
        return 2e-9 * size**3 / min(timed(name, np.matmul, a, a).seconds for _ in range(5))


def gflop() -> float:
    """Return the work in the matrix products; the gradient by the pixels is not needed."""
    first, second = 2 * 64 * HIDDEN, 2 * HIDDEN * 10  # a product of an example with each layer's weights
    training = EPOCHS * len(Y) * (2 * first + 3 * second)
    return 1e-9 * REPLICATES * (training + (len(Y) + len(Y_EVAL)) * (first + second))


def looped(net: Callable[[int, str], float], evaluate_every: str) -> Any:
    return np.mean([net(seed, evaluate_every) for seed in range(REPLICATES)])


def contests() -> list[tuple[str, str, Callable[[str], Any]]]:
    """Return who takes part: when it evaluates, its name, its function."""
    pair = ("unsteady", unsteady), ("scikit-learn, one net at a time", partial(looped, sklearn_net))
    rows: list[tuple[str, str, Callable[[str], Any]]] = []
    rows += [(every, *each) for every in ("end", "epoch") for each in pair]
    if find_spec("torch"):
        rows.append(("end", "PyTorch, one net at a time", partial(looped, torch_net)))
    if find_spec("jax"):
        compiling = timed("JAX compiles", jax_program).seconds
        rows.append(("end", f"JAX, vmap and scan (after {compiling:.1f} s to compile)", jax_vmap))
    return rows


def report_times(best: dict[tuple[str, str], Timed]) -> None:
    net = f"64-{HIDDEN}-10 ReLU net on digits, batch {BATCH}, {EPOCHS} epochs"
    print(f"{net}, {REPLICATES} replicates, float32, best of {ROUNDS}\n")
    print(f"{'evaluated at':13} {'':46} {'seconds':>8} {'ratio':>7} {'held-out accuracy':>18}")
    for (every, name), (accuracy, seconds, _) in sorted(best.items(), key=lambda item: item[0][0]):
        ratio = seconds / best[every, "unsteady"].seconds
        print(f"{every:13} {name:46} {seconds:8.3f} {ratio:6.1f}x {accuracy:18.4f}")
    for module, name in (("torch", "PyTorch"), ("jax", "JAX")):
        if not find_spec(module):
            print(f"{'end':13} {name} is not installed")


def report_speed(seconds: float, cores: float) -> None:
    speed = gflop() / seconds
    most = max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
    peaks = {threads: matmul_speed(threads) for threads in sorted({1, most})}
    print(f"\nunsteady, evaluated at end: {gflop():.2f} GFLOP in products, {speed:.0f} GFLOP/s, which is")
    for threads, peak in peaks.items():
        print(f"{speed / peak:5.0%} of this machine's {peak:.0f} in a large product, BLAS threads: {threads}")
    print(f"The run itself had {most} BLAS threads to use and kept {cores:.1f} cores busy.")


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)  # ten epochs are what is asked for
    rows = contests()
    best: dict[tuple[str, str], Timed] = {}
    for turn in range(1, ROUNDS + 1):
        for every, name, work in rows:
            took = timed(f"round {turn} of {ROUNDS}, evaluated at {every}, {name}", work, every)
            best[every, name] = min(best.get((every, name), took), took, key=lambda each: each.seconds)
    report_times(best)
    report_speed(*best["end", "unsteady"][1:])


if __name__ == "__main__":
    main()
