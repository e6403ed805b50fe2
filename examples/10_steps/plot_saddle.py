# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Why flat, then sudden?
======================

Because where the gradient is small, the step is. Near a saddle, and on a plateau, a run creeps; what little
it moves takes it to where the gradient is larger, so that it speeds up by itself. The loss stands still for
long and then drops at once, with no event behind it.

At a saddle the wait grows with the *logarithm* of how near the run came to it, on the plateau below
*exponentially*, and more, with how far out it is.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, plotting, theory
from unsteady.objectives import DoubleWell, Plateau, Saddle
from unsteady.optimizers import SGD
from unsteady.training import descend

# %%
# Leaving a saddle
# ----------------
# A saddle falls away to both sides of a ridge with the curvature :math:`-\gamma`, here -1. Three runs start
# at different distances off that ridge; the distance grows by :math:`1 + \eta\gamma` a step.
offsets = np.array([1e-2, 1e-4, 1e-8])
starts = np.column_stack([np.ones(3), offsets])
path = descend(Saddle(curvature=1.0, escape=1.0), starts, SGD(0.1), steps=220)
distance = np.abs(path.x[..., 1])
left = (distance >= 1).argmax(axis=0)
predicted = theory.saddle_escape_time(offsets, learning_rate=0.1, escape=1.0)

# %%
# Real losses are bounded below. So here is what the loss looks like on a surface that has a ridge of the same
# curvature and a valley on either side of it.
wells = descend(DoubleWell(curvature=2.0), offsets[:, None], SGD(0.1), steps=220)
labels = ["10⁻²", "10⁻⁴", "10⁻⁸"]
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.8))
lines = plotting.curves(axes[0], wells.loss, labels=labels)
for line, step in zip(lines, [38, 86, 182], strict=True):
    axes[0].text(step, 0.1, line.get_label(), color=line.get_color(), ha="right")
plotting.curves(axes[1], np.where(distance <= 1, distance, np.nan), labels=labels)
axes[1].plot(predicted, np.ones(3), "x", color=plotting.THEORY, markersize=9, mew=2)
axes[0].set(ylabel="loss")
axes[1].set(xlabel="step", ylabel="distance off the ridge", yscale="log")
fig.set_label(
    "Above, the loss of three runs that start near a ridge: level, then a sudden fall "
    "after about 50, 100 and 200 steps. Below, on a log axis, their distance off the "
    "ridge on a pure saddle: three straight parallel lines that reach 1 at theory's crosses.")

# %%
# What to see: nothing happens at the fall that had not been going on all the time: the lower picture has
# straight lines. A start a hundred times nearer does not take a hundred times as long, but some fifty steps
# more.
claim("saddle-escape", "steps to leave the saddle from three starts, minus the formula",
    measured=left - predicted, between=(0, 1))  # the next whole step
claim("saddle-logarithm", "wait from 0.00000001, as a multiple of that from 0.01",
    measured=left[2] / left[0], between=(3.5, 4.5),
    otherwise="a wait in proportion to 1/distance would make it a million")
fall = (wells.loss < 0.125).argmax(axis=0)  # half way down
claim("saddle-bounded", "steps until half-way down on the bounded surface, minus the formula",
    measured=fall - predicted, between=(-15, 15),
    otherwise="a wait that grew with 1/distance would be off by thousands")

# %%
# What if it starts on the ridge?
# -------------------------------
# A start *on* the ridge never leaves. Noise in the gradient does push it off: with it, the wait depends on
# the noise instead of the start. Two hundred runs start exactly on the ridge, with a little noise in each
# gradient.
ridge = np.array([1.0, 0.0])
still = descend(Saddle(), ridge, SGD(0.1), steps=1000)
noise = np.array([1e-2, 1e-4, 1e-8])
pushed = descend(
    Saddle(), np.tile(ridge, (3, 200, 1)), SGD(0.1), steps=300, noise=noise[:, None]
)
waits = (np.abs(pushed.x[..., 1]) >= 1).argmax(axis=0)  # (noise, runs)

# %%
# The noise of all steps adds up to a start at a random distance with the standard deviation :math:`\eta s /
# \sqrt{(1+\eta\gamma)^2 - 1}`, s being that of one step; half of all draws are nearer than 0.674 of it.
start = 0.674 * 0.1 * noise / np.sqrt(1.1**2 - 1)
law = theory.saddle_escape_time(start, 0.1, 1.0)
fig, ax = plt.subplots()
plotting.points(ax, -np.log10(noise), waits, plotting.VALIDATION)
ax.plot(-np.log10(noise), law, "--", color=plotting.THEORY)
ax.set(xlabel="noise of the gradient", ylabel="steps to leave the ridge", ylim=(0, 260))
ax.set_xticks([2, 4, 8], ["10⁻²", "10⁻⁴", "10⁻⁸"])
fig.set_label(
    "Steps to leave a ridge from a start exactly on it, against the noise of the "
    "gradient: medians and 5 to 95 % of 200 runs, on a dashed line that rises with the "
    "logarithm of the noise.")

# %%
# What to see: a millionfold less noise makes the wait a few times as long. Saddles delay; they do not trap,
# as long as there is any noise at all.
claim("saddle-on-the-ridge", "distance off the ridge after 1 000 steps without noise",
    measured=abs(still.x[-1, 1]), equals=0, otherwise="a slope on the ridge would have moved it")
# Four standard errors of the median.
claim("saddle-noise", "median wait with noise, minus the formula", measured=np.median(waits, axis=1) - law,
    between=(-4, 5), otherwise="a start in proportion to the noise of one step would be 8 steps off")

# %%
# Crossing a plateau
# ------------------
# A plateau is worse, how much depends on its shape. Here is a Gaussian hole in a plain, :math:`1 -
# e^{-r^2/2}`, and four starts on the plain.
radii = np.array([2.0, 2.5, 3.0, 3.5])
plain = descend(Plateau(curvature=1.0), radii[:, None], SGD(0.1), steps=600)
crossed = (np.abs(plain.x[..., 0]) <= 1).argmax(axis=0)
expected = theory.plateau_escape_time(radii, learning_rate=0.1)

# %%
fig, ax = plt.subplots()
plotting.curves(ax, plain.loss, labels=[f"start at {r:g}" for r in radii])
ax.legend(loc=(0.36, 0.12))
ax.plot(expected, np.full(4, 1 - np.exp(-0.5)), "x", color=plotting.THEORY, markersize=9, mew=2)
ax.set(xlabel="step", ylabel="loss")
fig.set_label(
    "Loss of four runs that start on a plain at distances of 2 to 3.5 from a hole. Each is "
    "level and then falls; crosses mark when theory says it is at the rim. Each half "
    "unit further out multiplies the wait.")

# %%
# What to see: half a unit further out makes the wait two to four times as long. No logarithm helps here.
claim("plateau-wait", "steps to the rim of the hole, divided by the formula's",
    measured=crossed / expected, equals=1.0, rtol=0.05)
claim("plateau-exponential", "wait from 3.5, as a multiple of that from 2; the distance is 1.75 times",
    measured=crossed[3] / crossed[0], above=10,
    otherwise="a wait in proportion to the distance, or to its square, would be 1.75 or 3")
plt.show()

# %%
# **Take away.** A level loss is no proof that training is over: if the gradient norm grows, wait. A saddle
# costs a logarithm, and noise, momentum or a larger rate shorten it. A plateau asks for another start,
# another scale of the inputs, or a method that divides by the size of the gradient. Next, flat because it is
# trapped: :doc:`/gallery/10_steps/plot_sharp_minima`.
