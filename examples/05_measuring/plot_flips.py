# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
What moves between two epochs?
==============================

Examples that flip. On one fixed set, accuracy changes by those that turn right less those that turn wrong,
divided by n; most of them are the same few undecided examples, over and over. So the noise of a set is set by
its flips, the *churn* F, and not by :math:`p(1-p)`:

.. math:: \mathrm{E}\,d^2 = D^2 + \frac{F - D^2}{n},

where d is the change on a set of n and D that of the population. The first part is the model's movement,
which no larger set removes; the second is what the set adds.

Ten small networks are trained on digits, a tenth of whose training labels are wrong, at a rate that keeps
them moving.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, theory
from unsteady.accuracy import mcnemar_test
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.per_example import churn, flip_share, flips, subset_accuracy
from unsteady.training import train

# sphinx_gallery_thumbnail_number = 2

# %%
# Who flips
# ---------
data, _ = datasets.flip_labels(datasets.digits(n_eval=797), fraction=0.1)
run = train(
    MLP((32,), classes=10), data, SGD(0.3), batch_size=16, epochs=40,
    replicates=10, record="correct", dtype="float32",
)
correct = run.val_correct[19:]  # (epochs 20 to 40, networks, digits)
flipped = flips(correct)

# %%
# Each row is an evaluation digit, each column an epoch of the first network; a dot where that digit was
# wrong. The rows are sorted by how often it flips, and those never wrong are left out.
often = flipped[:, 0].sum(axis=0)
wrong = ~correct[:, 0]
rows = np.argsort(-often, kind="stable")
rows = rows[wrong[:, rows].any(axis=0)]
fig, ax = plt.subplots(figsize=(6.4, 5.2))
epoch, row = np.nonzero(wrong[:, rows])
ax.plot(epoch + 20, row, "s", color=plotting.VALIDATION, markersize=1.6, rasterized=True)
ax.set(xlabel="epoch", ylabel="digits, those that flip most on top", ylim=(len(rows), 0))
ax.set_xticks([20, 25, 30, 35, 40])
fig.set_label(
    "Which evaluation digits are wrong in which epoch. The upper rows are broken "
    "lines: digits that turn wrong and right again and again. Further down many are wrong "
    "in the same few epochs, which show as columns, others, at the very bottom, in all.")

# %%
# What to see: two things. The upper rows are digits near the boundary, which go back and forth all the time.
# And there are columns: epochs in which the whole model changes suddenly, and many digits that are right otherwise are
# wrong at once. Half of the flips fall to a tenth of the digits, and most digits never flip.
top = flip_share(correct, top=0.1)
even = np.random.default_rng(0).poisson(often.mean(), (1000, often.size))
by_chance = np.sort(even, axis=1)[:, -80:].sum(axis=1) / even.sum(axis=1)
claim("flips-top-tenth", "share of all flips made by the tenth of the digits that flip most",
    measured=np.median(top), above=by_chance.max(),
    otherwise="if all digits were alike, the top tenth would make less than a third of the flips")
never = (~flipped.any(axis=0)).mean()
claim("flips-never", "share of the digits that never flip in 20 epochs", measured=never,
    above=np.exp(-often.mean()) + 0.1,
    otherwise="if all digits were alike, some 15 % of them would never flip (Poisson)")

# %%
# What a set makes of it
# ----------------------
# All 797 digits are our population here. On random subsets of n we measure how much accuracy changes from one
# epoch to the next, and compare with the law.
pool = correct.shape[-1]
p = correct.mean(axis=-1)
D, F = np.diff(p, axis=0), churn(correct)
sizes = np.array([25, 50, 100, 200, 400])
changes = [np.diff(subset_accuracy(correct, n, draws=2000), axis=1) for n in sizes]
measured = np.sqrt([(change**2).mean(axis=(0, 1)) for change in changes])

# %%
n = np.geomspace(20, 797, 100)[:, None, None]
within = theory.change_variance(F, D, n, pool)  # (sizes, epochs, networks)
law = np.sqrt((D**2 + within).mean(axis=(1, 2)))
naive = np.sqrt(2) * theory.standard_error(p, n, pool).mean(axis=(1, 2))
moves = np.sqrt((D**2).mean())

# %%
fig, ax = plt.subplots()
plotting.points(ax, sizes, 100 * measured, plotting.VALIDATION)
ax.plot(n[:, 0, 0], 100 * law, "--", color=plotting.THEORY)
ax.plot(n[:, 0, 0], 100 * naive, color=plotting.MUTED)
ax.axhline(100 * moves, color=plotting.HIGHLIGHT, linewidth=1)
ax.text(26, 8.6, "two independent sets", color=plotting.MUTED)
ax.text(21, 100 * moves - 0.75, "population's own", color=plotting.HIGHLIGHT)
ax.set(xlabel="evaluation-set size n", ylabel="rms change, points", ylim=(0, 9.5))
plotting.log_axis(ax, [*sizes, pool])
fig.set_label(
    "Root mean square change of accuracy between epochs against the size of the set, "
    "median and 5 to 95 % of 10 networks, on the dashed law. It falls to a floor, the "
    "population's own change, while the curve for independent sets goes on to zero.")

# %%
# What to see: on small sets the flips' chance is most of the change, on large ones the model's own movement
# is, and no larger set calms that. The error bar of the level, times :math:`\sqrt 2` for a difference, is the
# wrong ruler at both ends: too wide where few examples flip, and too narrow, with nothing left, where the
# model moves.
own = theory.change_variance(F, D, sizes[:, None, None], pool).mean(axis=1)
expected = np.sqrt((D**2).mean(axis=0) + own)
claim("flips-law", "rms change on sets of 25 ... 400 digits, divided by the formula's",
    measured=np.median(measured / expected, axis=1), equals=1.0, rtol=0.03,
    otherwise="the error bar of the accuracy in its place would be off by more than half at n = 400")
