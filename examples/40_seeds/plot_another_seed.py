# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Is this run better, or is it another seed?
==========================================

Ask whether the difference repeats on other examples. Cut the evaluation set in two halves: if some runs are
really better, those that lead on one half lead on the other. The correlation of the two halves over runs is
about :math:`V/(V+W)`, with V the variance of the runs' true accuracies and W that of a half's luck.

We train 64 small networks that differ in the seed alone: initial weights and order of the examples. Once for
six epochs at a constant rate, and once for 40 with a rate that falls to nothing. All of it on three splits of
the digits.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, schedules, theory
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.per_example import seed_spread, split_half_correlation, subset_accuracy
from unsteady.training import train

# sphinx_gallery_thumbnail_number = 2

# %%
splits = [datasets.digits(n_eval=1497, seed=split) for split in range(3)]


def last_epoch(data, batch_size, epochs, schedule=None):
    run = train(
        MLP((32,), classes=10), data, SGD(0.3), batch_size=batch_size, epochs=epochs,
        schedule=schedule, replicates=64, record="correct", evaluate_every="end",
        dtype="float32",
    )
    return run.val_correct[0]  # (runs, digits)


early = np.array([last_epoch(data, 16, 6) for data in splits])
late = np.array([last_epoch(data, 32, 40, schedules.cosine(400)) for data in splits])

# %%
# Two halves
# ----------
# Each point is a run; its accuracy on one random half of the digits against that on the other.
order = np.random.default_rng(0).permutation(1497)
fig, axes = plt.subplots(1, 2, figsize=(6.4, 3.8))
for ax, runs, name in zip(axes, (early, late), ("6 epochs", "40, decayed"), strict=True):
    one, other = (100 * runs[0][:, half].mean(axis=1) for half in np.split(order, [748]))
    ax.plot(one, other, "o", color=plotting.HIGHLIGHT, markersize=4)
    low, high = min(one.min(), other.min()), max(one.max(), other.max())
    ax.plot([low, high], [low, high], color=plotting.MUTED, linewidth=1)
    ax.set(xlabel="one half, %", title=name)
axes[0].set(ylabel="other half, %")
fig.set_label(
    "Accuracy of 64 runs on one half of the digits against the other half. After six "
    "epochs the points lie along the diagonal, over ten points and more; after 40 with "
    "a falling rate they are a round cloud about two points wide.")

# %%
# What to see: on the left some runs are better than others, by many points, and they are so on both halves.
# On the right the runs are close together, and which of them leads on one half says little about the other.
stages = {"early": early, "late": late}
halves = {stage: split_half_correlation(runs).mean() for stage, runs in stages.items()}
claim("seeds-halves", "correlation of two halves over 64 runs",
    measured=halves, between={"early": (0.75, None), "late": (0.1, 0.5)},
    otherwise="sampling error of the set alone gives 0; real differences alone give 1")
spread = {stage: seed_spread(runs.mean(axis=-1)) for stage, runs in stages.items()}  # one for each split
claim("seeds-points", "standard deviation over seeds in points",
    measured={stage: 100 * own.sd.mean() for stage, own in spread.items()},
    between={"early": (1.5, 5.0), "late": (0.2, 0.8)})
claim("seeds-accuracy", "mean accuracy over seeds in per cent",
    measured={stage: 100 * own.mean.mean() for stage, own in spread.items()},
    between={"early": (85, 92), "late": (91, 96)})

# %%
# What theory says
# ----------------
# Were each run right or wrong on each digit independently, with that digit's own probability, accuracy would
# vary over seeds by :math:`\sum p_i (1 - p_i) / n^2`. Call the measured variance L times as much: what is
# beyond 1 is common to many digits. The correlation of halves is the same thing once more,
# :math:`(L-1)/(L+1)`, whatever the errors are; so one can be had from the other, without cutting anything.
independent = {stage: theory.independent_seed_variance(runs.mean(axis=1)) * 64 / 63
               for stage, runs in stages.items()}
ratio = {stage: spread[stage].sd**2 / independent[stage] for stage in stages}

# What to see: early, the runs' variance is far beyond that of independent errors; late, it is about twice as
# much.
claim("seeds-common", "variance over seeds, divided by that of independent errors",
    measured={stage: L.mean() for stage, L in ratio.items()},
    between={"early": (5, None), "late": (1.2, 3)},
    otherwise="if the errors of the runs were independent, it would be 1")
claim("seeds-law", "the halves' correlation minus what the variances say",
    measured={stage: halves[stage] - ((L - 1) / (L + 1)).mean() for stage, L in ratio.items()},
    equals=0.0, atol=0.05,
    otherwise="with the whole set's sampling error in place of a half's, 1 - 1/L, late is 0.15 off")

# %%
# Late, a rule of thumb for calibrated classifiers is not far off:
calibrated = theory.calibrated_seed_variance(1 - spread["late"].mean, 1497)
claim("seeds-calibrated",
    "variance over seeds late, divided by a calibrated classifier's err/2n",
    measured=(spread["late"].sd ** 2 / calibrated).mean(), between=(0.3, 2.0),
    otherwise="if the runs still truly differed, as after six epochs, it would be 16 to 20")

