# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
What does your curve look like?
===============================

Eight kinds of unsteadiness, each from a real run whose cause we know. Find the one that resembles yours; what
distinguishes it from its look-alikes, and what to do about it, is under :doc:`/diagnose`.

All are small networks, or softmax regressions, on handwritten digits, but for the spike, which is a linear
layer. Ten runs each, one of them in colour; the rest, in grey, show what is typical. The script takes some
six seconds.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting
from unsteady.models import MLP, LinearRegression, SoftmaxRegression
from unsteady.optimizers import SGD, Adam
from unsteady.training import Sorted, train

# %%
network = MLP((32,), classes=10)
digits = datasets.digits(n_eval=797)
noisy, _ = datasets.flip_labels(digits, 0.1)
few = datasets.digits(n_eval=1497)  # 300 to train on


def curve(ax, x, values, ylabel, color=plotting.HIGHLIGHT, xlabel="epoch"):
    """Draw a symptom: one run in colour before some of the others."""
    ax.plot(x, values[:, 1:6], color=plotting.MUTED, linewidth=0.5, alpha=0.7)
    ax.plot(x, values[:, 0], color=color)
    ax.set(xlabel=xlabel, ylabel=ylabel)


# %%
# Jumps of whole points
# ---------------------
# The curve moves in steps of two points, since 50 digits are all that it is measured on.
settings = {"replicates": 10, "dtype": "float32"}
run = train(network, noisy, SGD(0.1), batch_size=16, epochs=30, record="correct", **settings)
on_fifty = 100 * run.val_correct[..., :50].mean(axis=-1)
fig, ax = plt.subplots(figsize=(4, 2.5))
curve(ax, run.epoch, on_fifty, "accuracy, %")
ax.set_ylim(76, 101)
fig.set_label("Accuracy over epochs jumping between a few levels two points apart.")

# %%
# Told by: every value is a multiple of 1/50.
claim("symptom-few",
    "largest distance of an accuracy on 50 digits from a multiple of two points",
    measured=np.abs(on_fifty / 2 - np.rint(on_fifty / 2)).max(), below=1e-9,
    otherwise="on more digits the accuracies would lie between the multiples")

# %%
# Never settles
# -------------
# On all 797 digits, at a rate three times as high: the jumps do not shrink within 40 epochs. (They would in
# the end, once the network has learned the wrong labels by heart.)
run = train(network, noisy, SGD(0.3), batch_size=16, epochs=40, **settings)
fig, ax = plt.subplots(figsize=(4, 2.5))
curve(ax, run.epoch, 100 * run.val_accuracy, "accuracy, %")
ax.set_ylim(76, 101)
fig.set_label("Accuracy over 40 epochs, jumping by several points from beginning to end.")
steps = np.abs(np.diff(run.val_accuracy, axis=0))
claim("symptom-floor", "mean jump in the last ten epochs, divided by that in epochs 11 to 20",
    measured=steps[-10:].mean() / steps[10:20].mean(), above=0.6,
    otherwise="a curve that settles would be near 0")

# %%
# A saw-tooth
# -----------
# The examples come sorted by class, and the curve repeats itself in every epoch.
run = train(
    SoftmaxRegression(10), datasets.digits(), SGD(0.4), batch_size=40, order=Sorted(),
    epochs=8, evaluate_every=3, replicates=10,
)
fig, ax = plt.subplots(figsize=(4, 2.5))
curve(ax, run.epoch, 100 * run.val_accuracy, "accuracy, %")
ax.set(xlim=(3, 8), ylim=(20, 85))
fig.set_label("Accuracy over epochs 3 to 8: a jagged pattern, repeated in every epoch.")
tooth = np.diff(run.val_accuracy[30:, 0])
claim("symptom-period", "correlation of steps of accuracy with those one epoch before, data sorted by class",
    measured=np.corrcoef(tooth[10:], tooth[:-10])[0, 1], above=0.6,
    otherwise="what is not repeated would be near 0")

