# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
How good is the best epoch?
===========================

Not as good as it looked. The highest of many scores is high partly by luck, and the luck stays behind on the
set that it was chosen on. With K epochs to choose from, whose true accuracies spread by :math:`\tau`, and
luck of :math:`\nu` that is each epoch's own, the best flatters itself by

.. math:: E_K \frac{\nu^2}{\sqrt{\nu^2 + \tau^2}},

where :math:`E_K` is the expected largest of K normal numbers. On a fixed set :math:`\nu` is
:math:`\sqrt{F/2n}`, with F the churn between two epochs: luck that all epochs share flatters none of them.

Ten splits of the digits, a tenth of the training labels wrong, a network each at a lower and a higher rate.
We choose the best of their last 25 epochs on small sets, and score it on all the other digits.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, theory
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.per_example import best_epoch
from unsteady.training import train

# %%
rates = np.array([0.1, 0.2])


def trained(split):
    data, _ = datasets.flip_labels(datasets.digits(n_eval=1297, seed=split), 0.1, seed=split)
    run = train(
        MLP((32,), classes=10), data, SGD(rates[:, None]), batch_size=32, epochs=40,
        replicates=(2, 1), seed=split, record="correct", dtype="float32",
    )
    return run.val_correct[-25:]


correct = np.concatenate([trained(split) for split in range(10)], axis=2)
population = correct.mean(axis=-1)  # (epochs, rates, splits)
epochs, pool = len(correct), correct.shape[-1]

# %%
# What it seemed, and what it is
# ------------------------------
# For each network, two hundred sets of n: the epoch with the highest accuracy on that set, and what it scores
# on the digits outside of it.
sizes = np.array([50, 100, 200, 400])
chosen = [best_epoch(correct, n, draws=200) for n in sizes.tolist()]
seen = 100 * np.array([choice.seen.mean(axis=0) for choice in chosen])
fresh = 100 * np.array([choice.fresh.mean(axis=0) for choice in chosen])
last = 100 * population[-1]  # (rates, splits)

# %%
fig, axes = plt.subplots(2, 1, sharex=True, sharey=True, figsize=(6.4, 5.6))
for index, ax in enumerate(axes):
    plotting.points(ax, sizes, seen[:, index] - last[index], plotting.VALIDATION)
    plotting.points(ax, sizes, fresh[:, index] - last[index], plotting.TRAINING)
    ax.axhline(0, color=plotting.MUTED, linewidth=1)
    ax.set_title(f"rate {rates[index]}")
axes[0].text(56, 3.6, "seen", color=plotting.VALIDATION)
axes[0].text(56, -1.2, "fresh", color=plotting.TRAINING)
fig.supxlabel("size n of the set that the epoch was chosen on")
fig.supylabel("accuracy minus last epoch's, points")
plotting.log_axis(axes[1], sizes)
fig.set_label(
    "Best of 25 epochs minus the last, median and 5 to 95 % of 10 networks, at two rates. "
    "Where it was chosen it is points ahead, the more the smaller the set; on fresh digits "
    "about level at the lower rate, a point ahead at the higher.")

# %%
# What to see: the smaller the set, the better the best epoch looks and the less it is worth. At the lower
# rate it is no better than the last epoch, which costs no choice at all. At the higher rate epochs really
# differ, and to choose gains something, though far less than it seems.
gain, seemed = ((scores - last).mean(axis=-1) for scores in (fresh, seen))
chosen_on = [f"n = {n}" for n in sizes]
claim("best-seen",
    "how far the best of 25 epochs seems ahead of the last, points, lower rate",
    measured=dict(zip(chosen_on, seemed[:, 0], strict=True)),
    between={"n = 50": (1.5, 4.0), "n = 100": (1.0, 3.0), "n = 200": (0.6, 2.5), "n = 400": (0.3, 2.0)})
claim("best-fresh", "how far the best of 25 epochs is ahead of the last on fresh digits, points, lower rate",
    measured=dict(zip(chosen_on, gain[:, 0], strict=True)),
    below=dict(zip(chosen_on, seemed[:, 0] / 2, strict=True)),
    otherwise="if it were as good as it looks, it would be ahead by as much as it seems")
claim("best-fresh-rough",
    "how far the best of 25 epochs is ahead of the last on fresh digits, points, higher rate",
    measured=dict(zip(chosen_on, gain[:, 1], strict=True)),
    below=dict(zip(chosen_on, 0.8 * seemed[:, 1], strict=True)))

# %%
# What theory says
# ----------------
# The spread of the epochs' true accuracies and the churn between them can be measured on the whole pool.
apart = [(correct[k:] != correct[:-k]).mean(axis=(0, -1)) for k in range(1, epochs)]
F = np.average(apart, axis=0, weights=np.arange(epochs - 1, 0, -1))  # over all pairs of epochs
n = sizes[:, None, None]
luck = np.sqrt(theory.change_variance(F, 0, n, pool) / 2)  # what is each epoch's own
law = theory.selection_optimism(epochs, luck, population.std(axis=0))
law = (law * pool / (pool - n)).mean(axis=-1)  # against the rest of the pool, not all of it
optimism = (seen - fresh).mean(axis=-1) / 100  # (sizes, rates)

# %%
fig, ax = plt.subplots()
for index, mark in enumerate("os"):
    ax.plot(sizes, 100 * optimism[:, index], mark, color=plotting.VALIDATION)
    ax.plot(sizes, 100 * law[:, index], "--", color=plotting.THEORY, linewidth=1.5)
fresh_sets = theory.expected_max_normal(epochs) * theory.standard_error(population.mean(), sizes)
ax.plot(sizes, 100 * fresh_sets, color=plotting.MUTED)
ax.text(105, 5.8, "a fresh set for each epoch", color=plotting.MUTED)
ax.text(54, 0.4, "one set for all: measured, and law", color=plotting.VALIDATION)
ax.set(xlabel="size n of the set that the epoch was chosen on", ylim=(0, 8.5))
ax.set_ylabel("optimism, points")
plotting.log_axis(ax, [*sizes])
fig.set_label(
    "Optimism of the best of 25 epochs against the size of the set, at two rates: points "
    "near the dashed law, from over three at 50 to one at 400. Twice as high and more "
    "lies the curve for a fresh set at every epoch.")

# %%
# What to see: measured and predicted optimism agree. Luck that is the same for all epochs, most of the error
# bar, does not count: it flatters the first epoch as much as the last.

claim("best-law",
    "optimism of the best of 25 epochs, divided by the formula's, n = 50 ... 400, two rates",
    measured=(optimism / law).ravel(), equals=1.0, rtol=0.2,
    otherwise="the error bar in place of each epoch's own sampling error is off by more than a factor of 2")
claim("best-optimism", "optimism of the best of 25 epochs in points, lower rate",
    measured=dict(zip(chosen_on, 100 * optimism[:, 0], strict=True)),
    between={"n = 50": (2.4, 4.4), "n = 100": (1.6, 3.2), "n = 200": (1.0, 2.2), "n = 400": (0.6, 1.6)})
claim("best-error-bar",
    "optimism of fresh sets, one for each epoch, divided by that of one set for all",
    measured=(fresh_sets[:, None] / optimism).ravel(), above=1.6)
plt.show()

# %%
# **Take away.** The best epoch's score belongs in no report: score the chosen epoch on examples that had no
# part in the choice. On a small set do not choose at all: let the rate fall, and take the last epoch. The
# price is a set kept aside. Next, what averaging does, exactly: :doc:`/gallery/50_calming/plot_averages`.
