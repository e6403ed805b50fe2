# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Which part of a gradient is noise?
==================================

Most of it, and more as training goes on. The *noise scale* :math:`\operatorname{tr}\Sigma / |G|^2` says at
which batch size the noise of a batch's gradient is as large as the gradient itself: :math:`\Sigma` is the
covariance over single examples, G the whole gradient. It grows in training, not since the noise does, but
since the signal vanishes faster.

Small networks on digits, three seeds on each of four splits.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting
from unsteady.models import MLP
from unsteady.noise import noise_scale, two_batch_noise_scale
from unsteady.optimizers import SGD
from unsteady.training import train

# %%
# The noise scale along training, from the gradients of all 600 examples one by one, with the weights of two
# moments in each of four epochs.
model = MLP((32,), classes=10)
splits = [datasets.digits(n_eval=1197, seed=split) for split in range(4)]
epochs = np.array([1, 3, 6, 10])
runs = [
    train(
        model, data, SGD(0.2), batch_size=20, epochs=10, replicates=3, seed=split,
        evaluate_every=15, record="parameters", dtype="float32",
    )
    for split, data in enumerate(splits)
]


# %%
def measured(run, data):
    moments = np.stack([2 * epochs - 2, 2 * epochs - 1])  # two evaluations an epoch
    weights = [parameter[moments] for parameter in run.parameters]
    scale = noise_scale(model, weights, data.X_train.astype("float32"), data.y_train)
    return scale.squared_norm.mean(axis=0), scale.trace.mean(axis=0)


found = [measured(run, data) for run, data in zip(runs, splits, strict=True)]
norm, trace = (np.concatenate(each, axis=1) for each in zip(*found, strict=True))

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 6.0))
plotting.band(axes[0], epochs, trace, plotting.TRAINING, "noise of one example")
plotting.band(axes[0], epochs, norm, plotting.VALIDATION, "whole gradient")
plotting.band(axes[1], epochs, trace / norm, plotting.HIGHLIGHT)
axes[0].set(ylabel="squared size", yscale="log")
axes[0].legend(loc="center right")
axes[1].set(xlabel="epoch", ylabel="noise scale, examples", yscale="log")
plotting.log_axis(axes[1], [10, 30, 100, 300, 1000], "y")
fig.set_label(
    "Above, the squared size of one example's noise and of the whole gradient over ten "
    "epochs, log axis: both fall, the gradient faster. Below, their ratio, the noise scale, "
    "which climbs, with a wide band; twelve runs.")

# %%
# What to see: both shrink as the network learns, the gradient by more. A batch of 20 is mostly noise from the
# first epoch on. (Single runs go up and down; the claims look at means over runs.)
ratio = trace.mean(axis=1) / norm.mean(axis=1)
claim("noise-scale", "noise scale in examples",
    measured={"after epoch 1": ratio[0], "after epoch 10": ratio[-1]},
    between={"after epoch 1": (15, 120), "after epoch 10": (45, 400)})
claim("noise-shrinks", "squared size after epoch 10, divided by that after epoch 1",
    measured={"noise": trace[-1].mean() / trace[0].mean(), "gradient": norm[-1].mean() / norm[0].mean()},
    below={"noise": 0.7, "gradient": 0.55},
    otherwise="if it were the noise that grows, it would be above 1 for the noise")
claim("noise-grows", "noise scale after epoch 10, divided by that after epoch 1",
    measured=ratio[-1] / ratio[0], above=1.1, otherwise="if gradient and noise shrank alike, it would be 1")

# %%
# From two batches
# ----------------
# Nobody takes the gradients one by one in practice. From the norms of gradients of batches of two sizes, here
# 16 and 128, both parts can be estimated without bias; but the signal is then a small difference of large
# numbers.
rng = np.random.default_rng(0)


def squared_norms(weights, data, size, count):
    norms = []
    for own in rng.integers(600, size=(count, size)):
        gradients = model.loss_and_gradient(weights, data.X_train[own], data.y_train[own])[2]
        norms.append(sum((g**2).sum(axis=(-2, -1)) for g in gradients))
    return np.array(norms)


# %%
# Single pairs, and twenty pairs whose norms are averaged first, relative to the true :math:`|G|^2`.
def estimated(run, data, place):
    weights = [parameter[place] for parameter in run.parameters]
    truth = noise_scale(model, weights, data.X_train, data.y_train).squared_norm
    small, large = (squared_norms(weights, data, size, 200) for size in (16, 128))
    averaged = [norms.reshape(10, 20, -1).mean(axis=1) for norms in (small, large)]
    norms = (small, large), averaged
    return [two_batch_noise_scale(*each, 16, 128).squared_norm / truth for each in norms]


guesses = {
    name: [estimated(run, data, place) for run, data in zip(runs, splits, strict=True)]
    for name, place in (("epoch 1", 1), ("epoch 10", 19))
}

# %%
fig, axes = plt.subplots(1, 2, sharey=True, figsize=(6.4, 3.8))
shares = {name: [np.concatenate(own, axis=1).reshape(1, -1) for own in zip(*each, strict=True)]
          for name, each in guesses.items()}
for ax, (name, own) in zip(axes, shares.items(), strict=True):
    for place, values in enumerate(own):
        plotting.points(ax, np.array([place]), values, plotting.TRAINING)
    ax.axhline(1, linestyle="--", color=plotting.THEORY)
    ax.axhline(0, color=plotting.MUTED, linewidth=1)
    ax.set(title=name, xlabel="pairs of batches", xticks=[0, 1], xlim=(-0.5, 1.5))
    ax.set_xticklabels(["1", "20"])
axes[0].set(ylabel="estimate of |G|² / true")
fig.set_label(
    "Estimated over true squared gradient from one pair of batches and from twenty, after "
    "epochs 1 and 10: medians and 5 to 95 %. Early, twenty pairs are near one. Late, one pair "
    "ranges from far below zero to several times the truth.")

# %%
# What to see: early, a single pair is within twofold, mostly. Late, a single pair often says that there is
# *less* than no signal.
claim("two-batch-negative", "share of single pairs whose estimate of |G|² is below 0",
    measured={name: (single < 0).mean() for name, (single, _) in shares.items()},
    between={"epoch 1": (None, 0.12), "epoch 10": (0.12, 0.45)},
    otherwise="if one pair were as good late as early, both would be the same")
near = {f"{name}, {pairs}": np.mean((own > 0.5) & (own < 2))
        for name, each in shares.items()
        for pairs, own in zip(("1 pair", "20 pairs"), each, strict=True)}
claim("two-batch-near", "share of estimates within twofold", measured=near,
    between={"epoch 1, 1 pair": (0.65, None), "epoch 1, 20 pairs": (0.9, None),
             "epoch 10, 1 pair": (0.1, 0.62), "epoch 10, 20 pairs": (0.5, None)})
plt.show()

# %%
# **Take away.** A batch far below the noise scale is mostly noise, and to double it saves nearly half of the
# steps; far above it, it saves nothing. Since the scale grows, batches may grow too, in place of a falling
# rate. To measure it costs tens of gradients: average norms first, then divide. Next, what one step does:
# :doc:`/gallery/20_batches/plot_one_step`.
