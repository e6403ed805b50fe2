# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
What does momentum do to the ringing?
=====================================

It makes rates that would creep ring instead, which is faster, and lets the ringing die out at a pace that has
nothing to do with the rate: :math:`\sqrt\beta` a step, as long as :math:`(1-\sqrt\beta)^2 < \eta\lambda <
(1+\sqrt\beta)^2`. And it moves the border of stability, up to :math:`2(1+\beta)` for the heavy ball, down to
:math:`(2+2\beta)/(1+2\beta)` for Nesterov's.

No chance is at work here: one bowl of curvature :math:`\lambda = 1`, full gradients.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, plotting
from unsteady.objectives import Quadratic
from unsteady.optimizers import SGD
from unsteady.theory import momentum_factor, stability_bound
from unsteady.training import descend

# %%
# A flat direction
# ----------------
# At :math:`\eta\lambda = 0.02` plain descent creeps: one of the rates of the article that these examples
# began with.
bowl = Quadratic(curvature=1.0)
momenta = np.array([0.0, 0.5, 0.9, 0.99])
slow = descend(bowl, start=1.0, optimizer=SGD(0.02, momenta), steps=200)

# %%
fig, ax = plt.subplots()
ax.axhline(0, color=plotting.MUTED, linewidth=1)
lines = plotting.curves(ax, slow.x[..., 0], labels=[f"β = {m:g}" for m in momenta])
ax.set(xlabel="step", ylabel="x minus its best value", xlim=(0, 200), ylim=(-1, 1.6))
ax.legend(ncols=2, loc="upper right")
fig.set_label(
    "Distance to the minimum against step for four momenta at ηλ = 0.02. Without "
    "momentum it creeps in; at 0.5 it is twice as fast; at 0.9 it overshoots a little "
    "and is there by step 60; at 0.99 it swings to and fro for all 200 steps.")

# %%
# What to see: momentum makes short work of a flat direction, but too much of it rings on. At 0.99 the loss
# would rise and fall for hundreds of steps, with the full batch, far below any border.
reach = [int(np.flatnonzero(np.abs(slow.x[:, k, 0]) > 0.05)[-1]) + 1 for k in (0, 1, 2)]
claim("momentum-speed", "steps until x is within 5 % for good, at β = 0, 0.5 and 0.9",
    measured=reach, rtol=0.1,
    equals=np.log(0.05) / np.log(momentum_factor(0.02, 1.0, momenta[:3])),
    otherwise="the factor 1 - ηλ of plain descent would need 148 steps at all three")
rises = dict(zip(momenta.tolist(), (np.diff(slow.loss, axis=0) > 0).mean(axis=0), strict=True))
claim("momentum-rises", "share of the steps on which the loss rises",
    measured={"no momentum": rises[0], "momentum 0.99": rises[0.99]},
    between={"no momentum": (None, 0.01), "momentum 0.99": (0.3, 0.7)},
    otherwise="a loss below the threshold that never rises, as without momentum, would make both 0")

# %%
# How fast does it die out?
# -------------------------
# The pace of 500 steps, from the largest swing in the last hundred over that in a hundred early ones, at 60
# rates and two momenta.
products = np.append(np.geomspace(1e-3, 2.8, 50), np.linspace(2.92, 2.99, 6))
betas = np.array([0.5, 0.9])
run = descend(bowl, start=1.0, optimizer=SGD(products[:, None], betas), steps=500)
swing = np.abs(run.x[..., 0])
pace = (swing[400:500].max(axis=0) / swing[100:200].max(axis=0)) ** (1 / 300)
inside = products[:, None] < stability_bound(1.0, betas)

# %%
fig, ax = plt.subplots()
fine = np.geomspace(1e-3, 3.8, 400)
for k, color in enumerate((plotting.TRAINING, plotting.VALIDATION)):
    shown = inside[:, k]
    ax.plot(products[shown], pace[shown, k], "o", color=color, markersize=4)
    below = fine < stability_bound(1.0, betas[k])
    law = momentum_factor(fine[below], 1.0, betas[k])
    ax.plot(fine[below], law, "--", color=plotting.THEORY, linewidth=1.5)
