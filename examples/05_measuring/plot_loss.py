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
from unsteady.models import MLP, SoftmaxRegression
from unsteady.optimizers import SGD
from unsteady.training import train

# %%
# Loss moves, accuracy does not
# -----------------------------
# Ten networks are trained on digits. Then nothing is trained any more: we multiply their logits by a number,
# which changes no answer, just the certainty that it is given with.
data = datasets.digits()
model = MLP((32,), classes=10)
run = train(
    model, data, SGD(0.3), batch_size=32, epochs=60, replicates=10,
    evaluate_every="end", record="parameters",
)
*hidden, weights, bias = [parameter[0] for parameter in run.parameters]
scales = np.geomspace(0.25, 8, 31)
scored = [
    model.evaluate([*hidden, scale * weights, scale * bias], data.X_eval, data.y_eval)
    for scale in scales
]
loss = np.array([score.loss for score in scored])
accuracy = np.array([score.accuracy for score in scored])

# %%
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4))
plotting.band(axes[0], scales, loss, plotting.VALIDATION)
plotting.band(axes[1], scales, accuracy, plotting.VALIDATION)
for ax in axes:
    ax.axvline(1, color=plotting.OTHERS, linewidth=1)
axes[0].set(ylabel="validation loss", ylim=(0, 0.8))
axes[0].text(1.05, 0.68, "as trained", color=plotting.OTHERS)
axes[1].set(ylabel="accuracy", ylim=(0.9, 1), xlabel="logits multiplied by")
plotting.log_axis(axes[1], [0.25, 0.5, 1, 2, 4, 8])
fig.set_label(
    "Validation loss and accuracy of ten networks whose logits are multiplied by a "
    "quarter to eight. The loss is a valley with its bottom a little below 1 and rises "
    "severalfold to the right; accuracy is a level line.")

# %%
# What to see: on the right the loss is several times as high, and not one answer has changed. Training that
# goes on after every training example is right does just this: the logits grow.
claim("loss-scale-accuracy", "changes of accuracy under all scalings",
    measured=np.ptp(accuracy, axis=0), equals=0)
best = scales[loss.argmin(axis=0)]
claim("loss-scale-best", "the scale with the lowest validation loss, 10 networks",
    measured=best, between=(0.5, 2))
# Were the loss a measure of answers alone, it would not move at all.
claim("loss-scale-rise", "loss at 8 times the logits over that as trained, least of 10",
    measured=(loss[-1] / loss[np.abs(scales - 1).argmin()]).min(), above=2.0)

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
right = np.array([np.rint(1200 * run.reevaluated_accuracy[:, 0]) for run in runs]).T

# %%
drops = np.diff(right, axis=0) < 0
step, split = np.nonzero(drops)
fig, axes = plt.subplots(2, 1, sharex=True, figsize=(6.4, 5.4))
axes[0].plot(runs[0].step, losses, color=plotting.OTHERS, linewidth=0.7)
axes[0].plot(runs[0].step, losses[:, 0], color=plotting.TRAINING)
axes[1].plot(runs[0].step, right, color=plotting.OTHERS, linewidth=0.7)
axes[1].plot(runs[0].step, right[:, 0], color=plotting.TRAINING)
axes[1].plot(step + 2, right[step + 1, split], "v", color=plotting.VALIDATION, markersize=6)
axes[0].set(ylabel="training loss", ylim=(0, 2.4))
axes[1].set(xlabel="step", ylabel="right of 1 200", ylim=(1100, 1180))
axes[1].text(230, 1106, "▼ fewer than before", color=plotting.VALIDATION)
fig.set_label(
    "Training loss and number of training digits that are right over 400 full-batch "
    "steps, ten splits of the data, one of them in colour. The loss falls smoothly; the "
    "count climbs in uneven steps, and triangles mark where it drops.")

# %%
# What to see: the loss falls at each step of each run, and still the count drops now and then, by a digit or
# two. A step that helps the many can carry a few across the boundary.
claim("loss-never-rises", "steps of the ten runs on which the training loss rises",
    measured=(np.diff(losses, axis=0) > 0).sum(), equals=0)
# If accuracy followed the loss, there would be none.
claim("loss-accuracy-drops", "drops of training accuracy in 400 steps, fewest of 10 runs",
    measured=drops.sum(axis=0).min(), above=0)
claim("loss-drop-size", "the largest of those drops, in examples of 1 200",
    measured=-np.diff(right, axis=0).min(), below=12)
plt.show()

# %%
# **Take away.** Read both. A validation loss that rises over steady accuracy is over-confidence: it is cured
# by a single number, the temperature, fitted on the validation set, and costs no retraining. A drop of
# accuracy by a few examples under a falling loss is no instability. Next, an accuracy that jumps because of
# its threshold: :doc:`/gallery/05_measuring/plot_threshold`.
