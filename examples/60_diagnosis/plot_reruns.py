# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Too high a rate, or too small a batch?
======================================

One log cannot tell, and a lower rate calms both. Two short reruns from one checkpoint can: a quarter of the
rate, and eight times the batch. Batch noise shrinks with the batch, by :math:`1/\sqrt 8`. Steps too long for
the curvature jump with the full batch, too, so no batch can calm them.

Small networks on digits with a tenth of the labels wrong, twenty seeds of each kind.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting
from unsteady.accuracy import jitter
from unsteady.diagnosis import compare_reruns
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

# sphinx_gallery_thumbnail_number = 2

# %%
# Train up to a checkpoint, and go on from there in three ways.
data, _ = datasets.flip_labels(datasets.digits(n_eval=1497, seed=2), 0.1, seed=2)
model = MLP((16,), classes=10)


def reruns(rate, batch_size, epochs):
    same = {"replicates": 20, "dtype": "float32"}
    checkpoint = train(
        model, data, SGD(rate), batch_size=batch_size, epochs=epochs,
        evaluate_every="end", record="parameters", **same,
    )
    ways = [(rate, batch_size), (rate / 4, batch_size), (rate, min(8 * batch_size, 300))]
    return [
        train(model, data, SGD(way), batch_size=size, epochs=40, resume=checkpoint, **same)
        for way, size in ways
    ]


# %%
# Each kind has its own checkpoint.
noisy = reruns(0.05, 4, epochs=40)
unstable = reruns(1.0, 300, epochs=200)

# %%
# The second is the pure case: all examples are in each batch, so there is no batch noise in it, and the larger
# batch is the same run once more. It stands for what the rule looks for; it is no test of it.
fig, axes = plt.subplots(2, 3, sharex=True, sharey="row", figsize=(6.4, 5.4))
titles = ("as it was", "rate / 4", "batch × 8")
for row, runs in zip(axes, (noisy, unstable), strict=True):
    for ax, run, title in zip(row, runs, titles, strict=True):
        plotting.band(ax, np.arange(1, 41), 100 * run.val_accuracy, plotting.VALIDATION)
        ax.set(title=title)
axes[0, 0].set(ylabel="batch noise, %")
axes[1, 0].set(ylabel="unstable, %")
fig.supxlabel("epochs after the checkpoint")
fig.set_label(
    "Validation accuracy over 40 epochs after a checkpoint, two rows of three panels, median, "
    "band and three runs of 20. With batch noise both reruns are calm; where the rate is too "
    "high only the lower rate is, and the larger batch jumps as before.")

# %%
# What to see: the first column does not tell the rows apart, nor does the second. The third does.
def left(runs):
    same, *changed = ([jitter(curve) for curve in run.val_accuracy.T] for run in runs)
    return {title: np.median(np.divide(sizes, same))
            for title, sizes in zip(titles[1:], changed, strict=True)}


claim("reruns-noise", "jitter left where batch noise makes it, median",
    measured=left(noisy), between=(0.05, 0.5))
claim("reruns-unstable", "jitter left by a quarter of the rate where the rate is too high, median",
    measured=left(unstable)["rate / 4"], below=0.3)

# %%
# Which is it?
# ------------
# :func:`unsteady.diagnosis.compare_reruns` asks what the larger batch leaves, below or above 0.6.
def answers(runs):
    together = np.transpose([run.val_accuracy for run in runs], (2, 0, 1))
    return [compare_reruns(*curves) for curves in together]


print(answers(noisy)[0].evidence)
print(answers(unstable)[0].evidence)
claim("reruns-right", "share of the runs with batch noise that are recognised, in per cent",
    measured=100 * np.mean([answer.name == "batch-noise" for answer in answers(noisy)]), above=89,
    otherwise="to ask which rerun calms more is right in about half of them, see below")

# %%
# Which calms more?
# -----------------
# That is what one would ask first. But in shuffled epochs a lower rate calms by more than the ratio of rate
# and batch says (:doc:`/gallery/20_batches/plot_batch_noise`), so with batch noise the two are about level,
# and whichever is ahead says nothing.
kinds = ((noisy, plotting.TRAINING, "batch noise"), (unstable, plotting.VALIDATION, "too high a rate"))

# %%
fig, ax = plt.subplots()
for runs, color, label in kinds:
    sizes = np.array([[jitter(curve) for curve in run.val_accuracy.T] for run in runs])
    ax.plot(sizes[1] / sizes[0], sizes[2] / sizes[0], "o", color=color, label=label)
ax.plot([0.01, 1], [0.01, 1], color=plotting.MUTED, linewidth=1)
ax.axhline(0.6, color=plotting.THEORY, linestyle="--")
ax.set(xlabel="jitter left at rate / 4", ylabel="jitter left at batch × 8")
plotting.log_axis(ax, [0.02, 0.1, 0.5])
plotting.log_axis(ax, [0.1, 0.3, 1], which="y")
ax.set_ylim(0.08, 1.4)
ax.legend(loc="lower left")
fig.set_label(
    "Jitter left by eight times the batch against that left by a quarter of the rate, both "
    "log, one dot a run. With batch noise the dots straddle the diagonal, far below a dashed "
    "line at 0.6; where the rate is too high they lie above it, near 1.")

# %%
# What to see: the dots of batch noise lie on both sides of the diagonal. The dashed line tells them apart.
lower, larger = ([jitter(curve) for curve in run.val_accuracy.T] for run in noisy[1:])
claim("reruns-level",
    "share of the runs with batch noise in which the lower rate calms more, in per cent",
    measured=100 * np.mean(np.less(lower, larger)), between=(15, 85))
plt.show()

# %%
# **Take away.** Two reruns of twenty epochs or more, from one checkpoint. If eight times the batch leaves the
# jumps as they are, lower the rate; if it ends them, average, or let the rate fall; in between there is some of
# both. If a quarter of the rate does not calm them either, look at the evaluation: :doc:`/gallery/30_capacity/plot_training_mode`.
