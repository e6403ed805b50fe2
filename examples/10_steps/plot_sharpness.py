# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Why does the loss rise with the full batch?
===========================================

Because training drives the curvature up to the very border that the learning rate sets, and then rides on it.
The *sharpness* S, the largest eigenvalue of the loss's Hessian, grows as long as :math:`S < 2/\eta`; once
there, the loss rises and falls by turns, and goes down only in the long run. This is the *edge of stability*.

A network of 16 tanh units on 100 digits, squared error, always the full batch: no noise of any kind. Ten
initial weights at each of three rates. The script takes some six seconds.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, theory
from unsteady.accuracy import jitter
from unsteady.curvature import sharpness
from unsteady.datasets import Data
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

# %%
# Sharpness along a run
# ---------------------
digits = datasets.digits()
data = Data(digits.X_train[:100], digits.y_train[:100], digits.X_eval, digits.y_eval)
model = MLP((16,), activation="tanh", classes=10, loss="squared_error")
rates = np.array([0.03, 0.1, 0.15])
run = train(
    model, data, SGD(rates[:, None]), batch_size=100, steps=3000, replicates=(3, 10),
    evaluate_every=100, record=["parameters", "batch_loss"],
)
loss = run.batch_loss  # at every step, (steps, rates, runs)

# %%
# The Hessian of 1 210 weights is never formed: products with it are differences of gradients, and some twenty
# of them give its largest eigenvalue.
S = sharpness(model, run.parameters, data.X_train, data.y_train, tolerance=1e-3)
share = rates[:, None] * S / 2  # of the border; (evaluations, rates, runs)

# %%
colors = (plotting.TRAINING, plotting.FOCUS, plotting.VALIDATION)
fig, ax = plt.subplots()
lines = []
for k, (rate, color) in enumerate(zip(rates, colors, strict=True)):
    lines.append(plotting.band(ax, run.step, S[:, k], color, f"η = {rate:g}", singles=0))
    ax.axhline(theory.stability_bound(1.0) / rate, color=color, linestyle=":", linewidth=1.5)
ax.set(xlabel="step", ylabel="sharpness S", ylim=(8, 32), xlim=(0, 3000))
ax.text(1800, 20.7, "2/η at 0.1", color=colors[1])
ax.text(1800, 11.2, "2/η at 0.15", color=colors[2])
plotting.label_ends(ax, lines)
fig.set_label(
    "Sharpness against step at three rates, median and 5 to 95 % of ten runs. At 0.1 and "
    "0.15 it climbs to dotted lines at 2/η and stays there; at 0.03, whose line lies far "
    "above the picture, it climbs on slowly.")

# %%
# What to see: the rate sets where the sharpness stops. At the two higher rates it is at the border and stays;
# at the low rate the border is far off. The curvature is not a property of the problem: training chooses it.
late = share[-10:].mean(axis=0)  # the last third
# A sharpness that did not react to the rate would be 1.5 times as far along at 0.15 as at 0.1.
claim("edge-reached", "ηS/2 in the last third at η = 0.1 and 0.15: least and most of 20 runs",
    measured=[late[1:].min(), late[1:].max()], between=(0.95, 1.05))
claim("edge-below", "ηS/2 in the last third at η = 0.03, most of ten runs",
    measured=late[0].max(), below=0.7)
# A curvature that belongs to the problem would stay.
claim("edge-sharpens", "sharpness at the end over that after 100 steps, η = 0.03, mean",
    measured=(S[-1, 0] / S[0, 0]).mean(), above=1.05)

# %%
# What the loss does
# ------------------
fig, ax = plt.subplots()
for k in (0, 2):
    ax.plot(loss[:, k, 0], color=colors[k], linewidth=1, label=f"η = {rates[k]:g}")
