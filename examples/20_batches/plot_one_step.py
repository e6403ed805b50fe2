# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
Does a step help its batch and hurt the rest?
=============================================

Often. A step goes downhill for its own batch; for the other examples it is a step in nearly the same
direction only if the batch is large. On average a step promises its batch more than it keeps for all, for
short steps by the factor

.. math:: 1 + \frac{\operatorname{tr}\Sigma}{B\,|G|^2} \cdot \frac{N-B}{N-1},

with the noise scale :math:`\operatorname{tr}\Sigma / |G|^2` of the gradient. So a single example's loss falls
at every step, while the loss of all goes up at two steps in five.

Softmax regression on 600 digits, four seeds on each of three splits.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, datasets, plotting, theory
from unsteady.models import LinearRegression, SoftmaxRegression
from unsteady.noise import noise_scale
from unsteady.optimizers import SGD
from unsteady.training import train

# sphinx_gallery_thumbnail_number = 2

# %%
# The loss of each step's own batch, and that of all 600 examples, before and after the step. The rate is far
# below :math:`2/\lambda` for every single example, so that no step can overshoot its own batch.
model = SoftmaxRegression(10)
splits = [datasets.digits(n_eval=1197, seed=split) for split in range(3)]
steepest = max(0.5 * ((data.X_train**2).sum(axis=1).max() + 1) for data in splits)
rate, sizes = 0.04, np.array([1, 5, 20, 100, 600])


def trained(batch_size):
    return [
        train(
            model, data, SGD(rate), batch_size=int(batch_size), steps=120, replicates=4,
            seed=split, record=["step_loss", "parameters"], evaluate_every=20,
        )
        for split, data in enumerate(splits)
    ]


# %%
def changes(runs):
    own = [(run.batch_loss_after - run.batch_loss)[40:] for run in runs]
    full = [np.diff(run.full_loss, axis=0)[40:] for run in runs]
    return np.concatenate(own, axis=1), np.concatenate(full, axis=1)  # (steps, runs) each


runs = [trained(size) for size in sizes]
found = [changes(each) for each in runs]

# %%
fig, axes = plt.subplots(3, 1, sharex=True, figsize=(6.4, 7.6))
for ax, index in zip(axes, (0, 2, 3), strict=True):
    own, full = found[index]
    ax.plot(own.ravel()[::3], full.ravel()[::3], ".", color=plotting.HIGHLIGHT, markersize=3,
            rasterized=True)
    ax.axhline(0, color=plotting.MUTED, linewidth=1)
    ax.set(title=f"B = {sizes[index]}", ylim=(-0.13, 0.13), xlim=(-1.5, 0.08))
axes[1].set(ylabel="change of the loss of all")
axes[2].set(xlabel="change of the batch's own loss")
fig.set_label(
    "Change of the loss of all examples against that of the batch's own, a dot a step, for "
    "batches of 1, 20 and 100. All dots lie left of zero. For single examples many of them "
    "lie above zero, for batches of 20 and 100 none.")

# %%
# What to see: all dots are on the left, for the batch always gains. At B = 1 many are in the upper half: the
# others lose. With larger batches own gain and common gain are more and more the same.
claim("step-safe", "the rate, divided by the threshold 2/λ of the steepest single example",
    measured=rate * steepest / 2, below=0.5,
    otherwise="past the threshold, 1, a step could overshoot its own batch")
falls = [(own < 0).mean() for own, _ in found]
claim("step-own",
    "least share of steps on which the batch's own loss falls, B = 1 ... 600",
    measured=min(falls), equals=1.0)
names = [f"batch {size}" for size in sizes]
rises = {name: (full > 0).mean() for name, (_, full) in zip(names, found, strict=True)}
claim("step-rises", "share of steps on which the loss of all rises",
    measured={name: rises[name] for name in ("batch 1", "batch 5")},
    between={"batch 1": (0.3, 0.5), "batch 5": (0.02, 0.12)},
    otherwise="if a step downhill for one were downhill for all, it would be 0")
claim("step-full", "share of steps on which the loss of all rises, large batches and the full one",
    measured={name: rises[name] for name in ("batch 100", "batch 600")}, equals=0.0)

# %%
# Promised and kept
# -----------------
# How much more does the batch gain than all? Measured over the steps, beside the law with the noise scale
# along the way.
scales = [
    [noise_scale(model, [weight[2:] for weight in run.parameters], data.X_train, data.y_train)
     for run, data in zip(each, splits, strict=True)] for each in runs[:4]
]
noise = np.array([
    np.mean([s.trace for s in each]) / np.mean([s.squared_norm for s in each])
    for each in scales
])
law = 1 + noise * theory.gradient_variance(1, sizes[:4], 600)
ratio = np.array([own.mean() / full.mean() for own, full in found[:4]])

