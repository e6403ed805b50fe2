# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Is it the set, or the model?
============================

Keep which examples are right, one bit an example and epoch. Then your own set says how much of its jumps it
makes: with :math:`d` the change of accuracy and :math:`f` the share of the n examples that flip, the draw of
the examples adds :math:`(f - d^2)/(n-1)` to the square. Without that file, the log alone leaves nearly
everything open.

Small networks on digits, ten seeds on each of three splits, and sets of 50, 200 and 800.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting
from unsteady.diagnosis import diagnose
from unsteady.history import History
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.per_example import churn, decompose_fluctuation
from unsteady.training import train


# %%
# A tenth of the 300 training labels is wrong, so the networks never settle. We look at the second half.
def second_half(split):
    data, _ = datasets.flip_labels(datasets.digits(n_eval=1497, seed=split), 0.1, seed=split)
    run = train(
        MLP((16,), classes=10), data, SGD(0.2), batch_size=16, epochs=60, seed=split,
        replicates=10, record="correct", dtype="float32",
    )
    return run.val_correct[30:]


correct = np.concatenate([second_half(split) for split in range(3)], axis=1)  # (epochs, runs, digits)

# %%
# Each run is seen through 40 sets of each size. What the set adds is known from all 1 497 digits; each set
# guesses it from its own flips.
sizes, rng = np.array([50, 200, 800]), np.random.default_rng(0)
change = np.diff(correct.mean(axis=-1), axis=0)
drawn = (churn(correct) - change**2).mean(axis=0)  # over n: what a set of independent digits adds
guesses, seen = np.zeros((2, len(sizes), 40, correct.shape[1]))
for place, n in enumerate(sizes):
    for draw in range(40):
        parts = decompose_fluctuation(correct[..., rng.choice(1497, n, replace=False)])
        guesses[place, draw], seen[place, draw] = parts.sampling**2, parts.change**2

# %%
fig, ax = plt.subplots()
shares = 100 * np.clip(guesses / seen, 0, 1).reshape(len(sizes), -1)
known = 100 * (drawn / sizes[:, None])[:, None] / seen.mean(axis=1, keepdims=True)
ax.boxplot(shares.T, positions=range(len(sizes)), widths=0.4, whis=(5, 95), showfliers=False,
           medianprops={"color": plotting.VALIDATION})
ax.plot(range(len(sizes)), np.median(known, axis=(1, 2)), "_", color=plotting.THEORY, markersize=40)
ax.set_xticks(range(len(sizes)), [f"{n} digits" for n in sizes])
ax.set(ylabel="share that the set adds, %", ylim=(0, 105))
fig.set_label(
    "Share of the squared changes that the set adds, as guessed by single sets of 50, 200 and "
    "800 digits, boxes and whiskers at 5 and 95 %, with a dash for what all digits know. Boxes "
    "lie about the dashes: most at 50 digits, a small part at 800.")

# %%
# What to see: on 50 digits most of the jumping is the set's, on 800 most of it is the model's, and a single set
# with a single run finds that out from its own flips.
law = guesses.mean(axis=(1, 2)) / (drawn.mean() / sizes)
claim("share-law", "what sets of 50, 200, 800 say that they add, divided by what they add",
    measured=law, equals=1.0, rtol=0.03)
added = 100 * guesses.sum(axis=(1, 2)) / seen.sum(axis=(1, 2))
claim("share-sizes", "share that the set adds, mean over runs and sets, in per cent",
    measured={f"{n} digits": share for n, share in zip(sizes, added, strict=True)},
    between={"50 digits": (50, 80), "200 digits": (15, 45), "800 digits": (3, 20)})
p = correct.mean(axis=(0, 2))
claim("share-bar", "what the set adds to the square of a change, divided by what two fresh sets add",
    measured=(drawn / (2 * p * (1 - p))).mean(), below=0.6,
    otherwise="if the error bar were what the set adds to each change, it would be 1")

# %%
# What the log alone says
# -----------------------
# The same runs, diagnosed from accuracies on a set of 200, and then with the file beside it.
chosen = rng.choice(1497, 200, replace=False)
bits = correct[..., chosen]


def report(k, **file):
    history = History(epoch=list(range(30)), val_accuracy=bits[:, k].mean(axis=1).tolist())
    return diagnose(history, n_eval=200, **file)


alone = [report(k) for k in range(30)]
beside = [report(k, correct=bits[:, k]) for k in range(30)]
print(alone[0]["population-moves"].evidence)
print(beside[0]["set-share"].evidence)

# %%
# What to see: the log alone can say no more than that the model makes at least so much, and mostly that is
# nothing. The flips give a number.
claim("share-log", "least share of the model by the log alone, median of 30 runs, in per cent",
    measured=100 * np.median([d.numbers["model_share_lower_bound"] for d in alone]), below=25)
claim("share-flips", "the model's share by the flips, median of 30 runs, in per cent",
    measured=100 * np.median([1 - d.numbers["set_share"] for d in beside]), between=(45, 85))
plt.show()

# %%
# **Take away.** ``diagnose(history, correct=correct)`` settles the share. Where the set makes most of it, take a
# larger set and leave the training alone; where the model does, see what calms it:
# :doc:`/gallery/50_calming/plot_remedies`. If examples come in groups, pass ``groups=``.
