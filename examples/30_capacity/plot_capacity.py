# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib", "scikit-learn"]
# ///
r"""
How much capacity is too much?
==============================

As much as the data cannot pin down. Each parameter that a model does not need lowers the error on the
training set a little and raises it on everything else; with few examples the price explodes.

The question comes with an experiment: the third one of *Why does accuracy fluctuate during training?*
(30 January 2025) fits polynomials of degree 1, 3 and 10 to 200 noisy points of a cubic. Its text says that
degree 10 has a low training error and a high test error. We run it as it stands, find that what it shows
depends on a setting of the solver, and hardly shows where that is put right; then do it with fewer points.
"""

import matplotlib.pyplot as plt
import numpy as np
from numpy.polynomial import Legendre
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import PolynomialFeatures

from unsteady import claim, datasets, plotting, theory

# %%
# As it stands
# ------------
# The data are :math:`y = x^3 + 2x^2 - 5x + 10` plus noise of standard deviation 10, x between 0 and 10; 140
# points to fit, 60 to test. The features are 1, x, ..., x¹⁰ unscaled, the last of them up to
# 10 000 000 000. One split tells little, so here are 200 draws.
draws = [datasets.cubic(n_train=140, n_eval=60, seed=k) for k in range(200)]


def raw_errors(data, degree):
    features = PolynomialFeatures(degree)
    fit = LinearRegression().fit(features.fit_transform(data.X_train), data.y_train)
    sets = ((data.X_train, data.y_train), (data.X_eval, data.y_eval))
    return [((fit.predict(features.transform(X)) - y) ** 2).mean() for X, y in sets]


degrees = [1, 3, 10]
raw = np.array([[raw_errors(data, degree) for degree in degrees] for data in draws])


# %%
# Now the same draws with a basis whose members do not resemble each other: Legendre polynomials on the interval
# scaled to -1 ... 1. They span the same curves, so the best fit of each degree is the same.
def fit_scaled(data, degree):
    return Legendre.fit(data.X_train[:, 0], data.y_train, degree, domain=(0, 10))


def scaled_errors(data, degree):
    fit = fit_scaled(data, degree)
    sets = ((data.X_train, data.y_train), (data.X_eval, data.y_eval))
    return [((fit(X[:, 0]) - y) ** 2).mean() for X, y in sets]


scaled = np.array([[scaled_errors(data, d) for d in degrees] for data in draws])

# %%
fig, axes = plt.subplots(1, 2, sharey=True)
looks = ((-0.1, plotting.TRAINING, "training"), (0.1, plotting.VALIDATION, "test"))
for ax, errors, title in zip(axes, (raw, scaled), ("raw", "scaled"), strict=True):
    for which, (shift, color, label) in enumerate(looks):
        plotting.points(ax, np.arange(3) + shift, errors[:, :, which].T, color, label)
    ax.axhline(100, color=plotting.MUTED, linewidth=1)
    ax.set(title=f"{title} features", xlabel="degree", yscale="log")
    ax.set_xticks(range(3), degrees)
axes[0].set(ylabel="mean squared error")
axes[0].text(0.3, 110, "noise", color=plotting.MUTED)
axes[1].legend()
fig.set_label(
    "Training and test error at degree 1, 3 and 10 on a log axis, median and 5 to 95 % "
    "of 200 draws. Left, with raw features, both errors of degree 10 lie far above the "
    "cubic's; right, with scaled ones, training a little below, test a little above.")

# %%
# What to see: with the scaled basis the training error only falls with the degree, as it must when a larger model
# contains the smaller one. With raw features it depends on the solver, and from version 1.9 on scikit-learn's
# drops every direction that is weaker than a millionth of the strongest, unless ``tol`` says otherwise. (With an
# older one both panels are alike.) Here are both cuts, a millionth and none but the machine's precision:
def cut_error(data, cut):
    X = PolynomialFeatures(10, include_bias=False).fit_transform(data.X_train)
    X, y = X - X.mean(axis=0), data.y_train - data.y_train.mean()
    fit = np.linalg.lstsq(X, y, rcond=cut)[0]
    return ((X @ fit - y) ** 2).mean()


cut, uncut = np.array([[cut_error(d, 1e-6), cut_error(d, None)] for d in draws]).T

# %%
# The raw features are nearly dependent, but a computer can still distinguish them. It is the cut that makes
# degree 10 train worse than the cubic.
raw_features = PolynomialFeatures(10).fit_transform(draws[0].X_train)
scaled_features = np.polynomial.legendre.legvander(draws[0].X_train[:, 0] / 5 - 1, 10)
claim("raw-condition", "condition number of the raw features of degree 10",
    measured=np.linalg.cond(raw_features), between=(1e6, 1e15))
claim("scaled-condition", "condition number of the scaled features of degree 10",
    measured=np.linalg.cond(scaled_features), below=100)
claim("raw-cut",
    "training error of degree 10, divided by the cubic's, raw features cut at a millionth",
    measured=np.median(cut / scaled[:, 1, 0]), above=1)
