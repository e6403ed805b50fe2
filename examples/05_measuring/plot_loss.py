# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Can loss and accuracy disagree?
===============================

Yes, both ways. Accuracy counts on which side of the boundary an example lies; the loss asks how far. So the
validation loss can rise while accuracy stands still, as a model grows more certain of the same answers; and
accuracy can drop while the loss only falls, with no batch noise at all.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting
from unsteady.models import MLP, SoftmaxRegression, cross_entropy
from unsteady.optimizers import SGD, Adam
from unsteady.training import train

# %%
# The loss rises, accuracy does not
# ---------------------------------
# Ten networks are trained on 300 digits each, every one on its own, long after they fit them all. Beside it,
# the same weights with their logits divided by one number, the *temperature*, chosen anew at each evaluation.
# That changes no answer, just the certainty that it is given with.
model = MLP((32,), classes=10)
scales = np.geomspace(0.25, 4, 17)


def follow(split):
    data = datasets.digits(n_eval=1497, seed=split)
    run = train(
        model, data, Adam(0.01), batch_size=30, epochs=100, evaluate_every=50,
        seed=split, record="parameters",
    )
    logits = model.logits(run.parameters, data.X_eval)[:, 0]  # (evaluations, digits, classes)
    scaled = [cross_entropy(scale * logits, data.y_eval) for scale in scales]
    right = [(scale * logits[-1]).argmax(axis=-1) == data.y_eval for scale in scales]
    return run.val_loss[:, 0], run.val_accuracy[:, 0], np.array(scaled), np.mean(right, axis=-1)


# %%
parts = zip(*(follow(split) for split in range(10)), strict=True)
val_loss, val_accuracy, loss, accuracy = (np.stack(part, axis=-1) for part in parts)
epoch = np.arange(5, 101, 5)  # loss is (scales, evaluations, networks)

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.8))
best = loss.min(axis=0)  # with a temperature, (evaluations, networks)
plotting.band(axes[0], epoch, val_loss / val_loss.min(axis=0), plotting.VALIDATION)
plotting.band(axes[0], epoch, best / best.min(axis=0), plotting.HIGHLIGHT)
plotting.band(axes[1], epoch, val_accuracy, plotting.VALIDATION)
axes[0].set(ylabel="loss over its lowest", ylim=(0.9, 1.5))
axes[0].text(40, 1.3, "as trained", color=plotting.VALIDATION)
axes[0].text(60, 0.92, "with a temperature", color=plotting.HIGHLIGHT)
axes[1].set(ylabel="accuracy", ylim=(0.85, 1), xlabel="epoch")
fig.set_label(
    "Validation loss over its lowest, and accuracy, over 100 epochs, median and 5 to 95 % "
    "of ten networks. The loss falls and then rises steadily; with a temperature it hardly does. Accuracy "
    "is level from epoch 20 on.")

# %%
# What to see: from its lowest point on the loss rises, and accuracy stays where it is. One number takes most
# of the rise away. So the answers do not get worse; the networks grow more certain of the wrong ones as well.
lowest = val_loss.argmin(axis=0)
rise = val_loss[-1] / val_loss.min(axis=0)
moved = val_accuracy[-1] - val_accuracy[lowest, np.arange(10)]
claim("loss-rises", "final validation loss, divided by its lowest, median of ten networks",
    measured=np.median(rise), above=1.1)
claim("loss-rise-accuracy",
    "change of accuracy from the epoch of the lowest validation loss to the last, in points, mean",
    measured=100 * moved.mean(), between=(-0.7, 0.7),
    otherwise="if loss and accuracy were two views of one thing, a loss that rises by a tenth would cost accuracy")
claim("loss-temperature", "final loss divided by the lowest, both with a temperature, median",
    measured=np.median(best[-1] / best.min(axis=0)), below=1.1,
    otherwise="if the answers were worse, a temperature could not mend it")

