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
names = ["constant rate", "averaged weights", "decayed rate", "gradient clipped", "rate / 4",
         "batch × 4", "batch and rate × 4", "clean labels"]  # fmt: skip


def curves_of(constant, decay, clip, low, large, fitting):
    single = [run.val_accuracy for run in (decay, clip, low)]
    both = [large.val_accuracy[:, k] for k in (0, 1)]
    return [constant.val_accuracy, constant.averaged_val_accuracy, *single, *both,
            fitting.val_accuracy]  # fmt: skip


# (remedies, epochs, runs)
accuracy = np.concatenate([curves_of(*own) for own in runs], axis=-1)
epochs = np.arange(1, 25)

# %%
fig, axes = plt.subplots(4, 2, sharex=True, sharey=True, figsize=(6.4, 9.6))
for index, (ax, name) in enumerate(zip(axes.flat, names, strict=True)):
    color = plotting.MUTED if index in (0, 7) else plotting.HIGHLIGHT
    plotting.band(ax, epochs, 100 * accuracy[index], color)
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
late = accuracy[:, -10:]
rough = np.apply_along_axis(jitter, 1, late).mean(axis=-1)
left = rough / rough[0]
score = 100 * late.mean(axis=(1, 2))
reached = (accuracy.mean(axis=-1) >= 0.009 * score[0]).argmax(axis=1) + 1
claim("calm-patient",
    "jitter at the constant rate in points; mean accuracy of the last ten epochs",
    measured=[100 * rough[0], score[0]], between=([0.9, 88], [2.0, 94]))
# By 1 / sqrt(B), 0.5 would be left with the batch, whatever the rate.
claim("calm-left",
    "jitter left by: average, decay, clipping, rate / 4, batch × 4, batch and rate × 4",
    measured=left[1:7],
    between=([0, 0, 0.2, 0.2, 0.2, 1.0], [0.15, 0.15, 0.8, 0.8, 0.9, 4.0]))

# %%
# Jitter is the roughness of one curve. How far runs that differ in the seed alone are apart at one epoch is
# another matter:
apart = np.sqrt(late.reshape(8, 10, 4, 4).var(axis=-1, ddof=1).mean(axis=(1, 2)))
# Were the score that one reports as much steadier as the curve is smoother, it would be below 0.15.
claim("calm-spread",
    "spread over seeds left by: average, decay, clipping, rate / 4, batch × 4, both",
    measured=apart[1:7] / apart[0],
    between=([0.15, 0.15, 0.2, 0.4, 0.4, 0.6], [0.75, 0.75, 0.9, 1.5, 1.5, 3.0]))
claim("calm-gain",
    "accuracy gained by the same, points", measured=score[1:7] - score[0],
    between=([0.4, 0.4, -0.3, -6, -6, -3], [2.5, 2.5, 1.5, -1.5, -1.5, 0]))
claim("calm-slower",
    "epochs to nine tenths of the constant run's accuracy, over its own",
    measured=reached[1:7] / reached[0],
    between=([1.2, 0.9, 0.9, 1.7, 1.7, 1.0], [2.5, 1.1, 1.6, 4.0, 4.0, 3.0]))
claim("calm-clean", "jitter with clean labels, over that with a tenth of them wrong",
    measured=left[7], below=0.8)

# %%
fig, ax = plt.subplots()
places = [(0, 8, "center"), (0, 8, "left"), (8, -10, "left"), (-8, -4, "right"),
          (-8, -4, "right"), (8, -12, "left"), (-8, -4, "right")]  # fmt: skip
for x, y, name, (right, up, side) in zip(left, score - score[0], names, places, strict=False):
    ax.plot(x, y, "o", color=plotting.MUTED if name == names[0] else plotting.HIGHLIGHT)
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
# As a guard against rare accidents it would touch a few steps in a hundred.
claim("calm-clipped", "share of the clipped run's late gradients that were shortened",
    measured=shortened, above=0.8)

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
])  # fmt: skip
turns = np.diff(correct.astype(int), 2, axis=0)  # of each digit: -2 ... 2
own, each = (turns.mean(axis=-1) ** 2).mean(), (turns**2).mean()
law = own + (each - own) / sizes * (pool - sizes) / (pool - 1)
on_sets = 100 * np.sqrt(bends / 6)

# What to see: the set's part falls as 1/n, and the model's own stays. Were all of it the set's, sixteen times
# the digits would leave a quarter or less.
claim("calm-sets", "jitter in points on sets of 50, 100, 200, 400 and on all 1 297",
    measured=on_sets, equals=100 * np.sqrt(law / 6), rtol=0.04)
claim("calm-larger-set", "jitter on 400 digits over that on 50",
    measured=on_sets[3] / on_sets[0], between=(0.4, 0.95))

# %%
# More runs
# ---------
# The mean score of four seeds is steadier than one, as of four independent runs: by half.
seeds = [own[0].val_accuracy[-10:] for own in runs]  # (epochs, seeds) each
four = np.mean([jitter(own.mean(axis=1)) for own in seeds])
# Runs that jumped together would leave 1.
claim("calm-seeds", "jitter of the mean of four seeds over that of one",
    measured=four / rough[0], equals=0.5, atol=0.2)
plt.show()

# %%
# **Take away.** Let the rate fall in the last part of training, or average the weights: a tenth of the
# jumping and no loss. Lower the rate or enlarge the batch, one *without* the other, if you can wait. Clip
# against accidents, not for calm. A larger evaluation set and more seeds make numbers that you can trust.
# Back to the start: :doc:`/gallery/00_answer/plot_taken_apart`.
