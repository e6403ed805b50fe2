# /// script
# requires-python = ">=3.11"
# dependencies = ["unsteady", "matplotlib"]
# ///
r"""
How large may the learning rate be?
===================================

Up to twice the inverse curvature, and no further. Gradient descent on a bowl of curvature :math:`\lambda`
multiplies its distance to the minimum by :math:`1 - \eta \lambda` at every step; everything that a learning
rate :math:`\eta` can do is in that one factor.

The question comes with an experiment: the first one of *Why does accuracy fluctuate during training?* (30
January 2025) runs gradient descent on :math:`x^2 - 4x + 3` from :math:`x = 0` at the rates 0.01, 0.1, 0.2 and
0.5. Its text says that 0.2 and 0.5 oscillate, and that at 0.5 the value first increases. We run it as it
stands, then go on to the rates at which that really happens.
"""

import matplotlib.pyplot as plt
import numpy as np

from unsteady import claim, plotting
from unsteady.objectives import Quadratic
from unsteady.optimizers import SGD
from unsteady.theory import descent_factor, stability_bound
from unsteady.training import descend

# %%
# As it stands
# ------------
# The bowl :math:`x^2 - 4x + 3` has its minimum, -1, at :math:`x = 2`, and the curvature 2 everywhere.
bowl = Quadratic(curvature=2.0, minimum=2.0, offset=-1.0)
article_rates = np.array([0.01, 0.1, 0.2, 0.5])
article = descend(bowl, start=0.0, optimizer=SGD(article_rates), steps=100)

# %%
fig, ax = plt.subplots()
lines = plotting.curves(ax, article.loss[:41], labels=[f"η = {r:g}" for r in article_rates])
places = [(22, 0.8), (4.2, 0.35), (8.5, -0.55), (14, -0.88)]
for line, place in zip(lines, places, strict=True):
    ax.annotate(line.get_label(), place, color=line.get_color())
ax.set(xlabel="step", ylabel="value of x² - 4x + 3")
fig.set_label(
    "Value against step for four learning rates. All four curves only fall; the "
    "largest rate, 0.5, reaches the minimum, -1, in a single step.")

# %%
# What to see: no curve ever rises, and no point ever passes the minimum. The larger of these rates are the
# *calmer* ones. At 0.5 the first step lands on the minimum, since the factor :math:`1 - 0.5 \cdot 2` is 0.
rises = int((np.diff(article.loss, axis=0) > 0).sum())
passed = int((article.x > 2.0).sum())
claim("article-rate-rises", "in the article's four runs the value never rises",
    measured=rises, equals=0, otherwise="if 0.2 and 0.5 oscillated, as the text says, there would be rises")
claim("article-rate-crossings", "in the article's four runs x never passes the minimum",
    measured=passed, equals=0,
    otherwise="if 0.2 and 0.5 oscillated, as the text says, there would be crossings")
landing = abs(article.x[1, 3, 0] - 2.0)
claim("gd-one-step", "at η = 1/λ one step lands on the minimum", measured=landing,
    equals=0, atol=1e-12, otherwise="a step of any other length would leave a distance")

# %%
# What it meant
# -------------
# To see oscillation, the rate has to pass :math:`1/\lambda`; to see the loss climb, :math:`2/\lambda`. Here
# are seven rates from both sides of either. The product :math:`\eta \lambda` is what counts, not
# :math:`\eta`.
products = np.array([0.02, 0.2, 0.4, 1.0, 1.8, 2.0, 2.02])
paths = descend(bowl, start=0.0, optimizer=SGD(products / 2), steps=60)
above = np.maximum(paths.loss - bowl.lowest, 1e-300)  # a log axis has no 0

# %%
fig, ax = plt.subplots()
lines = plotting.curves(ax, above, labels=[f"ηλ = {product:g}" for product in products])
lines[1].set_linewidth(5)  # 0.2 and 1.8 shrink alike: one is drawn within the other
ax.annotate(lines[3].get_label(), (1.5, 1e-12), color=lines[3].get_color())
ax.set(xlabel="step", ylabel="loss above the minimum", xlim=(-1, 60))
ax.set(yscale="log", ylim=(1e-13, 1e3))
plotting.label_ends(ax, lines[:3] + lines[4:])
fig.set_label(
    "Loss above the minimum against step, log axis, for seven products ηλ. Below 2 "
    "every curve falls, those for 0.2 and 1.8 at the same pace, the one for 1 in a "
    "single step; at 2 the curve is flat and at 2.02 it climbs.")

# %%
# What to see: between :math:`1/\lambda` and :math:`2/\lambda` the loss falls just as smoothly as below
# :math:`1/\lambda`, and 1.8 is exactly as fast as 0.2. A loss curve alone cannot tell the two apart.
moving = products != 1  # at 1 nothing is left to shrink
distances = np.abs(paths.x[:, moving, 0] - 2.0)
claim("gd-factor", "the distance shrinks, or grows, by |1 - ηλ| a step",
    measured=distances[11] / distances[10],
    equals=np.abs(descent_factor(products[moving] / 2, 2.0)), rtol=1e-9,
    otherwise="a factor of 1 - ηλ/2, say, would be off at each rate")

# %%
# The weights do tell them apart. Here is the *signed* distance to the minimum, step by step.
signed = paths.x[:13, :, 0] - 2.0
fig, axes = plt.subplots(2, 2, sharex=True, figsize=(6.4, 5.4))
for ax, shown in zip(axes.flat, [1, 4, 5, 6], strict=True):
    ax.axhline(0, color=plotting.MUTED, linewidth=1)
    ax.plot(signed[:, shown], "o-", color=plotting.CYCLE[shown], markersize=4)
    ax.set(title=f"ηλ = {products[shown]:g}", ylim=(-2.9, 2.9), xticks=[0, 4, 8, 12])
