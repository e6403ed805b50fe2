# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
What if there are more parameters than examples?
================================================

Then many models fit the data exactly, and it matters which one is taken. The smallest of them, which gradient
descent from zero finds for a linear model, is at its worst where parameters are as many as examples, and gets
better again beyond. There, in the middle, a score also depends most on the draw of the data.

Least squares on 40 examples of Gaussian features, with 4 to 160 parameters; two thousand draws each. Theory
gives the mean risk exactly. The true weights have length 1 in every case, so each number of parameters is a
problem of its own.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, plotting, theory

# %%
n, noise, draws = 40, 0.25, 2000
counts = np.array([4, 8, 12, 16, 20, 26, 32, 36, 40, 44, 48, 54, 60, 80, 120, 160])
rng = np.random.default_rng(0)


# %%
# The excess error on fresh data is the squared distance of the fitted weights from the true ones.
def risks(p):
    X = rng.standard_normal((draws, n, p))
    truth = rng.standard_normal((draws, p, 1))
    truth /= np.linalg.norm(truth, axis=1, keepdims=True)
    y = X @ truth + np.sqrt(noise) * rng.standard_normal((draws, n, 1))
    turned = X.swapaxes(1, 2)
    if p <= n:
        fit = np.linalg.solve(turned @ X, turned @ y)
    else:  # of all that fit exactly, the one of smallest length
        fit = turned @ np.linalg.solve(X @ turned, y)
    return ((fit - truth) ** 2).sum(axis=(1, 2))


risk = np.array([risks(p) for p in counts])  # (counts, draws)
law = theory.minimum_norm_risk(counts, n, noise)
dense = np.linspace(4, 160, 400)
curve = theory.minimum_norm_risk(dense, n, noise)

# %%
fig, ax = plt.subplots()
plotting.band(ax, counts, risk, plotting.VALIDATION, singles=0)
for side in (counts < n - 1, counts > n + 1):
    means = risk[side].mean(axis=1)
    ax.plot(counts[side], means, "o", color=plotting.VALIDATION, markersize=4)
ax.plot(dense, curve, "--", color=plotting.THEORY, linewidth=1.5)
ax.axvline(n, color=plotting.MUTED, linewidth=1)
ax.text(n + 2, 600, "as many as examples", color=plotting.MUTED)
ax.set(xlabel="number of parameters", ylabel="excess test error")
ax.set(yscale="log", ylim=(0.01, 2000))
plotting.log_axis(ax, [5, 10, 20, 40, 80, 160])
fig.set_label(
    "Excess test error against the number of parameters, both log, 40 examples: median, 5 "
    "to 95 % of 2 000 draws, and means on a dashed law. It rises to a peak at 40 "
    "parameters, where the band spans decades, and falls to about one beyond.")

# %%
# What to see: the peak, where the training set can only just be fitted. Beyond it the error comes down, since
# the smallest of many solutions is less wild than the only one. It comes down to about what no model at all
# would have, 1; here the small models on the left are better still.
far = (counts <= n / 2) | (counts >= 1.5 * n)
claim("descent-law", "mean risk, divided by the formula's, for p up to n/2 and from 1.5 n",
    measured=risk[far].mean(axis=1) / law[far], equals=1.0, rtol=0.06,
    otherwise="with p/n in place of p/(n-p-1) the formula is off by a factor of 2 at p = n/2")
at = dict(zip(counts.tolist(), risk, strict=True))
median = {p: np.median(own) for p, own in at.items()}
claim("descent-peak",
    "number of parameters with the largest median risk, of 40 examples",
    measured=max(median, key=median.get), equals=n)
claim("descent-down", "median risk at 40 parameters, as a multiple of that at fewer and at more",
    measured={"20 parameters": median[40] / median[20], "160 parameters": median[40] / median[160]},
    above={"20 parameters": 50, "160 parameters": 12},
    otherwise="if larger were always worse, it would be below 1 for 160")

# %%
# And the smallest of these models is the best:
claim("descent-best", "mean excess test error of 2 000 draws; with all weights 0 it is 1",
    measured={f"{p} parameters": at[p].mean() for p in (4, 20, 160)},
    equals={f"{p} parameters": theory.minimum_norm_risk(p, n, noise) for p in (4, 20, 160)}, rtol=0.06)

# %%
# How much the draw decides
# -------------------------
# The band says how far one training set's luck carries: the 95th percentile of the risk over the fifth.
low, high = np.quantile(risk, [0.05, 0.95], axis=1)
spread = high / low

fig, ax = plt.subplots()
ax.plot(counts, spread, "o-", color=plotting.HIGHLIGHT)
ax.axvline(n, color=plotting.MUTED, linewidth=1)
ax.set(xlabel="number of parameters", ylabel="95th percentile / 5th", yscale="log")
plotting.log_axis(ax, [5, 10, 20, 40, 80, 160])
fig.set_label(
    "Ratio of the 95th to the fifth percentile of the test error over draws, against the "
    "number of parameters, both log: about ten on the left, near a thousand at 40, close "
    "to one on the right.")

# %%
# What to see: at the peak two training sets from the same source may differ several hundredfold; far beyond
# it, hardly at all.
spreads = {f"{p} parameters": ratio for p, ratio in zip(counts, spread, strict=True)}
compared = {"20 parameters": (2, 6), "40 parameters": (200, None), "160 parameters": (1, 1.4)}
claim("descent-spread", "95th percentile of the risk, divided by the 5th",
    measured={name: spreads[name] for name in compared}, between=compared)
plt.show()

# %%
# **Take away.** A model that just fits its data is the worst and the least steady of all sizes. If a score
# jumps from split to split and training error is only just zero, go smaller, add a penalty, or go *much*
# larger; the last costs time, and is good only where the smallest solution is. Next, labels that are wrong:
# :doc:`/gallery/30_capacity/plot_label_noise`.
