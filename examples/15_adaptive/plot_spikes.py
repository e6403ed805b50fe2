# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Why does Adam spike, and which ε stops it?
==========================================

Because Adam divides by the recent size of the gradients, and at a minimum that goes to nothing. What counts
is the curvature after the division, the *preconditioned sharpness* :math:`\lambda_{\max}(P^{-1} H)` with
:math:`P = \operatorname{diag}(\sqrt{\hat v}) + \epsilon`. As :math:`\hat v` decays it grows without end; once
:math:`\eta` times it passes :math:`(2 + 2\beta_1)/(1 - \beta_1)`, which is 38, the loss must climb, until the
gradients are large again. Only :math:`\epsilon` sets an end to the growth.

The question is one that is asked again and again: a single linear layer, 64 examples of 1 000 inputs, the
full batch, Adam as it comes. The loss falls to nothing within some hundreds of steps, and thousands of steps
later it is back. Here are ten runs of it. The script takes some eight seconds.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, plotting, theory
from unsteady.curvature import sharpness
from unsteady.datasets import Data
from unsteady.models import LinearRegression
from unsteady.optimizers import Adam
from unsteady.training import train

# sphinx_gallery_thumbnail_number = 4

# %%
# As it was asked
# ---------------
# Inputs between 0 and 1, random targets, small initial weights; ten of these, the data held.
rng = np.random.default_rng(0)
data = Data(rng.random((64, 1000)), rng.standard_normal(64))
model = LinearRegression(initial_scale=0.02)
asked = train(
    model, data, Adam(1e-3), batch_size=64, steps=4000, replicates=10,
    evaluate_every=10, record=["batch_loss", "parameters", "preconditioner"],
)
fitted = (asked.batch_loss < 1e-12).argmax(axis=0)  # the first such step
later = np.arange(4000)[:, None] > fitted
back = ((asked.batch_loss > 1e-3) & later).argmax(axis=0)

# %%
fig, ax = plt.subplots()
steps = np.arange(0, 4000, 10)  # every tenth is enough to draw
ax.plot(steps, asked.batch_loss[steps], color=plotting.MUTED, linewidth=0.6)
ax.plot(steps, asked.batch_loss[steps, 0], color=plotting.HIGHLIGHT)
ax.axhline(1e-12, color=plotting.MUTED, linestyle=":")
ax.axhline(1e-3, color=plotting.MUTED, linestyle=":")
ax.set(xlabel="step", ylabel="loss", yscale="log", ylim=(1e-34, 1e3))
fig.set_label(
    "Loss of ten runs over 4 000 steps, log axis, one of them in colour. All fall far below "
    "the lower dotted line within a thousand steps, lie there for long, and climb back "
    "above the upper one at once, at different times.")

# %%
# What to see: at the bottom nothing is left to learn, and still each run comes back. No batch noise takes
# part: it is the full batch, the data are fixed, and the model could fit them exactly.
def extremes(values):
    """Return the least and the most of ten runs, by name."""
    return {"least of ten": values.min(), "most of ten": values.max()}


claim("adam-fits", "step at which the loss passes below 1e-12",
    measured=extremes(fitted), between=(100, 2000))
claim("adam-comes-back", "step at which it is back above 1e-3",
    measured=extremes(back), between=(250, 4000), otherwise="a run that stays fitted would never be back")

# %%
# The threshold
# -------------
# What decides is in no log: the curvature as Adam sees it. Measured along the same runs:
scaled = 1e-3 * sharpness(
    model, asked.parameters, data.X_train, data.y_train, preconditioner=asked.preconditioner
)
border = theory.adam_sharpness_bound(1.0)  # of the rate times the sharpness

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.6))
axes[0].plot(steps, asked.batch_loss[steps, 0], color=plotting.HIGHLIGHT, linewidth=1)
axes[0].set(ylabel="loss", yscale="log", ylim=(1e-34, 1e3))
axes[1].plot(asked.step, scaled, color=plotting.MUTED, linewidth=0.6)
axes[1].plot(asked.step, scaled[:, 0], color=plotting.HIGHLIGHT)
axes[1].axhline(border, color=plotting.THEORY, linestyle="--")
axes[1].set(xlabel="step", ylabel="ηλmax(P⁻¹H)", ylim=(0, 80))
axes[1].text(60, border + 3, "38")
fig.set_label(
    "Loss of one run, and below the rate times the preconditioned sharpness of all ten. "
    "That grows steadily, passes the dashed line at 38, goes on growing by half again while "
    "the loss lies at the bottom, falls when the loss spikes, and grows again.")

