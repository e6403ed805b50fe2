# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Is the network in the right mode?
=================================

Dropout and batch norm have two modes. In training mode a network with dropout is another network at every
call, and batch norm looks at the other examples of the batch; in evaluation mode neither does. Evaluate in
the wrong mode and accuracy is lower, or jumps though no weight has moved. And batch norm's evaluation mode
may be *behind*: its running statistics still hold what it was given at the start, with the weight :math:`m^k`
after k steps.

Small networks on digits, two seeds on each of six splits.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, theory
from unsteady.accuracy import jitter
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

# %%
# Dropout left on
# ---------------
splits = [datasets.digits(seed=split) for split in range(6)]


def trained(model, data, split, **settings):
    return train(
        model, data, SGD(0.1), replicates=2, seed=split, record="parameters", dtype="float32",
        **settings,
    )


def in_training_mode(model, run, epoch, data, rngs):
    buffers = [buffer[epoch].copy() for buffer in run.buffers or []]  # it would update them
    X = data.X_eval.astype("float32")
    own = [parameter[epoch] for parameter in run.parameters]
    return model.loss_and_gradient(own, X, data.y_eval, buffers=buffers, rngs=rngs)[1]


# %%
# After each epoch, the evaluation set is scored in both modes. At the end the weights are frozen, and scored
# in training mode twenty times over.
dropout = MLP((32,), classes=10, dropout=0.5)
right, wrong, frozen, logged = [], [], [], []
for split, data in enumerate(splits):
    run = trained(dropout, data, split, batch_size=32, epochs=12)
    masks = [np.random.default_rng([split, k]) for k in range(2)]
    right.append(run.val_accuracy)
    logged.append(run.accuracy)
    wrong.append([in_training_mode(dropout, run, epoch, data, masks) for epoch in range(12)])
    frozen.append([in_training_mode(dropout, run, -1, data, masks) for _ in range(20)])
right, wrong, frozen, logged = (
    np.concatenate(runs, axis=-1) for runs in (right, wrong, frozen, logged)
)

# %%
fig, ax = plt.subplots()
epochs = np.arange(1, 13)
plotting.band(ax, epochs, 100 * right, plotting.VALIDATION)
plotting.band(ax, epochs, 100 * wrong, plotting.HIGHLIGHT)
plotting.band(ax, np.arange(13, 33) * 0.5 + 7, 100 * frozen, plotting.MUTED)
ax.text(12, 97, "evaluation mode", color=plotting.VALIDATION, ha="right")
ax.text(6, 58, "training mode", color=plotting.HIGHLIGHT)
ax.text(13.5, 56, "weights frozen,\ntraining mode", color=plotting.MUTED)
ax.set(xlabel="epoch; from 13 on no step is taken", ylabel="validation accuracy, %")
ax.set_ylim(40, 102)
fig.set_label(
    "Validation accuracy of networks with dropout over 12 epochs, median and 5 to 95 % of "
    "twelve runs. In evaluation mode it is smooth and well above that in training mode, "
    "which goes on jumping when the weights are frozen.")

# %%
# What to see: the same weights, and more than ten points between the modes. On the right no weight moves, and
# accuracy jumps nearly as much as before: it is the masks.
gap = 100 * (right[-1] - frozen.mean(axis=0))
claim("mode-gap", "accuracy in evaluation mode minus that in training mode, points",
    measured={"mean": gap.mean(), "least": gap.min()},
    between={"mean": (12, 25), "least": (5, 20)},
    otherwise="if the mode did not matter, it would be 0")
again = 100 * np.sqrt(frozen.var(axis=0, ddof=1).mean())
claim("mode-frozen",
    "standard deviation of frozen weights' accuracy in training mode, points",
    measured=again, between=(0.8, 2.5))

# %%
# How much of the jitter in training mode do the masks make?
def rms_jitter(curves):
    return np.sqrt(((100 * np.apply_along_axis(jitter, 0, curves[5:])) ** 2).mean())


in_training, in_evaluation = rms_jitter(wrong), rms_jitter(right)
claim("mode-jitter",
    "jitter of the validation curve in training mode, as a multiple of that in evaluation mode",
    measured=in_training / in_evaluation, above=1.5)
# The standard error over the twelve runs is 0.2; what is measured may lie three of them above 1.
claim("mode-masks",
    "variance of frozen weights' accuracy, divided by the squared jitter, both in training mode",
    measured=again**2 / in_training**2, between=(0.5, 1.6),
    otherwise="the weights' movement alone would make it 0, the masks alone 1; its standard error is 0.2")
claim("mode-logged",
    "least lead of validation over logged training accuracy, last epoch, points",
    measured=100 * (right[-1] - logged[-1]).min(), above=5)

# %%
# Batch norm behind the times
# ---------------------------
# The running statistics with m = 0.99 (0.01 in PyTorch's way of counting), once in batches of 250, five steps
# an epoch, and once in batches of 32, 38 steps an epoch.
normed = MLP((64,), classes=10, batch_norm=True, batch_norm_momentum=0.99)


def lag(batch_size, epochs):
    behind = []
    for split, data in enumerate(splits):
        run = trained(normed, data, split, batch_size=batch_size, epochs=epochs)
        rngs = [np.random.default_rng(0)] * 2  # nothing is drawn
        own = [in_training_mode(normed, run, e, data, rngs) for e in range(epochs)]
        behind.append(np.array(own) - run.val_accuracy)
    return run.step, 100 * np.concatenate(behind, axis=1)


few, many = lag(250, 40), lag(32, 6)

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 6.0))
plotting.band(axes[0], *few, plotting.TRAINING, "B = 250, 5 steps an epoch")
plotting.band(axes[0], *many, plotting.VALIDATION, "B = 32, 38 steps an epoch")
steps = np.arange(1, 206)
weight = theory.initial_statistics_weight(0.99, steps)
axes[1].plot(steps, weight, "--", color=plotting.THEORY)
axes[0].set(ylabel="lag, points")
axes[0].legend()
axes[1].set(ylabel="weight of the start", xlabel="step", xlim=(0, 205), ylim=(0, 1))
fig.set_label(
    "Above, how far evaluation mode is behind the batch's own statistics, in points of "
    "accuracy, against steps: some thirty points in the first tens of steps, nothing after "
    "150, alike for both batch sizes. Below, the weight of the initial statistics.")

# %%
# What to see: the network is good and its evaluation mode does not show it, for as long as the statistics it
# was given at the start weigh in. It is a matter of steps and not of epochs. No weight is wrong, and waiting
# mends it.
step, points = few
start = theory.initial_statistics_weight(0.99, step)
early, late = (start > 0.7) & (step > 8), start < 0.2
claim("norm-lag", "mean lag with m = 0.99, points, by the weight of the initial statistics",
    measured={"weight above 0.7": points[early].mean(), "weight below 0.2": points[late].mean()},
    between={"weight above 0.7": (10, None), "weight below 0.2": (None, 3)})
claim("norm-epochs", "mean lag after three epochs, points",
    measured={"5 steps an epoch": points[2].mean(), "38 steps an epoch": many[1][2].mean()},
    between={"5 steps an epoch": (10, None), "38 steps an epoch": (None, 6)},
    otherwise="if the lag were a matter of epochs, both would be alike")
plt.show()

# %%
# **Take away.** Score the same frozen weights twice, the second time in other batches: a difference is a
# fault of the evaluation, most often the mode. If training mode is good and evaluation mode bad with batch
# norm, wait, or lower m; it costs noisier statistics. Next, what another seed is worth:
# :doc:`/gallery/40_seeds/plot_another_seed`.