# %%
fig, ax = plt.subplots()
ax.plot(sizes[:4], ratio, "o", color=plotting.HIGHLIGHT)
ax.plot(sizes[:4], law, "--", color=plotting.THEORY)
ax.axhline(1, color=plotting.MUTED, linewidth=1)
ax.set(xlabel="batch size", ylabel="gain of the batch / gain of all", ylim=(0.8, 150))
plotting.log_axis(ax, sizes[:4])
plotting.log_axis(ax, [1, 3, 10, 30, 100], "y")
fig.set_label(
    "Mean gain of the batch over mean gain of all against batch size, both log: from nearly "
    "a hundred for single examples to under two for 100. From 20 on it lies on the dashed "
    "law, below 20 above it.")

# %%
# What to see: the loss that training logs is that of the batch; what it falls by may be tens of times what
# was gained. For the smallest batches it is more than the law says, since for them a step is not short: their
# noise itself costs.

claim("step-promise", "gain of the batch divided by gain of all, as a multiple of the formula's",
    measured=dict(zip(names[2:4], (ratio / law)[2:], strict=True)), equals=1.0, rtol=0.06,
    otherwise="without the factor (N - B) / (N - 1) the formula would be a twelfth too much at B = 100")
claim("step-promise-ratio", "gain of the batch, divided by gain of all",
    measured=dict(zip(names[:4], ratio, strict=True)),
    above={"batch 1": 40, "batch 5": 10, "batch 20": 3.5, "batch 100": 1.4},
    otherwise="if the gain of the batch were the gain of all, it would be 1")

# %%
# Hard batches and easy ones
# --------------------------
# Is it hard, odd examples that do the damage? For B = 1, the steps on the tenth of examples with the highest
# loss before the step, and on that with the lowest, relative to the loss of all at that moment.
full = found[0][1]
losses = np.concatenate(
    [(run.batch_loss - run.full_loss[:-1])[40:] for run in runs[0]], axis=1
)
low, high = np.quantile(losses, [0.1, 0.9])
hard, easy = full[losses > high], full[losses < low]

# What to see: it is the other way round. An example that is already known well pushes the others aside to be
# known even better; one that is hard has something to teach. Were outliers to blame, the first would be the
# larger.
claim("step-hard", "share of steps on which the loss of all rises",
    measured={"hardest tenth": (hard > 0).mean(), "easiest tenth": (easy > 0).mean()},
    between={"hardest tenth": (None, 0.35), "easiest tenth": (0.6, None)},
    otherwise="if outliers did the harm, the hardest tenth would have the larger share")
claim("step-illusion", "loss of a single example minus that of all",
    measured={"hardest tenth": losses[losses > high].mean(), "easiest tenth": losses[losses < low].mean()},
    between={"hardest tenth": (0.5, None), "easiest tenth": (None, -0.3)})

# %%
# A line, exactly
# ---------------
# For least squares the expected change of the whole loss is known exactly, from gradient, curvature and noise
# at the place: up for small batches, down for large ones. 300 digits, their pixels against the digit, near
# the best fit.
data = datasets.digits(n_eval=1497)
X = data.X_train - data.X_train.mean(axis=0)
y = (data.y_train - 4.5) / 3
near = 0.9 * np.linalg.solve(X.T @ X + 0.3 * np.eye(64), X.T @ y)
residual = y - X @ near  # fitted from weights of zero: the same as y fitted from there
gradients = -X * residual[:, None]
G, H, C = gradients.mean(axis=0), X.T @ X / 300, np.cov(gradients.T, bias=True)


def change(batch_size):
    run = train(
        LinearRegression(intercept=False, initial_scale=0.0), datasets.Data(X, residual),
        SGD(0.3), batch_size=batch_size, steps=1, replicates=800, record="step_loss",
        evaluate_every="end",
    )
    return np.diff(run.full_loss, axis=0)[0]


# %%
line_sizes = [1, 4, 16, 128, 256]
seen = np.array([change(size) for size in line_sizes])
expected = np.array([theory.expected_change(0.3, G, H, C, size, 300) for size in line_sizes])
off = (seen.mean(axis=1) - expected) / (seen.std(axis=1) / np.sqrt(800))

# What to see: one step on up to 16 examples makes the whole loss worse on average; on 128 it makes it better.
names = [f"batch {size}" for size in line_sizes]
claim("step-line", "mean change of the whole loss, in thousandths",
    measured=dict(zip(names, 1000 * seen.mean(axis=1), strict=True)),
    between={"batch 1": (0, None), "batch 4": (0, None), "batch 16": (0, None),
             "batch 128": (None, 0), "batch 256": (None, 0)},
    otherwise="without the noise term all five would be below 0")
claim("step-line-law", "mean change of the whole loss in 800 steps minus the formula's, in standard errors",
    measured=dict(zip(names, off, strict=True)), equals=0.0, atol=4.5)
plt.show()

# %%
# **Take away.** A falling batch loss is a promise, not progress: look at a fixed set. Where steps hurt the
# rest, larger batches or a lower rate help; throwing out hard examples does not. Next, what the order of the
# examples does: :doc:`/gallery/20_batches/plot_order`.
