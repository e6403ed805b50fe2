# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Why is the start so rough?
==========================

Because the first steps of an adaptive method have a size that has nothing to do with the gradient. It divides
each gradient by its own running size, of which it has seen nothing yet: Adam's first step is :math:`\eta` in
every single weight, RMSprop's is :math:`\eta/\sqrt{1-\rho}`, ten times as much at the usual :math:`\rho =
0.99`. Nearly all weights move at once, by as much, most of them for no good reason.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, schedules, theory
from unsteady.models import MLP
from unsteady.objectives import Slope
from unsteady.optimizers import SGD, Adam, RMSprop
from unsteady.training import descend, train

# %%
# Three gradients
# ---------------
# A plane that is a thousandth, one and a thousand steep along its three axes: the gradient never changes, so
# that all that is seen is the method.
gradients = np.array([1e-3, 1.0, 1e3])
plane = Slope(gradients)
methods = {
    "Adam": Adam(0.01),
    "RMSprop, ρ = 0.99": RMSprop(0.01),
    "RMSprop, ρ = 0.9": RMSprop(0.01, decay=0.9),
}
steps = {
    name: np.abs(np.diff(descend(plane, np.zeros(3), rule, steps=20).x, axis=0)) / 0.01
    for name, rule in methods.items()
}

# %%
fig, ax = plt.subplots()
colors = (plotting.TRAINING, plotting.VALIDATION, plotting.HIGHLIGHT)
places = ((1.5, 0.25), (5, 5.2), (7, 1.75))
for (name, sizes), color, place in zip(steps.items(), colors, places, strict=True):
    for marker, axis in (("o", 0), ("x", 1), ("+", 2)):
        ax.plot(np.arange(1, 21), sizes[:, axis], marker, color=color, markersize=8, fillstyle="none")
    ax.annotate(name, place, color=color)
ax.axhline(1, color=plotting.MUTED, linewidth=1, zorder=0)
ax.set(xlabel="step", ylabel="size of the step, in η", ylim=(0, 11), xticks=[1, 5, 10, 15, 20])
fig.set_label(
    "Size of each of the first 20 steps in units of the rate, for gradients of a "
    "thousandth, one and a thousand: the three markers coincide throughout. Adam's are 1; "
    "RMSprop's begin at 10 or 3.2 and fall towards 1.")

# %%
# What to see: circle, cross and plus coincide: a gradient a million times larger makes no larger step. Adam
# corrects for having started from nothing; RMSprop does not, and begins with leaps.
claim("first-step-adam", "Adam's first step, divided by η, for three gradients",
    measured=steps["Adam"][0], equals=1.0, rtol=1e-4,
    otherwise="without its correction Adam's would be 3.2")
found, law = {}, {}
for decay in (0.99, 0.9):
    for gradient, size in zip(gradients, steps[f"RMSprop, ρ = {decay}"][0], strict=True):
        found[f"decay {decay}, gradient {gradient:g}"] = size
        law[f"decay {decay}, gradient {gradient:g}"] = theory.rmsprop_first_step(1.0, decay)
claim("first-step-rmsprop", "RMSprop's first step, divided by η", measured=found, equals=law,
    rtol=1e-3, otherwise="with Adam's correction RMSprop's would be 1")
sgd = np.abs(descend(plane, np.zeros(3), SGD(0.01), steps=1).x[1]) / 0.01
claim("first-step-sgd", "SGD's first step for comparison: the largest, divided by the smallest",
    measured=sgd[2] / sgd[0], equals=1e6, rtol=1e-9,
    otherwise="a step that does not depend on the gradient would make it 1")

# %%
# A network
# ---------
# What that does to a loss: 16 networks on digits in batches of 64, the first 60 steps, with RMSprop at 0.01,
# with Adam at the same rate, and with RMSprop whose rate climbs from nothing within 20 steps (*warm-up*).
settings = {
    "RMSprop": (RMSprop(0.01), None),
    "Adam": (Adam(0.01), None),
    "RMSprop, warmed up": (RMSprop(0.01), schedules.warmup(20)),
    "Adam, ten times η": (Adam(0.1), None),
}
runs = {
    name: train(
        MLP((32,), classes=10), datasets.digits(), rule, batch_size=64, steps=60,
        schedule=schedule, replicates=16, record="step_loss", dtype="float32",
    ).full_loss
    for name, (rule, schedule) in settings.items()
}

# %%
fig, ax = plt.subplots()
looks = zip(list(runs)[:3], (plotting.VALIDATION, plotting.TRAINING, plotting.HIGHLIGHT), strict=True)
for name, color in looks:
    plotting.band(ax, np.arange(41), runs[name][:41], color, name, singles=0)
ax.axhline(np.median(runs["Adam"][0]), color=plotting.MUTED, linewidth=1)
ax.legend()
ax.set(xlabel="step", ylabel="training loss", ylim=(0, 3.6))
fig.set_label(
    "Training loss over the first 40 steps, median and 5 to 95 % of 16 networks. RMSprop's "
    "leaps up at the first step, above where it started; Adam's and that of RMSprop with "
    "warm-up fall from the start, and are behind RMSprop's for most of the picture.")

# %%
# What to see: RMSprop's first step undoes more than it does; the loss is higher than before there was any
# training. With a warm-up it never is.
start = runs["RMSprop"][0]
peaks = {name: loss.max(axis=0) / start for name, loss in runs.items()}
claim("first-leap", "highest loss, divided by that at the start, RMSprop, median of 16 networks",
    measured=np.median(peaks["RMSprop"]), above=1.05,
    otherwise="if the first step were like any other, the loss would fall")
claim("first-leap-adam",
    "highest loss, divided by that at the start, Adam at RMSprop's rate, median of 16 networks",
    measured=np.median(peaks["Adam"]), below=1.02)
claim("first-leap-warmed-up",
    "highest loss, divided by that at the start, RMSprop with 20 steps of warm-up, most of 16 networks",
    measured=peaks["RMSprop, warmed up"].max(), below=1.02,
    otherwise="if the method and not the size of its steps were rough, this would rise, too")

# %%
# Is it the method, or just the size? Adam at ten times the rate takes the very same first step.
same = np.abs(runs["Adam, ten times η"][1] / runs["RMSprop"][1] - 1)
claim("first-step-same", "loss after step 1, Adam at 10 η against RMSprop at η, largest difference",
    measured=same.max(), below=0.01,
    otherwise="if the method mattered beyond the size of its step, the two losses would differ")
price = np.median(runs["RMSprop, warmed up"][60]) / np.median(runs["RMSprop"][60])
claim("warmup-price", "loss after 60 steps with warm-up, divided by that without",
    measured=price, between=(0.8, 1.3),
    otherwise="twenty steps that gained nothing would show as a loss well above")
behind = np.median(runs["RMSprop, warmed up"][15] / runs["RMSprop"][15])
claim("warmup-behind", "loss after 15 steps with warm-up, divided by that without, median",
    measured=behind, above=1.2,
    otherwise="if the leap were a loss of time, the warmed-up run would be ahead, below 1")
plt.show()

# %%
# **Take away.** If the loss leaps up in the first steps of an adaptive method, that is the size of its first
# steps. A warm-up, or Adam's correction, takes the leap away. It buys calm and not speed: here the run
# without it was ahead after a few steps. Pay for it where the leap does harm, as when a run does not recover
# from it. Next, what they do late: :doc:`/gallery/15_adaptive/plot_spikes`.
