# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Does only rate over batch size count?
=====================================

While the rate is small: double both, and the noise stays. The loss above the minimum that batches sustain is
then :math:`\eta \operatorname{tr} C / 4B`, with C the covariance of a single example's gradient. The rule
breaks as :math:`\eta\lambda` comes near 1, and by 2 at the latest, where no batch is large enough.

First on a line, where theory is exact; then on networks, where the start suffers first. The script takes some
four seconds.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, theory
from unsteady.accuracy import jitter
from unsteady.models import MLP, LinearRegression
from unsteady.optimizers import SGD
from unsteady.training import WithReplacement, train

# %%
# A line
# ------
# One feature of mean square 1, 400 points, and :math:`\eta = 0.02\,B`: the ratio is the same for all. 200
# runs each.
rng = np.random.default_rng(0)
x = rng.standard_normal(400)
x /= np.sqrt((x**2).mean())
data = datasets.Data(x[:, None], 2 * x + rng.standard_normal(400))
best = (x * data.y_train).mean()
sizes = np.array([1, 2, 5, 10, 20, 40, 80])
rates = 0.02 * sizes


# %%
def excess(batch_size, rate):
    start = int(4 / rate) + 20  # past the way down
    run = train(
        LinearRegression(intercept=False), data, SGD(rate), batch_size=int(batch_size),
        order=WithReplacement(), steps=start + 400, evaluate_every=10, replicates=200,
        record="parameters",
    )
    return ((run.parameters[0][start // 10 + 1 :, :, 0, 0] - best) ** 2).mean() / 2


measured = np.array([excess(*pair) for pair in zip(sizes, rates, strict=True)])

# %%
noise = (x * (data.y_train - best * x)).var()
rule = theory.linear_scaling_excess(rates, sizes, noise)
kurtosis = (x**4).mean()
law = theory.batch_stationary_variance(rates, sizes, noise, kurtosis=kurtosis) / 2

# %%
fig, ax = plt.subplots()
ax.plot(rates, measured / rule, "o", color=plotting.TRAINING)
dense = np.geomspace(0.02, 1.85, 200)
exact = theory.batch_stationary_variance(dense, dense / 0.02, noise, kurtosis=kurtosis) / 2
ax.plot(dense, exact / rule[0], "--", color=plotting.THEORY)
ax.axhline(1, color=plotting.MUTED, linewidth=1)
ax.text(0.02, 1.08, "only η/B counts", color=plotting.MUTED)
ax.set(xlabel="rate η; batch size B = 50 η", ylabel="excess loss / the rule's")
ax.set_ylim(0.8, 8)
plotting.log_axis(ax, rates)
plotting.log_axis(ax, [1, 2, 4, 8], "y")
fig.set_label(
    "Excess loss, divided by that of the linear rule, against the rate, the batch growing in "
    "proportion, both log. Measured points lie on the dashed law: under a tenth above "
    "one up to a rate of 0.1, a seventh at 0.2, and five times and more at 1.6.")

# %%
# What to see: the rule holds to under a tenth up to :math:`\eta\lambda = 0.1`, and then noise grows in spite
# of the larger batches, since each step leaps farther than the curvature allows.

claim("scaling-law",
    "excess loss, divided by the formula's, at seven rates with B in proportion",
    measured=measured / law, equals=1.0, rtol=0.08,
    otherwise="the rule in the formula's place would be off by a seventh at the rate 0.2, fivefold at 1.6")
over = {f"rate {rate:g}": value for rate, value in zip(rates, measured / rule, strict=True)}
bounds = {"rate 0.1": (0.98, 1.16), "rate 0.4": (1.2, 1.4), "rate 1.6": (4.5, 6.5)}
claim("scaling-breaks", "excess loss, divided by the linear rule's",
    measured={name: over[name] for name in bounds}, between=bounds,
    otherwise="if the linear rule held at all rates, it would be 1")

# %%
# Networks
# --------
# Small networks on digits with a tenth of the labels wrong, ten epochs. The rate goes with the batch, from
# 0.2 at 20; or it stays at 0.2.
kinds = {
    "B = 20": (20, 0.2), "B = 80": (80, 0.8), "B = 240": (240, 2.4),
    "B = 80, rate kept": (80, 0.2),
}


def trained(split, batch_size, rate):
    noisy, _ = datasets.flip_labels(datasets.digits(seed=split), 0.1, seed=split)
    run = train(
        MLP((32,), classes=10), noisy, SGD(rate), batch_size=batch_size, epochs=10,
        replicates=4, seed=split, dtype="float32",
    )
    return np.array([run.reevaluated_loss, run.val_accuracy])


runs = {
    name: np.concatenate([trained(split, *kind) for split in range(3)], axis=-1)
    for name, kind in kinds.items()
}  # (loss and accuracy, epochs, runs) each

# %%
fig, ax = plt.subplots()
epochs = np.arange(1, 11)
lines = [
    plotting.band(ax, epochs, runs[name][0], color, name)
    for name, color in zip(kinds, plotting.CYCLE, strict=False)
]
ax.set(xlabel="epoch", ylabel="training loss", ylim=(0, 4))
ax.legend(ncols=2, loc="upper center")
fig.set_label(
    "Training loss over ten epochs, median and 5 to 95 % of twelve runs. A batch of 80 with "
    "four times the rate soon joins a batch of 20; with the same rate it stays behind; a "
    "batch of 240 with twelve times the rate does not learn at all.")

# %%
# What to see: with the rate in proportion a batch four times as large gets to the same loss in the same
# epochs, after a slower start. With the rate kept it has done a quarter of the work. Twelve times the rate is
# past what this network bears, warm-up or not.
loss = {name: own[0, 5:].mean() for name, own in runs.items()}
claim("scaling-networks", "training loss at B = 80, divided by that at B = 20",
    measured={"rate in proportion": loss["B = 80"] / loss["B = 20"],
              "rate kept": loss["B = 80, rate kept"] / loss["B = 20"]},
    between={"rate in proportion": (0.95, 1.07), "rate kept": (1.13, 1.4)},
    otherwise="with the rate by the square root of the batch the loss would be a tenth higher and more")
claim("scaling-broken",
    "validation accuracy at B = 240 with the rate in proportion, per cent",
    measured=100 * runs["B = 240"][1, 5:].mean(), below=40)

# %%
# The price is paid at the start, and there is no calm to be had for it.
slow = runs["B = 80"][0, 1].mean() / runs["B = 20"][0, 1].mean()
claim("scaling-start",
    "training loss at B = 80 after two epochs, divided by that at B = 20", measured=slow,
    above=1.05, otherwise="a start as quick as with B = 20 would make it 1")
rough = {name: np.apply_along_axis(jitter, 0, own[1, 4:]).mean() for name, own in runs.items()}
claim("scaling-jitter", "jitter of accuracy at B = 80, rate in proportion, divided by that at B = 20",
    measured=rough["B = 80"] / rough["B = 20"], between=(1.0, 2.8),
    otherwise="if a larger batch were calmer with the rate in proportion, it would be below 1")
plt.show()

# %%
# **Take away.** To use larger batches in as many epochs, raise the rate in proportion, and no further than
# :math:`\eta\lambda` of a few tenths; expect a slower start. It is not calmer for it: calm is in the *ratio*.
# Next, which batch size is worth its work: :doc:`/gallery/20_batches/plot_noise_scale`.