ax.text(0.25, 0.72, "β = 0.5", color=plotting.TRAINING)
ax.text(0.25, 0.925, "β = 0.9", color=plotting.VALIDATION)
ax.set(xlabel="ηλ", ylabel="factor a step", xscale="log", ylim=(0.65, 1.01))
fig.set_label(
    "Factor by which the distance shrinks a step against ηλ, log axis, for β of 0.5 and "
    "0.9; dots lie on dashed laws. Each curve falls to a level floor, the root of β; "
    "that for 0.5 jumps up again just before its border.")

# %%
# What to see: on the floor the rate does not matter at all; every such direction rings and dies out at
# :math:`\sqrt\beta`. To the left of it the direction creeps, to the right it heads for the border. So a curve
# whose ringing dies out as slowly at half the rate points to the momentum.
floor = ((1 - np.sqrt(betas)) ** 2 < products[:, None]) & (
    products[:, None] < (1 + np.sqrt(betas)) ** 2)
# Where a swing is cut costs up to 1 %.
claim("momentum-ringing", "where theory says that it rings: largest error of root β as the factor",
    measured=np.abs(pace / np.sqrt(betas) - 1)[floor].max(), below=0.01,
    otherwise="β instead of its root would be off by 5 % and 29 %")
outside = inside & ~floor
claim("momentum-outside",
    "factor by which the distance shrinks a step, divided by root β, where theory says that it does not ring",
    measured=(pace / np.sqrt(betas))[outside], above=1.0, otherwise="if it rang there, too, it would be 1")

# %%
# Where is the border?
# --------------------
# For ten momenta and both kinds, 400 rates each: the largest at which the distance still shrinks.
grid = np.linspace(0.02, 4, 400)
tried = np.linspace(0, 0.9, 10)
borders = []
for nesterov in (False, True):
    rule = SGD(grid[:, None], tried, nesterov=nesterov)
    end = np.abs(descend(bowl, start=1.0, optimizer=rule, steps=2000).x[-100:, ..., 0])
    settles = np.nan_to_num(end.max(axis=0), nan=np.inf) < 1
    borders.append(np.where(settles, grid[:, None], 0).max(axis=0))
beta = np.linspace(0, 0.98, 200)
laws = [stability_bound(1.0, beta, nesterov) for nesterov in (False, True)]

# %%
fig, ax = plt.subplots()
root = np.sqrt(beta)
ax.fill_betweenx(beta, (1 - root) ** 2, (1 + root) ** 2, color=plotting.MUTED, alpha=0.25)
ax.plot(np.transpose(laws), beta, "--", color=plotting.THEORY)
ax.plot(borders[0], tried, "o", borders[1], tried, "o")
ax.plot([0.02, 0.2, 0.4, 1], np.zeros(4), "*", color=plotting.HIGHLIGHT, markersize=13)
ax.text(3.05, 0.3, "heavy ball", color=plotting.TRAINING)
ax.text(1.42, 0.5, "Nesterov", color=plotting.VALIDATION, rotation=-78)
ax.text(0.55, 0.32, "rings", color=plotting.INK)
ax.set(xlabel="ηλ", ylabel="momentum β", xlim=(0, 4), ylim=(-0.02, 1))
fig.set_label(
    "Map of ηλ and momentum. The heavy ball's measured borders lie on a dashed line from "
    "2 up to nearly 4, Nesterov's on one from 2 down to 1.36. A grey region in between "
    "is where the heavy ball rings. Stars at β = 0 mark the article's rates.")

# %%
# What to see: all four rates of the article (stars) lie on the lower edge, where nothing rings. With
# :math:`\beta = 0.9` all four would have rung, still well inside the border.
predicted = [stability_bound(1.0, tried, nesterov) for nesterov in (False, True)]
# Steps of the grid are 0.01.
claim("momentum-border", "threshold of the heavy ball at ten momenta, minus 2(1+β)",
    measured=borders[0] - predicted[0], between=(-0.025, 0.0),
    otherwise="without the factor 1 + β the heavy ball would be off by up to 1.8")
