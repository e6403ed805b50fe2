# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
What calms a curve, and at what price?
======================================

An average of the weights, or a rate that falls at the end: here both take away most of the jumping and *gain*
accuracy. A lower rate, a larger batch and clipping take away half, and the first two are slower. A larger
evaluation set removes what the set adds, and more runs make their *mean* steadier; neither changes the model.

All on the same work: small networks on 500 digits, 50 of whose labels are wrong, 24 epochs, four seeds on
each of four splits of the data. The script takes some six seconds.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, schedules
from unsteady.accuracy import jitter
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.per_example import subset_accuracy
from unsteady.training import EMA, train

# sphinx_gallery_thumbnail_number = 2


# %%
def trained(data, rate, batch_size, split, **changes):
    return train(
        MLP((32,), classes=10), data, SGD(rate), batch_size=batch_size, epochs=24,
        seed=split, dtype="float32", **{"replicates": 4, **changes},
    )


# %%
# The constant rate goes with its average; the others differ from it in one thing each.
def all_of_them(split):
    clean = datasets.digits(n_eval=1297, seed=split)
    data, _ = datasets.flip_labels(clean, 0.1, seed=split)
    constant = trained(
        data, 0.2, 32, split, average=EMA(0.99), record="correct"
    )
    decay = trained(data, 0.2, 32, split, schedule=schedules.step([12 * 16]))
    clip = trained(data, 0.2, 32, split, clip_norm=0.5, record="gradient_norm")
    low = trained(data, 0.05, 32, split)
    large = trained(data, np.array([[0.2], [0.8]]), 128, split, replicates=(2, 4))
    fitting = trained(clean, 0.2, 32, split)
    return constant, decay, clip, low, large, fitting


runs = [all_of_them(split) for split in range(4)]

# %%
def curves_of(constant, decay, clip, low, large, fitting):
    return {
        "constant rate": constant.val_accuracy,
        "averaged weights": constant.averaged_val_accuracy,
        "decayed rate": decay.val_accuracy,
        "gradient clipped": clip.val_accuracy,
        "rate / 4": low.val_accuracy,
        "batch × 4": large.val_accuracy[:, 0],
        "batch and rate × 4": large.val_accuracy[:, 1],
        "clean labels": fitting.val_accuracy,
    }


by_split = [curves_of(*own) for own in runs]
accuracy = {name: np.concatenate([own[name] for own in by_split], axis=-1)
            for name in by_split[0]}  # (epochs, runs) each
remedies = list(accuracy)[1:-1]

# %%
fig, axes = plt.subplots(4, 2, sharex=True, sharey=True, figsize=(6.4, 9.6))
for ax, (name, curves) in zip(axes.flat, accuracy.items(), strict=True):
    color = plotting.HIGHLIGHT if name in remedies else plotting.MUTED
    plotting.band(ax, np.arange(1, 25), 100 * curves, color)
    ax.set(title=name, ylim=(78, 98))
fig.supxlabel("epoch")
fig.supylabel("validation accuracy, %")
fig.set_label(
    "Validation accuracy over 24 epochs, eight panels: median, band, three runs of 16. "
    "At a constant rate the runs jump by points to the end. Averaged weights and the "
    "decayed rate become smooth and end higher; a quarter of the rate and four times "
    "the batch are smoother but lower; batch and rate together are as rough as before.")

# %%
# What to see: the first panel is the patient. Averages and decay cure it. A quarter of the rate and a batch
# four times as large, which cover equally much ground in as many epochs, look alike: calmer, behind, and
# still on their way. With rate *and* batch times four there is no calm at all. With clean labels there was
# less to calm.
late = {name: curves[-10:] for name, curves in accuracy.items()}
rough = {name: np.apply_along_axis(jitter, 0, curves) for name, curves in late.items()}
left = {name: each.mean() / rough["constant rate"].mean() for name, each in rough.items()}
score = {name: 100 * curves.mean() for name, curves in late.items()}
claim("calm-patient", "the run at the constant rate: jitter in points; mean accuracy of its last ten epochs in per cent",
    measured={"jitter": 100 * rough["constant rate"].mean(), "accuracy": score["constant rate"]},
    between={"jitter": (0.9, 2.0), "accuracy": (88, 94)})
claim("calm-left", "jitter that a remedy leaves, as a share of the constant rate's",
    measured={name: left[name] for name in remedies},
    between={"averaged weights": (None, 0.15), "decayed rate": (None, 0.15), "gradient clipped": (0.2, 0.8),
             "rate / 4": (0.2, 0.8), "batch × 4": (0.2, 0.9), "batch and rate × 4": (1.0, None)},
    otherwise="a remedy that does nothing leaves 1; by 1 / √B a batch four times as large leaves 0.5")
claim("calm-clean", "jitter with clean labels, as a share of that with a tenth of them wrong",
    measured=left["clean labels"], below=0.8)

# %%
# Jitter is the roughness of one curve. How far runs that differ in the seed alone are apart at one epoch is
# another matter:
def spread_over_seeds(curves):
    return np.sqrt(curves.reshape(10, 4, 4).var(axis=-1, ddof=1).mean())


spread = {name: spread_over_seeds(curves) for name, curves in late.items()}
claim("calm-spread", "spread over seeds that a remedy leaves, as a share of the constant rate's",
    measured={name: spread[name] / spread["constant rate"] for name in remedies},
    between={"averaged weights": (0.15, 0.75), "decayed rate": (0.15, 0.75), "gradient clipped": (0.2, 0.9),
             "rate / 4": (0.4, 1.5), "batch × 4": (0.4, 1.5), "batch and rate × 4": (0.6, 3.0)},
    otherwise="if a score were as much steadier as its curve is smoother, averages would leave less than 0.15")

