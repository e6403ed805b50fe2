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

Seven causes, twenty runs each, on digits.
"""

import json
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, schedules
from unsteady.accuracy import jitter
from unsteady.diagnosis import diagnose
from unsteady.history import read_history
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

# sphinx_gallery_thumbnail_number = 1

# %%
# A cause is a setting: how many digits of the 1 497 left over are in the evaluation set, how many units the
# network has, the rate, the batch, the epochs, and which share of the 300 training labels is wrong.
causes = {
    "decayed": (400, 16, 0.2, 30, 40, 0.0),
    "decayed, small set": (40, 16, 0.2, 30, 40, 0.0),
    "too high a rate": (400, 16, 1.5, 100, 40, 0.0),
    "small batch": (400, 16, 0.15, 4, 40, 0.1),
    "wrong labels": (400, 32, 0.3, 16, 60, 0.3),
    "low capacity": (400, 2, 0.2, 16, 40, 0.0),
    "too low a rate": (400, 16, 0.002, 30, 40, 0.0),
}
pool = datasets.digits(n_eval=1497, seed=1)


# %%
def trained(n_eval, units, rate, batch_size, epochs, wrong):
    data = datasets.Data(pool.X_train, pool.y_train, pool.X_eval, pool.y_eval)
    data, _ = datasets.flip_labels(data, wrong, seed=1)
    # The first two let the rate fall to nothing, the others keep it.
    falls = schedules.cosine(10 * epochs) if (rate, batch_size) == (0.2, 30) else None
    return train(
        MLP((units,), classes=10), data, SGD(rate), batch_size=batch_size, epochs=epochs,
        schedule=falls, replicates=20, record="correct", dtype="float32",
    )


runs = {cause: trained(*setting) for cause, setting in causes.items()}

# %%
# A log, read
# -----------
# Each run is written down as a framework would, on a set of its own, drawn from the 1 497: a line of JSON an
# epoch. That is all that the diagnosis gets to see. (The validation loss in it is that of all digits.)
rng = np.random.default_rng(0)
sets = {cause: [rng.choice(1497, causes[cause][0], replace=False) for _ in range(20)]
        for cause in causes}  # fmt: skip


def as_log(cause, k):
    history = runs[cause]
    seen = history.val_correct[:, k, sets[cause][k]].mean(axis=1)
    return [
        {"epoch": epoch, "loss": float(history.loss[t, k]), "lr": float(history.learning_rate[t]),
         "val_loss": float(history.val_loss[t, k]), "val_acc": float(seen[t])}
        for t, epoch in enumerate(history.epoch.tolist())
    ]  # fmt: skip


log = json.loads(json.dumps(as_log("small batch", 0)))
[run] = read_history(log, n_eval=400)
found = diagnose(run)
print(found)

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4), height_ratios=(3, 2))
found.plot(axes)
fig.set_label(
    "Accuracy over 40 epochs, jumping by points to the end, in a band of what the set may "
    "add; below, the jitter over that ceiling, an interval that lies above a dashed line at 1.")

# %%
# What to see: the band is two ceilings up and down, as wide as a set of 400 may blur the curve if nothing
# moved. The curve leaves it, and the jitter's interval lies above 1: the model moves. It ends below
# :math:`\sqrt 2`, from where on the set could not make half of it; so the report says *possible*.
numbers = found.numbers
claim("log-ratio",
    "jitter over its ceiling in this log, and the model's least share in per cent",
    measured=[numbers["jitter_over_ceiling"], 100 * numbers["real_share_low"]],
    between=([1.3, 5], [4.0, 95]))

# %%
# All of them
# -----------
# What is said of the twenty runs of each cause, as supported or as possible.
told = {cause: [diagnose(*read_history(as_log(cause, k), n_eval=causes[cause][0])) for k in range(20)]
        for cause in causes}  # fmt: skip
names = ["population-moves", "overfitting", "declines", "still-improving", "level", "training-plateau"]
sure = ("supported", "possible")
counts = np.array([
    [Counter(f.name for d in told[cause] for f in d.findings if f.verdict in sure)[name]
     for name in names] for cause in causes
])  # fmt: skip

# %%
fig, ax = plt.subplots(figsize=(6.4, 5.2))
ax.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(causes) - 0.5, -0.5))
for (row, column), count in np.ndenumerate(counts):
    ax.plot(column, row, "o", markersize=1.3 * count, color=plotting.TRAINING, alpha=0.35)
    ax.text(column, row, str(count), ha="center", va="center")
ax.set_xticks(range(len(names)), [name.replace("-", "\n") for name in names], rotation=50)
ax.set_yticks(range(len(causes)), list(causes))
ax.tick_params(length=0)
ax.spines[:].set_visible(False)
fig.set_label(
    "Table of seven causes against six findings, of 20 runs each. That accuracy on the "
    "population moves is found for wrong labels, small batches and too high a rate, never "
    "where the rate decays; too low a rate is still improving; wrong labels overfit and decline.")

# %%
# What to see: a finding is no cause. Wrong labels and small batches both move the model; a network that is too
# small and a rate that is too low both leave the training loss high. What is *not* said counts as much: no
# run whose rate decays is said to move, on a small set either.
moves = dict(zip(causes, counts[:, 0], strict=True))
claim("log-never", "runs of 20 said to move: small set, decayed rate", equals=0,
    measured=[moves["decayed, small set"], moves["decayed"]])
claim("log-moves", "runs of 20 said to move: small batch, wrong labels, too high a rate", above=12,
    measured=[moves[cause] for cause in ("small batch", "wrong labels", "too high a rate")])
claim("log-improving", "runs of 20 still improving at too low a rate", above=14,
    measured=counts[list(causes).index("too low a rate"), names.index("still-improving")])

# %%
# What is guaranteed
# ------------------
# That the model moves is not said where at least half of the jitter is the set's, and the least share holds.
# The 1 497 digits know what is real: the model's part in the squared jitter that such sets show on average.
def real_share(cause, k):
    stretch = told[cause][k].stretches[0]
    right = runs[cause].val_correct[stretch.start : stretch.stop, k].astype(float)
    bends, n = np.diff(right, n=2, axis=0), causes[cause][0]
    by_model = jitter(right.mean(axis=1)) ** 2
    by_set = bends.var(axis=1).mean() / 6 / n * (1497 - n) / 1496
    return by_model / (by_model + by_set)


settled = [(c, k) for c in causes for k in range(20) if told[c][k].stretches]
share = np.array([real_share(*place) for place in settled])
least = np.array([told[c][k].numbers["real_share_low"] for c, k in settled])
said = np.array([told[c][k]["population-moves"].verdict in sure for c, k in settled])

# %%
fig, ax = plt.subplots()
for chosen, color, label in ((said, plotting.VALIDATION, "said to move"),
                             (~said, plotting.OTHERS, "not said")):  # fmt: skip
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
claim("log-false",
    "runs said to move though the set makes half or more, and whose least share is too high",
    measured=[(said & (share <= 0.5)).sum(), (least > share).sum()], equals=0)
# "Jitter within the error bar is noise" would call the model's share of these 0.
claim("log-silent", "the model's share where nothing is said, in per cent: largest", above=60,
    measured=100 * share[~said].max())
plt.show()

# %%
# **Take away.** ``unsteady diagnose LOG --n-eval N`` reads your log and prints such a report. Lean on what it
# calls supported, and take what it leaves open for open. What settles most of that costs a file: which
# examples were right, :doc:`/gallery/60_diagnosis/plot_set_or_model`.