# %%
# Here are the final networks at all temperatures.
fig, ax = plt.subplots()
plotting.band(ax, scales, loss[:, -1], plotting.VALIDATION)
plotting.band(ax, scales, accuracy, plotting.TRAINING)
ax.axvline(1, color=plotting.MUTED, linewidth=1)
ax.text(1.05, 0.08, "as trained", color=plotting.MUTED)
ax.text(0.26, 0.72, "loss", color=plotting.VALIDATION)
ax.text(0.26, 0.86, "accuracy", color=plotting.TRAINING)
ax.set(xlabel="logits multiplied by", ylabel="on the validation set", ylim=(0, 1))
plotting.log_axis(ax, [0.25, 0.5, 1, 2, 4])
fig.set_label(
    "Validation loss and accuracy of the final networks whose logits are multiplied by a "
    "quarter to four. The loss is a valley with its bottom near a half and rises to the "
    "right of it; accuracy is a level line.")

# %%
# What to see: accuracy is a level line, exactly.
claim("loss-scale-accuracy", "changes of accuracy under all scalings",
    measured=np.ptp(accuracy, axis=0), equals=0)
# A network that is as sure as it is right would have its bottom at 1.
sharpest = scales[loss[:, -1].argmin(axis=0)]
claim("loss-scale-best", "the scale with the lowest loss, least and most of ten networks",
    measured={"least": sharpest.min(), "most": sharpest.max()}, between=(0.3, 0.95),
    otherwise="a network that is as sure as it is right would have its lowest loss at 1")

# %%
# Accuracy drops, the loss does not rise
# --------------------------------------
# Now the whole training set in each batch, a rate well below the border, a model whose loss is a single bowl:
# softmax regression, 400 steps, on ten splits of the digits.
full = SGD(0.5)
sets = [datasets.digits(seed=split) for split in range(10)]
runs = [
    train(
        SoftmaxRegression(10), datasets.Data(data.X_train, data.y_train), full,
        batch_size=1200, steps=400, evaluate_every=1,
    )
    for data in sets
]
losses = np.array([run.reevaluated_loss[:, 0] for run in runs]).T
count = np.array([np.rint(1200 * run.reevaluated_accuracy[:, 0]) for run in runs]).T

# %%
drops = np.diff(count, axis=0) < 0
step, split = np.nonzero(drops)
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4))
axes[0].plot(runs[0].step, losses, color=plotting.MUTED, linewidth=0.7)
axes[0].plot(runs[0].step, losses[:, 0], color=plotting.TRAINING)
axes[1].plot(runs[0].step, count, color=plotting.MUTED, linewidth=0.7)
axes[1].plot(runs[0].step, count[:, 0], color=plotting.TRAINING)
axes[1].plot(step + 2, count[step + 1, split], "v", color=plotting.VALIDATION, markersize=6)
axes[0].set(ylabel="training loss", ylim=(0, 2.4))
axes[1].set(xlabel="step", ylabel="right of 1 200", ylim=(1040, 1180))
axes[1].text(230, 1052, "▼ fewer than before", color=plotting.VALIDATION)
fig.set_label(
    "Training loss and number of training digits that are right over 400 full-batch "
    "steps, ten splits of the data, one of them in colour. The losses fall smoothly; the "
    "counts climb in uneven steps, and triangles mark where any of them drops.")

# %%
# What to see: the loss falls at each step of each run, and still the count drops now and then, by a digit or
# two. A step that helps the many can carry a few across the boundary.
claim("loss-never-rises", "steps of the ten runs on which the training loss rises",
    measured=(np.diff(losses, axis=0) > 0).sum(), equals=0)
claim("loss-accuracy-drops", "drops of training accuracy in 400 steps, fewest of 10 runs",
    measured=drops.sum(axis=0).min(), above=0, otherwise="if accuracy followed the loss, there would be none")
claim("loss-drop-size", "largest drop of training accuracy in a step, in examples of 1 200",
    measured=-np.diff(count, axis=0).min(), below=12,
    otherwise="a step that went astray would lose one in a hundred or more")
plt.show()

# %%
# **Take away.** Read both. A validation loss that rises over steady accuracy is over-confidence: it is cured
# by a single number, the temperature, fitted on the validation set, and costs no retraining. A drop of
# accuracy by a few examples under a falling loss is no instability. Next, an accuracy that jumps because of
# its threshold: :doc:`/gallery/05_measuring/plot_threshold`.
