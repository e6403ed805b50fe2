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
# Ten networks are trained on 300 digits only, long after they fit them all.
data = datasets.digits(n_eval=1497)
model = MLP((32,), classes=10)
run = train(
    model, data, Adam(0.01), batch_size=30, epochs=120, replicates=10,
    evaluate_every=60, record="parameters",
)

# %%
# Beside it, the same weights with their logits divided by one number, the *temperature*, chosen anew at each
# evaluation. That changes no answer, just the certainty that it is given with.
logits = model.logits(run.parameters, data.X_eval)  # (evaluations, networks, digits, classes)
scales = np.geomspace(0.25, 4, 17)
loss = np.array([cross_entropy(scale * logits, data.y_eval) for scale in scales])
right = [(scale * logits[-1]).argmax(axis=-1) == data.y_eval for scale in scales]
accuracy = np.mean(right, axis=-1)  # of the final networks, (scales, networks)

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.8))
plotting.band(axes[0], run.epoch, run.val_loss, plotting.VALIDATION)
plotting.band(axes[0], run.epoch, loss.min(axis=0), plotting.FOCUS)
plotting.band(axes[1], run.epoch, run.val_accuracy, plotting.VALIDATION)
axes[0].set(ylabel="validation loss", ylim=(0.15, 0.45))
axes[0].text(60, 0.33, "as trained", color=plotting.VALIDATION)
axes[0].text(60, 0.17, "with a temperature", color=plotting.FOCUS)
axes[1].set(ylabel="accuracy", ylim=(0.85, 1), xlabel="epoch")
fig.set_label(
    "Validation loss and accuracy over 120 epochs, median and 5 to 95 % of ten networks. "
    "The loss falls and then rises steadily; with a temperature it stays at its lowest. "
    "Accuracy is level from epoch 20 on.")

# %%
# What to see: from its lowest point on the loss rises by a third, and accuracy stays where it is. One number
# takes the rise away. So the answers do not get worse; the networks grow more certain of the wrong ones as
# well.
lowest = run.val_loss.argmin(axis=0)
rise = run.val_loss[-1] / run.val_loss.min(axis=0)
moved = run.val_accuracy[-1] - run.val_accuracy[lowest, np.arange(10)]
# If the loss told what accuracy does, a loss that rises by a fifth would cost accuracy.
claim("loss-rises", "final validation loss over its lowest, least of ten networks",
    measured=rise.min(), above=1.1)
claim("loss-rise-median", "the same, median", measured=np.median(rise), between=(1.2, 1.5))
claim("loss-rise-accuracy", "change of accuracy meanwhile, in points, mean of ten networks",
    measured=100 * moved.mean(), between=(-0.5, 0.5))
# Were the answers worse, a temperature could not mend it.
claim("loss-temperature", "final loss with a temperature over the lowest as trained, median",
    measured=np.median(loss[:, -1].min(axis=0) / run.val_loss.min(axis=0)), between=(0.9, 1.1))

# %%
# Here are the final networks at all temperatures.
fig, ax = plt.subplots()
plotting.band(ax, scales, loss[:, -1], plotting.VALIDATION)
plotting.band(ax, scales, accuracy, plotting.TRAINING)
ax.axvline(1, color=plotting.OTHERS, linewidth=1)
ax.text(1.05, 0.08, "as trained", color=plotting.OTHERS)
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
best = scales[loss[:, -1].argmin(axis=0)]
claim("loss-scale-best", "the scale with the lowest loss, least and most of ten networks",
    measured=[best.min(), best.max()], between=(0.3, 0.9))

# %%
# Accuracy drops, the loss does not rise
# --------------------------------------
# Now the whole training set in each batch, a rate well below the border, a model whose loss is a single bowl:
# softmax regression, 400 steps, on ten splits of the digits.
full = SGD(0.5)
runs = [
    train(
        SoftmaxRegression(10), datasets.digits(seed=split), full, batch_size=1200,
        steps=400, evaluate_every=1,
    )
    for split in range(10)
]
losses = np.array([run.reevaluated_loss[:, 0] for run in runs]).T
count = np.array([np.rint(1200 * run.reevaluated_accuracy[:, 0]) for run in runs]).T

# %%
drops = np.diff(count, axis=0) < 0
step, split = np.nonzero(drops)
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4))
axes[0].plot(runs[0].step, losses, color=plotting.OTHERS, linewidth=0.7)
axes[0].plot(runs[0].step, losses[:, 0], color=plotting.TRAINING)
axes[1].plot(runs[0].step, count, color=plotting.OTHERS, linewidth=0.7)
axes[1].plot(runs[0].step, count[:, 0], color=plotting.TRAINING)
axes[1].plot(step + 2, count[step + 1, split], "v", color=plotting.VALIDATION, markersize=6)
axes[0].set(ylabel="training loss", ylim=(0, 2.4))
axes[1].set(xlabel="step", ylabel="right of 1 200", ylim=(1100, 1180))
axes[1].text(230, 1106, "▼ fewer than before", color=plotting.VALIDATION)
fig.set_label(
    "Training loss and number of training digits that are right over 400 full-batch "
    "steps, ten splits of the data, one of them in colour. The losses fall smoothly; the "
    "counts climb in uneven steps, and triangles mark where any of them drops.")

# %%
# What to see: the loss falls at each step of each run, and still the count drops now and then, by a digit or
# two. A step that helps the many can carry a few across the boundary.
claim("loss-never-rises", "steps of the ten runs on which the training loss rises",
    measured=(np.diff(losses, axis=0) > 0).sum(), equals=0)
# If accuracy followed the loss, there would be none.
claim("loss-accuracy-drops", "drops of training accuracy in 400 steps, fewest of 10 runs",
    measured=drops.sum(axis=0).min(), above=0)
claim("loss-drop-size", "the largest of those drops, in examples of 1 200",
    measured=-np.diff(count, axis=0).min(), below=12)
plt.show()

# %%
# **Take away.** Read both. A validation loss that rises over steady accuracy is over-confidence: it is cured
# by a single number, the temperature, fitted on the validation set, and costs no retraining. A drop of
# accuracy by a few examples under a falling loss is no instability. Next, an accuracy that jumps because of
# its threshold: :doc:`/gallery/05_measuring/plot_threshold`.
