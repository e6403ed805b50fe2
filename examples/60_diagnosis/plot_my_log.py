# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
What can my log tell?
=====================

Whether the jumps are more than the evaluation set can make, whether the curve has finished climbing, whether
it overfits. Not: whether the rate is too high or the batch too small, how much of the jumps the set makes, or
how another seed would have come out. This script reads logs whose cause it knows, and counts what is said.

Eight causes, twenty runs each, on digits and on points in clouds.
"""

import json
from collections import Counter
from functools import cache
from itertools import product

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, schedules
from unsteady.accuracy import jitter
from unsteady.diagnosis import diagnose
from unsteady.logs import read_log
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

# sphinx_gallery_thumbnail_number = 1

# %%
# A cause is a setting: how many examples of the 1 497 left over are in the evaluation set, how many there are to
# train on, the network's units, the rate, the batch, the epochs, which share of the training labels is wrong, and
# whether the rate falls to nothing or stays.
causes = {
    "decayed": (400, 300, 16, 0.2, 30, 40, 0.0, True),
    "decayed, small set": (40, 300, 16, 0.2, 30, 40, 0.0, True),
    "too high a rate": (400, 300, 16, 1.5, 100, 40, 0.0, False),
    "small batch": (400, 300, 16, 0.15, 4, 40, 0.1, False),
    "few examples": (400, 60, 64, 0.3, 30, 80, 0.0, False),
    "wrong labels": (400, 300, 32, 0.3, 16, 60, 0.3, False),
    "low capacity": (400, 300, 2, 0.2, 16, 40, 0.0, False),
    "too low a rate": (400, 300, 16, 0.002, 30, 40, 0.0, False),
}
n_pool = 1497


# %%
# The second kind of data: four classes of three overlapping Gaussian clouds each, in twenty dimensions.
families = {"digits": datasets.digits(n_eval=n_pool, seed=1), "clouds": datasets.clouds(300, n_pool, seed=1)}


# %%
@cache
def trained(family, n_train, units, rate, batch_size, epochs, wrong, falls):
    data = families[family]
    some = datasets.Data(data.X_train[:n_train], data.y_train[:n_train], data.X_eval, data.y_eval)
    data, _ = datasets.flip_labels(some, wrong, seed=1)
    schedule = schedules.cosine(epochs * n_train // batch_size) if falls else None
    return train(
        MLP((units,), classes=int(data.y_eval.max()) + 1), data, SGD(rate), batch_size=batch_size,
        epochs=epochs, schedule=schedule, replicates=20, record="correct", dtype="float32",
    )


runs = {(family, cause): trained(family, *setting[1:])
        for family in families for cause, setting in causes.items()}

# %%
# A log, read
# -----------
# Each run is written down as a framework would, on a set of its own, drawn from the 1 497: a line of JSON an
# epoch. That is all that the diagnosis gets to see. (The validation loss in it is that of the whole pool.)
rng = np.random.default_rng(0)
sets = {key: [rng.choice(n_pool, causes[key[1]][0], replace=False) for _ in range(20)]
        for key in runs}


def as_log(key, k):
    history = runs[key]
    seen = history.val_correct[:, k, sets[key][k]].mean(axis=1)
    return [
        {"epoch": epoch, "loss": float(history.loss[t, k]), "lr": float(history.learning_rate[t]),
         "val_loss": float(history.val_loss[t, k]), "val_acc": float(seen[t])}
        for t, epoch in enumerate(history.epoch.tolist())
    ]


log = json.loads(json.dumps(as_log(("digits", "small batch"), 0)))
[run] = read_log(log, n_eval=400)
found = diagnose(run)
print(found)

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4), height_ratios=(3, 2))
found.plot(axes)
fig.set_label(
    "Accuracy over 40 epochs, jumping by points to the end, in a band of what the set may "
    "add; below, the jitter over that sampling bound, an interval that lies above a dashed line at 1.")

# %%
# What to see: the band is two sampling bounds up and down, as wide as a set of 400 may blur the curve if nothing
# moved. The curve leaves it, and the jitter's interval lies above 1: the model moves. It ends below
# :math:`\sqrt 2`, from where on the set could not make half of it; so the report says *possible*.
numbers = found.numbers
claim("log-ratio", "what this log says",
    measured={"jitter as a multiple of its sampling bound": numbers["jitter_over_sampling_bound"],
              "least share of the model in per cent": 100 * numbers["model_share_lower_bound"]},
    between={"jitter as a multiple of its sampling bound": (1.3, 4.0),
             "least share of the model in per cent": (5, 95)})

# %%
# All of them
# -----------
# What is said of the twenty runs of each cause, as supported or as possible.
reports = {key: [diagnose(*read_log(as_log(key, k), n_eval=causes[key[1]][0])) for k in range(20)]
           for key in runs}
names = ["population-moves", "overfitting", "declines", "still-improving", "level", "training-plateau"]
sure = ("supported", "possible")
counts = {key: Counter(f.name for d in found for f in d.findings if f.verdict in sure)
          for key, found in reports.items()}

# %%
fig, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 5.6), layout="constrained")
for ax, family in zip(axes, families, strict=True):
    for (row, cause), (column, name) in product(enumerate(causes), enumerate(names)):
        count = counts[family, cause][name]
        ax.plot(column, row, "o", markersize=count, color=plotting.TRAINING, alpha=0.35)
        ax.text(column, row, str(count), ha="center", va="center")
    ax.set(xlim=(-0.6, 5.6), ylim=(7.6, -0.6), title=family, frame_on=False)
    ax.set_xticks(range(len(names)), [name.replace("-", " ") for name in names], rotation=90)
    ax.set_yticks(range(len(causes)), list(causes))
    ax.tick_params(length=0)
fig.set_label(
    "Two tables, digits and clouds, of eight causes against six findings, of 20 runs each. That the "
    "population moves is found on digits for wrong labels, small batches and too high a rate, on "
    "clouds hardly ever; there those and few examples overfit. Too low a rate still improves.")

# %%
# What to see: a finding is no cause. Wrong labels and small batches both move the model; a network that is too
# small and a rate that is too low both leave the training loss high; and few examples overfit the clouds, not the
# digits. What is *not* said counts as much. No run whose rate decays is said to move; on clouds hardly any is. The
# high rate does no harm there, and what small batches and wrong labels move stays below the bound.
def moving(family, *chosen):
    return {cause: counts[family, cause]["population-moves"] for cause in chosen}


still = moving("digits", "decayed, small set", "decayed")
still |= {f"{cause}, clouds": n for cause, n in moving("clouds", *still).items()}
claim("log-never", "runs of 20 said to move where the rate decays, on digits if not on clouds",
    measured=still, equals=0)
noisy = ["small batch", "wrong labels", "too high a rate"]
claim("log-moves", "runs of 20 on digits said to move", measured=moving("digits", *noisy), above=12)
claim("log-moves-clouds", "runs of 20 on clouds said to move", measured=moving("clouds", *noisy), below=5)
claim("log-improving", "runs of 20 still improving at too low a rate", above=14,
    measured={family: counts[family, "too low a rate"]["still-improving"] for family in families})

# %%
# What is guaranteed
# ------------------
# That the model moves is not said where at least half of the jitter is the set's, and the least share holds.
# The 1 497 of the pool know what is real: the model's part in the squared jitter that such sets show on average.
def model_share(key, k):
    segment = max(reports[key][k].segments, key=lambda s: s.interval.low / s.sampling_bound)
    right = runs[key].val_correct[segment.start : segment.stop, k].astype(float)
    bends, n = np.diff(right, n=2, axis=0), causes[key[1]][0]
    by_model = jitter(right.mean(axis=1)) ** 2
    by_set = bends.var(axis=1).mean() / 6 / n * (n_pool - n) / (n_pool - 1)
    return by_model / (by_model + by_set)


places = [(key, k) for key in runs for k in range(20) if reports[key][k].segments]
share = np.array([model_share(*place) for place in places])
least = np.array([reports[key][k].numbers["model_share_lower_bound"] for key, k in places])
moves = np.array([reports[key][k]["population-moves"].verdict in sure for key, k in places])

# %%
fig, ax = plt.subplots()
for chosen, color, label in ((moves, plotting.VALIDATION, "said to move"),
                             (~moves, plotting.MUTED, "not said")):
    ax.plot(100 * share[chosen], 100 * least[chosen], "o", color=color, markersize=5, label=label)
ax.plot([0, 100], [0, 100], color=plotting.THEORY, linestyle="--")
ax.set(xlabel="the model's share, known, %", ylabel="at least, by the log, %")
ax.legend(loc="upper left")
fig.set_label(
    "Least share of the model by the log against its known share, one dot a run. All dots "
    "lie below the diagonal; those said to move are all at the far right, above four fifths.")

# %%
# What to see: all dots lie below the diagonal, so the log promises too little and never too much. Many runs
# that do move, at the right, are not found out: from one log, without the flips, that is all there is.
claim("log-false", "runs of which too much is said",
    measured={"said to move though the set makes half": (moves & (share <= 0.5)).sum(),
              "least share too high": (least > share).sum()}, equals=0)


def share_on_clouds(cause):
    return np.median([s for s, (key, _) in zip(share, places, strict=True) if key == ("clouds", cause)])


claim("log-unseen", "the model's share on clouds, median", above=0.5,
    measured={cause: share_on_clouds(cause) for cause in ("small batch", "wrong labels")})
claim("log-silent", "the model's share where nothing is said, largest", above=0.6,
    measured=share[~moves].max(),
    otherwise="if jitter within the error bar were noise, it would be 0")
plt.show()

# %%
# **Take away.** ``unsteady diagnose LOG --n-eval N`` reads your log and prints such a report. Lean on what it
# calls supported, and take what it leaves open for open. What settles most of that costs a file: which
# examples were right, :doc:`/gallery/60_diagnosis/plot_set_or_model`.
