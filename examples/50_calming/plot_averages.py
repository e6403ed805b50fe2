# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib", "scipy"]
# ///
r"""
What does an average of the weights calm?
=========================================

What the steps add and take again. On a bowl of curvature :math:`\lambda` noisy steps at the rate :math:`\eta`
keep the weights in a band, and each remembers the last by :math:`\phi = 1 - \eta\lambda`. An exponential
average of decay d leaves the share

.. math:: \frac{1-d}{1+d} \cdot \frac{1+d\phi}{1-d\phi}

of the band's variance: much, where d forgets sooner than the run itself; little, where it remembers longer.
The price is lag. To smooth the *display* of a curve has a lag of the same kind, and calms nothing.

A thousand runs each at three rates: one that creeps, one that is quick, one that jumps across the minimum.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import lfilter

from unsteady import claim, plotting, theory
from unsteady.objectives import Quadratic
from unsteady.optimizers import SGD
from unsteady.training import EMA, descend

# sphinx_gallery_thumbnail_number = 2

# %%
# 200 directions of curvature 1, which do not know of each other, and five seeds, are a thousand runs of one
# direction. They start far off, at 10, and their gradients have noise of standard deviation 1.
rates = np.array([0.05, 0.2, 1.5])
path = descend(
    Quadratic(np.ones(200)), np.full((3, 5, 200), 10.0), SGD(rates[:, None]), steps=2000,
    noise=np.ones(5),
)
x = path.x  # (steps + 1, rates, seeds, directions)


# %%
# The average goes along, step by step, as it would in training.
def averaged(decay, path=x):
    rule = EMA(decay)
    average, kept = rule.start([path[0]]), [path[0]]
    for step, point in enumerate(path[1:], 1):
        rule.update(average, [point], step)
        kept.append(average[0].copy())
    return np.array(kept)


rest = x[400:]
decays = np.array([0.8, 0.9, 0.95, 0.98])
averages = [averaged(decay) for decay in decays]

# %%
fig, ax = plt.subplots()
steps = np.arange(301)
plotting.band(ax, steps, x[:301, 1].reshape(301, -1), plotting.MUTED, "weight", singles=2)
average = averages[3][:301, 1].reshape(301, -1)
plotting.band(ax, steps, average, plotting.HIGHLIGHT, "its average, d = 0.98", singles=2)
ax.set(xlabel="step", ylabel="distance to the minimum", ylim=(-2, 10.3))
ax.legend()
fig.set_label(
    "Distance to the minimum over 300 steps at the rate 0.2, median and 5 to 95 % of a "
    "thousand runs. The weight is down after 20 steps and keeps jumping in a wide band; "
    "its average takes some 150 steps to come down, and then hardly moves.")

# %%
# What to see: the average is late, since for some fifty steps, :math:`1/(1-d)`, it still holds the start.
# Then it is calm.
ratio = np.array([(a[400:] ** 2).mean(axis=(0, 2, 3)) for a in averages])
ratio /= (rest**2).mean(axis=(0, 2, 3))  # (decays, rates)
law = theory.ema_factor(decays[:, None], rates, 1.0)
naive = (1 - decays) / (1 + decays)  # as if no step remembered the last

# %%
fig, ax = plt.subplots()
lines = plotting.curves(ax, ratio, [f"η = {rate:g}" for rate in rates], decays, marker="o")
for column in law.T:
    ax.plot(decays, column, "--", color=plotting.THEORY, linewidth=1.2)
ax.plot(decays, naive, color=plotting.MUTED)
ax.text(0.8, 0.005, "grey: independent steps", color=plotting.MUTED)
plotting.log_axis(ax, [0.01, 0.03, 0.1, 0.3, 1], "y")
ax.set(xlabel="decay d of the average", ylabel="variance left")
ax.set(xticks=decays, ylim=(0.002, 1.1))
plotting.label_ends(ax, lines)
fig.set_label(
    "Share of the variance that an average leaves, against its decay, log axis. Measured "
    "points lie on dashed lines. At the lowest rate most is left; at 1.5, where the runs "
    "jump from side to side, less than for independent steps.")

# %%
# What to see: the same average calms the three rates quite differently. At the lowest rate the run itself
# moves so slowly that the average follows it. Where it jumps from side to side, neighbours cancel.

at_rates = [f"rate {rate:g}" for rate in rates]
claim("average-law",
    "variance left by averages of decay 0.8 to 0.98 at three rates, divided by the formula's",
    measured=(ratio / law).ravel(), equals=1.0, rtol=0.04,
    otherwise="the formula for independent steps is off by a factor of 2 to 28")
claim("average-left", "variance left by an average with d = 0.98",
    measured=dict(zip(at_rates, ratio[3], strict=True)),
    equals=dict(zip(at_rates, law[3], strict=True)), rtol=0.04)
claim("average-slow",
    "variance left at the rate 0.05 and d = 0.98, as a multiple of that of independent steps",
    measured=ratio[3, 0] / naive[3], above=20)

# %%
# How long does it take from 10 to 0.5, at the rate 0.2?
def steps_down(values):
    return np.argmax(np.median(values[:, 1], axis=(1, 2)) < 0.5)


claim("average-lag", "steps from 10 to 0.5 at the rate 0.2; the average has d = 0.98",
    measured={"weight": steps_down(x), "average": steps_down(averages[3])},
    between={"weight": (10, 20), "average": (100, 250)},
    otherwise="an average without lag would be down with the weight")

# %%
# The mean of many steps
# ----------------------
# Polyak's average is the plain mean of the last T steps. Its variance tends to :math:`\sigma^2/\lambda^2 T`,
# whatever the rate.
lengths = np.array([10, 20, 40, 80])
means = [rest[: 1600 // T * T].reshape(-1, T, 3, 1000).mean(axis=1) for T in lengths]
spread = np.array([(mean**2).mean(axis=(0, 2)) for mean in means])
exact = theory.polyak_variance(rates, 1.0, 1.0, lengths[:, None])

# %%
fig, ax = plt.subplots()
lines = plotting.curves(
    ax, spread * lengths[:, None], [f"η = {rate:g}" for rate in rates], lengths, marker="o"
)
for column in (exact * lengths[:, None]).T:
    ax.plot(lengths, column, "--", color=plotting.THEORY, linewidth=1.2)
ax.axhline(1, color=plotting.MUTED, linewidth=1)
ax.set(xlabel="number T of averaged steps", ylabel="T × its variance", ylim=(0, 1.35))
plotting.log_axis(ax, lengths)
plotting.label_ends(ax, lines)
fig.set_label(
    "T times the variance of the mean of T steps against T, for three rates, on dashed "
    "lines. All tend to one; the lowest rate is far below it at 10 steps, since its "
    "weights still hold earlier gradients.")

# %%
# What to see: in the long run the mean is as good at all rates, though the bands that they average differ
# more than a hundredfold. So on a bowl, whose noise does not grow with the distance, a high rate costs little
# where the weights are averaged.
claim("polyak-law",
    "variance of the mean of 10 to 80 steps at three rates, divided by the formula's",
    measured=(spread / exact).ravel(), equals=1.0, rtol=0.05)
widths = (rest**2).mean(axis=(0, 2, 3))
claim("average-band", "variance of the weights themselves at three rates, divided by the formula's",
    measured=widths / theory.stationary_variance(rates, 1.0, 1.0), equals=1.0, rtol=0.03,
    otherwise="at the rate 1.5 the formula for small rates, η/2, is four times too small")
claim("polyak-same", "variance at the rate 1.5, as a multiple of that at 0.05",
    measured={"weights": widths[2] / widths[0], "means of 80 steps": spread[3, 2] / spread[3, 0]},
    between={"weights": (100, 140), "means of 80 steps": (1.0, 1.6)},
    otherwise="if a mean had just the weights' variance divided by 80, both would be alike")

# %%
# Smoothing the display
# ---------------------
# A dashboard smooths the curve, :math:`s \leftarrow \alpha s + (1 - \alpha) x`, and not the model. White
# noise shrinks by :math:`\sqrt{(1-\alpha)/(1+\alpha)}`, and a steady climb is shown :math:`\alpha/(1-\alpha)`
# points late.
noise = np.random.default_rng(0).standard_normal((1500, 400))
climb = np.arange(1500.0)
alphas = np.array([0.6, 0.9])
left = {f"alpha {a}": lfilter([1 - a], [1, -a], noise, axis=0)[200:].std() for a in alphas}
late = {f"alpha {a}": climb[-1] - lfilter([1 - a], [1, -a], climb)[-1] for a in alphas}

# What to see: smoothing by 0.9 hides three quarters of the noise, and nine points of lag are its price.
claim("smoothing-noise", "noise left by smoothing the display",
    measured=left, equals=dict(zip(left, theory.smoothing_factor(alphas), strict=True)), rtol=0.02,
    otherwise="the root of 1 - alpha alone is a quarter to two fifths too much")
claim("smoothing-lag", "points by which a smoothed climb is late",
    measured=late, equals=dict(zip(late, theory.smoothing_lag(alphas), strict=True)), rtol=1e-6)

# %%
# All of it, to play with
# -----------------------
# A decay and a rate of your choice: the weight, its average, and what the average has left of the variance.
played, tried = np.array([0.8, 0.9, 0.95, 0.98, 0.99]), np.array([0.05, 0.1, 0.2, 0.5, 1.0, 1.5])
more = descend(
    Quadratic(np.ones(200)), np.full((6, 2, 200), 10.0), SGD(tried[:, None]), steps=1600,
    noise=np.ones(2),
).x.astype(np.float32)
kept = np.array([averaged(decay, more) for decay in played.tolist()])  # (decays, steps + 1, rates, seeds, directions)
left_over = (kept[:, 1000:] ** 2).mean(axis=(1, 3, 4)) / (more[1000:] ** 2).mean(axis=(0, 2, 3))
play_law = theory.ema_factor(played[:, None], tried, 1.0)
down = np.argmax(np.abs(np.median(kept, axis=(3, 4))) < 0.5, axis=1)  # the first step near the minimum
alone = np.argmax(np.abs(np.median(more, axis=(2, 3))) < 0.5, axis=0)


# %%
def draw(fig, decay, rate):
    """A weight (grey) and its average (violet), each seventh step: median, 5 to 95 % and one of 400 runs."""
    row, column = np.flatnonzero(played == decay)[0], np.flatnonzero(tried == rate)[0]
    ax, shown = fig.subplots(), np.arange(0, 401, 7)
    for values, color in ((more, plotting.MUTED), (kept[row], plotting.HIGHLIGHT)):
        plotting.band(ax, shown, values[shown, column].reshape(len(shown), -1), color, singles=1)
    ax.set(xlabel="step", ylabel="x minus its best value", xlim=(0, 400), ylim=(-5, 10.3))
    fig.set_label("Distance to the minimum against step, two bands: the weight's, and that of its average.")
    return (
        f"At rest, a decay of {decay:g} leaves {100 * left_over[row, column]:.2g} % of the variance, by theory "
        f"{100 * play_law[row, column]:.2g} %. From 10 to within 0.5 it takes the weight {alone[column]} steps, "
        f"its average {down[row, column]}."
    )


# %%
plotting.Explorable(
    draw, decay=plotting.Slider("decay d of the average", played, opening=0.95),
    rate=plotting.Slider("learning rate η", tried, opening=0.2))

# %%
# What to see: at the rate 0.05 even 0.98 leaves a quarter, and is late; at 1.5 even 0.8 takes nearly all away.

claim("average-play-law", "variance left, divided by the formula's, at all 30 positions of the sliders",
    measured=left_over / play_law, equals=1.0, rtol=0.1,
    otherwise="the formula for independent steps is off by up to a factor of 32")
claim("average-play-late", "positions of the sliders at which the average is late",
    measured={"later than the weight": (down > alone).sum(),
              "later than at the next lower decay": (np.diff(down, axis=0) > 0).sum()},
    equals={"later than the weight": 30, "later than at the next lower decay": 24})
plt.show()

# %%
# **Take away.** Average the weights over more steps than the run remembers, :math:`1/\eta\lambda`, and the
# band is all but gone; until then the average only lags. It costs a copy of the weights, and a late start.
# Smoothing the display calms the picture alone. Next, all remedies on the same work:
# :doc:`/gallery/50_calming/plot_remedies`.
