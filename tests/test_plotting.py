"""The house style, and the plots that examples share."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from unsteady import plotting

BACKGROUNDS = ("#ffffff", "#131416")


@pytest.fixture
def ax():
    fig, ax = plt.subplots()
    yield ax
    plt.close(fig)


def luminance(color):
    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("color", [*plotting.CYCLE, plotting.HIGHLIGHT, plotting.MUTED])
def test_colours_have_contrast_on_both_backgrounds(color, background):
    dark, light = sorted([luminance(color), luminance(background)])
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_the_style_is_set_and_can_be_set_again():
    mpl.rcdefaults()
    assert mpl.rcParams["font.size"] != plotting.STYLE["font.size"]
    plotting.use_style()
    assert mpl.rcParams["font.size"] == plotting.STYLE["font.size"]


def test_text_is_legible_on_a_phone():
    on_phone = 358 / (100 * plotting.STYLE["figure.figsize"][0]) * 100 / 72
    sizes = [value for name, value in plotting.STYLE.items() if name.endswith(("labelsize", "font.size"))]
    assert min(sizes) * on_phone >= 10.8


def test_curves_draw_a_labelled_line_a_column(ax):
    lines = plotting.curves(ax, [[1, 2], [np.inf, 3]], ["a", "b"], x=[0.5, 1])
    assert [line.get_label() for line in lines] == ["a", "b"]
    np.testing.assert_array_equal(lines[1].get_xydata(), [[0.5, 2], [1, 3]])


def test_band_shows_median_spread_and_single_runs(ax):
    values = np.random.default_rng(0).standard_normal((4, 101))
    median = plotting.band(ax, np.arange(4), values, "C0", label="m")
    np.testing.assert_allclose(median.get_ydata(), np.median(values, axis=1))
    assert len(ax.lines) == 4
    edges = ax.collections[0].get_paths()[0].vertices
    assert edges[:, 1].min() == pytest.approx(np.quantile(values, 0.05, axis=1).min())
    assert edges[:, 1].max() == pytest.approx(np.quantile(values, 0.95, axis=1).max())


def test_points_reach_from_5_to_95_per_cent(ax):
    values = np.random.default_rng(0).standard_normal((2, 101))
    drawn = plotting.points(ax, [1, 2], values, "C0")
    reach = np.array(drawn.lines[2][0].get_segments())[:, :, 1]
    np.testing.assert_allclose(reach, np.quantile(values, [0.05, 0.95], axis=1).T)


def test_labels_keep_their_distance_and_their_order(ax):
    lines = plotting.curves(ax, [[0, 0, 0], [1.0, 1.01, 0.2]], ["a", "b", "c"])
    ax.set_ylim(0, 2)
    plotting.label_ends(ax, lines, lineheight=18)
    ax.figure.canvas.draw()
    tops = {text.get_text(): text.get_window_extent().y0 for text in ax.texts}
    assert tops["c"] < tops["a"] < tops["b"]
    assert tops["b"] - tops["a"] == pytest.approx(18 * ax.figure.dpi / 72, rel=0.05)


@pytest.mark.parametrize("draw", [plotting.band, plotting.points])
def test_values_must_have_a_row_for_each_x(ax, draw):
    with pytest.raises(ValueError, match=r"values must have the shape \(3, replicates\).*\(4, 2\)"):
        draw(ax, np.arange(3), np.zeros((4, 2)), "C0")


def test_curves_need_a_label_each(ax):
    with pytest.raises(ValueError, match=r"values must have the shape \(points, 1\).*\(4, 2\)"):
        plotting.curves(ax, np.zeros((4, 2)), ["a"])


@pytest.mark.parametrize("which", ["x", "y"])
def test_a_log_axis_has_plain_numbers_at_the_given_ticks(ax, which):
    ax.plot([10, 1000], [10, 1000])
    plotting.log_axis(ax, [25, 400, 0.5], which)
    axis = getattr(ax, f"{which}axis")
    ax.figure.canvas.draw()
    assert [label.get_text() for label in axis.get_ticklabels()] == ["25", "400", "0.5"]
    assert axis.get_scale() == "log"
    assert len(axis.get_minorticklocs()) == 0
    with pytest.raises(ValueError, match="which must be one of 'x', 'y', got 'z'"):
        plotting.log_axis(ax, [1], "z")