# %%
# What to see: the border is crossed while the loss lies at the bottom, and mostly hundreds of steps before
# anything shows. So small are the gradients there that most steps are below the last digit of the weights,
# which lie frozen. (The loss at 10⁻³², on a log axis, is rounding.) Once a step is large enough again, the
# loss is back within some tens of steps.
after_fit = asked.step[:, None] > fitted
over = (scaled > border) & after_fit
crossed = asked.step[over.argmax(axis=0)]
lead = np.where(over.any(axis=0), back - crossed, -np.inf)
claim("adam-crosses-first", "steps from the threshold to a loss above 1e-3, β₂ = 0.999",
    measured=extremes(lead), above=0,
    otherwise="a spike that had nothing to do with the threshold would come before it in some runs")

# %%
# Sooner and sharper
# ------------------
# At :math:`\beta_2 = 0.99` the division forgets ten times as fast. The same thing happens within some hundred
# steps, and the crossing can be timed; here the sharpness is measured at every fifth step.
fast = train(
    model, data, Adam(1e-3, beta2=0.99), batch_size=64, steps=1200, replicates=10,
    evaluate_every=5, record=["batch_loss", "parameters", "preconditioner"],
)
seen = 1e-3 * sharpness(
    model, fast.parameters, data.X_train, data.y_train, preconditioner=fast.preconditioner
)
gone = (fast.batch_loss < 1e-9).argmax(axis=0)  # fitted, for this shorter memory
crossing = fast.step[((seen > border) & (fast.step[:, None] > gone)).argmax(axis=0)]
spike = ((fast.batch_loss > 1e-3) & (np.arange(1200)[:, None] > gone)).argmax(axis=0)
near = [fast.batch_loss[step - 50 : step + 50, k] for k, step in enumerate(crossing)]
turn = np.array([loss.argmin() for loss in near]) - 50  # where it is lowest, from the crossing

# %%
fig, ax = plt.subplots()
for k in range(10):
    color, width = (plotting.HIGHLIGHT, 2.0) if k == 0 else (plotting.MUTED, 0.7)
    shown = slice(crossing[k] - 150, crossing[k] + 150)
    ax.plot(np.arange(-150, 150), fast.batch_loss[shown, k], color=color, linewidth=width)
ax.axvline(0, color=plotting.THEORY, linestyle="--")
ax.text(-6, 1e-3, "crosses 38", ha="right")
ax.set(xlabel="steps after ηλmax(P⁻¹H) passes 38", ylabel="loss", yscale="log")
fig.set_label(
    "Loss of ten runs, log axis, aligned at the step at which the rate times the sharpness passes 38, a "
    "dashed line. Before it all fall; from it on all climb by many orders of "
    "magnitude within some tens of steps, and fall again.")

# %%
# What to see: aligned at the crossing, ten runs turn at the same moment. From there the loss grows by a
# factor a step, so that a spike that seems to come from nowhere has a date.
wait = spike - crossing
claim("adam-spike-follows", "steps from the threshold to a loss above 1e-3, β₂ = 0.99",
    measured=extremes(wait), between=(0, 60),
    otherwise="a spike that had nothing to do with the threshold would be as likely before it")
claim("adam-turns", "steps from the threshold to the lowest loss about it",
    measured=extremes(turn), between=(-30, 30),
    otherwise="a threshold at half or twice 38 would be some 140 steps off, in which the sharpness doubles")
claim("adam-hovers", "ηλmax(P⁻¹H), divided by 38, median of the last 400 steps",
    measured=extremes(np.median(seen[-80:], axis=0) / border), between=(0.85, 1.05),
    otherwise="a threshold of 2/η, as without momentum, would show as 0.05")

