# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Does the order of the examples matter?
======================================

More than almost anything. Where the data come sorted by class, the model learns the class of the moment and
forgets the others, and accuracy becomes a saw-tooth with the period of one epoch. A small shuffle buffer
hardly helps. And a score taken once an epoch shows nothing of it, or only its best or its worst moment.

Softmax regression on 1 200 digits in batches of 40, scored on others ten times an epoch: sorted by class, the
same through a buffer of 100 and of 500 examples, and shuffled. Four seeds on each of three splits; where the
data come sorted, the four are one and the same run, since nothing is left to chance.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting
from unsteady.models import SoftmaxRegression
from unsteady.optimizers import SGD
from unsteady.training import Shuffle, ShuffleBuffer, Sorted, train

# sphinx_gallery_thumbnail_number = 2

# %%
orders = {
    "sorted": Sorted(), "buffer of 100": ShuffleBuffer(100),
    "buffer of 500": ShuffleBuffer(500), "shuffled": Shuffle(),
}


def accuracy(order):
    runs = [
        train(
            SoftmaxRegression(10), datasets.digits(seed=split), SGD(0.4), batch_size=40,
            order=order, epochs=8, evaluate_every=3, replicates=4, seed=split,
        )
        for split in range(3)
    ]
    return np.concatenate([100 * run.val_accuracy for run in runs], axis=1)


scores = {name: accuracy(order) for name, order in orders.items()}  # (evaluations, runs)

# %%
fig, axes = plt.subplots(4, 1, sharex=True, sharey=True, figsize=(6.4, 8.4))
epochs = np.arange(1, 81) / 10
for ax, (name, points) in zip(axes, scores.items(), strict=True):
    plotting.band(ax, epochs, points, plotting.VALIDATION)
    ax.plot(epochs[9::10], np.median(points, axis=1)[9::10], "o", color=plotting.INK)
    ax.set(ylim=(20, 100), title=name, xlim=(3, 8.1))
axes[3].set(xlabel="epoch")
fig.supylabel("validation accuracy, %")
fig.set_label(
    "Validation accuracy over epochs 4 to 8, ten times an epoch, for four orders, median and "
    "5 to 95 % of twelve runs, dots at the ends of epochs. Sorted: a saw-tooth. Through a "
    "buffer of 100 still one, of 500 a flatter one. Shuffled: nearly level.")

# %%
# What to see: with the data sorted, the tooth is repeated in every epoch. Through a buffer of 500 it is
# hidden from who scores at the ends of epochs (dots) alone: they lie high and level.
late = {name: points[30:].reshape(5, 10, -1) for name, points in scores.items()}
reach = {name: np.ptp(points, axis=1).mean() for name, points in late.items()}
claim("order-range",
    "highest minus lowest validation accuracy within an epoch, in points, mean over epochs 4 to 8",
    measured=reach,
    between={"sorted": (9, 25), "buffer of 100": (7, 15),
             "buffer of 500": (3.5, 12), "shuffled": (0.5, 2.5)},
    otherwise="if a buffer were as good as a shuffle, its range would be as small")
claim("order-mean", "mean validation accuracy in epochs 4 to 8, ten times an epoch, per cent",
    measured={name: points.mean() for name, points in late.items()},
    between={"sorted": (50, 72), "buffer of 100": (70, 84),
             "buffer of 500": (88, 93), "shuffled": (91, 96)})

# %%
# What a score at the end of each epoch shows of it depends on the order alone.
ends = np.abs(np.diff(late["buffer of 500"][:, -1], axis=0)).mean()
claim("order-hidden",
    "buffer of 500: range of accuracy within an epoch, divided by its change between ends of epochs",
    measured=reach["buffer of 500"] / ends, above=4,
    otherwise="if once an epoch were enough to see it, it would be 1")
below = late["buffer of 100"].mean() - late["buffer of 100"][:, -1].mean()
claim("order-phase",
    "buffer of 100: mean over an epoch minus its end, points", measured=below,
    above=2.5, otherwise="if the end of an epoch were like any other moment, it would be 0")

# %%
# The tooth by numbers
# --------------------
# Take off each epoch's mean, and correlate the curve with itself one epoch earlier. What comes back every
# epoch gives 1, noise gives 0.
def lag(points):
    own = (points - points.mean(axis=1, keepdims=True)).reshape(-1, points.shape[-1])
    now, before = own[10:], own[:-10]
    return (now * before).sum(axis=0) / np.sqrt((now**2).sum(axis=0) * (before**2).sum(axis=0))


repeats = {name: lag(points) for name, points in late.items()}

# %%
fig, ax = plt.subplots()
values = np.array(list(repeats.values()))
plotting.points(ax, np.arange(4), values, plotting.HIGHLIGHT)
ax.axhline(0, color=plotting.MUTED, linewidth=1)
ax.set(ylabel="correlation one epoch on", ylim=(-0.6, 1.1), xticks=range(4))
ax.set_xticklabels(["sorted", "100", "500", "shuffled"])
ax.set_xlabel("order, or size of the buffer")
fig.set_label(
    "Correlation of the curve with itself one epoch earlier, median and 5 to 95 % of twelve "
    "runs: near one for sorted data, still high through both buffers, around zero for "
    "shuffled data.")

# %%
# What to see: both buffers leave the tooth in place. Only a full shuffle removes it.
claim("order-lag", "correlation of accuracy with itself one epoch before, each epoch's mean taken off",
    measured={name: own.mean() for name, own in repeats.items()},
    between={"sorted": (0.88, None), "buffer of 100": (0.5, None),
             "buffer of 500": (0.5, None), "shuffled": (None, 0.35)},
    otherwise="if a buffer removed the tooth, it would be near 0, as for a shuffle")
plt.show()

# %%
# **Take away.** If a curve has a period of one epoch, look at the order first. Shuffle everything, once per
# epoch; where data stream from files, shuffle the files and keep a buffer of many classes' worth. It costs
# memory or a pass over the data. Next, how large the model may be: :doc:`/gallery/30_capacity/plot_capacity`.
