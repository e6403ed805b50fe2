# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Is it only the threshold that drifts?
=====================================

Where classes are unequal, often. Accuracy cuts the scores at one fixed place; a small shift of all scores
moves many examples across it, and back in the next epoch, while their *order* hardly changes. So accuracy
jumps, and accuracy at its best threshold, or the area under the ROC curve, does not.

Ten small networks tell the digit 8 from all others, a tenth of the examples against nine tenths.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, thresholds
from unsteady.accuracy import jitter
from unsteady.datasets import Data
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train

# %%
# One digit against the rest
# --------------------------
digits = datasets.digits(n_eval=897)
data = Data(
    digits.X_train, (digits.y_train == 8).astype(int),
    digits.X_eval, (digits.y_eval == 8).astype(int),
)
model = MLP((16,), classes=2)
run = train(
    model, data, SGD(0.1), batch_size=16, epochs=30, replicates=10, record="parameters"
)
logits = model.logits(run.parameters, data.X_eval)
scores = logits[..., 1] - logits[..., 0]  # above 0: "an 8"; (epochs, networks, digits)

# %%
# Three ways to score the same weights, epoch by epoch: cut at 0, as training assumes; cut where it would have
# been best; and no cut at all.
curves = {
    "AUC": thresholds.auc(scores, data.y_eval),
    "best threshold": thresholds.best_threshold_accuracy(scores, data.y_eval),
    "fixed threshold": run.val_accuracy,
}
colors = (plotting.TRAINING, plotting.FOCUS, plotting.VALIDATION)
shown = slice(5, None)  # once the first fast progress is over
rough = {
    label: np.array([jitter(values) for values in curve[shown].T.tolist()])
    for label, curve in curves.items()
}
typical = rough["fixed threshold"].argsort()[5]  # the sixth calmest of ten

# %%
fig, ax = plt.subplots()
lines = [
    ax.plot(run.epoch[shown], curve[shown, typical], color=color, label=label)[0]
    for (label, curve), color in zip(curves.items(), colors, strict=True)
]
majority = 1 - data.y_eval.mean()
ax.axhline(majority, color=plotting.OTHERS, linewidth=1)
ax.text(6.5, majority - 0.009, "always “no 8”", color=plotting.OTHERS)
ax.set(xlabel="epoch", ylabel="score", xlim=(6, 30), ylim=(0.89, 1))
plotting.label_ends(ax, lines)
fig.set_label(
    "AUC, accuracy at the best threshold and accuracy at the fixed one over 25 epochs, of "
    "the network that is sixth calmest of ten. The first two are calm; the third jumps "
    "below them and back.")

# %%
# What to see: the jumps are in one curve only. It touches the best one where the threshold happens to be
# right. (The best threshold is chosen on the same digits, so its curve flatters a little.)
fig, ax = plt.subplots()
for place, (values, color) in enumerate(zip(rough.values(), colors, strict=True)):
    shift = np.linspace(-0.12, 0.12, 10)
    ax.plot(place + shift, 100 * values, "o", color=color, markersize=5)
ax.set(ylabel="jitter, points", yscale="log", xlim=(-0.5, 2.5))
ax.set_xticks(range(3), list(curves))
fig.set_label(
    "Jitter of the three scores, one dot for each of ten networks, on a log axis. At the "
    "fixed threshold it is several times that at the best one, which is near that of "
    "the AUC.")

# %%
# What to see: for each network the fixed threshold is the rougher one.
ratio = rough["fixed threshold"] / rough["best threshold"]
# If the model's order of the examples were what jumps, it would be near 1.
claim("threshold-jitter", "jitter at the fixed over that at the best threshold, mean over mean",
    measured=rough["fixed threshold"].mean() / rough["best threshold"].mean(), above=1.5)
claim("threshold-every-seed", "the same ratio network by network, least and most of ten",
    measured=[ratio.min(), ratio.max()], above=1.0)
# A metric that shares the jumps would be within a factor of two of the first.
claim("threshold-points", "jitter at the fixed threshold, the best one, and of the AUC, points",
    measured=[100 * rough[name].mean() for name in reversed(curves)], below=[5, 1, 1])
lost = (curves["best threshold"] - curves["fixed threshold"])[shown]
# A threshold that is right but for noise would lose next to nothing.
claim("threshold-lost", "what the fixed threshold loses against the best, mean, in points",
    measured=100 * lost.mean(), between=(0, 5))
plt.show()

# %%
# **Take away.** With unequal classes plot the AUC, or accuracy at a threshold tuned on validation data,
# beside accuracy. If only accuracy jumps, the ranking is sound: tune the threshold once, at the end, and
# score it on other data. Next, from the metric to the steps: :doc:`/gallery/10_steps/plot_learning_rate`.