# %%
# A spike out of the calm
# -----------------------
# Adam, full batch, on 64 examples of 1 000 inputs: it has converged long since when the loss leaps up.
rng = np.random.default_rng(0)
layer = datasets.Data(rng.random((64, 1000)), rng.standard_normal(64))
run = train(
    LinearRegression(initial_scale=0.02), layer, Adam(1e-3, beta2=0.99), batch_size=64,
    steps=1200, replicates=10, record="batch_loss", evaluate_every="end",
)
fig, ax = plt.subplots(figsize=(4, 2.5))
curve(ax, np.arange(0, 1200, 8), run.batch_loss[::8], "loss", xlabel="step")
ax.set(yscale="log")
fig.set_label("Loss on a log axis: it falls by many orders of magnitude, then leaps up.")
lowest = run.batch_loss.argmin(axis=0)
after = np.array([run.batch_loss[low:, k].max() for k, low in enumerate(lowest)])
claim("symptom-spike",
    "largest loss after the lowest, divided by the lowest, least of ten runs",
    measured=(after / run.batch_loss.min(axis=0)).min(), above=1e4)

# %%
# Rises, then declines
# --------------------
# Three tenths of the labels are wrong. They are learned by heart, late.
wrong, _ = datasets.flip_labels(datasets.digits(n_eval=1197), 0.3)
run = train(
    MLP((64,), classes=10), wrong, SGD(0.1, momentum=0.9), batch_size=32, epochs=30, **settings
)
fig, ax = plt.subplots(figsize=(4, 2.5))
curve(ax, run.epoch, 100 * run.val_accuracy, "accuracy, %")
ax.set_ylim(55, 95)
fig.set_label("Accuracy that climbs for a few epochs and then declines, unsteadily.")
mean = 100 * run.val_accuracy.mean(axis=1)
claim("symptom-decline", "peak of the mean accuracy minus its last five epochs, points",
    measured=mean.max() - mean[-5:].mean(), above=4)

# %%
# Loss up, accuracy level
# -----------------------
# The network grows certain of everything, its mistakes included.
run = train(
    network, few, Adam(0.01), batch_size=30, epochs=100, replicates=10, evaluate_every=50
)
fig, ax = plt.subplots(figsize=(4, 2.5))
curve(ax, run.epoch, run.val_loss, "validation loss", plotting.VALIDATION)
ax.set_ylim(0.2, 0.6)
fig.set_label("Validation loss that falls for some epochs and then climbs steadily.")
then = run.val_accuracy[run.val_loss.argmin(axis=0), np.arange(10)]
moved = 100 * (run.val_accuracy[-1] - then)
claim("symptom-loss",
    "final validation loss divided by its lowest, and points of accuracy gained since then: means",
    measured={"loss": (run.val_loss[-1] / run.val_loss.min(axis=0)).mean(), "accuracy": moved.mean()},
    between={"loss": (1.05, 2), "accuracy": (-1, 1.5)},
    otherwise="if accuracy followed the loss, it would fall by points")

# %%
# Validation above training
# -------------------------
# The logged training accuracy averages over the epoch, and over dropout.
dropped = MLP((32,), classes=10, dropout=0.3)
run = train(dropped, digits, SGD(0.1), batch_size=32, epochs=12, **settings)
fig, ax = plt.subplots(figsize=(4, 2.5))
curve(ax, run.epoch, 100 * run.val_accuracy, "accuracy, %", plotting.VALIDATION)
ax.plot(run.epoch, 100 * run.accuracy[:, 0], color=plotting.TRAINING)
ax.text(12, 70, "training", color=plotting.TRAINING, ha="right")
ax.text(12, 97, "validation", color=plotting.VALIDATION, ha="right")
ax.set(ylim=(20, 108), xticks=[2, 4, 6, 8, 10, 12])
fig.set_label("Two climbing curves: validation lies above training throughout.")
claim("symptom-above",
    "epochs of 12 in which validation is above training, fewest of ten runs",
    measured=(run.val_accuracy > run.accuracy).sum(axis=0).min(), above=9)

# %%
# Another run, another curve
# --------------------------
# Ten runs that differ in the seed alone, early in training on 300 digits.
run = train(network, few, SGD(0.3), batch_size=16, epochs=6, replicates=10, dtype="float32")
fig, ax = plt.subplots(figsize=(4, 2.5))
ax.plot(run.epoch, 100 * run.val_accuracy)
ax.set(xlabel="epoch", ylabel="accuracy, %", ylim=(30, 100))
fig.set_label("Ten curves of accuracy that cross each other and end at different heights.")
claim("symptom-seeds", "highest minus lowest accuracy of ten seeds at the end, points",
    measured=100 * np.ptp(run.val_accuracy[-1]), above=2)
plt.show()

# %%
# **Take away.** The shape is a first guess and no more: several causes share one shape. The cheapest test
# that tells them apart is under :doc:`/diagnose`. Next, one such curve split into its parts:
# :doc:`/gallery/00_answer/plot_taken_apart`.
