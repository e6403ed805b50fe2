# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib", "scipy"]
# ///
r"""
How far can accuracy move by luck?
==================================

By the standard error, :math:`\sqrt{p(1-p)/n}`, twice that now and then: from one *evaluation set* to another.
From one epoch to the next on the *same* set it moves by something else, since most of that luck is shared by
all epochs.

Ten small networks learn to read digits. Each is then evaluated on 897 digits, which we take for the
population, and on many smaller sets drawn from them.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import binom

from unsteady import claim, datasets, plotting, theory
from unsteady.accuracy import accuracy_interval
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.per_example import subset_accuracy
from unsteady.training import train

# %%
# One model, many evaluation sets
# -------------------------------
# Which of the 897 digits each network gets right after each epoch is all that we need of the training.
data = datasets.digits(n_eval=897)
run = train(
    MLP((32,), classes=10), data, SGD(0.1), batch_size=32, epochs=20,
    replicates=10, record="correct", dtype="float32",
)
correct = run.val_correct  # (epochs, networks, digits)
pool = correct.shape[-1]
sizes = np.array([25, 50, 100, 200, 400])
early = correct[[2]]  # after three epochs, when errors are still common
drawn = [subset_accuracy(early, n, draws=10_000)[:, 0] for n in sizes]

# %%
# Here is the first network after three epochs on sets of each size, and what theory says: its accuracy on all
# 897, plus and minus two standard errors. The sets are drawn from a finite pool without replacement, which
# makes them differ less, by the factor :math:`\sqrt{(N-n)/(N-1)}`.
p = early.mean(axis=(0, 2))
n = np.geomspace(20, 897, 200)
error = 2 * theory.standard_error(p[0], n, pool)
fig, ax = plt.subplots()
for size, accuracy in zip(sizes, drawn, strict=True):
    jittered = size * np.geomspace(0.95, 1.05, 60)
    ax.plot(jittered, accuracy[:60, 0], ".", color=plotting.VALIDATION, markersize=4)
ax.plot(n, p[0] + error, "--", n, p[0] - error, "--", color=plotting.THEORY)
ax.axhline(p[0], color=plotting.MUTED, linewidth=1)
ax.set(xlabel="evaluation-set size n", ylabel="accuracy on the set")
plotting.log_axis(ax, [*sizes, pool])
fig.set_label(
    "Accuracy of one network on 60 evaluation sets each of 25 to 400 digits. The points "
    "form a funnel that narrows to the accuracy on all 897; nearly all lie within the "
    "dashed lines, two standard errors off.")

# %%
# What to see: the same weights score anything within the funnel. To halve its width takes four times the
# examples, or a little fewer where they are a good part of all there are.
spread = np.array([accuracy.std(axis=0) for accuracy in drawn])
law = theory.standard_error(p, sizes[:, None], pool)
# Four standard errors of the spread (10 000 draws).
claim("chance-law", "spread over evaluation sets, divided by the standard error, at n = 25 ... 400",
    measured=(spread / law).mean(axis=1), equals=1.0, rtol=0.03,
    otherwise="without the pool's factor it would be a quarter off at n = 400")
claim("chance-without-pool",
    "spread over evaluation sets of 400, divided by the standard error without the factor for a finite pool",
    measured=(spread[-1] / theory.standard_error(p, 400)).mean(), below=0.8)
# The same law, in points.
names = [f"{n} digits" for n in sizes]
claim("chance-points", "standard error of an accuracy, in points",
    measured=dict(zip(names, 100 * spread.mean(axis=1), strict=True)),
    equals=dict(zip(names, 100 * law.mean(axis=1), strict=True)), rtol=0.03,
    otherwise="errors in proportion to 1/n would fall to a sixteenth from 25 to 400 digits, not to a fifth")

# %%
# The other way round: from one set to the population. Wilson's interval takes the count and says where the
# accuracy of the pool may be. It should be right 95 times of 100.
p_late = correct[-1].mean(axis=-1)
right = np.rint(25 * subset_accuracy(correct[[-1]], 25, draws=10_000)[:, 0]).astype(int)
ends = {k: accuracy_interval(k, 25, pool=pool) for k in set(right.flat)}
low, high = np.array([ends[k] for k in right.flat]).T.reshape(2, *right.shape)
held = ((low <= p_late) & (p_late <= high)).mean()
reach = 1.96 * theory.standard_error(right / 25, 25, pool)
plain = (np.abs(right / 25 - p_late) <= reach).mean()
# The count is whole, so that no interval holds its level exactly.
claim("chance-interval", "share of Wilson's 95 % intervals from 25 digits that hold the pool's accuracy",
    measured=held, between=(0.93, 0.99))
# Two standard errors around the measured value fail near 1: with all 25 right they are nothing.
claim("chance-plain-interval",
    "share of the plain intervals from 25 digits, p ± 1.96 standard errors, that hold the pool's accuracy",
    measured=plain, below=0.85, otherwise="intervals that hold their level would make it 0.95")

# %%
# One evaluation set, many epochs
# -------------------------------
# Now the whole run of that network, on five sets of 100 digits. All see the same weights.
sets = subset_accuracy(correct, 100, draws=2000)  # (sets, epochs, networks)
off = sets - correct.mean(axis=-1)  # what chance adds on each set

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.8))
for k in range(5):
    axes[0].plot(run.epoch, sets[k, :, 0], color=plotting.CYCLE[k], linewidth=1.2)
    axes[1].plot(run.epoch, 100 * off[k, :, 0], color=plotting.CYCLE[k])
axes[0].plot(run.epoch, correct[:, 0].mean(axis=-1), color=plotting.THEORY, linewidth=3)
axes[1].axhline(0, color=plotting.THEORY, linewidth=3)
axes[0].set(ylabel="accuracy", ylim=(0.5, 1), xticks=[1, 5, 10, 15, 20])
axes[1].set(xlabel="epoch", ylabel="minus that on all, points", ylim=(-11, 11))
fig.set_label(
    "Above, accuracy over 20 epochs of one network on all 897 digits, thick, and on five "
    "sets of 100. Below, each set's accuracy minus that on all: the lines wander, but a "
    "set that is above zero in one epoch mostly is in the next.")

# %%
# What to see: each set has an offset of its own, and mostly keeps it from one epoch to the next. If luck were
# drawn anew each epoch, neighbouring epochs would differ by :math:`\sqrt 2` standard errors. They differ by
# less: what is easy in one epoch is mostly easy in the next. So the error bar says how far the *level* may be
# off; it does not say how much a *curve* may wiggle.
change = np.diff(off, axis=1).std(axis=0)
level = off.std(axis=0)
independent = np.hypot(level[1:], level[:-1])
late = (change / independent)[9:].mean(axis=0)
claim("chance-shared",
    "chance in an epoch's change, divided by what independent sets would add, last 10 epochs",
    measured=np.median(late), below=0.75, otherwise="a fresh sampling error in each epoch would make it 1")

# %%
# What is one point worth?
# ------------------------
# Two models, of which the second is better by one point, each evaluated once on a set of its own. How often is the
# worse one ahead, and how often level? The counts are binomial, so that theory says it exactly.
played = np.array([50, 100, 200, 400, 1000, 2000, 5000, 20_000])
levels = np.array([50, 70, 80, 90, 95, 98])


def misled(n, p):
    """Return how often a set of n has a model of accuracy p ahead of one a point better, and level with it."""
    k = np.arange(n + 1)
    worse, better = binom(n, p), binom(n, p + 0.01)
    return float(worse.pmf(k) @ better.cdf(k - 1)), float(worse.pmf(k) @ better.pmf(k))


wrong = np.array([[misled(n, p / 100) for p in levels] for n in played])  # (sizes, accuracies, 2)
rng = np.random.default_rng(0)
thrown = rng.binomial(played[:, None], np.stack([levels, levels + 1])[:, None] / 100, (40_000, 2, 8, 6))
seen = [(thrown[:, 0] > thrown[:, 1]).mean(axis=0), (thrown[:, 0] == thrown[:, 1]).mean(axis=0)]


# %%
def sentence(n, p, ahead, level):
    """Say what a point is worth."""
    error = 100 * theory.standard_error(p, n)
    ahead, level = (f"{100 * c:.2g} %" if c >= 0.001 else "less than a thousandth" for c in (ahead, level))
    return (
        f"On {n} examples a point is {n / 100:g} of them, the standard error {error:.2f} points: with a set for "
        f"each, the worse model is ahead in {ahead} of the cases, and level in {level}."
    )


# %%
def draw(fig, n, accuracy):
    """How often a set of n examples gives which accuracy, for a model and for one that is a point better."""
    row, column = np.flatnonzero(played == n)[0], np.flatnonzero(levels == accuracy)[0]
    ax = fig.subplots()
    for p, color, label in ((accuracy, plotting.VALIDATION, "the worse model"),
                            (accuracy + 1, plotting.TRAINING, "one a point better")):
        reach = np.linspace(-4, 4, 61) * theory.standard_error(p / 100, n)
        k = np.unique(np.clip(np.rint(n * (p / 100 + reach)), 0, n))
        height = binom.pmf(k, n, p / 100) / binom.pmf(k, n, p / 100).max()
        ax.fill_between(100 * k / n - accuracy, height, step="mid", color=color, alpha=0.4, linewidth=0)
        ax.step(100 * k / n - accuracy, height, where="mid", color=color, linewidth=1.2, label=label)
    ax.set(xlim=(-15, 16), ylim=(0, 1.3), yticks=[], xlabel="accuracy on a set, minus the worse model's, points")
    ax.legend(loc="upper left")
    fig.set_label("Two hills of steps a point apart: how often sets give which accuracy, for either model.")
    return sentence(n, accuracy / 100, *wrong[row, column])


# %%
plotting.Explorable(
    draw, n=plotting.Slider("size of the evaluation set n", played, opening=400),
    accuracy=plotting.Slider("accuracy of the worse model", levels, opening=90, unit="%"))

# %%
# What to see: on 400 examples a point says little at any accuracy but the highest; it takes thousands.

# Four standard errors of 40 000 throws.
claim("chance-play-law", "largest difference between throwing and the exact chances, 48 positions",
    measured=np.abs(np.moveaxis(seen, 0, -1) - wrong).max(), below=0.01,
    otherwise="a normal distribution, which knows no ties, would be 0.04 to 0.2 off at n = 50")
at_90 = dict(zip(played.tolist(), wrong[:, levels == 90].sum(axis=(1, 2)), strict=True))
claim("chance-play-point", "share in which the worse model is level or ahead at 90 %",
    measured={"n = 400": at_90[400], "n = 2000": at_90[2000], "n = 20000": at_90[20_000]},
    between={"n = 400": (0.25, 0.4), "n = 2000": (0.1, 0.2), "n = 20000": (None, 0.005)})
plt.show()

# %%
# **Take away.** Give the count and an interval (:func:`unsteady.accuracy.accuracy_interval`) with every
# accuracy, and use it when you compare *sets*, papers or datasets. Do not use it to excuse a wiggle between
# epochs, nor to compare two models on the same set: there only those examples count that change sides. Next:
# :doc:`/gallery/05_measuring/plot_flips`.