# %%
# What the best run is worth
# --------------------------
# Choose the best of the 64 on one half, and look how far ahead of the others it still is on the other half.
on_half = np.array([[subset_accuracy(runs[None, :, :1496], 748, draws=200)[:, 0]
                     for runs in stage] for stage in (early, late)])
whole = np.array([early, late])[..., :1496].mean(axis=-1)
on_other = 2 * whole[:, :, None] - on_half
best = on_half.argmax(axis=-1)[..., None]
leads = [
    100 * (np.take_along_axis(half, best, -1)[..., 0] - half.mean(axis=-1)).mean(axis=(1, 2))
    for half in (on_half, on_other)
]  # (half, stage)

# %%
fig, ax = plt.subplots()
for place, color in enumerate((plotting.TRAINING, plotting.VALIDATION)):
    heights = [lead[place] for lead in leads]
    bars = ax.bar([place - 0.2, place + 0.2], heights, 0.35, color=color)
    ax.bar_label(bars, ["chosen on", "fresh"], padding=3)
ax.set(ylabel="lead of the best of 64, points", xticks=[0, 1], ylim=(0, 5.4))
ax.set_xticklabels(["6 epochs", "40, decayed"])
fig.set_label(
    "How far the best of 64 runs is ahead of their mean, on the half it was chosen on "
    "and on the other. After six epochs it keeps most of a lead of four points; after "
    "40, a fraction of one point.")

# %%
# What to see: early, the winner keeps most of its lead: it is better, at this epoch at least. Late, the lead
# was small to begin with, and most of it stays behind on the half that it was chosen on.
lead, fresh = (dict(zip(stages, own, strict=True)) for own in leads)
claim("seeds-lead", "lead of the best of 64 on the half it was chosen on, points",
    measured=lead, between={"early": (2.0, 6.0), "late": (0.7, 2.0)})
claim("seeds-kept", "share of the lead that is left on the other half",
    measured={stage: fresh[stage] / lead[stage] for stage in stages},
    between={"early": (0.55, None), "late": (None, 0.7)},
    otherwise="a real lead keeps all of it, 1; sampling error keeps nothing, 0")

# %%
# How well is a spread known?
# ---------------------------
# The standard deviation over seeds is itself a guess. From R runs it is known within these factors, for
# normal scores.
counts = np.arange(2, 41)
known = [seed_spread(np.arange(count)) for count in counts.tolist()]
fig, ax = plt.subplots()
for name in ("low", "high"):
    factors = [float(getattr(k, name) / k.sd) for k in known]
    ax.plot(counts, factors, color=plotting.HIGHLIGHT)
ax.axhline(1, color=plotting.MUTED, linewidth=1)
ax.set(xlabel="number of runs", ylabel="true spread / measured", yscale="log")
ax.set_ylim(0.3, 40)
ax.set_yticks([0.5, 1, 2, 5, 10, 30], ["0.5", "1", "2", "5", "10", "30"])
ax.set_yticks([], minor=True)
fig.set_label(
    "Interval for the true standard deviation over the measured one, against the number "
    "of runs, log axis: from two runs it may be 30 times as large, from five three "
    "times, from 40 a quarter larger.")

# %%
# What to see: three runs say next to nothing about how much runs differ. Five runs know it within a factor of
# three, twenty within one and a half.
runs = np.random.default_rng(1).permuted(np.tile(late.mean(axis=-1), (500, 1, 1)), axis=-1)
five = seed_spread(runs[..., :5])
late_sd = spread["late"].sd
held = (five.low < late_sd) & (late_sd < five.high)
claim("seeds-interval",
    "share of fives of the 64 whose 95 % interval holds the spread of all",
    measured=held.mean(), between=(0.9, 1.0),
    otherwise="the interval as if five were many, s (1 ± 1.96 / √10), holds it in 82 %")

# %%
# The factors themselves, and what they mean for a difference of two means:
by_runs = dict(zip(counts.tolist(), known, strict=True))
claim("seeds-factors", "true spread divided by the measured one, ends of the 95 % interval",
    measured={f"{end}, {count} runs": getattr(by_runs[count], end) / by_runs[count].sd
              for count in (5, 20) for end in ("low", "high")},
    equals={"low, 5 runs": 0.60, "high, 5 runs": 2.87,
            "low, 20 runs": 0.76, "high, 20 runs": 1.46}, rtol=0.01)
claim("seeds-difference",
    "two standard errors of a difference of means of five runs late, points",
    measured=200 * np.sqrt(2 / 5) * late_sd.mean(), between=(0.3, 1.0))
plt.show()

# %%
# **Take away.** Before you keep the best seed, look whether it leads on both halves of your evaluation set.
# With runs that have converged it hardly will: most of what sets them apart on a half is its luck. Report
# mean, spread and number of runs; the price is that many runs. Next, the same trap with epochs:
# :doc:`/gallery/40_seeds/plot_best_epoch`.
