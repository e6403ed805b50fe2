# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
How big is batch noise?
=======================

A run on random batches does not settle while it cannot fit every example: it ends up in a band around
the best weights. Where each batch is drawn afresh, the variance in that band is proportional to the learning
rate over the batch size, :math:`\eta/B`; where each epoch deals out all examples, it is smaller.

The question comes with an experiment: the second one of *Why does accuracy fluctuate during training?*
(30 January 2025) fits a line to 100 points with batches of 1 to 100. We run it as it stands, and find that
it fits something else; then repaired; then in a setting where theory says what the band should be. Every
curve here is at least 10 runs. The script takes some eight seconds.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, theory
from unsteady.models import LinearRegression
from unsteady.optimizers import SGD
from unsteady.training import Shuffle, WithoutReplacement, WithReplacement, train

# sphinx_gallery_thumbnail_number = 4

# %%
# As it stands
# ------------
# The data are :math:`y = 2x + 1` plus a little noise, ``X`` a column of shape ``(100, 1)``, ``y`` flat, of
# shape ``(100,)``; six batch sizes, the rate 0.01, 100 iterations.
data = datasets.line(n=100, noise=0.1, seed=0)
X, y = data.X_train, data.y_train
batch_sizes = np.array([1, 5, 10, 20, 50, 100])


# %%
# The loop subtracts labels from predictions: a column minus a row is a *table*, every prediction against every
# label. Here it is for 16 runs at once, the shapes kept.
def as_it_stands(batch_size, steps, runs=16):
    rng = np.random.default_rng(batch_size)
    w, b = rng.standard_normal((2, runs, 1, 1))
    path = []
    for _ in range(steps):
        order = rng.permuted(np.tile(np.arange(100), (runs, 1)), axis=1)
        batch_x = X[order[:, :batch_size]]  # (runs, B, 1)
        batch_y = y[order[:, None, :batch_size]]  # (runs, 1, B)
        error = w * batch_x + b - batch_y  # (runs, B, B): the slip
        w = w - 0.01 * (error * batch_x).mean(axis=(1, 2), keepdims=True)
        b = b - 0.01 * error.mean(axis=(1, 2), keepdims=True)
        path.append([w[:, 0, 0], b[:, 0, 0]])
    return np.array(path).swapaxes(0, 1)  # (w and b, steps, runs)


# %%
# Its measure has the same slip: 100 predictions in a column minus 100 labels in a row.
def measures(w, b):
    predictions = w[..., None] * X[:, 0] + b[..., None]
    table = predictions[..., :, None] - y
    return (table**2).mean(axis=(-2, -1)), ((predictions - y) ** 2).mean(axis=-1)


paths = [measures(*as_it_stands(size, steps=100)) for size in batch_sizes]
its_own, proper = np.array(paths).swapaxes(0, 1)  # (batch sizes, steps, runs)

# %%
steps = np.arange(1, 101)
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 6.4))
shown = {0: plotting.TRAINING, 2: plotting.VALIDATION, 5: plotting.HIGHLIGHT}
for index, color in shown.items():
    for ax, errors in zip(axes, (its_own, proper), strict=True):
        plotting.band(ax, steps, errors[index], color, f"B = {batch_sizes[index]}")
axes[0].set(ylabel="its own measure", ylim=(40, 140))
axes[1].set(ylabel="mean squared error", yscale="log", xlabel="step")
axes[0].legend()
fig.set_label(
    "The experiment as it stands, batches of 1, 10 and 100: median and 5 to 95 % of 16 "
    "runs over 100 steps. By its own measure single examples end highest; by the "
    "proper error, below, they end far lowest, while 10 and 100 stay away from the "
    "line.")

# %%
# What to see: the text reads the upper picture, where larger batches look better and calmer. The lower one has
# the true mean squared error of the same runs, and says the opposite: the measure ranks its best model worst.
names = [f"batch {size}" for size in batch_sizes]


def relative_to_others(errors):
    """Return how high single examples end, divided by the other batch sizes, by name."""
    single, *others = np.median(errors[:, -1], axis=-1)
    return dict(zip(names[1:], single / others, strict=True))