claim("raw-uncut",
    "largest relative difference between training errors of degree 10, raw features uncut against scaled",
    measured=np.abs(uncut / scaled[:, 2, 0] - 1).max(), below=1e-6)
claim("capacity-train-falls",
    "with the scaled basis training errors fall from degree 1 to 3 to 10, in every draw",
    measured=(np.diff(scaled[:, :, 0], axis=1) < 0).mean(), equals=1)

# %%
# And the test error? On the experiment's 60 test points degree 10 is mostly worse than the cubic, but far from
# always: a single split may say either.
worse = (scaled[:, 2, 1] > scaled[:, 1, 1]).mean()
claim("capacity-one-split",
    "share of draws in which degree 10 tests worse than the cubic on 60 points",
    measured=worse, between=(0.65, 0.9),  # four standard errors around what 200 draws say
    otherwise="1 means always, 0.5 is a coin")

# %%
# So what does degree 10 cost here? Not much: 140 points pin down 11 parameters well. Over many test points:
many = [datasets.cubic(n_train=140, n_eval=2000, seed=k) for k in range(200)]
wide = np.array([[scaled_errors(data, degree) for degree in (3, 10)] for data in many])
# For Gaussian features the ratio of the means is 1.05. A polynomial's pay more, and vary more: hence the median.
claim("capacity-price-140",
    "test error of degree 10, divided by the cubic's, with 140 points, median of 200 draws",
    measured=np.median(wide[:, 1, 1] / wide[:, 0, 1]), between=(1.03, 1.09),
    otherwise="1.00 means that parameters cost nothing")

# %%
# What it meant
# -------------
# Overfitting needs fewer examples. The same cubic with 25 points to fit, degree 1 to 10, 400 draws:
few = [datasets.cubic(n_train=25, n_eval=1000, seed=k) for k in range(400)]
truth = np.polynomial.Polynomial([10, -5, 2, 1])
degrees = np.arange(1, 11)
errors = np.array([[scaled_errors(data, degree) for degree in degrees] for data in few])
train, test = errors[:, :, 0].T, errors[:, :, 1].T

# %%
fig, ax = plt.subplots()
plotting.band(ax, degrees, train, plotting.TRAINING, singles=0)
plotting.band(ax, degrees, test, plotting.VALIDATION, singles=3)
able = degrees[2:]  # from the cubic on, the truth lies within the model
law = theory.least_squares_train_error(able + 1, 25, noise_variance=100.0)
ax.plot(able, law, "--", color=plotting.THEORY)
ax.text(8.2, 900, "test", color=plotting.VALIDATION)
ax.text(7.2, 35, "training; dashed: law", color=plotting.TRAINING, ha="right", va="top")
ax.set(xlabel="degree of the polynomial", ylabel="mean squared error", yscale="log")
ax.set(ylim=(15, 1e5), xticks=degrees)
fig.set_label(
    "Training and test error against degree on a log axis, 25 points, median and 5 to "
    "95 % of 400 draws. Both fall steeply to degree 3. Then training error sinks along "
    "the dashed law while test error rises, its band spreading over orders of "
    "magnitude at degree 10.")

# %%
# What to see: below degree 3 both errors are high, the model is too small. From degree 3 on the training error
# sinks as :math:`\sigma^2 (1 - p/n)`, p parameters on n points: a larger model explains more *noise*. The test
# error pays for it, most of all in its spread: at degree 10 it is anyone's guess what a single draw does.

# Relative to the noise of its own draw, for less scatter: the tolerance is over three standard errors.
noise = [((data.y_train - truth(data.X_train[:, 0])) ** 2).mean() for data in few]
claim("capacity-train-law",
    "mean training error, divided by the formula's, degree 3 to 10 with 25 points",
    measured=(train[2:] / noise).mean(axis=1) / (law / 100), equals=1.0, rtol=0.04,
    otherwise="with one parameter more or less in the formula it is 5 to 7 % off")
medians = dict(zip(degrees.tolist(), np.median(test, axis=1), strict=True))
claim("capacity-test-rises", "median test error, as a multiple of that at degree 3",
    measured={f"degree {degree}": medians[degree] / medians[3] for degree in (5, 8, 10)},
    above={"degree 5": 1.05, "degree 8": 1.4, "degree 10": 2.5})
claim("capacity-underfit", "median test error at degree 1, as a multiple of that at degree 3",
    measured=medians[1] / medians[3], above=50)

# %%
# The same as curves: what 400 models of each degree predict, minus the truth.
grid = np.linspace(0, 10, 201)
misses = {
    degree: np.array([fit_scaled(data, degree)(grid) - truth(grid) for data in few]).T
    for degree in (3, 10)
}

# %%
fig, axes = plt.subplots(2, 1, sharex=True, sharey=True, figsize=(6.4, 6.4))
for ax, degree, color in zip(axes, misses, plotting.CYCLE[2:], strict=False):
    plotting.band(ax, grid, misses[degree], color)
    ax.set(title=f"degree {degree}", ylim=(-60, 60))
