"""Gradients and Hessians against finite differences; minima and curvature as documented."""

import numpy as np
import pytest

from unsteady.objectives import DoubleWell, Plateau, Quadratic, Saddle, Slope, TwoBowls

OBJECTIVES = [
    Quadratic(2.0, minimum=2.0, offset=-1.0),
    Quadratic([1.0, 4.0], minimum=[0.5, -1.0]),
    Saddle(2.0, 0.5),
    Plateau(3.0),
    DoubleWell(2.0, half_distance=1.5),
    Slope([1e-3, -4.0]),
]
BOWLS = TwoBowls(curvatures=(8.0, 1.0), minima=(-1.0, 1.5), offsets=(0.4, 0.0))
each = pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((4, 3, 2))


def differences(function, x, step=1e-6):
    moves = step * np.eye(x.shape[-1])
    return np.stack([(function(x + move) - function(x - move)) / (2 * step) for move in moves], axis=-1)


@each
def test_gradient_and_hessian_are_derivatives(objective, x):
    assert objective.value(x).shape == (4, 3)
    np.testing.assert_allclose(objective.gradient(x), differences(objective.value, x), atol=1e-8)
    np.testing.assert_allclose(objective.hessian(x), differences(objective.gradient, x), atol=1e-7)


@pytest.mark.parametrize(
    ("objective", "place"),
    [
        (OBJECTIVES[0], [2.0]),
        (OBJECTIVES[1], [0.5, -1.0]),
        (Plateau(3.0), [0.0]),
        (DoubleWell(2.0, 1.5), [-1.5]),
    ],
)
def test_minima_are_where_the_docstring_puts_them(objective, place):
    place = np.array(place)
    assert objective.value(place) == pytest.approx(objective.lowest)
    np.testing.assert_allclose(objective.gradient(place), 0, atol=1e-12)
    curvature = np.broadcast_to(objective.curvature, place.shape)
    np.testing.assert_allclose(np.diagonal(objective.hessian(place)), curvature)


def test_two_bowls_have_the_derivatives_of_the_smaller_quadratic():
    x = np.random.default_rng(0).uniform(-3, 3, (4, 5, 1))
    assert BOWLS.value(x).shape == (4, 5)
    np.testing.assert_allclose(BOWLS.gradient(x), differences(BOWLS.value, x), atol=1e-8)
    np.testing.assert_allclose(BOWLS.hessian(x), differences(BOWLS.gradient, x), atol=1e-7)
    left, right = Quadratic(8.0, -1.0, 0.4), Quadratic(1.0, 1.5)
    np.testing.assert_array_equal(BOWLS.value(x), np.minimum(left.value(x), right.value(x)))


def test_two_bowls_have_two_minima():
    places = np.array([[-1.0], [1.5]])
    np.testing.assert_allclose(BOWLS.value(places), [0.4, 0.0])
    np.testing.assert_allclose(BOWLS.gradient(places), 0)
    np.testing.assert_allclose(BOWLS.hessian(places)[:, 0, 0], [8.0, 1.0])
    assert BOWLS.lowest == 0.0


def test_a_parabola_in_its_usual_form():
    x = np.linspace(-1, 5, 7)[:, None]
    np.testing.assert_allclose(OBJECTIVES[0].value(x), x[:, 0] ** 2 - 4 * x[:, 0] + 3, atol=1e-12)


def test_a_saddle_curves_up_along_one_axis_and_down_along_the_other():
    np.testing.assert_array_equal(Saddle(2.0, 0.5).hessian(np.zeros(2)), np.diag([2.0, -0.5]))


def test_the_ridge_between_two_wells():
    np.testing.assert_allclose(DoubleWell(2.0).hessian(np.zeros(1)), [[-1.0]])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Quadratic(0.0), ValueError, "curvature must be .*> 0, got 0"),
        (
            lambda: Quadratic([1.0, 2.0], [1.0, 2.0, 3.0]),
            ValueError,
            r"curvature and minimum.*\(2,\) and \(3,\)",
        ),
        (lambda: Quadratic(1.0, offset=np.nan), ValueError, "offset must be .*got nan"),
        (lambda: Quadratic("1"), TypeError, "curvature must be .*'1'"),
        (lambda: Saddle(1.0, -1.0), ValueError, "escape must be .*> 0, got -1"),
        (lambda: DoubleWell(1.0, [1.0]), TypeError, "half_distance must be one number"),
        (lambda: Quadratic([1.0, 2.0]).value(np.zeros((4, 3))), ValueError, r"x must have 2 dims.*\(4, 3\)"),
        (lambda: Saddle().gradient(np.zeros((4, 3))), ValueError, r"x must have 2 dims.*\(4, 3\)"),
        (lambda: TwoBowls((1.0, 0.0), (-1, 1)), ValueError, "curvatures must be .*> 0, got 0"),
        (lambda: TwoBowls(1.0, (-1, 1)), ValueError, "curvatures must be a pair of numbers, got 1.0"),
        (lambda: TwoBowls((1.0, 1.0), (1, -1)), ValueError, "minima must ascend"),
        (lambda: TwoBowls((1.0, 1.0), (-1, 1), (9, 0)), ValueError, "offsets must leave each quadratic"),
        (lambda: BOWLS.value(np.zeros((4, 2))), ValueError, r"x must have 1 dims.*\(4, 2\)"),
        (lambda: Slope(np.ones((2, 2))), ValueError, r"steepness must be a number or .*\(2, 2\)"),
        (lambda: Slope([1.0, 2.0]).value(np.zeros(3)), ValueError, r"x must have 2 dims.*\(3,\)"),
        (lambda: Quadratic(1.0).value(2.0), ValueError, r"x must have the shape \(\*replicates, dims\)"),
        (lambda: Plateau().value(["a"]), TypeError, "x must be an array of numbers"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