claim("article-own-ranking",
    "by the article's measure B = 1 ends worse than any other; its error divided by theirs",
    measured=relative_to_others(its_own), above=1.1)
claim("article-proper-ranking",
    "by the proper error B = 1 ends better than any other; its error divided by theirs",
    measured=relative_to_others(proper), below=0.1,
    otherwise="if its measure ranked the models as the error does, B = 1 would be worse here, too")

# %%
# So the loop fits something else, too. On average a batch pulls the slope towards
# :math:`\frac{N-B}{B(N-1)}` of the fitted one: all of it at B = 1, where the table is a single number, and
# nothing at B = N. Its 100 iterations are too few to see that, as the slow direction takes some 400; here are
# 3 000, and 4 000 of training by the library, which refuses a column beside a row.
written = np.array([as_it_stands(size, 3000, runs=10)[0, 2000:] for size in batch_sizes])
repaired = [
    train(
        LinearRegression(), data, SGD(0.01), batch_size=int(size),
        order=WithoutReplacement(), steps=4000, replicates=16, evaluate_every=20,
        record=["parameters"],
    )
    for size in batch_sizes
]
slopes = np.array([run.parameters[0][-50:, :, 0, 0] for run in repaired])

# %%
fig, ax = plt.subplots()
plotting.points(ax, batch_sizes, slopes.reshape(6, -1), plotting.VALIDATION)
plotting.points(ax, batch_sizes, written.reshape(6, -1), plotting.TRAINING)
sizes = np.geomspace(1, 100, 200)
law = theory.gradient_variance(1, sizes, 100)
ax.plot(sizes, 2 * law, "--", color=plotting.THEORY)
ax.text(10, 1.75, "repaired", color=plotting.VALIDATION)
ax.text(7, 0.5, "as it stands; dashed: law", color=plotting.TRAINING)
ax.set(xlabel="batch size", ylabel="slope of the fitted line", xscale="log")
ax.set_xticks(batch_sizes, batch_sizes, minor=False)
fig.set_label(
    "Slope after 2 000 steps and more against batch size, median and 5 to 95 % of runs. "
    "Repaired it is 2 at every batch size; as it stands it falls along the dashed law "
    "from 2 at one example to 0 at a hundred.")

# %%
# What to see: only at B = 1 does the loop as it stands find the line. At B = 100, the curve that looks
# smoothest, it finds a flat line through the mean of y. Repaired, every batch size finds the slope 2.
fit = np.polyfit(X[:, 0], y, 1)[0]
law = fit * theory.gradient_variance(1, batch_sizes, 100)
# At B = 5 the standard error is 0.006; and 2 000 steps leave 0.007 of the start at B above 1.
claim("article-slope-as-written", "as written, the slope is (N-B)/(B(N-1)) of the fitted one",
    measured=dict(zip(names, written.mean(axis=(1, 2)), strict=True)),
    equals=dict(zip(names, law, strict=True)), atol=0.015,
    otherwise="without the slip it would be the fitted one, 2, at every batch size")
claim("article-slope-repaired", "repaired, the mean slope minus the fitted one",
    measured=dict(zip(names, slopes.mean(axis=(1, 2)) - fit, strict=True)), equals=0.0, atol=0.001,
    otherwise="with the slip, it would be 2 less at B = 100")

# %%
# What it meant
# -------------
# Repaired, the experiment shows what its text says. Here is its error at three of its batch sizes.
fig, ax = plt.subplots()
for index, color in shown.items():
    run, label = repaired[index], f"B = {batch_sizes[index]}"
    plotting.band(ax, run.step, 2 * run.reevaluated_loss, color, label)
ax.set(xlabel="step", ylabel="mean squared error", yscale="log", ylim=(6e-3, 10))
ax.legend()
fig.set_label(
    "Mean squared error of the repaired experiment against step on a log axis for "
    "batches of 1, 10 and 100: median and 5 to 95 % of 16 runs, with three single runs "
    "each. All reach the noise of the labels; the runs at 1 keep jumping above it, "
    "those at 100 are smooth.")

