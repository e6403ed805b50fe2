# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
What makes this curve jump?
===========================

Three things, and they can be told apart: the evaluation set is finite (*measurement*), the weights move
(*trajectory*), and another seed would have drawn another curve (*run to run*).

Here is one ordinary run, a small network on handwritten digits, a tenth of whose training labels are wrong.
Its accuracy is measured after every epoch on 100 digits that it has not seen. We have more than its owner:
697 further digits, so that we know what it is really worth, and 19 more runs that differ in the seed alone.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, theory
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.per_example import churn, subset_accuracy
from unsteady.training import train

# %%
# All 797 digits together stand for the population. The set that the owner has is 100 of them, drawn at
# random, the same 100 in every epoch; we draw a thousand such sets.
data, _ = datasets.flip_labels(datasets.digits(n_eval=797), fraction=0.1)
runs = train(
    MLP((32,), classes=10), data, SGD(0.1), batch_size=16, epochs=40, replicates=20,
    record="correct", dtype="float32",
)
correct = runs.val_correct[9:]  # epochs 10 to 40, past the fast progress
population = correct.mean(axis=-1)  # (epochs, runs)
epochs, percent = runs.epoch[9:], 100 * population
on_sets = subset_accuracy(correct, 100, draws=1000)  # (sets, epochs, runs)

# %%
fig, axes = plt.subplots(3, 1, sharex=True, sharey=True, figsize=(6.4, 8.4))
plotting.band(axes[0], epochs, 100 * on_sets[:, :, 0].T, plotting.VALIDATION, singles=0)
axes[1].plot(epochs, percent[:, 0], color=plotting.TRAINING)
plotting.band(axes[2], epochs, percent[:, 1:], plotting.MUTED, singles=3)
axes[2].plot(epochs, percent[:, 0], color=plotting.TRAINING)
for ax in axes[:2]:
    ax.plot(epochs, 100 * on_sets[0, :, 0], color=plotting.HIGHLIGHT, linewidth=2.5)
for ax, name in zip(axes, ("other sets of 100", "all 797 digits", "other seeds"), strict=True):
    ax.set(ylim=(84, 100), title=name)
axes[2].set(xlabel="epoch")
axes[1].set(ylabel="accuracy, %")
fig.set_label(
    "One run's accuracy on 100 digits jumps by points: in the wide band of other sets of 100; "
    "and beside the same run on all digits, which jumps less, but jumps. Below, that on all digits "
    "among 19 runs with other seeds.")

# %%
# What to see: one curve as its owner sees it (violet). **Above** with the band of what a thousand other sets
# of 100 would have shown of the very same weights. **In the middle** with what these weights are worth on all
# digits (blue): that is the model's own movement. **Below** with 19 runs that differ in the seed alone
# (grey), on all digits like the blue line.
#
# Measurement
# -----------
# On a set, accuracy is off by :math:`\sqrt{p(1-p)/n}`, root mean square; the band above, which holds 90 % of
# the sets, reaches 1.6 times as far. But it does not make a curve jump by itself: a set that is lucky in one
# epoch is lucky in the next.
n, pool = 100, correct.shape[-1]
blur = on_sets - population
error = 100 * np.sqrt((blur**2).mean())
expected = 100 * np.sqrt(np.square(theory.standard_error(population, n, pool)).mean())
claim("apart-blur", "rms error of accuracy on sets of 100: in points, and its ratio to the formula's",
    measured={"points": error, "ratio": error / expected},
    equals={"points": expected, "ratio": 1.0}, rtol=0.04,
    otherwise="without the factor for a finite pool, the formula would be 7 % too wide")

# %%
# A set's luck in one epoch against its luck in the next:
kept = (blur[:, 1:] * blur[:, :-1]).mean() / (blur**2).mean()
claim("apart-same-blur", "correlation of a set's luck between one epoch and the next",
    measured=kept, above=0.4, otherwise="a fresh sampling error in every epoch would make it 0")

# %%
# Trajectory
# ----------
# From one epoch to the next, accuracy changes by the examples that flip. On a set of n the squared change is
# the population's own, :math:`D^2`, plus what the set makes of the churn F: :math:`(F - D^2)/n`.
D, F = np.diff(population, axis=0), churn(correct)
added = theory.change_variance(F, D, n, pool).mean()
moved = (D**2).mean()
jumps = np.sqrt((np.diff(on_sets, axis=1) ** 2).mean())
claim("apart-jumps", "rms change between epochs on sets of 100, divided by the formula's",
    measured=jumps / np.sqrt(moved + added), equals=1.0, rtol=0.03,
    otherwise="with a fresh set in each epoch, the set alone would add more than the whole change")
claim("apart-points", "rms change between epochs in points",
    measured={"on sets of 100": 100 * jumps, "on all digits": 100 * np.sqrt(moved)},
    between={"on sets of 100": (1.5, 4.0), "on all digits": (0.8, 3.0)})

# %%
claim("apart-share", "share of the set in the squared change on 100 digits",
    measured=added / (moved + added), between=(0.3, 0.85),
    otherwise="1 if all of it came from the set, 0 if all of it came from the model")
claim("apart-moves", "rms change on all digits, as a multiple of what independent flips would make",
    measured=np.sqrt(moved / (F / pool).mean()), above=1.4,
    otherwise="flips that fell by chance either way would make it 1")

# %%
# So if the owner asks what a drop was: the largest one in each run, as seen on a set, and what the model lost
# in that very step.
changes = np.diff(on_sets, axis=1)  # (sets, steps, runs)
worst = changes.argmin(axis=1)[:, None]
fell = np.take_along_axis(changes, worst, axis=1).mean()
lost = np.take_along_axis(np.broadcast_to(D, changes.shape), worst, axis=1).mean()
claim("apart-drop", "the model's own part of the largest drop seen in a run",
    measured=lost / fell, between=(0.15, 0.85),
    otherwise="0 if the set made all of the drop, 1 if the model lost all that one sees")
claim("apart-drop-points", "the largest drop seen in 30 steps on 100 digits, in points",
    measured=-100 * fell, above=3.0)

# %%
# Run to run
# ----------
# At the last epoch the twenty runs differ, too. But then each of them is moving: most of that difference is
# where each happened to be. Averaged over their last 20 epochs they are much closer to each other.
at_end = 100 * population[-20:].std(axis=1, ddof=1).mean()
of_means = 100 * population[-20:].mean(axis=0).std(ddof=1)
claim("apart-seeds",
    "spread over seeds of the means of 20 epochs, divided by that at one epoch",
    measured=of_means / at_end, below=0.7,
    otherwise="if the runs were truly as different as that, averaging their epochs would leave 1")
claim("apart-seeds-points", "spread over seeds in points",
    measured={"at one epoch": at_end, "of means of 20 epochs": of_means},
    between={"at one epoch": (0.5, 2.5), "of means of 20 epochs": (0.1, 1.2)})
plt.show()

# %%
# **Take away.** A jump on a small set is part the set's making and part the model's own; a larger set calms
# the one, a lower rate or an average of weights the other. Two runs' last epochs differ mostly by where each
# happened to be, so compare means over epochs, and over seeds. Next, how far luck alone can take an accuracy:
# :doc:`/gallery/05_measuring/plot_chance`.