fig.supxlabel("x")
fig.supylabel("prediction minus truth")
fig.set_label(
    "Prediction minus truth against x for 400 fits each of degree 3 and degree 10: "
    "median, 5 to 95 % band and three single fits. The cubic's band is narrow; that of "
    "degree 10 is wider everywhere and leaves the picture at both ends, single fits "
    "wave up and down in it.")

# %%
# What to see: in the middle of their bands both are right. A single model of degree 10 is not, and each is wrong in another way:
# this is why the score of an overfitted model on fresh data jumps from one training set to the next.
low, high = np.quantile([misses[3], misses[10]], [0.05, 0.95], axis=-1)
widths = np.median(high - low, axis=1)  # over x
claim("capacity-spread",
    "width of the 5 to 95 % band of predictions at degree 10, as a multiple of that at degree 3",
    measured=widths[1] / widths[0], above=np.sqrt(11 / 4),
    otherwise="by the count of parameters alone, 11 to 4, it is 1.66")

# %%
# All of it, to play with
# -----------------------
# A degree and a number of points of your choice; 100 draws of each number.
numbers, played = np.array([15, 25, 50, 100, 200]), np.arange(1, 11)
sets = [[datasets.cubic(n_train=n, n_eval=300, seed=k) for k in range(100)] for n in numbers.tolist()]
fits = [[[fit_scaled(data, degree) for data in drawn] for degree in played.tolist()] for drawn in sets]


def errors_of(row, column):
    """Return training and test errors of the fits, ``(draws, 2)``."""
    return np.array([
        [((fit(X[:, 0]) - y) ** 2).mean() for X, y in ((d.X_train, d.y_train), (d.X_eval, d.y_eval))]
        for fit, d in zip(fits[row][column], sets[row], strict=True)
    ])


scores = np.array([[errors_of(row, column) for column in range(10)] for row in range(5)])
coarse = np.linspace(0, 10, 61)


# %%
def sentence(degree, n, errors):
    """Say how large the errors of the draws are."""
    train, test = np.median(errors, axis=0)
    low, high = np.quantile(errors[:, 1], [0.05, 0.95])
    most = f"{high:.0f}" if high < 1e5 else "more than 100 000"
    return (
        f"Degree {degree} on {n} points: mean squared error {train:.0f} in training, {test:.0f} on test points "
        f"(medians; nine draws of ten lie between {low:.0f} and {most}; the noise makes 100)."
    )


# %%
def draw(fig, degree, n):
    """What 100 fits predict, minus the truth: median, 5 to 95 % and three of them; dots: one draw's points."""
    row, column = np.flatnonzero(numbers == n)[0], np.flatnonzero(played == degree)[0]
    ax, data = fig.subplots(), sets[row][0]
    plotting.band(ax, coarse, np.transpose([fit(coarse) - truth(coarse) for fit in fits[row][column]]), plotting.HIGHLIGHT)
    ax.plot(data.X_train[:, 0], data.y_train - truth(data.X_train[:, 0]), ".", color=plotting.MUTED, markersize=4)
    ax.set(xlim=(0, 10), ylim=(-60, 60), xlabel="x", ylabel="prediction minus truth")
    fig.set_label("Prediction minus truth against x: median, band and three fits, and the points of a draw.")
    return sentence(degree, n, scores[row, column])


# %%
plotting.Explorable(
    draw, degree=plotting.Slider("degree of the polynomial", played, opening=10),
    n=plotting.Slider("points to fit", numbers, opening=25))

# %%
# What to see: at 25 points, move the degree: the band leaves the line below 3, where the model is too small, and
# opens from 4 on. At degree 10, move the points: it closes again.
able, sigma = played[2:], 100.0
play_law = theory.least_squares_train_error(able + 1, numbers[:, None], noise_variance=sigma)
play_noise = [[((d.y_train - truth(d.X_train[:, 0])) ** 2).mean() for d in drawn] for drawn in sets]
off = scores[:, 2:, :, 0].mean(axis=-1) / np.mean(play_noise, axis=1)[:, None] / (play_law / sigma) - 1
free = numbers[:, None] - able - 1
claim("capacity-play-law",
    "training error off the formula, in standard errors, at the 40 positions from degree 3 on: largest",
    measured=np.abs(off / np.sqrt((2 / free - 2 / numbers[:, None]) / 100)).max(), below=3.5,
    otherwise="with one parameter more in the formula it is 4.5 standard errors off")
median_test = np.median(scores[..., 1], axis=-1)
claim("capacity-play-points", "median test error at degree 10, divided by that at degree 3: 15 to 200 points",
    measured=median_test[:, 9] / median_test[:, 2], above=1.0)
plt.show()

# %%
# **Take away.** Count parameters against examples. Where test error is far above training error, and jumps from
# split to split, a smaller model, more data or a penalty calms it; where both are high, a larger model helps.
# And scale your features before you judge a model's capacity. Next, what lies beyond as many parameters as
# examples: :doc:`/gallery/30_capacity/plot_double_descent`.