ax.set(xlabel="step", ylabel="training loss", ylim=(0.015, 0.6), xlim=(0, 3000))
plotting.log_axis(ax, [0.02, 0.05, 0.1, 0.2, 0.5], "y")
inset = ax.inset_axes((0.42, 0.55, 0.55, 0.4))
inset.plot(np.arange(1930, 1961), loss[1930:1961, 2, 0], "o-", color=colors[2], markersize=3)
inset.set(xticks=[1930, 1945, 1960], yticks=[])
ax.text(550, 0.19, "η = 0.03", color=colors[0])
ax.text(1100, 0.021, "η = 0.15", color=colors[2])
fig.set_label(
    "Training loss of one run at each of two rates, log axis. At 0.03 the curve is smooth "
    "and only falls. At 0.15 it is lower and rises and falls in swells; an inset of 30 "
    "steps shows it going up and down at every other step.")

# %%
# What to see: at the edge the loss rises on a good part of the steps, and is far lower all the same, as its
# steps are five times as long. Where the calm run ends, the other has been after a fifth of the steps, a
# little later. It rises in swells, as the sharpness moves about the border; at times, as in the inset, it
# alternates from step to step, which is what crossing a valley at each step looks like.
rises = (np.diff(loss, axis=0) > 0).mean(axis=0)
claim("edge-calm", "steps on which the loss rises at η = 0.03, all ten runs",
    measured=(np.diff(loss[:, 0], axis=0) > 0).sum(), equals=0)
# With the full batch, a rate below a *fixed* border would give none here, too.
claim("edge-rises", "share of the steps on which the loss rises at η = 0.15, least of ten runs",
    measured=rises[2].min(), above=0.1)
caught_up = (loss[:, 2] < loss[-1, 0]).argmax(axis=0)
# Were the zigzag progress lost, it would take far more than its fifth.
claim("edge-progress", "steps at 0.15 to where 0.03 ends, over a fifth of its: least and most",
    measured=[caught_up.min() / 600, caught_up.max() / 600], between=(0.95, 1.6))

# %%
# What accuracy does
# ------------------
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4))
for k in (0, 2):
    plotting.band(axes[0], run.step, share[:, k], colors[k], f"η = {rates[k]:g}")
    plotting.band(axes[1], run.step, run.val_accuracy[:, k], colors[k])
axes[0].axhline(1, color=plotting.THEORY, linestyle="--", linewidth=1.5)
axes[0].set(ylabel="ηS/2", ylim=(0, 1.4))
axes[0].legend(ncols=2, loc="lower right")
axes[1].set(xlabel="step", ylabel="validation accuracy", ylim=(0.6, 0.9))
fig.set_label(
    "Sharpness as a share of the border, and validation accuracy, at two rates, ten runs "
    "each. At 0.15 the sharpness hovers about the dashed border, and validation accuracy "
    "rises sooner, jumps up and down on the way, and ends about as high.")
plt.show()

# %%
# What to see: at the edge validation accuracy is rough, with no batch noise to make it so. For a fair
# comparison we take both runs at the same progress: the calm one at every 500 steps, the other at every 100.
same = run.val_accuracy[1:6, 2].T.tolist(), run.val_accuracy[9::5, 0].T.tolist()
edge, calm = (np.array([jitter(curve) for curve in curves]) for curves in same)
# Were batches all that makes accuracy fluctuate, it would be about 1.
claim("edge-jitter", "jitter of validation accuracy at 0.15 over that at 0.03, median of ten",
    measured=np.median(edge / calm), above=2.0)
claim("edge-points", "jitter of validation accuracy at 0.15 and at 0.03, in points, median",
    measured=[100 * np.median(edge), 100 * np.median(calm)], between=([0.7, 0], [5, 0.7]))
gap = np.median(run.val_accuracy[-1, 2]) - np.median(run.val_accuracy[-1, 0])
# Were the edge a failure, it would end lower.
claim("edge-accuracy", "validation accuracy at η = 0.15 less that at 0.03, at the end",
    measured=gap, between=(-0.03, 0.03))

# %%
# **Take away.** A full-batch loss that rises and falls while it goes down in the long run is no reason to
# stop: it is at the edge, where many good runs are. To calm it, lower the rate at the end; the sharpness then
# climbs to the next border, if you train long enough. A loss that climbs and does not come back has passed
# it: lower the rate, or warm up. Next, what adaptive methods do at first:
# :doc:`/gallery/15_adaptive/plot_first_steps`.
