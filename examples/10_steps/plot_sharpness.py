# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Why does the loss rise with the full batch?
===========================================

Because training takes the curvature to the very border that the learning rate sets, and rides on it. The
*sharpness* S, the largest eigenvalue of the loss's Hessian, may start above :math:`2/\eta` or below. Above it
the run is thrown to where the loss is flatter, below it the sharpness grows in the long run; either way it
ends up at :math:`2/\eta`, and there the loss rises and falls by turns and goes down only in the long run.
This is the *edge of stability*.

A network of 16 tanh units, squared error, no momentum, always the full batch of 100 digits: no noise of any
kind. Ten runs at each of three rates, each with digits and initial weights of its own. The script takes some
seven seconds.
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
model = MLP((16,), activation="tanh", classes=10, loss="squared_error")
rates = np.array([0.03, 0.12, 0.18])


def follow(split, steps, every):
    digits = datasets.digits(seed=split)
    data = Data(digits.X_train[:100], digits.y_train[:100], digits.X_eval, digits.y_eval)
    run = train(
        model, data, SGD(rates[:, None]), batch_size=100, steps=steps, replicates=(3, 1),
        seed=split, evaluate_every=every, record=["parameters", "batch_loss"],
    )
    S = sharpness(model, run.parameters, data.X_train, data.y_train, tolerance=1e-3)
    return [part[..., 0] for part in (run.batch_loss, run.val_accuracy, S)]


# %%
# The Hessian of 1 210 weights is never formed: products with it are differences of gradients, and some twenty
# of them give its largest eigenvalue. We measure it at every fifth step of the first hundred, then at every
# hundredth.
runs = [[follow(split, *every) for split in range(10)] for every in ((100, 5), (1600, 100))]
early, late = ([np.stack(part, axis=-1) for part in zip(*run, strict=True)] for run in runs)
loss, accuracy, _ = late  # (steps or evaluations, rates, runs)
S = np.concatenate([early[2], late[2][1:]])
step = np.concatenate([np.arange(5, 101, 5), np.arange(200, 1601, 100)])

# %%
colors = (plotting.TRAINING, plotting.HIGHLIGHT, plotting.VALIDATION)
fig, ax = plt.subplots()
lines = []
for k, (rate, color) in enumerate(zip(rates, colors, strict=True)):
    lines.append(plotting.band(ax, step, S[:, k], color, f"η = {rate:g}", singles=0))
    ax.axhline(theory.stability_bound(1.0) / rate, color=color, linestyle=":", linewidth=1.5)
ax.set(xlabel="step", ylabel="sharpness S", ylim=(5, 32))
plotting.log_axis(ax, [5, 20, 100, 400, 1600])
plotting.label_ends(ax, lines)
fig.set_label(
    "Sharpness against step, log axis, at three rates, median and 5 to 95 % of ten runs. At "
    "0.12 and 0.18 it falls below dotted lines at 2/η within 50 steps, then climbs back to "
    "them and stays; at 0.03, whose line lies above the picture, it hardly moves.")

# %%
# What to see: at the start the curvature is above the border of the two higher rates. They throw the run off,
# to where the loss is flatter; from there the sharpness climbs back to the border, and stops. At the low rate
# nothing of this happens. The curvature is not a property of the problem: training chooses it.
share = rates[:, None] * S / 2  # of the border
late_share = share[-7:].mean(axis=0)  # over the last 600 steps, (rates, runs)
start = np.median(share[0, 0]) * rates / rates[0]
higher = [f"rate {rate:g}" for rate in rates[1:]]
claim("edge-reached", "mean ηS/2 over the last 600 steps, at η = 0.12 and 0.18, of 20 runs",
    measured={"least": late_share[1:].min(), "most": late_share[1:].max()}, between=(0.95, 1.06),
    otherwise="a sharpness that did not react to the rate would be half as high again at 0.18 as at 0.12")
claim("edge-below", "mean ηS/2 over the last 600 steps, at η = 0.03, most of ten runs",
    measured=late_share[0].max(), below=0.7,
    otherwise="if every run reached the threshold within 1 600 steps, this would be near 1, too")
claim("edge-start", "ηS/2 at step 5 of the calm runs, had their rate been higher, median",
    measured=dict(zip(higher, start[1:], strict=True)), above=1.2,
    otherwise="a start below the threshold would have nothing to throw it off")
claim("edge-thrown", "least ηS/2 within the first 50 steps, median", below=0.95,
    measured=dict(zip(higher, np.median(share[:10, 1:].min(axis=0), axis=1), strict=True)))

# %%
# What the loss does
# ------------------
fig, ax = plt.subplots()
for k in (0, 2):
    ax.plot(loss[:, k, 0], color=colors[k], linewidth=1)
ax.set(xlabel="step", ylabel="training loss", ylim=(0.01, 0.7), xlim=(0, 1600))
plotting.log_axis(ax, [0.01, 0.02, 0.05, 0.1, 0.2, 0.5], "y")
inset = ax.inset_axes((0.42, 0.6, 0.55, 0.37))
inset.plot(np.arange(1400, 1431), loss[1400:1431, 2, 0], "o-", color=colors[2], markersize=3)
inset.set(xticks=[1400, 1415, 1430], yticks=[])
ax.text(180, 0.31, "η = 0.03", color=colors[0])
ax.text(350, 0.045, "η = 0.18", color=colors[2])
fig.set_label(
    "Training loss of one run at each of two rates, log axis. At 0.03 the curve is smooth and "
    "only falls. At 0.18 it is lower, and rises and falls all the way; an inset shows "
    "30 of its steps.")