# %%
# Which ε stops it?
# -----------------
# Where the gradients have vanished, P is :math:`\epsilon`, and the sharpness that Adam sees is
# :math:`\lambda/\epsilon`, with the plain :math:`\lambda` of the loss. So the smallest safe value is
# :math:`\epsilon^* = \eta\lambda/38`.
start = [parameter[0, :1] for parameter in asked.parameters]
curvature = sharpness(model, start, data.X_train, data.y_train, tolerance=1e-9)[0]
safe = theory.adam_safe_epsilon(1e-3, curvature)
factors = np.array([0.01, 0.1, 0.5, 0.98, 1.02, 3, 10])
swept = train(
    model, data, Adam(1e-3, beta2=0.95, epsilon=(factors * safe)[:, None]), batch_size=64,
    steps=1200, replicates=(7, 10), evaluate_every="end", record="batch_loss",
)
worst = swept.batch_loss[-300:].max(axis=0)  # (ε, runs)
below = swept.batch_loss < 1e-12
first = below.argmax(axis=0) + 1

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.8))
plotting.points(axes[0], factors, worst, plotting.HIGHLIGHT)
plotting.points(axes[1], factors[4:], first[4:], plotting.HIGHLIGHT)
for ax in axes:
    ax.axvline(1, color=plotting.THEORY, linestyle="--")
axes[0].set(ylabel="highest late loss", yscale="log", ylim=(1e-35, 1e2))
axes[0].text(0.9, 1e-24, "ε*", ha="right")
axes[1].set(xlabel="ε over ε* = ηλ/38", ylabel="steps to 1e-12", xscale="log", ylim=(0, 1200))
axes[1].text(0.0115, 80, "never at rest", color=plotting.MUTED)
fig.set_label(
    "Highest loss of the last 300 steps against ε as a multiple of the predicted one: up to "
    "0.98 it is above 1e-7, and the smaller ε the higher; from 1.02 to 3 it is nothing, "
    "at 10 not yet. Below, the steps to fit: few just past 1, many more at 10.")

# %%
# What to see: two per cent below the predicted value none of the ten runs settles, two per cent above
# it all do. A smaller :math:`\epsilon` leaves larger swings; a larger one costs time, since it holds back the
# division that makes Adam fast (at 10 the run has not arrived yet). Here :math:`\beta_2 = 0.95`. With a
# longer memory a run not far below the border may freeze at the bottom, its steps smaller than the last digit
# of the weights, before the sharpness has got there: above the border it is safe; just below it, it may be.
height = dict(zip(factors.tolist(), np.median(worst, axis=1), strict=True))
claim("adam-unsafe", "highest late loss at 0.98 ε*, least of ten runs",
    measured=worst[3].min(), above=1e-9,
    otherwise="if a lower ε were safe, some run would settle, far below")
claim("adam-safe", "highest late loss at 1.02 ε*, most of ten runs",
    measured=worst[4].max(), below=1e-20,
    otherwise="with a threshold of 2/η, as without momentum, ε would have to be 19 times higher")
claim("adam-smaller-epsilon", "factor by which the spikes are higher with a smaller ε, in units of ε*",
    measured={"0.5 to 0.01": height[0.01] / height[0.5], "0.98 to 0.5": height[0.5] / height[0.98]},
    above={"0.5 to 0.01": 1.5, "0.98 to 0.5": 10},
    otherwise="if ε were a switch and no scale, spikes would be equally high")

# %%
claim("adam-safe-epsilon", "the smallest safe ε for this layer; Adam's default is 1e-8",
    measured=safe, between=(1e-3, 1e-2),
    otherwise="if Adam's default were safe, it would be below 1e-8, and not of the order of λη/38 for λ near 250")
claim("adam-epsilon-price", "steps to fit at 10 ε*, divided by those at 1.02 ε*, median",
    measured=np.median(first[6]) / np.median(first[4]), above=2.0,
    otherwise="if ε cost nothing, it would be 1")
plt.show()

# %%
# **Take away.** If Adam's loss spikes out of a long calm, with nothing odd in the batch, its gradients have
# become small. Lower the rate, stop when it has fitted, or raise :math:`\epsilon`, tenfold at a time: until
# it comes near :math:`\eta\lambda/38` nothing may change at all. A value far above that costs speed, as it
# turns Adam into momentum with a small rate. Half the rate needs half the :math:`\epsilon`. Next, noise from
# batches: :doc:`/gallery/20_batches/plot_batch_noise`.