fig.supxlabel("step")
fig.supylabel("x minus its best value")
fig.set_label(
    "Signed distance to the minimum for four products ηλ. At 0.2 it closes in from one "
    "side; at 1.8 it changes sides at every step and shrinks; at 2 it swings between "
    "-2 and 2; at 2.02 the swing grows.")

# %%
# What to see: past :math:`1/\lambda` the weights jump across the minimum at every step; the loss does not
# show it, because both sides are equally high. At :math:`2/\lambda` they swing for ever, beyond it further
# and further.
sides = np.sign(paths.x[:, :, 0] - 2.0)
swaps = (sides[1:] != sides[:-1]).mean(axis=0)
falls = (np.diff(paths.loss[:, 4]) < 0).mean()
claim("gd-alternates", "at ηλ = 1.8 x changes sides at every step", measured=swaps[4],
    equals=1)
claim("gd-alternating-falls", "at ηλ = 1.8 the loss falls at every step all the same",
    measured=falls, equals=1,
    otherwise="if the loss had to rise where the weights swing, it would fall in fewer steps")
claim("gd-two-cycle", "at ηλ = 2 the loss stays where it is",
    measured=np.ptp(paths.loss[:, 5]), equals=0,
    otherwise="just inside the threshold the loss would fall, just outside it would climb")
growth = paths.loss[1:, 6] > paths.loss[:-1, 6]
claim("gd-diverges", "at ηλ = 2.02 the loss climbs at every step",
    measured=growth.mean(), equals=1)

# %%
# Where exactly is the border? Twenty rates on each side of :math:`2/\lambda`, as near as one part in a
# thousand:
border = stability_bound(2.0) * np.concatenate(
    [np.linspace(0.9, 0.999, 20), np.linspace(1.001, 1.1, 20)]
)
tried = descend(bowl, start=0.0, optimizer=SGD(border), steps=2000)
lower = tried.loss[-1] - bowl.lowest < tried.loss[0] - bowl.lowest
claim("gd-settles-below", "all 20 rates below 2/λ end lower",
    measured=lower[:20].sum(), equals=20,
    otherwise="if the threshold were at 1/λ, where the swinging begins, none would end lower")
claim("gd-climbs-above", "all 20 rates above 2/λ end higher",
    measured=(~lower[20:]).sum(), equals=20)

# %%
# All of it, to play with
# -----------------------
# The bowl again, and twenty steps on it, at a rate that you choose.
etas = np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99,
                 1.0, 1.01, 1.05, 1.1])
walks = descend(bowl, start=0.0, optimizer=SGD(etas), steps=20)
left = np.abs(walks.x[:, :, 0] - 2.0) / 2.0


def sentence(eta, share):
    """Say what a rate does."""
    if eta in (0.5, 1.0):
        return "A single step lands on the minimum." if eta == 0.5 else "It swings for ever between 0 and 4."
    if eta > 1:
        return f"Each step ends {2 * eta - 1:.2f} times as far away, after 20 steps {share:.1f} times."
    rest = f"{100 * share:.1f} %" if share >= 0.001 else "less than a thousandth"
    side = "from one side" if eta < 0.5 else "changing sides at each step"
    return f"It closes in {side}; after 20 steps {rest} of the distance is left."


# %%
x = np.linspace(-2.5, 6.5, 181)


def draw(fig, eta):
    """Twenty steps of gradient descent on the bowl, from x = 0."""
    ax = fig.subplots()
    walk = walks.x[:, np.flatnonzero(etas == eta)[0], 0]
    ax.plot(x, bowl.value(x[:, None]), color=plotting.MUTED)
    ax.plot(walk, bowl.value(walk[:, None]), "o-", color=plotting.TRAINING, linewidth=1, markersize=5)
    ax.set(xlim=(-2.5, 6.5), ylim=(-2, 20), xlabel="x", ylabel="value")
    fig.set_label("Value of the bowl against x, with twenty steps on it from x = 0, joined by a line.")
    return f"ηλ = {2 * eta:g}. {sentence(eta, left[-1, etas == eta][0])}"


# %%
plotting.Explorable(draw, eta=plotting.Slider("learning rate η", etas, opening=0.9))

# %%
# What to see: up to 0.5 the points come down one side; from there on they cross the bowl at every step. Up to 1
# they still come down; at 1 they stay at one height, and past it they climb out.
moving = etas != 0.5
claim("gd-play-law", "share of the distance left after 20 steps, at all rates of the slider but 0.5",
    measured=left[-1, moving], equals=np.abs(descent_factor(etas[moving], 2.0)) ** 20, rtol=1e-9, atol=1e-14,
    otherwise="if the factor were 1 - η, without the curvature, the rate 0.9 would leave nothing")
ends = {"nearer": left[-1] < 1, "as far away": left[-1] == 1, "farther": left[-1] > 1}
claim("gd-play-ends", "rates of the slider, by where they end",
    measured={name: which.sum() for name, which in ends.items()},
    equals={"nearer": (etas < 1).sum(), "as far away": 1, "farther": (etas > 1).sum()})
plt.show()

# %%
# **Take away.** One number, :math:`\eta \lambda`, decides. If the training loss climbs with the full batch,
# the rate has passed :math:`2/\lambda` for the steepest direction: halve it until it falls, at the price of
# more steps in the flat ones. A loss that falls does not clear the rate: above :math:`1/\lambda` the weights
# still swing, less at each step. What swings on and on below the border comes from elsewhere: from the
# batches, or from momentum, which is next: :doc:`/gallery/10_steps/plot_momentum`.