# %%
# What to see: at the edge the loss rises on a good part of the steps, and is far lower all the same after as
# many steps, since they are longer.
rises = (np.diff(loss, axis=0) > 0).mean(axis=0)
claim("edge-calm", "steps on which the loss rises at η = 0.03, all ten runs",
    measured=(np.diff(loss[:, 0], axis=0) > 0).sum(), equals=0,
    otherwise="a rate past the threshold would give some")
claim("edge-rises", "share of the steps on which the loss rises at η = 0.18, least of ten runs",
    measured=rises[2].min(), above=0.2)
claim("edge-lower",
    "mean loss of the last 100 steps at η = 0.18, divided by that at 0.03, most of ten runs",
    measured=(loss[-100:, 2].mean(axis=0) / loss[-100:, 0].mean(axis=0)).max(), below=0.8,
    otherwise="if the edge were a failure, it would end higher, above 1")

# %%
# What accuracy does
# ------------------
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4))
evaluated = np.arange(100, 1601, 100)
for k in (0, 2):
    plotting.band(axes[0], step[19:], share[19:, k], colors[k], f"η = {rates[k]:g}")
    plotting.band(axes[1], evaluated, accuracy[:, k], colors[k])
axes[0].axhline(1, color=plotting.THEORY, linestyle="--", linewidth=1.5)
axes[0].set(ylabel="ηS/2", ylim=(0, 1.4))
axes[0].legend(ncols=2, loc="lower right")
axes[1].set(xlabel="step", ylabel="validation accuracy", ylim=(0.6, 0.95))
fig.set_label(
    "Sharpness as a share of the border, and validation accuracy, at two rates, ten runs "
    "each. At 0.18 the sharpness hovers about the dashed border, and accuracy rises sooner "
    "and goes on jumping up and down, where that at 0.03 is smooth.")

# %%
# What to see: at the edge accuracy is rough, with no batch noise to make it so. It is measured on 597 digits
# at every hundredth step, from step 700 on.
rough = np.array([[jitter(run) for run in curves.T.tolist()] for curves in accuracy[6:].swapaxes(0, 1)])
points = 100 * np.median(rough, axis=1)
claim("edge-points", "jitter of validation accuracy in points, median of ten runs",
    measured={"rate 0.03": points[0], "rate 0.18": points[2]},
    between={"rate 0.03": (None, 0.3), "rate 0.18": (0.3, 2.0)},
    otherwise="if only batches made accuracy fluctuate, the rates would not differ")
claim("edge-jitter", "jitter at the edge, divided by that at the low rate", measured=points[2] / points[0], above=1.5)

# %%
# Step by step
# ------------
# The three rates once more, as far as the step that you choose.
middle = np.median(share, axis=-1)  # ηS/2, (steps, rates)


def draw(fig, at):
    """Sharpness as a share of the border, median and 5 to 95 % of ten runs, up to a step."""
    ax, done = fig.subplots(), int(np.flatnonzero(step == at)[0]) + 1
    ax.axhline(1, color=plotting.THEORY, linestyle="--", linewidth=1.5)
    for k, color in enumerate(colors):
        plotting.band(ax, step[:done], share[:done, k], color, f"η = {rates[k]:g}", singles=0)
        ax.plot(at, middle[done - 1, k], "o", color=color)
    ax.set(xlabel="step", ylabel="ηS/2", xlim=(4.5, 1800), ylim=(0, 2))
    plotting.log_axis(ax, [5, 20, 100, 400, 1600])
    ax.legend(loc="upper right")
    fig.set_label("Sharpness over 2/η against step, log axis, three curves up to dots, and a dashed line at 1.")
    low, edge, high = middle[done - 1]
    return f"After {at} steps ηS/2 is {low:.2f} at η = 0.03, {edge:.2f} at 0.12 and {high:.2f} at 0.18 (medians)."


# %%
stops = [*step[:4], *step[5:20:2], *step[20:]]
plotting.Explorable(draw, at=plotting.Slider("step", stops, opening=400))

# %%
# What to see: at step 5 the rate 0.18 is past the border, and 0.12 is at it. Within some thirty steps both are below,
# and then they climb back. Drawn as a share of each border, their curves meet; that of 0.03 is not on its way there yet.
arrived = step >= 1000
claim("edge-play", "median ηS/2 from step 1 000 on, at 0.12 and 0.18, all positions",
    measured={"least": middle[arrived, 1:].min(), "most": middle[arrived, 1:].max()}, between=(0.9, 1.1),
    otherwise="if the curvature were fixed, the share at 0.18 would stay half as large again as at 0.12")
first, least = middle[0], middle[:10].min(axis=0)  # at step 5, and of the first 50 steps
claim("edge-play-thrown", "median ηS/2 at two rates, at step 5 and at its least in the first 50 steps",
    measured={"0.12 at step 5": first[1], "0.12 at its least": least[1],
              "0.18 at step 5": first[2], "0.18 at its least": least[2]},
    between={"0.12 at step 5": (0.9, 1.1), "0.12 at its least": (0.8, 0.96),
             "0.18 at step 5": (1.2, 1.7), "0.18 at its least": (0.8, 0.96)},
    otherwise="a curvature that does not react to the rate would stay where it began")
claim("edge-play-calm", "median ηS/2 at η = 0.03, all positions: most", below=0.7,
    measured=middle[:, 0].max())
plt.show()

# %%
# **Take away.** A full-batch loss that rises and falls while it goes down in the long run is no reason to
# stop: it is at the edge, where many good runs are. To calm it, and the accuracy, lower the rate at the end.
# A loss that climbs and does not come back has passed the border: lower the rate, or warm up. (With
# cross-entropy the sharpness falls again once the answers are certain, and the edge may pass.) Next, what
# adaptive methods do at first: :doc:`/gallery/15_adaptive/plot_first_steps`.