bar = np.sqrt(2) * theory.standard_error(p, sizes[:, None, None], pool).mean(axis=1)
claim("flips-naive", "rms change on 400 digits, divided by what two independent sets would make",
    measured=np.median(measured[-1] / bar[-1]), above=1.5,
    otherwise="if the error bar of two independent sets were the right ruler, it would be 1")

# %%
share = dict(zip(sizes.tolist(), np.median(own / expected**2, axis=1), strict=True))
claim("flips-share", "the set's share in the squared change",
    measured={"25 digits": share[25], "400 digits": share[400]},
    between={"25 digits": (0.5, None), "400 digits": (None, 0.4)},
    otherwise="both would be 1 if all of it came from the set, 0 if all of it came from the model")
claim("flips-moves", "rms change on all 797 digits, divided by sqrt(F/n), what flips by chance would make",
    measured=np.sqrt((D**2).mean() / (F / pool).mean()), above=2.0,
    otherwise="if flips were tosses of a coin, it would be 1")

# %%
# How many flips are evidence?
# ----------------------------
# Two epochs, or two models, on the same set: only examples on which they differ count. Were both equally
# good, each such example would be a toss of a coin, which is McNemar's test.
net = np.arange(1, 21)
one_way = np.array([mcnemar_test(k, 0) for k in net.tolist()])
two_to_one = np.array([mcnemar_test(2 * k, k) for k in net.tolist()])

# %%
fig, ax = plt.subplots()
ax.plot(net, one_way, "o-", color=plotting.TRAINING)
ax.plot(net, two_to_one, "o-", color=plotting.VALIDATION)
ax.axhline(0.05, color=plotting.MUTED, linewidth=1)
ax.text(20, 0.06, "p = 0.05", ha="right", color=plotting.MUTED)
ax.text(2, 0.004, "all one way", color=plotting.TRAINING)
ax.text(9, 0.25, "two gained for each lost", color=plotting.VALIDATION)
ax.set(xlabel="net change, examples", ylabel="p-value", yscale="log", ylim=(2e-4, 1.3))
ax.set_xticks([1, 5, 10, 15, 20])
fig.set_label(
    "P-value of McNemar's test against the net change in examples, log axis. All one "
    "way, it falls below 0.05 from six examples on; with one lost for every two gained, "
    "only beyond ten.")

# %%
# What to see: up to five examples are no evidence, whichever way they fell and however large the set is. The
# more examples flip back and forth, the more of them have to fall one way.
claim("flips-five", "p-value of a few examples gained and none lost",
    measured={"five gained": mcnemar_test(5, 0), "six gained": mcnemar_test(6, 0)},
    between={"five gained": (0.05, None), "six gained": (None, 0.05)})
first = net[np.argmax(two_to_one < 0.05)]
claim("flips-two-to-one", "net change that is evidence where one is lost for each two gained",
    measured=first, between=(6, 20), otherwise="a net change that counted by itself would be six here, too")

# %%
# Put as a rule: a net change is evidence if, minus one, it is more than twice the root of all flips together.
# Here is the exact limit, the largest number of flips at which 10, 15 or 20 examples net are still below
# 0.05.
limits = {}
for change in (10, 15, 20):
    lost = np.arange(200)
    p_values = [mcnemar_test(change + k, k) for k in lost.tolist()]
    limits[f"net {change}"] = change + 2 * (np.array(p_values) < 0.05).sum() - 2
claim("flips-limit", "largest number of flips at which a net change is evidence",
    measured=limits, below={"net 10": 25, "net 15": 56, "net 20": 100},
    otherwise="twice the root alone would put them at (net / 2)², and be too lenient")

# %%
wrong = [
    (gained, lost)
    for gained in range(60) for lost in range(gained)
    if gained - lost - 1 > 2 * np.sqrt(gained + lost) and mcnemar_test(gained, lost) >= 0.05
]
claim("flips-rule", "divisions of up to 118 flips that the rule takes for evidence and the test does not",
    measured=len(wrong), equals=0,
    otherwise="a rule that is too lenient would take some divisions for evidence")

# %%
# The set's share, from one set alone
# -----------------------------------
# You have one set, and no population beside it. Its own flips say what it adds, :math:`(f - d^2)/(n - 1)`
# with f the share that flipped: over the mean of :math:`d^2`, that is the set's share. On 200 sets of 100,
# from the flips and changes of each alone:
rng = np.random.default_rng(0)
sets = np.argsort(rng.random((200, pool)), axis=1)[:, :100]
own_flips = flipped[:, :, sets].mean(axis=-1)  # (epochs, networks, sets)
own_change = np.diff(correct[:, :, sets].mean(axis=-1), axis=0)
f, d2 = own_flips.mean(axis=0), (own_change**2).mean(axis=0)
from_set = (f - d2).mean(axis=1) / 99
law_of_100 = theory.change_variance(F, D, 100).mean(axis=0)  # of a population without end
claim("flips-from-set", "what the set adds, from its own flips, divided by the formula's for n = 100",
    measured=np.median(from_set / law_of_100), equals=1.0, rtol=0.01,
    otherwise="flips over n, without the d² taken off, would be some 2 % too much")
plt.show()

# %%
# **Take away.** Count the flips. The change of accuracy on your set is the model's own change, which only a
# calmer model reduces, plus chance of about :math:`\sqrt{F/n}`, which only a larger set does. If the net
# change is five examples or fewer, leave it at that. Next, a metric that is behind the times:
# :doc:`/gallery/05_measuring/plot_logged`.