claim("nesterov-border", "Nesterov's threshold at ten momenta, minus (2+2β)/(1+2β)",
    measured=borders[1] - predicted[1], between=(-0.025, 0.0),
    otherwise="the heavy ball's threshold in its place would be off by up to 2.4")

# %%
# All of it, to play with
# -----------------------
# A rate and a momentum of your choice: the distance to the minimum, and how fast theory says that it dies out.
rates = np.array([0.02, 0.1, 0.2, 0.5, 0.9, 1.5, 2.1, 2.8, 3.7])
mixed = np.array([0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.97])
walks = descend(bowl, start=1.0, optimizer=SGD(rates[:, None], mixed), steps=300).x[..., 0]
factors = momentum_factor(rates[:, None], 1.0, mixed)


def sentence(rate, momentum, factor):
    """Say what a rate and a momentum do together."""
    root = np.sqrt(momentum)
    if rate > 2 * (1 + momentum):
        return f"Past the border, {2 + 2 * momentum:.2g}: it swings {factor:.2f} times as far at each step."
    if rate > (1 + root) ** 2:
        return f"It changes sides at each step, and keeps {factor:.3f} of the distance."
    if rate >= (1 - root) ** 2 and momentum:
        ends = f"{(1 - root) ** 2:.2g} to {(1 + root) ** 2:.3g}"
        return f"It rings; a step keeps √β = {factor:.3f} of the swing, and would at every ηλ from {ends}."
    return f"It comes in from one side; a step keeps {factor:.3f} of the distance."


# %%
def draw(fig, rate, momentum):
    """Distance to the minimum over 60 steps; dashed: the pace by theory, laid around the largest swing."""
    place = np.flatnonzero(rates == rate)[0], np.flatnonzero(mixed == momentum)[0]
    ax, steps = fig.subplots(), np.arange(61)
    pace, walk = factors[place] ** steps, walks[:61, *place]
    around = np.minimum(pace * np.abs(walk / pace).max(), 20)
    ax.plot(steps, around, "--", steps, -around, "--", color=plotting.THEORY, linewidth=1)
    ax.plot(steps, np.clip(walk, -20, 20), "o-", color=plotting.TRAINING, markersize=4)
    ax.set(xlim=(0, 60), ylim=(-4, 4), xlabel="step", ylabel="x minus its best value")
    fig.set_label(
        "Distance to the minimum against step, as dots joined by a line, between two dashed "
        "curves that close in, or open, at the pace of theory.")
    return f"ηλ = {rate:g}, β = {momentum:g}. {sentence(rate, momentum, factors[place])}"


# %%
plotting.Explorable(
    draw, rate=plotting.Slider("rate times curvature ηλ", rates, opening=0.2),
    momentum=plotting.Slider("momentum β", mixed, opening=0.9))

# %%
# What to see: with the momentum at 0.9, move the rate. From 0.02 to 3.7 the swings get quicker and wider, and
# die out no sooner. Then leave the rate, and move the momentum.
late, soon = (np.abs(walks[k : k + 60]).max(axis=0) for k in (240, 90))
# Where a swing is cut costs some.
claim("momentum-play-law", "measured pace, divided by the formula's, at all 63 positions of the sliders",
    measured=(late / soon) ** (1 / 150) / factors, equals=1.0, rtol=0.015,
    otherwise="β in the place of its root would be off by up to half")
beyond = rates[:, None] > stability_bound(1.0, mixed)
claim("momentum-play-border", "positions of the sliders that swing farther and farther",
    measured={"past the threshold": (late > 1)[beyond].sum(), "within it": (late > 1)[~beyond].sum()},
    equals={"past the threshold": beyond.sum(), "within it": 0})
plt.show()

# %%
# **Take away.** Ringing with the full batch and momentum is no sign of too high a rate: lower β, and it dies
# out sooner; the price is speed in flat directions. If you switch to Nesterov's momentum, mind that its
# border is *lower*. Next: what a flat stretch of a curve can mean, :doc:`/gallery/10_steps/plot_saddle`.