# %%
# And the price, in accuracy and in epochs:
gained = {name: score[name] - score["constant rate"] for name in accuracy}
claim("calm-gain", "accuracy that a remedy gains, in points",
    measured={name: gained[name] for name in remedies},
    between={"averaged weights": (0.4, 2.5), "decayed rate": (0.4, 2.5), "gradient clipped": (-0.3, 1.5),
             "rate / 4": (-6, -1.5), "batch × 4": (-6, -1.5), "batch and rate × 4": (-3, 0)})
ahead = 100 * (late["rate / 4"] - late["batch × 4"]).mean(axis=0)  # run by run, the same seeds
claim("calm-rate-or-batch", "accuracy at a quarter of the rate minus that with four times the batch, in points",
    measured=ahead.mean(), between=(0, 0.4),
    otherwise="if the two did the same, it would be 0; its standard error is 0.04")

# %%
def epochs_needed(curves):
    """Epochs until the mean curve is at nine tenths of the constant rate's late accuracy; inf if never."""
    there = 100 * curves.mean(axis=-1) >= 0.9 * score["constant rate"]
    return there.argmax() + 1 if there.any() else np.inf


needed = {name: epochs_needed(curves) for name, curves in accuracy.items()}
claim("calm-slower", "epochs to nine tenths of the constant rate's accuracy, as a multiple of its own",
    measured={name: needed[name] / needed["constant rate"] for name in remedies},
    between={"averaged weights": (1.2, 2.5), "decayed rate": (0.9, 1.1), "gradient clipped": (0.9, 1.6),
             "rate / 4": (1.7, 4.0), "batch × 4": (1.7, 4.0), "batch and rate × 4": (1.0, 3.0)})

# %%
fig, ax = plt.subplots()
places = [(0, 8, "center"), (0, 8, "left"), (8, -10, "left"), (-8, -4, "right"),
          (-8, -4, "right"), (8, -12, "left"), (-8, -4, "right")]
for name, (right, up, side) in zip(accuracy, places, strict=False):
    x, y = left[name], gained[name]
    ax.plot(x, y, "o", color=plotting.HIGHLIGHT if name in remedies else plotting.MUTED)
    ax.annotate(name, (x, y), (right, up), textcoords="offset points", ha=side)
ax.axhline(0, color=plotting.MUTED, linewidth=1)
ax.set(xlabel="jitter left", ylabel="accuracy gained, points", ylim=(-5, 2.5))
plotting.log_axis(ax, [0.1, 0.2, 0.5, 1, 2])
ax.set_xlim(0.045, 2.4)
fig.set_label(
    "Accuracy gained against jitter left, log axis. Averaged weights and decay lie at the "
    "upper left: a tenth of the jitter, a point gained. Clipping at half the jitter; a "
    "quarter of the rate and four times the batch as calm, but points lower.")

# %%
# What to see: what calms by waiting (averages, decay) costs no accuracy; what calms by smaller or fewer steps
# is behind after the same number of epochs. Clipping did much what a somewhat lower rate does: most of its
# steps were shortened.
shortened = np.mean([own[2].gradient_norm[-12 * 16 :] > 0.5 for own in runs])
claim("calm-clipped", "share of the clipped run's late gradients that were shortened",
    measured=shortened, above=0.8,
    otherwise="as a guard against rare accidents it would shorten a few in a hundred")

# %%
# A larger evaluation set
# -----------------------
# The same runs, constant rate, scored on random subsets of the 1 297 digits that they did not train on. The
# rms second difference on a set of n has the pool's own part, and a part over n that the set adds.
correct = np.concatenate([own[0].val_correct[-10:] for own in runs], axis=1)
pool, sizes = 1297, np.array([50, 100, 200, 400, 1297])
bends = np.array([
    np.mean(np.diff(subset_accuracy(correct, n, draws=100), 2, axis=1) ** 2)
    for n in sizes.tolist()
])
turns = np.diff(correct.astype(int), 2, axis=0)  # of each digit: -2 ... 2
own, each = (turns.mean(axis=-1) ** 2).mean(), (turns**2).mean()
law = own + (each - own) / sizes * (pool - sizes) / (pool - 1)
on_sets = 100 * np.sqrt(bends / 6)

# What to see: the set's part falls as 1/n, and the model's own stays.
claim("calm-sets", "jitter in points on sets of 50, 100, 200, 400 and on all 1 297",
    measured=on_sets, equals=100 * np.sqrt(law / 6), rtol=0.04)
claim("calm-larger-set", "jitter on 400 digits over that on 50",
    measured=on_sets[3] / on_sets[0], between=(0.4, 0.95),
    otherwise="if all of it were the set's, eight times the digits would leave 0.35 or less")

# %%
# More runs
# ---------
# The mean score of four seeds is steadier than one, as of four independent runs: by half.
seeds = [own[0].val_accuracy[-10:] for own in runs]  # (epochs, seeds) each
four = np.mean([jitter(own.mean(axis=1)) for own in seeds])
claim("calm-seeds", "jitter of the mean of four seeds, as a share of one seed's",
    measured=four / rough["constant rate"].mean(), equals=0.5, atol=0.2,
    otherwise="runs that jumped together would leave 1")
plt.show()

# %%
# **Take away.** Let the rate fall in the last part of training, or average the weights: a tenth of the
# jumping and no loss. Lower the rate or enlarge the batch, one *without* the other, if you can wait. Clip
# against accidents, not for calm. A larger evaluation set and more seeds make numbers that you can trust.
# Back to the start: :doc:`/gallery/00_answer/plot_taken_apart`.