# %%
# What to see: all come down together, since that is the work of the rate. What differs is how far a run
# still jumps at the end: as the variance of a batch's gradient, :math:`\frac{N-B}{B(N-1)}`, zero for the
# full batch. (The check leaves single examples out: for them this rate is no longer small.)
middle = slice(1, 5)
tails = [np.median(run.reevaluated_loss[-100:].std(axis=0)) for run in repaired[middle]]
relative = tails / theory.gradient_variance(1, batch_sizes[middle], 100)
claim("article-tail-law", "jumps at four batch sizes, divided by the formula's, relative to their mean",
    measured=dict(zip(names[middle], relative / relative.mean(), strict=True)), equals=1.0, rtol=0.15,
    otherwise="1/B alone would be twofold off at B = 50")

# %%
# How wide is the band?
# ---------------------
# For one feature of mean zero, and every batch drawn afresh, theory gives the width exactly. With the rate :math:`\eta`, the batch size B and
# label noise :math:`s^2` the slope settles at the variance
#
# .. math:: \frac{\eta s^2}{2B - \eta a (B - 1 + \kappa)},
#
# where :math:`a` is the mean square of the feature and :math:`\kappa` its kurtosis, 3 for a Gaussian. Four
# rates, three batch sizes, 200 runs each, on 200 points:
rng = np.random.default_rng(0)
x = rng.standard_normal(200)
gaussian = datasets.Data(x[:, None], 2 * x + rng.standard_normal(200))
rates, sizes = np.array([0.05, 0.1, 0.2, 0.3]), np.array([1, 4, 16])
burned_in = [
    train(
        LinearRegression(intercept=False), gaussian, SGD(rates[:, None]),
        batch_size=int(size), order=WithReplacement(), steps=3000,
        replicates=(4, 200), evaluate_every=20, record=["parameters"],
    ).parameters[0][20:, :, :, 0, 0]
    for size in sizes
]

# %%
best = np.polynomial.polynomial.polyfit(x, gaussian.y_train, [1])[1]
measured = np.array([((slope - best) ** 2).mean(axis=(0, 2)) for slope in burned_in])
a, noise = (x**2).mean(), (x * (gaussian.y_train - best * x)).var()
expected = theory.batch_stationary_variance(
    rates, sizes[:, None], noise / a, feature_variance=a, kurtosis=(x**4).mean() / a**2
)

# %%
fig, ax = plt.subplots()
for size, points, law, mark in zip(sizes, measured, expected, "os^", strict=True):
    ax.plot(rates / size, law, "--", color=plotting.THEORY, linewidth=1.5)
    ax.plot(rates / size, points, mark, label=f"B = {size}")
ax.set(xlabel="learning rate / batch size", ylabel="variance of the slope")
ax.set(xscale="log", yscale="log")
ax.legend()
fig.set_label(
    "Variance of the slope at rest against learning rate over batch size, both log. "
    "The points of three batch sizes lie on their dashed theory lines, which nearly "
    "coincide and bend upwards at the largest rates.")

# %%
# What to see: rate and batch size count as :math:`\eta/B` alone, as long as :math:`\eta a` is small. Halving
# the rate then calms as much as doubling the batch. The three lines part only where the rate is large.

claim("batch-noise-law",
    "variance of the slope, divided by the formula's, for 4 rates at B = 1, 4, 16",
    measured=measured / expected, equals=1.0, rtol=0.03,
    otherwise="at B = 1 and the rate 0.3, κ = 0 would put the formula 36 % off, a Gaussian's 3 10 %")
by_rate = [f"rate {rate:g}" for rate in rates]
claim("batch-noise-ratio", "variance of the slope at B = 1, divided by that at B = 4",
    measured=dict(zip(by_rate, measured[0] / measured[1], strict=True)),
    equals=dict(zip(by_rate, expected[0] / expected[1], strict=True)), rtol=0.05,
    otherwise="4, as if the ratio alone counted, would be a fifth off at the rate 0.3")

