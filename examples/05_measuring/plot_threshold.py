# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib", "scikit-learn"]
# ///
r"""
Is it only the threshold that drifts?
=====================================

Often. Accuracy cuts the scores at one fixed place; a shift that is common to all scores moves many examples
across it, and back in the next epoch, while their *order* hardly changes. So accuracy jumps, and the area
under the ROC curve, or accuracy at a threshold that follows the shift, does not.

Ten small networks tell the digit 8 from all others, a tenth of the examples against nine tenths.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from unsteady import claim, datasets, plotting
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
# Three ways to score the same weights, epoch by epoch, on one half of the digits: cut at 0, as training
# assumes; cut where it is best on the *other* half; and no cut at all.
half = np.arange(len(data.y_eval)) % 2 == 0


def tuned_accuracy(row, labels):
    """Accuracy on the second half, at the threshold that is best on the first."""
    false, true, cuts = roc_curve(labels[half], row[half], drop_intermediate=False)
    ones, zeros = labels[half].sum(), (1 - labels[half]).sum()
    right = np.rint(ones * true + zeros * (1 - false))  # counts, so that ties are ties
    best = np.flatnonzero(right == right.max())
    cut = cuts[best[len(best) // 2]]
    return ((row[~half] >= cut) == labels[~half]).mean()


# %%
def area_under_curve(row, labels):
    return roc_auc_score(labels[~half], row[~half])


def three_scores(scores, labels):
    return {
        "AUC": np.apply_along_axis(area_under_curve, -1, scores, labels),
        "tuned threshold": np.apply_along_axis(tuned_accuracy, -1, scores, labels),
        "fixed threshold": ((scores[..., ~half] > 0) == labels[~half]).mean(axis=-1),
    }


def roughness(curves):
    return {name: np.array([jitter(c) for c in curve.T.tolist()]) for name, curve in curves.items()}


# %%
curves = {name: curve[5:] for name, curve in three_scores(scores, data.y_eval).items()}
rough = roughness(curves)  # from epoch 6 on, once the first fast progress is over
colors = (plotting.TRAINING, plotting.HIGHLIGHT, plotting.VALIDATION)
typical = rough["fixed threshold"].argsort()[5]  # the sixth calmest of ten

# %%
fig, ax = plt.subplots()
lines = [
    ax.plot(run.epoch[5:], curve[:, typical], color=color, label=label)[0]
    for (label, curve), color in zip(curves.items(), colors, strict=True)
]
majority = 1 - data.y_eval.mean()
ax.axhline(majority, color=plotting.MUTED, linewidth=1)
ax.text(10.5, majority - 0.009, "always “no 8”", color=plotting.MUTED)
ax.set(xlabel="epoch", ylabel="score", xlim=(6, 30), ylim=(0.89, 1))
plotting.label_ends(ax, lines)
fig.set_label(
    "AUC, accuracy at a tuned threshold and accuracy at the fixed one over 25 epochs, of the "
    "network that is sixth calmest of ten. AUC is calm, the tuned threshold wobbles a little; the "
    "fixed one has deep drops below both, and comes back.")

# %%
# What to see: the deep drops are in one curve only. It touches the tuned one where the threshold happens to
# be right. (The tuned one has some noise of its own, from being tuned on few 8s anew at each epoch.)
fig, ax = plt.subplots()
for place, (values, color) in enumerate(zip(rough.values(), colors, strict=True)):
    shift = np.linspace(-0.12, 0.12, 10)
    ax.plot(place + shift, 100 * values, "o", color=color, markersize=5)
ax.set(ylabel="jitter, points", yscale="log", xlim=(-0.5, 2.5))
ax.set_xticks(range(3), list(curves))
fig.set_label(
    "Jitter of the three scores, one dot for each of ten networks, on a log axis. At the "
    "fixed threshold it is the highest for most networks, that of the AUC the lowest.")

# %%
# What to see: at the fixed threshold most networks are several times as rough as at the tuned one.
ratio = rough["fixed threshold"] / rough["tuned threshold"]
claim("threshold-jitter", "mean jitter at the fixed threshold, divided by that at the tuned one",
    measured=rough["fixed threshold"].mean() / rough["tuned threshold"].mean(), above=1.5,
    otherwise="if the order of the examples jumped, it would be near 1")
least = {"fixed threshold": 0.8, "tuned threshold": 0.0}
claim("threshold-points", "mean jitter in points",
    measured={name: 100 * rough[name].mean() for name in least}, above=least)
claim("threshold-rougher", "networks of ten that are rougher at the fixed threshold",
    measured=(ratio > 1).sum(), above=7)

# %%
# Is it that the classes are unequal? The same with odd digits against even ones:
even = Data(digits.X_train, digits.y_train % 2, digits.X_eval, digits.y_eval % 2)
balanced = train(
    model, even, SGD(0.1), batch_size=16, epochs=30, replicates=10, record="parameters"
)
logits = model.logits(balanced.parameters, even.X_eval)
scored = three_scores(logits[..., 1] - logits[..., 0], even.y_eval)
other = roughness({name: curve[5:] for name, curve in scored.items()})
claim("threshold-balanced",
    "odd against even: mean jitter at the fixed threshold, divided by that at the tuned one",
    measured=other["fixed threshold"].mean() / other["tuned threshold"].mean(), above=1.5,
    otherwise="if unequal classes were the cause, it would be near 1 here")
plt.show()

# %%
# **Take away.** Plot the AUC, or accuracy at a threshold tuned on other examples, beside accuracy. If only
# accuracy jumps, the ranking is sound: tune the threshold once, at the end, and score it on further data.
# With unequal classes plain accuracy misleads most: to name the larger class every time looks good there. Next,
# from the metric to the steps: :doc:`/gallery/10_steps/plot_learning_rate`.
