# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Why is validation above training in the first epochs?
=====================================================

Because they are not of the same moment. The training accuracy that most frameworks log is a running mean over
the epoch, each batch taken before its step; it averages the past. Validation is measured at the end of the
epoch, with the latest weights. While a model learns fast, the mean lags behind.

Sixteen small networks on digits; beside what is logged, the same training set is evaluated again at the end
of each epoch.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

# %%
# Three accuracies of one run
# ---------------------------
run = train(
    MLP((32,), classes=10), datasets.digits(), SGD(0.1), batch_size=32, epochs=12,
    replicates=16, dtype="float32",
)

# %%
fig, ax = plt.subplots()
shown = (
    (run.accuracy, plotting.MUTED, "training, logged"),
    (run.reevaluated_accuracy, plotting.TRAINING, "training, re-evaluated"),
    (run.val_accuracy, plotting.VALIDATION, "validation"),
)
for accuracy, color, label in shown:
    plotting.band(ax, run.epoch, accuracy, color, label, singles=0)
ax.legend(loc="lower right")
ax.set(xlabel="epoch", ylabel="accuracy", ylim=(0.2, 1.0), xticks=[1, 3, 6, 9, 12])
fig.set_label(
    "Logged and re-evaluated training accuracy and validation accuracy over 12 epochs, "
    "median and 5 to 95 % of 16 networks. In epoch 1 validation lies far above the "
    "logged curve and close to the re-evaluated one; by epoch 5 all three agree.")

# %%
# What to see: validation is above the logged curve, and on the re-evaluated one. Nothing is wrong with either
# set.
lag = run.reevaluated_accuracy - run.accuracy
above = run.val_accuracy - run.accuracy
generalisation = run.reevaluated_accuracy - run.val_accuracy
claim("logged-lag", "epoch 1: re-evaluated minus logged training accuracy, least of 16 runs",
    measured=lag[0].min(), above=0.05, otherwise="a log taken at the end of the epoch would have no lag")
claim("logged-below-validation", "epoch 1: validation minus logged training accuracy, in points, mean",
    measured=100 * above[0].mean(), above=5)
claim("logged-no-gap", "epoch 1: re-evaluated training minus validation accuracy, in points, mean",
    measured=100 * generalisation[0].mean(), between=(-3, 3),
    otherwise="a gap of generalisation would be as large as that to the log")
claim("logged-catches-up", "from epoch 5 on: largest size of re-evaluated minus logged training accuracy",
    measured=np.abs(lag[4:]).max(), below=0.05,
    otherwise="a handicap of training mode, such as dropout, would stay")

# %%
# Half an epoch late
# ------------------
# A mean over the epoch is as old as its middle. So compare the logged curve with validation *half an epoch
# earlier*. Here is a second training of the same networks, evaluated ten times an epoch.
fine = train(
    MLP((32,), classes=10), datasets.digits(), SGD(0.1), batch_size=40, epochs=6,
    evaluate_every=3, replicates=16, dtype="float32",
)
epochs = np.arange(1, 7)
logged = fine.accuracy[9::10]
middle = fine.val_accuracy[4::10]

# %%
fig, ax = plt.subplots()
validation = np.median(fine.val_accuracy, axis=1)
ax.plot(fine.epoch, validation, color=plotting.VALIDATION)
for epoch, accuracy in zip(epochs, np.median(logged, axis=1), strict=True):
    ax.annotate("", (epoch - 0.5, accuracy), (epoch, accuracy), color=plotting.MUTED,
        arrowprops={"arrowstyle": "->", "color": plotting.MUTED})
ax.plot(epochs, np.median(logged, axis=1), "o", color=plotting.MUTED)
ax.text(3.1, 0.68, "logged training", color=plotting.MUTED)
ax.text(1.9, 0.92, "validation", color=plotting.VALIDATION)
ax.set(xlabel="epoch", ylabel="accuracy", ylim=(0.2, 1.0))
fig.set_label(
    "Validation accuracy within six epochs, and logged training accuracy as dots at the "
    "end of each. Moved back by half an epoch, along the arrows, the dots land near the "
    "validation curve.")

# %%
# What to see: moved back by half an epoch, the logged values land on the validation curve, nearly: it bends
# where a mean does not.
shifted = 100 * (logged - middle).mean(axis=1)
plain = 100 * (logged - fine.val_accuracy[9::10]).mean(axis=1)
claim("logged-half-epoch",
    "epoch 1 to 6: logged training accuracy minus validation accuracy half an epoch earlier, in points",
    measured=shifted, between=(-4, 4),
    otherwise="a log of the epoch's end would be off in the first epochs once it is shifted")
claim("logged-unshifted",
    "epoch 1 and 2: logged training accuracy minus validation accuracy at their ends, in points",
    measured=plain[:2], below=-6)
plt.show()

# %%
# **Take away.** If validation beats training, evaluate the training set again in evaluation mode at the end
# of the epoch before you look for a reason; it costs one pass. Or read the logged curve half an epoch to the
# left. If the gap stays, look at dropout and augmentation, which handicap training alone. Next: accuracy is
# not what training makes smaller, :doc:`/gallery/05_measuring/plot_loss`.
