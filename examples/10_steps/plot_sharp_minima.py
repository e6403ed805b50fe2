# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Can a low rate be trapped?
==========================

Yes: below :math:`2/\lambda` a run that starts near the minimum of a well stays there, however poor that is.
Above it, it cannot settle at that minimum, since each step there makes the distance larger. So the rate
selects among minima: it rules out the sharp ones.

Whether it also *leaves* the well depends on the walls. Where they are steep it does at once; where they bend
over it may swing within the well for ever.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, plotting, theory
from unsteady.objectives import DoubleWell, TwoBowls
from unsteady.optimizers import SGD
from unsteady.training import descend

# %%
# A sharp well and a wide one
# ---------------------------
# The left well has the curvature 8 and is the poorer one, the right one has the curvature 1. Twenty starts in
# the sharp well, at each of 60 rates.
surface = TwoBowls(curvatures=(8.0, 1.0), minima=(-1.0, 1.5), offsets=(0.4, 0.0))
rates = np.geomspace(0.01, 1.5, 60)
starts = np.linspace(-1.3, -0.7, 20)[:, None]
run = descend(surface, np.tile(starts, (60, 1, 1)), SGD(rates[:, None]), steps=2000)
border, wide_border = theory.stability_bound([8.0, 1.0])
in_sharp = (np.abs(run.x[-1, ..., 0] + 1.0) < 0.01).mean(axis=1)
in_wide = (np.abs(run.x[-1, ..., 0] - 1.5) < 0.01).mean(axis=1)

# %%
x = np.linspace(-2.0, 3.2, 300)[:, None]
fig, ax = plt.subplots()
ax.plot(x, surface.value(x), color=plotting.MUTED)
shown = ((0.05, plotting.TRAINING), (0.28, plotting.VALIDATION))
for rate, color in shown:
    way = descend(surface, start=-0.75, optimizer=SGD(rate), steps=24)
    ax.plot(way.x[:, 0], way.loss, "o-", color=color, linewidth=1, markersize=5)
ax.text(-0.88, 0.13, "η = 0.05", color=plotting.TRAINING, ha="center")
ax.text(1.5, 0.35, "η = 0.28", color=plotting.VALIDATION, ha="center")
ax.set(xlabel="x", ylabel="loss", ylim=(-0.1, 3))
fig.set_label(
    "A loss with a sharp, poor well on the left and a wide, good one on the right. The run "
    "at the rate 0.05 goes straight to the bottom of the sharp well; the one at 0.28 "
    "climbs its walls with growing steps, then lands in the wide well and settles.")

# %%
# What to see: the higher rate gets out because each of its steps overshoots by more than the last. It has to
# climb first: in the curve, this is a loss that *rises* and then falls below what it ever was.
way = descend(surface, start=-0.75, optimizer=SGD(0.28), steps=200)
claim("wells-climb", "highest loss on the way out, divided by that at the start",
    measured=way.loss.max() / way.loss[0], above=1.2,
    otherwise="a loss that only falls, as below the threshold, would not exceed its start")
claim("wells-gain", "final loss",
    measured={"low rate": run.loss[-1, 0, 0], "high rate": way.loss[-1]},
    equals={"low rate": 0.4, "high rate": 0.0}, atol=1e-6)

# %%
fig, ax = plt.subplots()
ax.plot(rates, 20 * in_sharp, "o-", color=plotting.TRAINING, markersize=4)
ax.plot(rates, 20 * in_wide, "o-", color=plotting.VALIDATION, markersize=4)
ax.axvline(border, linestyle="--", color=plotting.THEORY)
ax.text(border * 0.94, 10, "2/λ", ha="right")
ax.text(0.012, 18, "in the sharp well", color=plotting.TRAINING)
ax.text(0.3, 18, "in the wide one", color=plotting.VALIDATION)
ax.set(xlabel="learning rate η", ylabel="runs of 20", xscale="log")
fig.set_label(
    "How many of 20 runs that start in the sharp well end in which, against the learning "
    "rate. Up to the dashed line at two over the curvature all end in the sharp one, "
    "beyond it all end in the wide one.")

# %%
# What to see: the change is at :math:`2/\lambda` of the *sharp* well, and complete. Any lower rate keeps a
# run that starts near it trapped, no matter how long it runs.
low, high = rates < border, rates > border
claim("wells-trapped", "runs of 20 that stay in the sharp well, fewest at any rate below 2/λ",
    measured=20 * in_sharp[low].min(), equals=20,
    otherwise="if runs left the well past 1/λ already, it would be 0")
