# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
What do wrong labels do to the curve?
=====================================

They make it rise and fall. A network learns first what the labels have in common, then the single wrong ones
by heart; test accuracy climbs, peaks, and declines as they are memorised. And it is rough all the way, since
no set of weights fits them easily.

Small networks on 600 digits, three tenths of whose training labels are replaced by another; the same with
clean labels, and once more with a penalty on the weights. Three seeds on each of four splits. The script
takes some five seconds.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting
from unsteady.accuracy import jitter
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.regularizers import L2
from unsteady.training import train

# %%
model = MLP((64,), classes=10)


def trained(data, split, **changes):
    return train(
        model, data, SGD(0.1, momentum=0.9), batch_size=32, epochs=30, replicates=3,
        seed=split, dtype="float32", **changes,
    )


# %%
# With the weights of every epoch kept, we can ask how many of the wrong labels the network gives back.
def memorised(run, data, flipped):
    own = model.evaluate(run.parameters, data.X_train[flipped], data.y_train[flipped])
    return own.accuracy


# %%
names = ("wrong", "memorised", "clean", "penalty", "memorised with penalty")
curves = {name: [] for name in names}
for split in range(4):
    clean = datasets.digits(n_eval=1197, seed=split)
    wrong, flipped = datasets.flip_labels(clean, 0.3, seed=split)
    run = trained(wrong, split, record="parameters")
    curves["wrong"].append(run.val_accuracy)
    curves["memorised"].append(memorised(run, wrong, flipped))
    curves["clean"].append(trained(clean, split).val_accuracy)
    calm = trained(wrong, split, regularizer=L2(0.01), record="parameters")
    curves["penalty"].append(calm.val_accuracy)
    curves["memorised with penalty"].append(memorised(calm, wrong, flipped))
curves = {name: np.concatenate(own, axis=1) for name, own in curves.items()}  # (epochs, runs)

# %%
fig, ax = plt.subplots()
epochs = np.arange(1, 31)
colors = {"clean": plotting.MUTED, "wrong": plotting.VALIDATION, "memorised": plotting.HIGHLIGHT}
for name, color in colors.items():
    plotting.band(ax, epochs, 100 * curves[name], color)
ax.text(30, 97, "test, clean labels", color=plotting.MUTED, ha="right", va="bottom")
ax.text(9, 66, "test, wrong labels", color=plotting.VALIDATION)
ax.text(30, 45, "wrong labels memorised", color=plotting.HIGHLIGHT, ha="right")
ax.set(xlabel="epoch", ylabel="%", ylim=(0, 105))
fig.set_label(
    "Accuracy against epoch, median and 5 to 95 % of twelve runs. With clean labels the test "
    "accuracy climbs and stays. With wrong ones it peaks after a few epochs and falls by "
    "many points, rough all the way, while the share of memorised labels climbs.")

# %%
# What to see: while test accuracy falls, the share of memorised labels climbs. With clean labels as many epochs do no harm. (Each
# run's own peak is in part luck, so the claims look at the mean over runs.)
mean = {name: own.mean(axis=1) for name, own in curves.items()}


def fall(name):
    """Test accuracy lost from the peak of the mean curve to its last ten epochs, in points."""
    return 100 * (mean[name].max() - mean[name][-10:].mean())


claim("noise-fall", "test accuracy lost from its peak to the last ten epochs, points",
    measured={"wrong labels": fall("wrong"), "clean labels": fall("clean")},
    between={"wrong labels": (4, None), "clean labels": (-1, 1)},
    otherwise="if more training did no harm, both would be near 0")

# %%
# At the peak of the curve hardly a wrong label is memorised:
peak = mean["wrong"].argmax()
claim("noise-peak", "epoch of the peak of the mean curve", measured=peak + 1, between=(2, 14))
claim("noise-memorised", "share of the wrong labels memorised",
    measured={"at the peak": mean["memorised"][peak], "at the end": mean["memorised"][-1]},
    between={"at the peak": (None, 0.15), "at the end": (0.3, None)},
    otherwise="if they were learned like the others, they would be known at the peak")
rough = {name: np.apply_along_axis(jitter, 0, own[15:]) for name, own in curves.items()}
claim("noise-rough", "jitter in the second half with wrong labels, as a multiple of that with clean ones",
    measured=np.median(rough["wrong"]) / np.median(rough["clean"]), above=4,
    otherwise="if wrong labels only lowered accuracy, it would be about 2, as the root of p(1-p)")

# %%
# What helps
# ----------
# A penalty on the weights, so that single examples cannot be learned by heart:
fig, ax = plt.subplots()
for name, color in (("wrong", plotting.MUTED), ("penalty", plotting.TRAINING)):
    plotting.band(ax, epochs, 100 * curves[name], color)
ax.text(30, 92, "with a penalty", color=plotting.TRAINING, ha="right")
ax.text(14, 70, "without", color=plotting.MUTED, ha="right")
ax.set(xlabel="epoch", ylabel="test accuracy, %", ylim=(50, 98))
fig.set_label(
    "Test accuracy with three tenths of the labels wrong, with and without a penalty on the "
    "weights: median and 5 to 95 % of twelve runs. With it the curve no longer falls, "
    "but it is about as rough.")

# %%
# What to see: most of the fall is gone, and the roughness is not. With the penalty the wrong labels are
# hardly learned, so it was they that made the fall. Those are two effects, and the second takes another
# remedy: a rate that falls.
gained = 100 * (mean["penalty"][-10:].mean() - mean["wrong"][-10:].mean())
claim("noise-penalty",
    "points of accuracy with the penalty: lost from its peak, and gained at the end against training without",
    measured={"lost from the peak": fall("penalty"), "gained at the end": gained},
    between={"lost from the peak": (None, 2.5), "gained at the end": (4, None)})
claim("noise-penalty-memorised",
    "share of the wrong labels memorised at the end, with the penalty",
    measured=mean["memorised with penalty"][-1], below=0.15)
claim("noise-penalty-rough", "jitter in the second half with the penalty, as a multiple of that without",
    measured=np.median(rough["penalty"]) / np.median(rough["wrong"]), between=(0.5, 2.0))
plt.show()

# %%
# **Take away.** A peak and then a decline means that something is learned by heart; look at the training
# labels that are learned last. Stop at the peak, or penalise the weights: both are cheap, and cost a little
# where the labels are right. Next, which penalties add noise of their own:
# :doc:`/gallery/30_capacity/plot_regularizers`.
