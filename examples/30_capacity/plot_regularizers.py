# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Which regularisers add noise?
=============================

Dropout does: it draws a new mask at every step. A penalty does not, L2 or L1: run it twice and the numbers
are exactly the same. Yet a penalty can make a curve rougher, for two other reasons: L1 by its kink,
and either because it keeps a network from fitting its examples, so that their gradients stay large.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, theory
from unsteady.accuracy import jitter
from unsteady.models import MLP, LinearRegression
from unsteady.optimizers import SGD
from unsteady.regularizers import L1, L2
from unsteady.training import train

# sphinx_gallery_thumbnail_number = 2

# %%
# At equal strength
# -----------------
# A linear model on 60 examples, full batch, from weights of zero: ten seeds have nothing to differ in but
# their masks. Dropping each input with probability q adds, on average, the penalty :math:`\frac{q}{1-q}`
# times its mean square, so with features of mean square 1 an L2 of 0.25 goes with q = 0.2.
rng = np.random.default_rng(0)
X = rng.standard_normal((60, 6)) + rng.standard_normal((60, 1))
X /= np.sqrt((X**2).mean(axis=0))
y = X @ [0, 1, 0, -1, 0, 1] + 0.5 * rng.standard_normal(60)
data = datasets.Data(X, y)


def weights(dropout=0.0, **changes):
    settings = {"steps": 1000, "evaluate_every": 1, "record": "parameters", **changes}
    model = LinearRegression(intercept=False, initial_scale=0.0, dropout=dropout)
    run = train(model, data, SGD(0.1), batch_size=60, replicates=10, **settings)
    return run.parameters[0][..., 0]  # (steps, seeds, features)


penalised, dropped = weights(regularizer=L2(0.25)), weights(dropout=0.2)

# %%
fig, ax = plt.subplots()
steps = np.arange(1, 301)
for paths, color in ((dropped, plotting.VALIDATION), (penalised, plotting.TRAINING)):
    plotting.band(ax, steps, paths[:300, :, 1], color)
ax.text(300, 0.98, "dropout, ten seeds", color=plotting.VALIDATION, ha="right")
ax.text(300, 0.42, "L2, ten seeds in one line", color=plotting.TRAINING, ha="right")
ax.set(xlabel="step", ylabel="second weight", ylim=(0, 1.1))
fig.set_label(
    "One weight over 300 steps under L2 and under dropout of the inputs, ten seeds each. L2 "
    "is a single smooth line that settles; dropout is a band around the same value, "
    "whose runs never settle.")

# %%
# What to see: both go to the same place, and only dropout keeps moving there.
claim("l2-same", "largest difference between ten seeds under L2",
    measured=np.ptp(penalised, axis=1).max(), equals=0.0)
moves = [np.abs(np.diff(paths[-500:], axis=0)).max() for paths in (penalised, dropped)]
claim("l2-rests",
    "largest change of a weight in a step, of the last 500 steps under L2", measured=moves[0], below=1e-12)
claim("dropout-moves",
    "largest change of a weight in a step, of the last 500 steps under dropout",
    measured=moves[1], above=0.01)
middle = dropped[250:].mean(axis=(0, 1))
claim("dropout-same-place", "distance of dropout's mean weights from L2's, divided by the length of L2's",
    measured=np.linalg.norm(middle - penalised[-1, 0]) / np.linalg.norm(penalised[-1, 0]),
    below=0.02)

# %%
# Dropout is a ridge
# ------------------
# With features of unequal size the penalty on each is in proportion to its mean square. Half of the inputs
# dropped, the weights averaged over steps and seeds, beside the closed form:
data = datasets.Data(X * np.linspace(0.5, 1.5, 6), y)
long_run = weights(dropout=0.5, steps=3000, evaluate_every=10)[60:].mean(axis=(0, 1))
ridge = theory.dropout_ridge(data.X_train, y, 0.5)
flat = 60 * (data.X_train**2).mean()
uniform = np.linalg.solve(data.X_train.T @ data.X_train + flat * np.eye(6), data.X_train.T @ y)

# What to see: the average of dropout is that ridge. One penalty for all features would be over a tenth off.
def distance(from_weights):
    return np.linalg.norm(long_run - from_weights) / np.linalg.norm(from_weights)


claim("dropout-ridge",
    "distance of dropout's mean weights from the ridge of theory, divided by its length",
    measured=distance(ridge), below=0.03)
claim("dropout-not-uniform",
    "distance of dropout's mean weights from a ridge with one penalty for all, divided by its length",
    measured=distance(uniform), above=0.1)

# %%
# L1 and its kink
# ---------------
# The slope of :math:`\alpha|w|` jumps at 0. A weight that is best at 0 is thrown from side to side by it,
# step by step, unless the step is *proximal*: one that stops at 0.
turned = np.linalg.qr(X)[0] * np.sqrt(60)  # uncorrelated: each weight has its own optimum
data = datasets.Data(turned, y)
best = turned.T @ y / 60
small = np.abs(best) < 0.3
kinked, stopped = (weights(regularizer=L1(0.3, method)) for method in ("gradient", "proximal"))