claim("wells-escape", "runs of 20 that end in the wide well, fewest at any rate from 2/λ to 1.5",
    measured=20 * in_wide[high].min(), equals=20,
    otherwise="if a run could stay between steep walls past 2/λ, it would be fewer")

# %%
# Smooth walls
# ------------
# That well was a bowl up to a kink. In a smooth double well the walls bend over towards the ridge, and the
# curvature shrinks on the way out. Here are the last points that runs from ten starts in the right well
# visit, at 240 rates.
products = np.linspace(1.2, 4.15, 240)
smooth = DoubleWell(curvature=1.0)
inner = np.linspace(0.61, 1.19, 10)[:, None]
runs = descend(smooth, np.tile(inner, (240, 1, 1)), SGD(products[:, None]), steps=3000)
tail = runs.x[-24:, ..., 0]  # (steps, rates, starts)
bounds = theory.double_well_bounds(1.0)

# %%
fig, ax = plt.subplots()
for step in tail[:, :, 3]:
    ax.plot(products, step, ".", color=plotting.TRAINING, markersize=1.5, rasterized=True)
for bound, name in zip(bounds, ("2", "3.2", "4"), strict=True):
    ax.axvline(bound, linestyle="--", color=plotting.THEORY, linewidth=1.2)
    ax.text(bound - 0.04, -1.75, name, ha="right")
ax.text(1.25, 1.15, "settles")
ax.text(2.05, -0.5, "swings in its well")
ax.text(3.25, 1.6, "roams")
ax.set(xlabel="ηλ", ylabel="points visited", ylim=(-2, 2))
fig.set_label(
    "Points that a run in a smooth double well visits after 3 000 steps, against ηλ. One "
    "point up to 2; then two, four and many, all in the same well; from 3.2 on in both; "
    "beyond 4 there are none, it has diverged.")

# %%
# What to see: just past 2 the run does not leave. It swings between two points of its well, then four, then
# without a pattern, and crosses the ridge only past 3.2. A loss that swings regularly on and on, with the
# full batch, may be this.
right_side = (runs.x[..., 0] > 0).all(axis=0).mean(axis=1)
spread = np.ptp(tail, axis=0).max(axis=1)  # largest of the ten starts
gap = 0.02  # at a border itself everything takes for ever
claim("wells-settle", "below 2/λ: spread of the last points, largest",
    measured=spread[products < bounds.settle - gap].max(), below=1e-6,
    otherwise="a run that swings on, however little, would show")
within = (products > bounds.settle + gap) & (products < bounds.stay - gap)
claim("wells-two-cycle", "between 2 and 3.2: spread of the last points, least",
    measured=spread[within].min(), above=0.05, otherwise="a run that settled would have a spread of 0")
claim("wells-stay", "between 2 and 3.2: runs of 10 that never leave the well, fewest",
    measured=10 * right_side[within].min(), equals=10,
    otherwise="if every run left the well at 2/λ, as between steep walls, none would stay")

# %%
# Further out there is no well any more, and at last no bound at all.
between = (products > bounds.stay + gap) & (products < bounds.remain - gap)
finite = np.isfinite(runs.x[-1, ..., 0]).mean(axis=1)
claim("wells-roam", "between 3.2 and 4: runs of 10 that never leave the well, most",
    measured=10 * right_side[between].max(), equals=0,
    otherwise="if the well still held some runs, it would be more")
past, short = products > bounds.remain + gap, products < bounds.remain - gap
claim("wells-diverge", "runs of 10 that diverge",
    measured={"below 4, most": 10 - 10 * finite[short].min(), "past 4, fewest": 10 - 10 * finite[past].max()},
    equals={"below 4, most": 0, "past 4, fewest": 10},
    otherwise="if runs diverged from 2/λ on, as in a single bowl, the first would be 10")
plt.show()

# %%
# **Take away.** Begin with a rate as high as the run can bear, then lower it: the high rate keeps out of
# sharp, poor minima, the low one settles. It costs a phase in which the loss jumps. In a network the
# curvature is not fixed; training moves it, up to that very border: :doc:`/gallery/10_steps/plot_sharpness`.