# %%
# And in shuffled epochs?
# -----------------------
# Most training deals out all examples before it shuffles again. What one batch has pulled too far, the rest of the
# epoch then pulls back. The same runs at B = 4, shuffled:
shuffled = train(
    LinearRegression(intercept=False), gaussian, SGD(rates[:, None]), batch_size=4,
    order=Shuffle(), steps=3000, replicates=(4, 200), evaluate_every=20,
    record=["parameters"],
).parameters[0][20:, :, :, 0, 0]
dealt = ((shuffled - best) ** 2).mean(axis=(0, 2)) / expected[1]

# %%
# What to see: a smaller part of the law is left, the smaller the lower the rate. Lowering the rate thus calms by
# *more* than the law says; the law is what remains where an epoch is long, or every batch is drawn afresh.

# With a lower rate more of the epoch cancels
claim("shuffled-noise",
    "variance of the slope in shuffled epochs, divided by the formula's for independent batches, B = 4",
    measured=dict(zip(by_rate, dealt, strict=True)),
    between={"rate 0.05": (0.4, 0.55), "rate 0.1": (0.6, 0.75),
             "rate 0.2": (0.75, 0.9), "rate 0.3": (0.85, 0.95)},
    otherwise="independent batches would give 1")

# %%
# All of it, to play with
# -----------------------
# Batch size and rate of your choice, on the Gaussian feature, every batch drawn afresh; 60 runs each.
played, chosen = np.array([1, 2, 4, 8, 16, 32, 64]), np.array([0.04, 0.08, 0.16, 0.32])
band_law = theory.batch_stationary_variance(
    chosen, played[:, None], noise / a, feature_variance=a, kurtosis=(x**4).mean() / a**2
)
walks = np.array([
    train(
        LinearRegression(intercept=False), gaussian, SGD(chosen[:, None]),
        batch_size=int(size), order=WithReplacement(), steps=1000, replicates=(4, 60),
        evaluate_every=10, record=["parameters"],
    ).parameters[0][..., 0, 0]
    for size in played
])  # (sizes, evaluations, rates, runs)
spread = np.sqrt(((walks[:, 30:] - best) ** 2).mean(axis=(1, 3)))  # (sizes, rates)


# %%
def draw(fig, batch_size, rate):
    """Slope of the fitted line: median, 5 to 95 % and three of 60 runs; dashed: 5 to 95 % by theory."""
    size, which = np.flatnonzero(played == batch_size)[0], np.flatnonzero(chosen == rate)[0]
    ax, law = fig.subplots(), np.sqrt(band_law[size, which])
    plotting.band(ax, np.arange(10, 401, 10), walks[size, :40, which], plotting.TRAINING)
    ax.hlines([best - 1.645 * law, best + 1.645 * law], 0, 400, color=plotting.THEORY, linestyle="--", linewidth=1.5)
    ax.set(xlim=(0, 400), ylim=(0.8, 3.0), xlabel="step", ylabel="slope")
    fig.set_label(
        "Slope against step: a band that comes up from below to about 2, the sooner the higher "
        "the rate, and stays within two dashed lines, the closer the larger the batch.")
    return (
        f"η/B = {rate / batch_size:.3g}: at rest the slope has the standard deviation "
        f"{spread[size, which]:.2g}; theory says {law:.2g}."
    )


# %%
plotting.Explorable(
    draw, batch_size=plotting.Slider("batch size B", played, opening=4),
    rate=plotting.Slider("learning rate η", chosen, opening=0.08))

# %%
# What to see: each place on a slider doubles. Move both by one place, and the band stays about as wide; but the
# rate decides how soon the run arrives.

claim("batch-play-law",
    "standard deviation at rest, divided by the formula's, at all 28 positions of the sliders",
    measured=spread / np.sqrt(band_law), equals=1.0, rtol=0.06,
    otherwise="at B = 1 and the rate 0.32 the formula with κ = 0 would be 21 % off")
plt.show()

# %%
# **Take away.** At a constant rate a run on batches settles only if it fits every example. Else it keeps a
# band whose variance is proportional to :math:`\eta/B`, or less where epochs are shuffled. To calm it, lower the
# rate or enlarge the batch; the first costs speed, the second work a step. And compare shapes before you compare
# batch sizes. Next, how far rate and batch may grow together: :doc:`/gallery/20_batches/plot_linear_scaling`.