# %%
fig, ax = plt.subplots()
which = np.flatnonzero(small)[0]
ax.plot(steps[:60], kinked[:60, 0, which], "o-", color=plotting.VALIDATION, markersize=4)
ax.plot(steps[:60], stopped[:60, 0, which], "o-", color=plotting.TRAINING, markersize=4)
for side in (-1, 1):
    bound = side * theory.l1_chatter_bound(0.1, 0.3, 1.0, best[which])
    ax.axhline(bound, linestyle="--", color=plotting.THEORY)
ax.text(60, 0.005, "proximal", color=plotting.TRAINING, ha="right")
ax.text(60, 0.042, "bound of theory", ha="right")
ax.set(xlabel="step", ylabel="a weight best at 0", ylim=(-0.055, 0.055))
fig.set_label(
    "A weight that is best at zero, over 60 steps with an L1 penalty. By its slope alone it "
    "jumps from side to side between dashed bounds; with proximal steps it is zero.")

# %%
# What to see: no chance in it, and no rest either. The swing is about the rate times the strength.
reach = np.abs(kinked[-100:][..., small]).max(axis=(0, 1))
law = theory.l1_chatter_bound(0.1, 0.3, 1.0, best[small])
claim("l1-chatters", "farthest from 0 of the unneeded weights, divided by the bound",
    measured=reach / law, between=(0.4, 1 + 1e-9))
claim("l1-zeros", "share of zeros among the unneeded weights",
    measured={"by slope": (kinked[-100:][..., small] == 0).mean(),
              "proximal": (stopped[-100:][..., small] == 0).mean()},
    equals={"by slope": 0.0, "proximal": 1.0})

# %%
# On a network
# ------------
# Small networks on 300 digits, four seeds on each of three splits: the full batch, where only masks can move
# a run that has settled, and batches of 16. How rough is validation accuracy late in training?
def late_jitter(split, dropout, penalty, batch_size, rate, steps):
    digits = datasets.digits(n_eval=1497, seed=split)
    run = train(
        MLP((32,), classes=10, dropout=dropout), digits, SGD(rate), batch_size=batch_size,
        steps=steps, evaluate_every=steps // 20, seed=split, regularizer=penalty,
        replicates=4, dtype="float32",
    )
    return 100 * np.apply_along_axis(jitter, 0, run.val_accuracy[-10:])


# %%
kinds = {"none": (0.0, None), "L2": (0.0, L2(0.03)), "dropout": (0.5, None)}
full, small_batches = (
    np.array([
        np.concatenate([late_jitter(split, *kind, *how) for split in range(3)])
        for kind in kinds.values()
    ])
    for how in ((300, 0.3, 200), (16, 0.1, 300))
)

# %%
fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.8))
kinds_of_batch = {"full batch": full, "B = 16": small_batches}
for ax, (title, rough) in zip(axes, kinds_of_batch.items(), strict=True):
    plotting.points(ax, np.arange(3), rough, plotting.HIGHLIGHT)
    ax.set(title=title, xlim=(-0.5, 2.5), xticks=[0, 1, 2])
    ax.set_xticklabels(kinds)
    ax.set_ylim(0)
axes[0].set(ylabel="jitter, points")
fig.set_label(
    "Jitter of validation accuracy without a regulariser, with L2 and with dropout, median "
    "and 5 to 95 % of twelve runs. With the full batch only dropout is rough; in batches of 16 "
    "L2 is, too.")

# %%
# What to see: with the full batch dropout is the rough one, by its masks. In batches of 16 L2 is rough as
# well, and it has no chance of its own: the penalty keeps the network from fitting every example, so the
# batches' noise does not die out.
def rms(rough):
    """Root mean square of the jitter over the runs, for each kind of regulariser."""
    return dict(zip(kinds, np.sqrt((rough**2).mean(axis=1)), strict=True))


in_full, in_small = rms(full), rms(small_batches)
claim("regularizers-full", "jitter with the full batch, as a multiple of that without a regulariser",
    measured={kind: in_full[kind] / in_full["none"] for kind in ("L2", "dropout")},
    between={"L2": (None, 1.8), "dropout": (2.0, None)})
claim("regularizers-batches", "jitter in batches of 16 under L2, as a multiple of that without",
    measured=in_small["L2"] / in_small["none"], above=1.3,
    otherwise="if L2 made the curve smoother, it would be below 1")
plt.show()

# %%
# **Take away.** If a curve is rougher with a regulariser, find out which way: dropout's masks are gone in
# evaluation mode; L1's chatter is gone with proximal steps or a lower rate; what a penalty leaves of the
# batches' noise goes as the rate falls. Next, what happens when a network is in the wrong mode:
# :doc:`/gallery/30_capacity/plot_training_mode`.
